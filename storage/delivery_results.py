"""What became of the deliveries that were claimed, and what that says of their hosts.

A worker records many results at once, so everything here is a handful of statements for all of them. Their order
matters: what a host's answer sets free is moved first, so that it does not set free what waits by its own result; what
a host's silence holds comes last.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, bindparam, case, or_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.columns import Instant
from storage.deliveries import Delivery, DeliveryState
from storage.hosts import HostFailure, HostState, find_hosts, store_failures, store_successes
from storage.rows import table_of
from storage.statements import change

_NOTED_AGAIN = timedelta(hours=1)
"""So old may the note of a host's last success be; noting each one would cost a write for every delivery."""
UNAVAILABLE_AFTER = 7
"""Days on which a host must fail until nothing new is written for it."""
_TOO_MUCH = frozenset({408, 425, 429})
"""Answers that say: not so fast."""


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
    is_our_doing: bool = False
    """The host was not asked: we were too busy."""

    @property
    def host_answered(self) -> bool:
        """Whatever it said: a host that refuses one request is there for others."""
        return self.status is not None and self.status < 500 and self.status not in _TOO_MUCH


async def record_results(
    session: AsyncSession, results: Sequence[DeliveryResult], *, now: datetime, expired_before: datetime
) -> None:
    """Write down what became of claimed deliveries, and what that says of their hosts.

    A result of somebody who lost the lease changes nothing. What waits for a failing host since before `expired_before`
    is given up.
    """
    if not results:
        return
    outcomes = await _by_host(session, [result for result in results if not result.is_our_doing])
    await _note_successes(session, [outcome for outcome in outcomes if outcome.is_news(now)], now=now)
    await change(session, _RECORD, [_recorded(result, now) for result in results])
    silent = [outcome for outcome in outcomes if outcome.failures and not outcome.answers]
    await _note_failures(session, silent, now=now, expired_before=expired_before)


async def end_hold(session: AsyncSession, host: str, *, now: datetime) -> None:
    """The host was heard of (it sent us something): what waits for it may be tried at once, and new things are written
    for it again.
    """
    held = or_(col(HostState.held_until) > now, col(HostState.unavailable_at).is_not(None))
    back = update(HostState).where(col(HostState.host) == host, held)
    if await change(session, back.values(held_until=None, failed_days=0, unavailable_at=None)):
        await change(session, _BRING_FORWARD, [{"of": host, "moment": now, "proof": False}])


_T = table_of(Delivery).c
_HOSTS_WAITING = (_T.host == bindparam("of")) & (_T.state == DeliveryState.WAITING)
_MOMENT, _UNTIL = bindparam("moment", type_=Instant), bindparam("until", type_=Instant)

_RECORD = (
    update(table_of(Delivery))
    .where(_T.id == bindparam("key"), _T.attempts == bindparam("claim"), _T.state == DeliveryState.WAITING)
    .values(
        locked_until=None,
        **{name: bindparam(f"new_{name}") for name in ("state", "run_at", "last_status", "last_error", "finished_at")},
    )
)
_BRING_FORWARD = (
    update(table_of(Delivery))
    .where(_HOSTS_WAITING)
    .values(proven=bindparam("proof"), run_at=case((_T.run_at > _MOMENT, _MOMENT), else_=_T.run_at))
)
_HOLD = (
    update(table_of(Delivery))
    .where(_HOSTS_WAITING)
    .values(proven=False, run_at=case((_T.run_at < _UNTIL, _UNTIL), else_=_T.run_at))
)
_GIVE_UP = (
    update(table_of(Delivery))
    .where(_HOSTS_WAITING, _T.created_at < bindparam("expired", type_=Instant), _T.locked_until.is_(None))
    .values(state=DeliveryState.DEAD, finished_at=_MOMENT, last_error=bindparam("error", type_=String))
)


@dataclass(frozen=True, slots=True)
class _HostResults:
    """What came of one host in one batch. One answer of any kind shows that it is there."""

    host: str
    known: HostState | None
    answers: Sequence[DeliveryResult]
    failures: Sequence[DeliveryResult]

    @property
    def is_proven(self) -> bool:
        """Whether it had answered before this batch."""
        return self.known is not None and self.known.is_proven

    @property
    def signature_kind(self) -> str | None:
        """What it has shown to read."""
        return next((each.signature_kind for each in self.answers if each.signature_kind is not None), None)

    def is_news(self, now: datetime) -> bool:
        """Whether it answered, and that teaches us more than we know."""
        if not self.answers or self.known is None or not self.is_proven or self.known.held_until is not None:
            return bool(self.answers)
        last, kind = self.known.last_success_at, self.signature_kind
        return last is None or now - last > _NOTED_AGAIN or kind not in (None, self.known.signature_kind)

    def failure(self, now: datetime) -> HostFailure:
        """What its silence means: until when nothing is sent to it, and why."""
        last = self.failures[-1]
        held_until = max(each.run_at or now for each in self.failures)
        days, unavailable_at = self._failed_days(now), self.known.unavailable_at if self.known else None
        if days >= UNAVAILABLE_AFTER:
            unavailable_at = unavailable_at or now
        return HostFailure(held_until, last.error or f"status {last.status}", days, unavailable_at)

    def _failed_days(self, now: datetime) -> int:
        """On how many different days (UTC) it has failed since it last answered; this one counts once."""
        known = self.known
        if known is None or known.failures == 0 or known.last_failure_at is None:
            return 1
        is_same_day = known.last_failure_at.date() == now.date()
        return max(1, known.failed_days if is_same_day else known.failed_days + 1)


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


async def _note_successes(session: AsyncSession, outcomes: Sequence[_HostResults], *, now: datetime) -> None:
    await store_successes(session, {outcome.host: outcome.signature_kind for outcome in outcomes}, now=now)
    returned = [outcome for outcome in outcomes if not outcome.is_proven]
    if returned:
        await change(session, _BRING_FORWARD, [{"of": each.host, "moment": now, "proof": True} for each in returned])


async def _note_failures(
    session: AsyncSession, outcomes: Sequence[_HostResults], *, now: datetime, expired_before: datetime
) -> None:
    if not outcomes:
        return
    failures = {outcome.host: outcome.failure(now) for outcome in outcomes}
    await store_failures(session, failures, now=now)
    await change(session, _HOLD, [{"of": host, "until": each.held_until} for host, each in failures.items()])
    given_up = [
        {"of": host, "moment": now, "expired": expired_before, "error": f"the host did not answer: {each.error}"}
        for host, each in failures.items()
    ]
    await change(session, _GIVE_UP, given_up)


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
