"""The inbound log: each activity accepted once, applied by one, in the order of its story; refusals kept within
bounds.
"""

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import pytest

from storage.database import Database
from storage.received import (
    MOST_REFUSED,
    NOTHING_TO_UNDO,
    ReceivedActivity,
    ReceivedState,
    RefusedRequest,
    Verdict,
    accept_batch,
    claim_received,
    delete_finished_received,
    ended_before,
    find_heard_about,
    find_object,
    insert_refused,
    list_received,
    list_refused,
    record_verdicts,
    release,
    was_renewed,
    was_undone_before,
)
from tests.support.rows import NOW

LEASE = timedelta(seconds=60)
BOB = "https://peer.example/bob"
FOLLOW = "https://peer.example/follow/1"
UNDO = "https://peer.example/undo/1"
APPLIED, IGNORED, WAITING = ReceivedState.APPLIED, ReceivedState.IGNORED, ReceivedState.WAITING


class Log:
    """Receives and applies, at the moment `now`."""

    def __init__(self, database: Database) -> None:
        self.database, self.now = database, NOW
        self._keys = itertools.count(1)

    def row(self, **columns: Any) -> ReceivedActivity:
        key = next(self._keys)
        row = {"id": key, "actor_uri": BOB, "activity_type": "Create", "key_id": f"{BOB}#key", "body": b"{}"}
        row |= {"signature_hash": f"signature {key}", "dedupe_key": f"key {key}"}
        return ReceivedActivity(**row | {"run_at": self.now, "received_at": self.now} | columns)

    async def accept(self, *rows: ReceivedActivity) -> list[bool]:
        return await self.database.write(lambda session: accept_batch(session, rows))

    async def claim(self, limit: int = 100) -> list[ReceivedActivity]:
        return await self.database.write(
            lambda session: claim_received(session, now=self.now, limit=limit, lease=LEASE)
        )

    async def record(self, *verdicts: Verdict) -> None:
        await self.database.write(lambda session: record_verdicts(session, verdicts, now=self.now))

    async def all(self) -> dict[int, ReceivedActivity]:
        return {row.id: row for row in await self.database.read(lambda session: list_received(session, limit=999))}


@pytest.fixture
def log(database: Database) -> Log:
    return Log(database)


async def test_accepting_says_for_each_whether_it_is_new(log: Log) -> None:
    first, second = log.row(), log.row()
    replayed = log.row(signature_hash=first.signature_hash)
    same = log.row(dedupe_key=second.dedupe_key)
    others = log.row(dedupe_key=second.dedupe_key, actor_uri="https://peer.example/eve")
    nameless = [log.row(dedupe_key=None), log.row(dedupe_key=None)]
    assert await log.accept(first, second, replayed, same, others, *nameless) == [
        True,
        True,
        False,
        False,
        True,
        True,
        True,
    ]
    assert await log.accept(first) == [False]
    assert await log.accept() == []
    assert sorted(await log.all()) == [1, 2, 5, 6, 7]


async def test_the_same_activity_a_hundred_times_at_once_is_taken_once(log: Log) -> None:
    rows = [log.row(dedupe_key="same") for _ in range(100)]
    results = await asyncio.gather(*(log.accept(row) for row in rows))
    assert sum(accepted for [accepted] in results) == 1
    assert len(await log.claim()) == 1


async def test_what_is_claimed_is_one_workers_until_the_lease_ends(log: Log) -> None:
    await log.accept(log.row(body=b"{1}"), log.row())
    [first] = await log.claim(1)
    assert (first.id, first.attempts, first.body, first.locked_until) == (1, 1, b"{1}", NOW + LEASE)
    assert [row.id for row in await log.claim()] == [2]
    assert await log.claim() == []
    log.now += LEASE
    assert [(row.id, row.attempts) for row in await log.claim()] == [(1, 2), (2, 2)]


async def test_a_verdict_counts_once_and_only_from_whoever_has_the_lease(log: Log) -> None:
    await log.accept(log.row())
    [first] = await log.claim()
    log.now += LEASE
    [second] = await log.claim()
    await log.record(Verdict(first.id, first.attempts, IGNORED, "late"))
    assert (await log.all())[1].state is WAITING
    await log.record(Verdict(second.id, second.attempts, APPLIED))
    await log.record(Verdict(second.id, second.attempts, IGNORED, "again"))
    stored = (await log.all())[1]
    assert (stored.state, stored.reason, stored.finished_at, stored.locked_until) == (APPLIED, None, log.now, None)


