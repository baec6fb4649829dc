"""How the hub is doing, for `fedihub status`: how much there is, what waits, and who works on it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import col

from storage.actors import Actor, ActorKind
from storage.database import Session
from storage.deliveries import DeliveryState, count_deliveries, oldest_due
from storage.hosts import HostState, list_hosts
from storage.posts import Post
from storage.processes import list_processes
from storage.received import ReceivedActivity, ReceivedState
from storage.reports import count_open_reports

HOSTS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits: how much, and since when the oldest part of it has been due (None: nothing is due)."""

    waiting: int
    oldest_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class FailingHost:
    """A host that does not answer; nothing is sent to it before `held_until`, and nothing new written for it since
    `unavailable_at`.
    """

    host: str
    failures: int
    failed_days: int
    unavailable_at: datetime | None
    held_until: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class ProcessEntry:
    """A process of the hub, and when it was last heard of."""

    slot: int
    role: str
    started_at: datetime
    beat_at: datetime


@dataclass(frozen=True, slots=True)
class HubStatus:
    """Everything that the database knows about how the hub is doing; `failing_hosts` are the worst few."""

    members: int
    projects: int
    remote_actors: int
    local_posts: int
    remote_posts: int
    inbound: Queue
    outbound: Queue
    dead_deliveries: int
    open_reports: int
    held_hosts: int
    failing_hosts: list[FailingHost]
    processes: list[ProcessEntry]


async def load_hub_status(session: Session, *, now: datetime) -> HubStatus:
    """Count everything once. On a large hub this takes a while; nobody waits for it."""
    actors = dict((await session.execute(_count_by(Actor.kind))).all())
    posts = dict((await session.execute(_count_by(Post.is_local))).all())
    deliveries = await count_deliveries(session)
    waiting = deliveries.get(DeliveryState.WAITING, 0)
    held = select(func.count()).select_from(HostState).where(col(HostState.held_until) > now)
    hosts, processes = await list_hosts(session, limit=HOSTS_SHOWN), await list_processes(session)
    return HubStatus(
        members=actors.get(ActorKind.MEMBER, 0),
        projects=actors.get(ActorKind.PROJECT, 0),
        remote_actors=actors.get(ActorKind.REMOTE, 0),
        local_posts=posts.get(True, 0),
        remote_posts=posts.get(False, 0),
        inbound=await _inbound(session, now=now),
        outbound=Queue(waiting, await oldest_due(session, now=now)),
        dead_deliveries=deliveries.get(DeliveryState.DEAD, 0),
        open_reports=await count_open_reports(session),
        held_hosts=await session.scalar(held) or 0,
        failing_hosts=[_failing(row) for row in hosts],
        processes=[ProcessEntry(row.slot, row.role, row.started_at, row.beat_at) for row in processes],
    )


def _failing(row: HostState) -> FailingHost:
    return FailingHost(
        row.host,
        row.failures,
        failed_days=row.failed_days,
        unavailable_at=row.unavailable_at,
        held_until=row.held_until,
        last_error=row.last_error,
    )


async def _inbound(session: Session, *, now: datetime) -> Queue:
    waits = col(ReceivedActivity.state) == ReceivedState.WAITING
    waiting = await session.scalar(select(func.count()).select_from(ReceivedActivity).where(waits)) or 0
    due = select(func.min(col(ReceivedActivity.run_at))).where(waits, col(ReceivedActivity.run_at) <= now)
    return Queue(waiting, await session.scalar(due))


def _count_by(column: Any) -> Select[Any]:
    return select(col(column), func.count()).group_by(col(column))
