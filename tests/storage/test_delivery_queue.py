"""The outbound queue, rule by rule. The stateful test next door looks for what these did not think of."""

import asyncio
from datetime import timedelta

import pytest

from storage.database import Database
from storage.deliveries import (
    DeliveryState,
    count_deliveries,
    delete_finished_deliveries,
    drop_deliveries,
    find_activity,
    list_deliveries,
    oldest_due,
    retry_deliveries,
)
from storage.delivery_queue import ClaimedDelivery
from storage.delivery_results import end_hold
from tests.support.queue import DELIVERED, LEASE, PATIENCE, REFUSED, Queue, later, silent, stale
from tests.support.rows import NOW

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def queue(database: Database) -> Queue:
    return Queue(database)


def ids(jobs: list[ClaimedDelivery]) -> list[int]:
    return [job.id for job in jobs]


async def test_a_delivery_is_claimed_with_all_that_sending_it_needs(queue: Queue) -> None:
    [key] = await queue.say("peer.example")
    [job] = await queue.claim()
    activity = await queue.database.read(lambda session: find_activity(session, job.activity_id))
    assert activity is not None
    assert (job.id, job.host, job.attempts, job.is_proven) == (key, "peer.example", 1, False)
    assert (job.body, job.actor_id) == (activity.body, activity.actor_id)
    assert (job.host_failures, job.signature_kind) == (0, "draft-cavage")
    assert job.inbox_url.startswith("https://peer.example/inbox/")


async def test_what_was_delivered_stays_with_its_result(queue: Queue) -> None:
    [key] = await queue.say("peer.example")
    await queue.record(*await queue.claim())
    stored = await queue.delivery(key)
    assert (stored.state, stored.last_status, stored.finished_at) == (DeliveryState.DELIVERED, 202, NOW)
    assert stored.locked_until is None
    assert await queue.claim() == []


async def test_nobody_gets_what_somebody_works_on(queue: Queue) -> None:
    await queue.say("one.example", "two.example")
    assert len(await queue.claim()) == 2
    queue.wait(LEASE - SECOND)
    assert await queue.claim() == []


async def test_a_lease_that_ran_out_is_claimed_again_and_its_first_owner_records_nothing(queue: Queue) -> None:
    [key] = await queue.say("peer.example")
    [first] = await queue.claim()
    queue.wait(LEASE)
    [second] = await queue.claim()
    assert (second.id, second.attempts) == (key, 2)
    await queue.record(first, end=REFUSED)
    assert (await queue.delivery(key)).state is DeliveryState.WAITING
    assert stale(second).attempts == first.attempts
    await queue.record(second)
    await queue.record(second, end=REFUSED)
    assert (await queue.delivery(key)).state is DeliveryState.DELIVERED


async def test_a_lease_from_before_the_clock_was_set_back_holds_nobody_up(queue: Queue) -> None:
    await queue.say("peer.example")
    queue.wait(timedelta(days=2))
    await queue.claim()
    queue.wait(-timedelta(days=2))
    assert len(await queue.claim()) == 1


async def test_what_failed_waits_for_its_time(queue: Queue) -> None:
    [key] = await queue.say("peer.example")
    await queue.record(*await queue.claim(), end=silent(MINUTE))
    queue.wait(MINUTE - SECOND)
    assert await queue.claim() == []
    queue.wait(SECOND)
    [again] = await queue.claim()
    assert (again.id, again.attempts, again.host_failures) == (key, 2, 1)


async def test_one_failure_holds_everything_for_that_host_and_nothing_else(queue: Queue) -> None:
    await queue.say("dead.example")
    [first] = await queue.claim()
    waiting = [(await queue.say("dead.example"))[0] for _ in range(5)]
    await queue.record(first, end=silent(MINUTE))
    [meanwhile] = await queue.say("dead.example")
    [live] = await queue.say("live.example")
    others = await queue.claim()
    assert ids(others) == [live]
    await queue.record(*others)
    assert {(await queue.delivery(key)).run_at for key in [*waiting, meanwhile]} == {NOW + MINUTE}
    queue.wait(MINUTE)
    assert ids(await queue.claim()) == [first.id]


async def test_a_dead_host_is_asked_one_thing_at_a_time_and_ever_more_rarely(queue: Queue) -> None:
    for _ in range(20):
        await queue.say("dead.example")
    for step in (MINUTE, 5 * MINUTE, 15 * MINUTE):
        jobs = await queue.claim()
        assert len(jobs) == 1
        await queue.record(*jobs, end=silent(step))
        assert await queue.claim() == []
        queue.wait(step)
    assert (await queue.host("dead.example")).failures == 3


