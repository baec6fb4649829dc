"""The outbound queue against a model of it: two dozen lines of plain Python that do the same to a dictionary.

Hypothesis says, claims, records (also too late), lets hosts speak, lets operators interfere and the clock jump, in
whatever order it likes; after each step queue and model must agree in every row and every host.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from storage.database import Database
from storage.deliveries import DeliveryState, drop_deliveries, retry_deliveries
from storage.delivery_queue import ClaimedDelivery
from storage.delivery_results import end_hold
from storage.hosts import find_hosts
from tests.support.database import DatabaseFarm, Databases
from tests.support.queue import DELIVERED, LEASE, PATIENCE, REFUSED, End, Queue, later, silent
from tests.support.rows import NOW

HOSTS = ("a.example", "b.example", "c.example")
STORIES = (None, "post", "profile")
WAITING, DEAD, DROPPED = DeliveryState.WAITING, DeliveryState.DEAD, DeliveryState.DROPPED
ENDS = (DELIVERED, REFUSED, silent(timedelta(minutes=1)), silent(timedelta(hours=12)), later(404), later(503))


@dataclass
class Row:
    """A delivery, as the model sees it."""

    id: int
    host: str
    story: tuple[str, str] | None
    created_at: datetime
    run_at: datetime
    proven: bool
    state: DeliveryState = WAITING
    attempts: int = 0
    locked_until: datetime | None = None

    def is_locked(self, now: datetime) -> bool:
        return self.locked_until is not None and now < self.locked_until <= now + 2 * LEASE


@dataclass
class Host:
    """A host, as the model sees it."""

    failures: int = 0
    has_answered: bool = False
    held_until: datetime | None = None

    def is_proven(self) -> bool:
        return self.failures == 0 and self.has_answered


class Model:
    """What the queue promises, said as simply as possible."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.hosts: dict[str, Host] = {}

    def waiting(self, host: str) -> list[Row]:
        return [row for row in self.rows.values() if row.host == host and row.state is WAITING]

    def say(self, id: int, host: str, story: tuple[str, str] | None, *, now: datetime) -> None:
        known = self.hosts.get(host, Host())
        self.rows[id] = Row(id, host, story, now, max(now, known.held_until or now), known.is_proven())

    def claim(self, now: datetime, *, limit: int, unproven: int, per_host: int) -> list[int]:
        busy = {host: sum(row.is_locked(now) for row in self.waiting(host)) for host in HOSTS}
        claimed: list[Row] = []
        for proven, room, most in ((False, min(unproven, limit), 1), (True, limit, per_host)):
            for row in sorted(self.rows.values(), key=lambda row: (row.run_at, row.id)):
                taken = sum(each.proven is proven for each in claimed)
                if taken < room and len(claimed) < limit and row.proven is proven and self._may(row, now, busy, most):
                    claimed.append(row)
                    busy[row.host] += 1
        for row in claimed:
            row.attempts, row.locked_until = row.attempts + 1, now + LEASE
        return [row.id for row in claimed]

    def _may(self, row: Row, now: datetime, busy: dict[str, int], most: int) -> bool:
        held_until = self.hosts.get(row.host, Host()).held_until
        older = [each for each in self.rows.values() if row.story and each.story == row.story and each.id < row.id]
        return (
            row.state is WAITING
            and row.run_at <= now
            and not row.is_locked(now)
            and (held_until is None or held_until <= now)
            and busy[row.host] < most
            and all(each.state is not WAITING for each in older)
        )

    def record(self, job: ClaimedDelivery, end: End, *, now: datetime) -> None:
        host, row = self.hosts.get(job.host, Host()), self.rows[job.id]
        answered = end.status is not None and end.status not in (429, 503)
        if answered:
            if not host.is_proven():
                self.bring_forward(job.host, now=now, proven=True)
            host.failures, host.has_answered, host.held_until = 0, True, None
            self.hosts[job.host] = host
        run_at = now + end.after if end.after is not None else now
        if row.attempts == job.attempts and row.state is WAITING:
            row.state, row.run_at, row.locked_until = end.state, run_at, None
        if not answered and end.state is WAITING:
            host.failures, host.held_until = host.failures + 1, run_at
            self.hosts[job.host] = host
            for each in self.waiting(job.host):
                each.proven, each.run_at = False, max(each.run_at, run_at)
                if each.created_at < now - PATIENCE and each.locked_until is None:
                    each.state = DEAD

    def bring_forward(self, host: str, *, now: datetime, proven: bool = False) -> None:
        for row in self.waiting(host):
            row.run_at, row.proven = min(row.run_at, now), proven

    def hear(self, host: str, *, now: datetime) -> None:
        known = self.hosts.get(host, Host())
        if known.held_until is not None and known.held_until > now:
            known.held_until = None
            self.bring_forward(host, now=now)

    def retry(self, row: Row, *, now: datetime) -> None:
        known = self.hosts.get(row.host)
        if known is not None:
            known.held_until = None
        same = [each for each in self.rows.values() if row.story and each.story == row.story and each.id > row.id]
        if row.state is DeliveryState.DELIVERED or any(each.state is DeliveryState.DELIVERED for each in same):
            return
        row.state, row.run_at, row.created_at = WAITING, now, now

    def drop(self, row: Row) -> None:
        if row.state is WAITING:
            row.state, row.locked_until = DROPPED, None


