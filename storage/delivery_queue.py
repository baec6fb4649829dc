"""Working off the outbound queue: claiming what may be sent now. What became of it is recorded in
`storage.delivery_results`.

Four rules decide what is claimed:

* A dead host delays nobody. While a host is held (`storage.hosts`) nothing for it is claimed. What waits for it is
  moved behind that moment, so that a claim costs the same however much waits. And there are two lanes: hosts that have
  not answered lately may use only as many slots as the caller grants them, one each, so that a thousand of them that
  fail slowly leave the others their room (measured on a model with 1,000 dead hosts: first in, first out kept live
  hosts waiting for half an hour, lanes for a second and a half).
* One inbox hears the story of one object in order: a delivery waits while an older one with the same `order_key` and
  inbox waits.
* A lease that ran out is claimed again. `attempts`, counted at the claim, is the fencing token: the late first owner
  records nothing.
* Two processes never claim at once: on PostgreSQL they take turns (an advisory lock for the length of the
  transaction), SQLite has one writer.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Integer, bindparam, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.actors import ActorKey
from storage.columns import Instant
from storage.deliveries import Delivery, DeliveryState, OutgoingActivity
from storage.hosts import DEFAULT_SIGNATURE, HostState, find_hosts
from storage.rows import table_of
from storage.statements import is_sqlite, locking, take_turn

_TURN = 0x_FED1_51
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """One request to be made by whoever claimed it. `attempts` counts this one, `host_failures` what its host has
    failed before.
    """

    id: int
    attempts: int
    host: str
    inbox_url: str
    activity_id: int
    actor_id: int
    activity_type: str
    body: bytes
    said_at: datetime
    keys_changed_at: datetime | None
    """When the actor last got new keys; what was said of that is signed with the old ones (`signed_with_retired`)."""
    signed_with_retired: bool
    is_public: bool
    is_proven: bool
    host_failures: int
    signature_kind: str


async def claim_deliveries(
    session: AsyncSession, *, now: datetime, limit: int, lease: timedelta, unproven_limit: int, per_host: int
) -> list[ClaimedDelivery]:
    """What may be sent now, by this caller alone until the lease ends; at most `limit`, in the order in which it is
    due.

    At most `unproven_limit` of it goes to hosts that have not answered lately, to each of them one at a time; to a
    proven host at most `per_host` at a time, counting what is under way already.
    """
    await take_turn(session, _TURN)
    moment = _Moment(now, lease)
    under_way = await _under_way(session, moment)
    ids: list[int] = []
    for proven, room, most in ((False, min(limit, unproven_limit), 1), (True, limit, per_host)):
        ids += await _choose(session, moment, under_way, proven=proven, room=min(room, limit - len(ids)), most=most)
    return await _take(session, moment, ids)


@dataclass(frozen=True, slots=True)
class _Moment:
    now: datetime
    lease: timedelta

    def values(self) -> dict[str, datetime]:
        """What the statements below must know of it."""
        return {"now": self.now, "far": self.now + 2 * self.lease}


async def _under_way(session: AsyncSession, moment: _Moment) -> dict[str, int]:
    """How many requests to each host are under way, in all processes."""
    rows = await session.execute(_UNDER_WAY, moment.values())
    found = {host: number for host, number in rows}  # noqa: C416 - rows are no pairs to mypy
    return defaultdict(int, found)


async def _choose(
    session: AsyncSession, moment: _Moment, under_way: dict[str, int], *, proven: bool, room: int, most: int
) -> list[int]:
    """Up to `room` deliveries of one lane, `most` for each host; the full hosts are left out and the rest is looked at
    again.
    """
    chosen: dict[int, None] = {}
    for _ in range(_ROUNDS):
        if len(chosen) >= room:
            break
        full = [host for host, number in under_way.items() if number >= most]
        wanted = 2 * room
        values = {**moment.values(), "proven": proven, "full": full, "wanted": wanted}
        due = (await session.execute(_due(is_sqlite(session)), values)).all()
        for id, host in due:
            if id not in chosen and under_way[host] < most and len(chosen) < room:
                under_way[host] += 1
                chosen[id] = None
        if len(due) < wanted:
            break
    return list(chosen)


async def _take(session: AsyncSession, moment: _Moment, ids: Sequence[int]) -> list[ClaimedDelivery]:
    if not ids:
        return []
    rows = (await session.execute(_CLAIM, {"ids": ids, "leased_until": moment.now + moment.lease})).all()
    activities = await _activities(session, {row.activity_id for row in rows})
    hosts = await find_hosts(session, {row.host for row in rows})
    order = {id: place for place, id in enumerate(ids)}
    return [_claimed(row, activities, hosts.get(row.host)) for row in sorted(rows, key=lambda row: order[row.id])]


async def _activities(session: AsyncSession, ids: set[int]) -> dict[int, Any]:
    """Who says it with which key, and the bytes that are sent: once, however many inboxes they go to."""
    return {row.id: row for row in await session.execute(_ACTIVITIES, {"ids": list(ids)})}


# The statements, built once (see `storage.statements`): a claim is made for every few deliveries.

_NOW, _FAR = bindparam("now", type_=Instant()), bindparam("far", type_=Instant())
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_WAITS = col(Delivery.state) == DeliveryState.WAITING
_LOCK = col(Delivery.locked_until)
_IS_FREE = or_(_LOCK.is_(None), _LOCK <= _NOW, _LOCK > _FAR)
"""Nobody works on it. A lease far in the future is one of before the clock was set back."""

_UNDER_WAY = (
    select(col(Delivery.host), func.count()).where(_LOCK > _NOW, _LOCK <= _FAR, _WAITS).group_by(col(Delivery.host))
)


@cache
def _due(on_sqlite: bool) -> Any:  # noqa: FBT001 - a key of the cache
    """What one lane may send now, hosts that have enough under way left out."""
    older = aliased(Delivery)
    must_wait = exists().where(
        col(older.order_key) == col(Delivery.order_key),
        col(older.inbox_url) == col(Delivery.inbox_url),
        col(older.state) == DeliveryState.WAITING,
        col(older.id) < col(Delivery.id),
    )
    due = (
        select(col(Delivery.id), col(Delivery.host))
        .outerjoin(HostState, col(HostState.host) == col(Delivery.host))
        .where(_WAITS, col(Delivery.proven) == bindparam("proven"), col(Delivery.run_at) <= _NOW, _IS_FREE, ~must_wait)
        .where(col(Delivery.host).not_in(bindparam("full", expanding=True)))
        .where(or_(col(HostState.held_until).is_(None), col(HostState.held_until) <= _NOW))
        .order_by(col(Delivery.run_at), col(Delivery.id))
        .limit(bindparam("wanted", type_=Integer))
    )
    return locking(due, Delivery, on_sqlite=on_sqlite)


_TABLE = table_of(Delivery)
_CLAIM = (
    update(_TABLE)
    .where(_TABLE.c.id.in_(_IDS), _TABLE.c.state == DeliveryState.WAITING)
    .values(attempts=_TABLE.c.attempts + 1, locked_until=bindparam("leased_until"))
    .returning(*_TABLE.columns)
)
_ACTIVITIES = (
    select(
        col(OutgoingActivity.id),
        col(OutgoingActivity.actor_id),
        col(OutgoingActivity.activity_type),
        col(OutgoingActivity.body),
        col(OutgoingActivity.signed_with_retired),
        col(OutgoingActivity.is_public),
        col(OutgoingActivity.created_at),
        col(ActorKey.retired_at),
    )
    .outerjoin(ActorKey, col(ActorKey.actor_id) == col(OutgoingActivity.actor_id))
    .where(col(OutgoingActivity.id).in_(_IDS))
)


def _claimed(row: Any, activities: Mapping[int, Any], host: HostState | None) -> ClaimedDelivery:
    activity = activities[row.activity_id]
    return ClaimedDelivery(
        id=row.id,
        attempts=row.attempts,
        host=row.host,
        inbox_url=row.inbox_url,
        activity_id=row.activity_id,
        actor_id=activity.actor_id,
        activity_type=activity.activity_type,
        body=activity.body,
        said_at=activity.created_at,
        keys_changed_at=activity.retired_at,
        signed_with_retired=activity.signed_with_retired,
        is_public=activity.is_public,
        is_proven=row.proven,
        host_failures=host.failures if host is not None else 0,
        signature_kind=host.signature_kind if host is not None else DEFAULT_SIGNATURE,
    )