async def test_what_is_postponed_comes_back_in_its_time(log: Log) -> None:
    await log.accept(log.row())
    [job] = await log.claim()
    again = NOW + timedelta(minutes=5)
    await log.record(Verdict(job.id, job.attempts, WAITING, "parent_unreachable", "why", again))
    stored = (await log.all())[1]
    assert (stored.reason, stored.detail, stored.finished_at) == ("parent_unreachable", "why", None)
    assert await log.claim() == []
    log.now = again
    assert [(row.id, row.attempts) for row in await log.claim()] == [(1, 2)]


async def test_one_story_is_looked_at_in_order(log: Log) -> None:
    note = "https://peer.example/note"
    await log.accept(*(log.row(object_uri=note) for _ in range(3)), log.row(), log.row())
    eve = log.row(object_uri=note, actor_uri="https://peer.example/eve")
    await log.accept(eve)
    first = await log.claim()
    assert [row.id for row in first] == [1, 4, 5, eve.id]
    assert await log.claim() == []
    await log.record(Verdict(1, 1, APPLIED))
    assert [row.id for row in await log.claim()] == [2]


async def test_many_of_one_story_keep_nobody_waiting(log: Log) -> None:
    note, other = "https://peer.example/note", "https://peer.example/other"
    await log.accept(*(log.row(object_uri=note) for _ in range(300)), *(log.row() for _ in range(3)))
    last = log.row(object_uri=other)
    await log.accept(last)
    assert [row.id for row in await log.claim(limit=10)] == [1, 301, 302, 303, last.id]
    assert await log.claim(limit=10) == []
    await log.record(Verdict(1, 1, APPLIED))
    assert [row.id for row in await log.claim(limit=10)] == [2]


async def test_eight_workers_apply_everything_once(log: Log) -> None:
    await log.accept(*(log.row() for _ in range(120)))

    async def work() -> list[int]:
        mine: list[int] = []
        while jobs := await log.claim(7):
            mine += [job.id for job in jobs]
            await log.record(*(Verdict(job.id, job.attempts, APPLIED) for job in jobs))
        return mine

    applied = [key for mine in await asyncio.gather(*(work() for _ in range(8))) for key in mine]
    assert sorted(applied) == list(range(1, 121))


async def undone(log: Log) -> bool:
    return await log.database.write(lambda session: was_undone_before(session, actor_uri=BOB, activity_uri=FOLLOW))


async def test_follow_undo_and_the_very_same_again(log: Log) -> None:
    """As older Misskey does it, twice over: each Follow and each Undo has the bytes of the first."""
    for _ in range(2):
        follow = log.row(activity_uri=FOLLOW, activity_type="Follow", dedupe_key="follow")
        undo = log.row(activity_uri=UNDO, activity_type="Undo", object_uri=FOLLOW, dedupe_key="undo")
        assert await log.accept(follow) == [True]
        assert not await undone(log)
        assert await log.accept(undo) == [True]
        await log.record(*[Verdict(job.id, job.attempts, APPLIED) for job in await log.claim()])
        await log.database.write(lambda session: release(session, actor_uri=BOB, activity_uri=FOLLOW))
        assert await log.accept(log.row(activity_uri=UNDO, dedupe_key="undo")) == [False]


async def test_an_undo_that_comes_first_is_remembered(log: Log) -> None:
    await log.accept(log.row(activity_uri=UNDO, activity_type="Undo", object_uri=FOLLOW))
    [job] = await log.claim()
    assert not await undone(log)
    await log.record(Verdict(job.id, job.attempts, IGNORED, NOTHING_TO_UNDO))
    assert await undone(log)
    assert not await log.database.write(
        lambda session: was_undone_before(session, actor_uri="https://peer.example/eve", activity_uri=FOLLOW)
    )
    assert not await log.database.write(lambda session: was_undone_before(session, actor_uri=BOB, activity_uri=None))


async def test_what_had_its_effect_has_ended_before_unless_it_comes_again(log: Log) -> None:
    async def ended() -> bool:
        return await log.database.read(lambda session: ended_before(session, actor_uri=BOB, activity_uri=FOLLOW))

    assert not await ended()
    await log.accept(log.row(activity_uri=FOLLOW, activity_type="Follow", dedupe_key=None))
    assert not await ended()
    [job] = await log.claim()
    await log.record(Verdict(job.id, job.attempts, APPLIED))
    assert await ended()
    await log.accept(log.row(activity_uri=FOLLOW, activity_type="Follow", dedupe_key=None))
    assert not await ended()


async def test_what_ended_long_ago_is_forgotten_and_what_waits_is_not(log: Log) -> None:
    await log.accept(*(log.row() for _ in range(4)))
    jobs = await log.claim(3)
    await log.record(*(Verdict(job.id, job.attempts, APPLIED) for job in jobs))
    before = log.now + timedelta(seconds=1)
    for expected in (2, 1, 0):
        deleted = await log.database.write(lambda session: delete_finished_received(session, before=before, limit=2))
        assert deleted == expected
    assert list(await log.all()) == [4]
    states = [ReceivedState.APPLIED]
    assert await log.database.read(lambda session: list_received(session, limit=9, states=states)) == []


