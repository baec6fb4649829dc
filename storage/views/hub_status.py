"""How the hub is doing, for `fedihub status`: how much there is, what waits, and who works on it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import col

from storage.actors import Actor, ActorKind
from storage.database import Session
from storage.deliveries import Delivery, DeliveryState
from storage.hosts import HostState
from storage.posts import Post
from storage.processes import Process
from storage.received import ReceivedActivity, ReceivedState


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits: how much of it, how much of that is due, and since when the oldest has been due."""

    waiting: int
    due: int
    oldest_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProcessEntry:
    """A process of the hub that was alive when it last beat."""

    slot: int
    role: str
    started_at: datetime
    beat_at: datetime


@dataclass(frozen=True, slots=True)
class HubStatus:
    """How much there is, what waits, and who works on it."""

    members: int
    projects: int
    remote_actors: int
    local_posts: int
    remote_posts: int
    inbound: Queue
    outbound: Queue
    dead_deliveries: int
    held_hosts: int
    processes: list[ProcessEntry]


async def load_hub_status(session: Session, *, now: datetime) -> HubStatus:
    """Everything that `fedihub status` says about the database's content."""
    actors = dict((await session.execute(_count_by(Actor.kind))).all())
    posts = dict((await session.execute(_count_by(Post.is_local))).all())
    deliveries = dict((await session.execute(_count_by(Delivery.state))).all())
    held = select(func.count()).select_from(HostState).where(col(HostState.held_until) > now)
    processes = select(col(Process.slot), col(Process.role), col(Process.started_at), col(Process.beat_at)).order_by(
        col(Process.slot)
    )
    return HubStatus(
        members=actors.get(ActorKind.MEMBER, 0),
        projects=actors.get(ActorKind.PROJECT, 0),
        remote_actors=actors.get(ActorKind.REMOTE, 0),
        local_posts=posts.get(True, 0),
        remote_posts=posts.get(False, 0),
        inbound=await _queue(
            session, ReceivedActivity.state, ReceivedActivity.run_at, waiting=ReceivedState.WAITING, now=now
        ),
        outbound=await _queue(session, Delivery.state, Delivery.run_at, waiting=DeliveryState.WAITING, now=now),
        dead_deliveries=deliveries.get(DeliveryState.DEAD, 0),
        held_hosts=await session.scalar(held) or 0,
        processes=[ProcessEntry(*row) for row in await session.execute(processes)],
    )


def _count_by(column: Any) -> Select[Any]:
    return select(col(column), func.count()).group_by(col(column))


async def _queue(session: Session, state: Any, run_at: Any, *, waiting: str, now: datetime) -> Queue:
    """`state` and `run_at` are the columns of a queue; `waiting` is the state of what is still to be done."""
    is_due = col(run_at) <= now
    wanted = select(func.count(), func.count().filter(is_due), func.min(col(run_at)).filter(is_due)).where(
        col(state) == waiting
    )
    return Queue(*(await session.execute(wanted)).one())