async def test_when_a_host_answers_again_what_waited_goes_out_in_order(queue: Queue) -> None:
    keys = [(await queue.say("peer.example"))[0] for _ in range(12)]
    await queue.record(*await queue.claim(), end=silent(timedelta(hours=6)))
    queue.wait(timedelta(hours=6))
    await queue.record(*await queue.claim())
    jobs = await queue.claim(per_host=8)
    assert ids(jobs) == keys[1:9]
    assert all(job.is_proven for job in jobs)
    host = await queue.host("peer.example")
    assert (host.failures, host.held_until, host.last_success_at) == (0, None, queue.now)


async def test_a_host_that_is_heard_of_is_asked_at_once(queue: Queue) -> None:
    [key] = await queue.say("peer.example")
    await queue.record(*await queue.claim(), end=silent(timedelta(hours=6)))
    await queue.database.write(lambda session: end_hold(session, "peer.example", now=queue.now))
    await queue.database.write(lambda session: end_hold(session, "unknown.example", now=queue.now))
    assert ids(await queue.claim()) == [key]


@pytest.mark.parametrize("status", [404, 401, 400, 501])
async def test_a_host_that_refuses_one_thing_is_there_for_others(queue: Queue, status: int) -> None:
    first, second = (await queue.say("peer.example"))[0], (await queue.say("peer.example"))[0]
    [job] = await queue.claim()
    await queue.record(job, end=later(status) if status < 500 else REFUSED)
    assert ids(await queue.claim()) == [second]
    assert first == job.id


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_host_that_wants_a_pause_gets_it(queue: Queue, status: int) -> None:
    await queue.prove("peer.example")
    keys = [(await queue.say("peer.example"))[0] for _ in range(2)]
    jobs = await queue.claim(1)
    await queue.record(*jobs, end=later(status, 10 * MINUTE))
    assert await queue.claim() == []
    queue.wait(10 * MINUTE)
    assert ids(await queue.claim()) == keys[:1]


async def test_a_host_without_a_word_in_a_week_is_given_up_with_all_that_waited(queue: Queue) -> None:
    old = [(await queue.say("dead.example"))[0] for _ in range(3)]
    queue.wait(PATIENCE)
    [young] = await queue.say("dead.example")
    queue.wait(SECOND)
    jobs = await queue.claim()
    await queue.record(*jobs, end=silent())
    states = {key: (await queue.delivery(key)).state for key in [*old, young]}
    assert states == dict.fromkeys(old, DeliveryState.DEAD) | {young: DeliveryState.WAITING}


async def test_hosts_that_are_not_proven_get_a_share_of_the_slots(queue: Queue) -> None:
    live = [f"live{n}.example" for n in range(5)]
    await queue.prove(*live)
    await queue.say(*(f"unknown{n}.example" for n in range(100)))
    await queue.say(*live)
    jobs = await queue.claim(20, unproven=12)
    assert sum(not job.is_proven for job in jobs) == 12
    assert {job.host for job in jobs if job.is_proven} == set(live)
    assert [job.is_proven for job in await queue.claim(20, unproven=0)] == []


async def test_a_thousand_dead_hosts_leave_the_others_their_room(queue: Queue) -> None:
    dead = [f"dead{n}.example" for n in range(1000)]
    await queue.prove("live.example")
    await queue.say(*dead)
    await queue.say(*dead)
    [wanted] = await queue.say("live.example")
    jobs = await queue.claim(25, unproven=15)
    assert wanted in ids(jobs)
    await queue.record(*(job for job in jobs if not job.is_proven), end=silent(timedelta(hours=1)))
    assert len(await queue.claim(25, unproven=15)) == 15


async def test_a_proven_host_gets_so_many_at_a_time_and_an_unknown_one_one(queue: Queue) -> None:
    await queue.prove("live.example")
    for _ in range(20):
        await queue.say("live.example", "unknown.example")
    jobs = await queue.claim(per_host=8)
    assert sorted(job.host for job in jobs) == ["live.example"] * 8 + ["unknown.example"]
    assert await queue.claim(per_host=8) == []
    await queue.record(jobs[-1])
    assert len(await queue.claim(per_host=8)) == 1


async def test_a_host_with_much_to_hear_does_not_hide_the_others(queue: Queue) -> None:
    await queue.prove("busy.example", "calm.example")
    for _ in range(60):
        await queue.say("busy.example")
    [wanted] = await queue.say("calm.example")
    jobs = await queue.claim(12, per_host=4)
    assert [job.host for job in jobs] == ["busy.example"] * 4 + ["calm.example"]
    assert wanted in ids(jobs)


