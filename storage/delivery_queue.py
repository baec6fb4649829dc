"""Working off the outbound queue: claiming what may be sent now, and recording what became of it.

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
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, exists, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.deliveries import Delivery, DeliveryState, OutgoingActivity
from storage.hosts import DEFAULT_SIGNATURE, HostFailure, HostState, find_hosts, store_failure, store_success
from storage.statements import change, is_sqlite, locking, table_of

_TURN = 0x_FED1_51
_ROUNDS = 4
_NOTED_AGAIN = timedelta(hours=1)
"""So old may the note of a host's last success be; noting each one would cost a write for every delivery."""
_TOO_MUCH = frozenset({408, 425, 429})
"""Answers that say: not so fast."""


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
    body: bytes
    is_proven: bool
    host_failures: int
    signature_kind: str


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """What became of a claimed delivery. With `state` WAITING it is to be tried again at `run_at`."""

    id: int
    attempts: int
    host: str
    state: DeliveryState
    status: int | None = None
    error: str | None = None
    run_at: datetime | None = None
    signature_kind: str | None = None

    @property
    def host_answered(self) -> bool:
        """Whatever it said: a host that refuses one request is there for others."""
        return self.status is not None and self.status < 500 and self.status not in _TOO_MUCH


async def claim_deliveries(
    session: AsyncSession, *, now: datetime, limit: int, lease: timedelta, unproven_limit: int, per_host: int
) -> list[ClaimedDelivery]:
    """What may be sent now, by this caller alone until the lease ends; at most `limit`, in the order in which it is
    due.

    At most `unproven_limit` of it goes to hosts that have not answered lately, to each of them one at a time; to a
    proven host at most `per_host` at a time, counting what is under way already.
    """
    if not is_sqlite(session):
        await session.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
    moment = _Moment(now, lease)
    under_way = await _under_way(session, moment)
    ids: list[int] = []
    for proven, room, most in ((False, min(limit, unproven_limit), 1), (True, limit, per_host)):
        ids += await _choose(session, moment, under_way, proven=proven, room=min(room, limit - len(ids)), most=most)
    return await _take(session, moment, ids)


async def record_results(
    session: AsyncSession, results: Sequence[DeliveryResult], *, now: datetime, expired_before: datetime
) -> None:
    """Write down what became of claimed deliveries, and what that says of their hosts.

    A result of somebody who lost the lease changes nothing. What waits for a failing host since before `expired_before`
    is given up.
    """
    if not results:
        return
    outcomes = await _by_host(session, results)
    # What a host's answer sets free first: it must not set free what waits by its own result.
    for outcome in outcomes:
        await _note_success(session, outcome, now=now)
    await _record(session, results, now=now)
    for outcome in outcomes:
        await _note_failure(session, outcome, now=now, expired_before=expired_before)


async def _record(session: AsyncSession, results: Sequence[DeliveryResult], *, now: datetime) -> None:
    table = table_of(Delivery)
    record = update(table).where(
        table.c.id == bindparam("key"), table.c.attempts == bindparam("claim"), table.c.state == DeliveryState.WAITING
    )
    names = ("state", "run_at", "last_status", "last_error", "finished_at")
    record = record.values(locked_until=None, **{name: bindparam(f"new_{name}") for name in names})
    await session.execute(record, [_recorded(result, now) for result in results])


async def end_hold(session: AsyncSession, host: str, *, now: datetime) -> None:
    """The host was heard of (it sent us something): what waits for it may be tried at once."""
    held = update(HostState).where(col(HostState.host) == host, col(HostState.held_until) > now)
    if await change(session, held.values(held_until=None)):
        await _bring_forward(session, host, now=now)


@dataclass(frozen=True, slots=True)
class _Moment:
    now: datetime
    lease: timedelta

    def is_free(self) -> ColumnElement[bool]:
        """Nobody works on it. A lease far in the future is one of before the clock was set back."""
        lock = col(Delivery.locked_until)
        return or_(lock.is_(None), lock <= self.now, lock > self.now + 2 * self.lease)


async def _under_way(session: AsyncSession, moment: _Moment) -> dict[str, int]:
    """How many requests to each host are under way, in all processes."""
    lock = col(Delivery.locked_until)
    locked = and_(
        lock > moment.now, lock <= moment.now + 2 * moment.lease, col(Delivery.state) == DeliveryState.WAITING
    )
    counted = select(col(Delivery.host), func.count()).where(locked).group_by(col(Delivery.host))
    found = {host: number for host, number in await session.execute(counted)}  # noqa: C416 - rows are no pairs to mypy
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
        due = await _due(session, moment, proven=proven, full=full, limit=wanted)
        for id, host in due:
            if id not in chosen and under_way[host] < most and len(chosen) < room:
                under_way[host] += 1
                chosen[id] = None
        if len(due) < wanted:
            break
    return list(chosen)


async def _due(
    session: AsyncSession, moment: _Moment, *, proven: bool, full: Sequence[str], limit: int
) -> Sequence[Row[int, str]]:
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
        .where(col(Delivery.state) == DeliveryState.WAITING, col(Delivery.proven).is_(proven))
        .where(col(Delivery.run_at) <= moment.now, moment.is_free(), col(Delivery.host).not_in(full), ~must_wait)
        .where(or_(col(HostState.held_until).is_(None), col(HostState.held_until) <= moment.now))
        .order_by(col(Delivery.run_at), col(Delivery.id))
        .limit(limit)
    )
    return (await session.execute(locking(session, due, Delivery))).all()