async def test_only_so_many_refusals_are_kept(database: Database) -> None:
    def refusal(key: int) -> RefusedRequest:
        return RefusedRequest(id=key, host="peer.example", status=401, reason="no_signature", received_at=NOW)

    await database.write(lambda session: insert_refused(session, []))
    await database.write(lambda session: insert_refused(session, [refusal(key) for key in range(1, MOST_REFUSED)]))
    last = [refusal(MOST_REFUSED + extra) for extra in range(3)]
    await database.write(lambda session: insert_refused(session, last))
    kept = await database.read(lambda session: list_refused(session, limit=2 * MOST_REFUSED))
    assert (len(kept), kept[0].id, kept[-1].id) == (MOST_REFUSED, MOST_REFUSED + 2, 3)


async def test_many_workers_at_once_claim_one_of_each_story(log: Log, database_url: str) -> None:
    """Each on a connection of its own, as in processes of their own."""
    stories = [f"https://peer.example/posts/{number}" for number in range(3)]
    await log.accept(*(log.row(object_uri=uri) for uri in stories * 4))
    workers = [Log(Database(database_url, pool_size=2)) for _ in range(4)]
    try:
        claims = await asyncio.gather(*(worker.claim(limit=1) for worker in workers for _ in range(2)))
    finally:
        for worker in workers:
            await worker.database.close()
    claimed = [row for rows in claims for row in rows]
    assert sorted(row.id for row in claimed) == [1, 2, 3]  # of each story the oldest
    assert {row.attempts for row in claimed} == {1}


async def test_what_somebody_said_of_a_post_is_found_as_far_as_it_is_worth_it(database: Database) -> None:
    """The last few of each type, in their order; not what was refused, is too long, or is by or about others."""
    log, post = Log(database), "https://peer.example/1"
    said = [log.row(object_uri=post, body=b"%d" % number, state=IGNORED) for number in range(7)]
    said.append(log.row(object_uri=post, body=b"edit", activity_type="Update", state=APPLIED))
    others = [
        log.row(object_uri=post, body=b"refused", state=ReceivedState.REFUSED),
        log.row(object_uri=post, body=b"long" * 10),
        log.row(object_uri=post, body=b"like", activity_type="Like"),
        log.row(object_uri=f"{post}0"),
        log.row(object_uri=post, actor_uri="https://peer.example/eve"),
    ]
    await database.write(lambda session: accept_batch(session, said + others))
    heard = await database.read(
        lambda session: find_heard_about(
            session, actor_uris=[BOB], object_uris=[post], types=["Create", "Update"], longest=39
        )
    )
    assert [each.body for each in heard] == [b"2", b"3", b"4", b"5", b"6", b"edit"]
    assert [each.was_applied for each in heard] == [False] * 5 + [True]
    assert {(each.actor_uri, each.object_uri) for each in heard} == {(BOB, post)}


async def test_what_is_held_is_a_renewal_of_what_came_before_it_unless_it_was_undone(log: Log) -> None:
    other = "https://peer.example/follow/2"

    async def renewed(activity_uri: str | None, held: str | None) -> bool:
        return await log.database.read(
            lambda session: was_renewed(session, actor_uri=BOB, activity_uri=activity_uri, held=held)
        )

    await log.accept(log.row(activity_uri=FOLLOW, activity_type="Follow"))
    assert not await renewed(FOLLOW, other)
    await log.accept(log.row(activity_uri=other, activity_type="Follow"))
    assert await renewed(FOLLOW, other)
    assert not await renewed(other, FOLLOW)
    assert not await renewed("https://peer.example/made-up", other)
    assert not await renewed(None, other)
    assert not await renewed(FOLLOW, None)
    assert not await renewed(FOLLOW, FOLLOW)
    await log.accept(log.row(activity_uri=UNDO, activity_type="Undo", object_uri=other))
    assert not await renewed(FOLLOW, other)


async def test_what_an_activity_was_about(log: Log) -> None:
    post = "https://peer.example/posts/1"
    await log.accept(log.row(activity_uri=FOLLOW, activity_type="Like", object_uri=post))

    async def about(type: str, actor_uri: str = BOB) -> str | None:
        return await log.database.read(
            lambda session: find_object(session, actor_uri=actor_uri, activity_uri=FOLLOW, type=type)
        )

    assert await about("Like") == post
    assert await about("Announce") is None
    assert await about("Like", "https://peer.example/eve") is None