class QueueMachine(RuleBasedStateMachine):
    """The moves; `databases` gives each run a fresh database."""

    databases: Databases

    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        self.url = self.databases.fresh()
        self.model, self.now, self.jobs = Model(), NOW, list[ClaimedDelivery]()
        self.queue = self.runner.run(self._open())

    async def _open(self) -> Queue:
        return Queue(Database(self.url))

    def teardown(self) -> None:
        if hasattr(self, "queue"):
            self.runner.run(self.queue.database.close())
            self.runner.close()
            self.databases.drop(self.url)

    @rule(hosts=st.sets(st.sampled_from(HOSTS), min_size=1), story=st.sampled_from(STORIES))
    def say(self, hosts: set[str], story: str | None) -> None:
        targets = sorted(hosts)
        keys = self.runner.run(self.queue.say(*targets, order_key=story))
        for key, host in zip(keys, targets, strict=True):
            self.model.say(key, host, (story, host) if story else None, now=self.queue.now)

    @rule(limit=st.sampled_from([1, 3, 50]), unproven=st.sampled_from([0, 1, 50]), per_host=st.sampled_from([1, 2]))
    def claim(self, limit: int, unproven: int, per_host: int) -> None:
        jobs = self.runner.run(self.queue.claim(limit, unproven=unproven, per_host=per_host))
        expected = self.model.claim(self.queue.now, limit=limit, unproven=unproven, per_host=per_host)
        assert [job.id for job in jobs] == expected
        assert all(job.attempts == self.model.rows[job.id].attempts for job in jobs)
        self.jobs += jobs

    @rule(data=st.data(), end=st.sampled_from(ENDS), again=st.booleans())
    def record(self, data: st.DataObject, end: End, again: bool) -> None:  # noqa: FBT001
        """Any job that was ever claimed may be recorded, too late or twice as well."""
        if not self.jobs:
            return
        job = data.draw(st.sampled_from(self.jobs))
        if not again:
            self.jobs.remove(job)
        self.runner.run(self.queue.record(job, end=end))
        self.model.record(job, end, now=self.queue.now)

    @rule(minutes=st.sampled_from([1, 1, 5, 720, 60 * 24 * 8, -60]))
    def wait(self, minutes: int) -> None:
        self.queue.wait(timedelta(minutes=minutes))

    @rule()
    def stall(self) -> None:
        """Whoever works falls asleep; somebody else claims what they had."""
        self.queue.wait(LEASE)
        self.claim(limit=50, unproven=50, per_host=2)

    @rule(host=st.sampled_from(HOSTS))
    def hear(self, host: str) -> None:
        now = self.queue.now
        self.runner.run(self.queue.database.write(lambda session: end_hold(session, host, now=now)))
        self.model.hear(host, now=now)

    @rule(data=st.data(), drop=st.booleans())
    def interfere(self, data: st.DataObject, drop: bool) -> None:  # noqa: FBT001
        if not self.model.rows:
            return
        row, now = self.model.rows[data.draw(st.sampled_from(sorted(self.model.rows)))], self.queue.now
        act = drop_deliveries if drop else retry_deliveries
        self.runner.run(self.queue.database.write(lambda session: act(session, now=now, ids=[row.id])))
        if drop:
            self.model.drop(row)
        else:
            self.model.retry(row, now=now)

    @invariant()
    def they_agree(self) -> None:
        if not hasattr(self, "queue"):
            return
        stored, hosts = self.runner.run(self._look())
        for key, row in self.model.rows.items():
            found = stored[key]
            assert (found.state, found.attempts, found.locked_until) == (row.state, row.attempts, row.locked_until)
            if row.state is WAITING:
                assert (found.run_at, found.proven) == (row.run_at, row.proven)
        assert {name: (host.failures, host.held_until, host.is_proven) for name, host in hosts.items()} == {
            name: (host.failures, host.held_until, host.is_proven()) for name, host in self.model.hosts.items()
        }

    async def _look(self) -> tuple[Any, Any]:
        hosts = await self.queue.database.read(lambda session: find_hosts(session, HOSTS))
        return await self.queue.deliveries(), hosts


@pytest.mark.parametrize("examples", [25])
def test_the_queue_does_what_the_model_does(database_farm: DatabaseFarm, database_kind: str, examples: int) -> None:
    machine = type("Machine", (QueueMachine,), {"databases": database_farm.of(database_kind)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            phases=[Phase.generate],  # shrinking takes minutes: add Phase.shrink to see the shortest history that fails
        ),
    )
