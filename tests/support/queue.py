"""The outbound queue for tests, with a clock that stands until it is moved.

queue = Queue(database)
await queue.say("peer.example", "other.example")
for job in await queue.claim():
    await queue.record(job, delivered())
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from storage.actors import Actor
from storage.database import Database, Session
from storage.deliveries import Delivery, DeliveryState, OutgoingActivity, enqueue
from storage.delivery_queue import ClaimedDelivery, claim_deliveries
from storage.delivery_results import DeliveryResult, record_results
from storage.hosts import HostState, find_hosts
from tests.support.rows import NOW, Rows

LEASE = timedelta(seconds=60)
PATIENCE = timedelta(hours=178)


@dataclass(frozen=True)
class End:
    """How a delivery ended: what the host said (None: nothing), and when to try again, if ever."""

    state: DeliveryState
    status: int | None = None
    after: timedelta | None = None
    signature_kind: str | None = None


DELIVERED = End(DeliveryState.DELIVERED, 202, signature_kind="draft-cavage")
REFUSED = End(DeliveryState.DEAD, 400)


def silent(after: timedelta = timedelta(minutes=1)) -> End:
    """The host did not answer."""
    return End(DeliveryState.WAITING, after=after)


def later(status: int, after: timedelta = timedelta(minutes=1)) -> End:
    """The host answered, but not with what was wanted."""
    return End(DeliveryState.WAITING, status, after)


class Queue:
    """Says things, claims deliveries and records results, at the moment `now`."""

    def __init__(self, database: Database, *, now: datetime = NOW) -> None:
        self.database = database
        self.now = now
        self.rows = Rows(database, now=now)
        self._names = itertools.count(1)
        self._author: Actor | None = None

    def wait(self, time: timedelta) -> None:
        """Let time pass."""
        self.now += time

    async def say(self, *hosts: str, order_key: str | None = None, inbox: str | None = None) -> list[int]:
        """One activity to an inbox at each of these hosts; the keys of the deliveries, in that order."""
        if self._author is None:
            self._author = await self.rows.actor("author")
        key = self.rows.key()
        activity = OutgoingActivity(
            id=key,
            uri=f"https://hub.example/activities/{key}",
            actor_id=self._author.id,
            activity_type="Create",
            body=f"body of {key}".encode(),
            created_at=self.now,
        )
        deliveries = [
            (self.rows.key(), inbox or f"https://{host}/inbox/{next(self._names) if order_key is None else ''}", host)
            for host in hosts
        ]
        await self.database.write(
            lambda session: enqueue(session, activity, deliveries, now=self.now, order_key=order_key)
        )
        return [key for key, _, _ in deliveries]

    async def claim(self, limit: int = 100, *, unproven: int = 60, per_host: int = 8) -> list[ClaimedDelivery]:
        """Claim as a worker does."""
        options = {"limit": limit, "lease": LEASE, "unproven_limit": unproven, "per_host": per_host}
        return await self.database.write(lambda session: claim_deliveries(session, now=self.now, **options))

    async def record(self, *jobs: ClaimedDelivery, end: End = DELIVERED) -> None:
        """The same end for each of these jobs."""
        await self.record_all([(job, end) for job in jobs])

    async def record_all(self, ends: Sequence[tuple[ClaimedDelivery, End]]) -> None:
        """Record as a worker does."""
        results = [self._result(job, end) for job, end in ends]
        expired = self.now - PATIENCE
        await self.database.write(
            lambda session: record_results(session, results, now=self.now, expired_before=expired)
        )

    async def prove(self, *hosts: str) -> None:
        """Let these hosts answer once."""
        await self.say(*hosts)
        jobs = await self.claim(len(hosts), unproven=len(hosts))
        assert {job.host for job in jobs} == set(hosts)
        await self.record(*jobs)

    async def delivery(self, id: int) -> Delivery:
        """A delivery as it is stored now."""
        return (await self.deliveries())[id]

    async def deliveries(self) -> dict[int, Delivery]:
        """All deliveries as they are stored now."""

        async def unit(session: Session) -> dict[int, Delivery]:
            return {row.id: row for row in await session.scalars(select(Delivery).order_by(col(Delivery.id)))}

        return await self.database.read(unit)

    async def host(self, name: str) -> HostState:
        """What is known of a host now."""
        return (await self.database.read(lambda session: find_hosts(session, [name])))[name]

    def _result(self, job: ClaimedDelivery, end: End) -> DeliveryResult:
        row: dict[str, Any] = {"id": job.id, "attempts": job.attempts, "host": job.host, "state": end.state}
        row |= {"status": end.status, "signature_kind": end.signature_kind}
        row |= {"error": None if end.state is DeliveryState.DELIVERED else "no answer" if end.status is None else "no"}
        return DeliveryResult(**row, run_at=self.now + end.after if end.after is not None else None)


def stale(job: ClaimedDelivery) -> ClaimedDelivery:
    """The job as somebody has it who claimed it once before."""
    return replace(job, attempts=job.attempts - 1)