async def _take(session: AsyncSession, moment: _Moment, ids: Sequence[int]) -> list[ClaimedDelivery]:
    if not ids:
        return []
    table = table_of(Delivery)
    claim = update(table).where(table.c.id.in_(ids), table.c.state == DeliveryState.WAITING)
    claim = claim.values(attempts=table.c.attempts + 1, locked_until=moment.now + moment.lease)
    rows = (await session.execute(claim.returning(*table.columns))).all()
    activities = await _activities(session, {row.activity_id for row in rows})
    hosts = await find_hosts(session, {row.host for row in rows})
    order = {id: place for place, id in enumerate(ids)}
    return [_claimed(row, activities, hosts.get(row.host)) for row in sorted(rows, key=lambda row: order[row.id])]


async def _activities(session: AsyncSession, ids: set[int]) -> dict[int, tuple[int, bytes]]:
    """Who says it, and the bytes that are sent: once, however many inboxes they go to."""
    wanted = select(col(OutgoingActivity.id), col(OutgoingActivity.actor_id), col(OutgoingActivity.body))
    rows = await session.execute(wanted.where(col(OutgoingActivity.id).in_(ids)))
    return {id: (actor_id, body) for id, actor_id, body in rows}


def _claimed(row: Any, activities: Mapping[int, tuple[int, bytes]], host: HostState | None) -> ClaimedDelivery:
    actor_id, body = activities[row.activity_id]
    return ClaimedDelivery(
        id=row.id,
        attempts=row.attempts,
        host=row.host,
        inbox_url=row.inbox_url,
        activity_id=row.activity_id,
        actor_id=actor_id,
        body=body,
        is_proven=row.proven,
        host_failures=host.failures if host is not None else 0,
        signature_kind=host.signature_kind if host is not None else DEFAULT_SIGNATURE,
    )


def _recorded(result: DeliveryResult, now: datetime) -> dict[str, Any]:
    waits = result.state is DeliveryState.WAITING
    return {
        "key": result.id,
        "claim": result.attempts,
        "new_state": result.state,
        "new_run_at": result.run_at or now,
        "new_last_status": result.status,
        "new_last_error": result.error,
        "new_finished_at": None if waits else now,
    }


@dataclass(frozen=True, slots=True)
class _HostResults:
    """What came of one host in one batch. One answer of any kind shows that it is there."""

    host: str
    known: HostState | None
    answers: Sequence[DeliveryResult]
    failures: Sequence[DeliveryResult]

    def is_news(self, now: datetime, kind: str | None) -> bool:
        """Whether an answer teaches us more than we know."""
        if self.known is None or not self.known.is_proven or self.known.held_until is not None:
            return True
        last = self.known.last_success_at
        return last is None or now - last > _NOTED_AGAIN or kind not in (None, self.known.signature_kind)


async def _by_host(session: AsyncSession, results: Sequence[DeliveryResult]) -> list[_HostResults]:
    by_host: dict[str, list[DeliveryResult]] = defaultdict(list)
    for result in results:
        by_host[result.host].append(result)
    known = await find_hosts(session, by_host)
    return [
        _HostResults(
            host,
            known.get(host),
            answers=[each for each in by_host[host] if each.host_answered],
            failures=[each for each in by_host[host] if each.state is DeliveryState.WAITING],
        )
        for host in sorted(by_host)  # in one order, so that two processes cannot wait for each other
    ]


async def _note_success(session: AsyncSession, outcome: _HostResults, *, now: datetime) -> None:
    kind = next((each.signature_kind for each in outcome.answers if each.signature_kind is not None), None)
    if not outcome.answers or not outcome.is_news(now, kind):
        return
    await store_success(session, outcome.host, signature_kind=kind, now=now)
    if outcome.known is None or not outcome.known.is_proven:
        await _bring_forward(session, outcome.host, now=now, proven=True)


async def _note_failure(
    session: AsyncSession, outcome: _HostResults, *, now: datetime, expired_before: datetime
) -> None:
    if outcome.answers or not outcome.failures:
        return
    held_until = max(failure.run_at or now for failure in outcome.failures)
    last = outcome.failures[-1]
    error = last.error or f"status {last.status}"
    await store_failure(session, outcome.host, HostFailure(held_until, error), now=now)
    waiting = update(Delivery).where(col(Delivery.host) == outcome.host, col(Delivery.state) == DeliveryState.WAITING)
    later = case((col(Delivery.run_at) < held_until, held_until), else_=col(Delivery.run_at))
    await change(session, waiting.values(proven=False, run_at=later))
    expired = waiting.where(col(Delivery.created_at) < expired_before, col(Delivery.locked_until).is_(None))
    given_up = {"state": DeliveryState.DEAD, "finished_at": now, "last_error": f"the host did not answer: {error}"}
    await change(session, expired.values(given_up))


async def _bring_forward(session: AsyncSession, host: str, *, now: datetime, proven: bool = False) -> None:
    waiting = update(Delivery).where(col(Delivery.host) == host, col(Delivery.state) == DeliveryState.WAITING)
    sooner = case((col(Delivery.run_at) > now, now), else_=col(Delivery.run_at))
    await change(session, waiting.values(proven=proven, run_at=sooner))