async def test_one_inbox_hears_one_story_in_order(queue: Queue) -> None:
    await queue.prove("peer.example", "other.example")
    for _ in range(3):
        await queue.say("peer.example", order_key="post")
    [elsewhere] = await queue.say("other.example", order_key="post")
    [another] = await queue.say("peer.example", order_key="another")
    keys = sorted(set(await queue.deliveries()) - {elsewhere, another})[-3:]
    first = await queue.claim()
    assert set(ids(first)) == {keys[0], elsewhere, another}
    await queue.record(*first, end=later(404, MINUTE))
    assert await queue.claim() == []
    queue.wait(MINUTE)
    await queue.record(*await queue.claim())
    assert ids(await queue.claim()) == [keys[1]]


async def test_what_is_given_up_lets_the_rest_of_the_story_pass(queue: Queue) -> None:
    await queue.say("peer.example", order_key="post")
    [second] = await queue.say("peer.example", order_key="post")
    await queue.record(*await queue.claim(), end=REFUSED)
    assert ids(await queue.claim()) == [second]


async def test_which_signature_a_host_reads_is_remembered(queue: Queue) -> None:
    await queue.say("peer.example")
    end = type(DELIVERED)(DeliveryState.DELIVERED, 202, signature_kind="rfc9421")
    await queue.record(*await queue.claim(), end=end)
    await queue.say("peer.example")
    assert [job.signature_kind for job in await queue.claim()] == ["rfc9421"]


async def test_eight_workers_claim_everything_once(queue: Queue) -> None:
    hosts = [f"host{n}.example" for n in range(120)]
    keys = await queue.say(*hosts)

    async def work() -> list[int]:
        mine: list[int] = []
        while jobs := await queue.claim(7, unproven=7):
            mine += ids(jobs)
            await queue.record(*jobs)
        return mine

    claimed = [key for mine in await asyncio.gather(*(work() for _ in range(8))) for key in mine]
    assert sorted(claimed) == sorted(keys)


async def test_an_operator_sees_retries_and_drops(queue: Queue) -> None:
    database = queue.database
    [refused] = await queue.say("one.example")
    await queue.record(*await queue.claim(), end=REFUSED)
    [held] = await queue.say("two.example")
    await queue.record(*await queue.claim(), end=silent(timedelta(hours=6)))
    rows = await database.read(lambda session: list_deliveries(session, limit=9, states=[DeliveryState.DEAD]))
    assert [(row.id, activity.id) for row, activity in rows] == [(refused, (await queue.delivery(refused)).activity_id)]
    rows = await database.read(lambda session: list_deliveries(session, limit=9, host="two.example"))
    assert [row.id for row, _ in rows] == [held]
    assert await database.read(lambda session: oldest_due(session, now=queue.now)) is None
    assert await database.write(lambda session: retry_deliveries(session, now=queue.now, ids=[refused])) == 1
    assert await database.write(lambda session: retry_deliveries(session, now=queue.now, host="two.example")) == 1
    assert await database.read(lambda session: oldest_due(session, now=queue.now)) == queue.now
    assert sorted(ids(await queue.claim())) == sorted([refused, held])
    assert await database.write(lambda session: drop_deliveries(session, now=queue.now, host="two.example")) == 1
    assert await database.read(count_deliveries) == {DeliveryState.WAITING: 1, DeliveryState.DROPPED: 1}
    with pytest.raises(ValueError, match="name the deliveries"):
        await database.write(lambda session: drop_deliveries(session, now=queue.now))


async def test_what_was_dropped_meanwhile_stays_dropped(queue: Queue) -> None:
    [key] = await queue.say("peer.example")
    jobs = await queue.claim()
    await queue.database.write(lambda session: drop_deliveries(session, now=queue.now, ids=[key]))
    await queue.record(*jobs)
    assert (await queue.delivery(key)).state is DeliveryState.DROPPED


async def test_an_old_text_is_not_sent_again_after_a_newer_one(queue: Queue) -> None:
    [old] = await queue.say("peer.example", order_key="post")
    await queue.record(*await queue.claim(), end=REFUSED)
    await queue.say("peer.example", order_key="post")
    await queue.record(*await queue.claim())
    assert await queue.database.write(lambda session: retry_deliveries(session, now=queue.now, ids=[old])) == 0
    assert (await queue.delivery(old)).state is DeliveryState.DEAD


async def test_what_ended_long_ago_is_forgotten_bit_by_bit(queue: Queue) -> None:
    await queue.say(*(f"host{n}.example" for n in range(5)))
    await queue.record(*await queue.claim())
    [waiting] = await queue.say("other.example")
    before = queue.now + SECOND
    for expected in (3, 2, 0):
        deleted = await queue.database.write(
            lambda session: delete_finished_deliveries(session, before=before, limit=3)
        )
        assert deleted == expected
    assert list(await queue.deliveries()) == [waiting]
