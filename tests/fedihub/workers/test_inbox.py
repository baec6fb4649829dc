"""Applying what arrived: together where it can be, alone where it must, and never twice."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from federation import limits
from fedihub.workers import inbox, run_workers
from fedihub.workers.pipeline import Pipeline
from fedihub.workers.places import Places
from storage.received import ReceivedState, claim_received
from tests.support.hub import RunningHub
from tests.support.peer import PUBLIC, Peer
from tests.support.poison import poison_likes_of
from tests.support.resolver import TestResolver
from tests.support.stories import actor_of, follows, pass_time, verdict


async def test_one_poisoned_activity_costs_only_itself(home: RunningHub, peer: Peer) -> None:
    """They are applied in one unit, which one of them breaks; then each is applied alone."""
    ada = await home.member("ada")
    post = await home.say(ada, "Hello")
    fans = [peer.add_actor(name) for name in ("rosa", "otto", "ines")]
    for fan in fans:
        await follows(peer, fan, home, ada)
    otto = await actor_of(home, fans[1])
    assert otto is not None
    await home.hub.database.write(lambda session: poison_likes_of(session, otto.id))
    for fan in fans:
        await peer.send(home.shared_inbox, peer.activity(fan, "Like", post.uri), by=fan)
    await home.drain()
    assert (await home.post(post.id)).likes_count == 2
    states = {row.actor_uri: (row.state, row.reason) for row in await home.log() if row.activity_type == "Like"}
    assert states[fans[0].uri] == states[fans[2].uri] == (ReceivedState.APPLIED, None)
    assert states[fans[1].uri] == (ReceivedState.WAITING, "failed")


async def test_a_crash_after_the_claim_loses_nothing(home: RunningHub, peer: Peer) -> None:
    """Whoever claimed it never came back: when the lease has run out, it is claimed again."""
    ada, rosa = await home.member("ada"), peer.add_actor("rosa")
    await peer.send(home.shared_inbox, peer.activity(rosa, "Follow", ada.uri), by=rosa)
    now = home.hub.clock.now()
    lost = await home.hub.database.write(
        lambda session: claim_received(session, now=now, limit=10, lease=timedelta(seconds=-1))
    )
    assert len(lost) == 1
    await home.drain()
    assert (await home.actor(ada)).followers_count == 1


async def test_what_ends_the_process_each_time_is_given_up(home: RunningHub, peer: Peer) -> None:
    """Nobody ever says what became of it; the lease runs out, and it is claimed again."""
    ada, rosa = await home.member("ada"), peer.add_actor("rosa")
    await peer.send(home.shared_inbox, peer.activity(rosa, "Follow", ada.uri), by=rosa)
    now, over = home.hub.clock.now(), timedelta(seconds=-1)
    for _ in range(inbox.MOST_ATTEMPTS):
        await home.hub.database.write(lambda session: claim_received(session, now=now, limit=10, lease=over))
    await home.drain()
    assert await verdict(home) == (ReceivedState.GAVE_UP, "never_finished")
    assert (await home.actor(ada)).followers_count == 0


async def test_many_at_once_have_each_their_effect(home: RunningHub, peer: Peer) -> None:
    ada = await home.member("ada")
    post = await home.say(ada, "Hello")
    fans = [peer.add_actor(f"fan{number}") for number in range(20)]
    likes = [peer.activity(fan, "Like", post.uri) for fan in fans]
    answers = await asyncio.gather(
        *(peer.send(home.shared_inbox, like, by=fan) for fan, like in zip(fans, likes, strict=True))
    )
    assert {answer.status for answer in answers} == {202}
    await home.drain()
    assert (await home.post(post.id)).likes_count == 20


async def test_the_same_request_many_times_has_one_effect(home: RunningHub, peer: Peer) -> None:
    ada, rosa = await home.member("ada"), peer.add_actor("rosa")
    post = await home.say(ada, "Hello")
    reply = peer.note(rosa, inReplyTo=post.uri, to=[PUBLIC], cc=[ada.uri])
    request = rosa.plan().sign(home.shared_inbox, peer.create(reply, by=rosa))
    answers = await asyncio.gather(*(peer.send_raw(request) for _ in range(40)))
    assert {answer.status for answer in answers} == {202}
    await home.drain()
    assert len(await home.log()) == 1
    assert (await home.post(post.id)).replies_count == 1


async def test_the_workers_run_by_themselves(home: RunningHub, peer: Peer) -> None:
    ada, rosa = await home.member("ada"), peer.add_actor("rosa")
    workers = asyncio.create_task(run_workers(home.hub))
    await peer.send(home.shared_inbox, peer.activity(rosa, "Follow", ada.uri), by=rosa)
    await peer.wait_for(lambda activity: activity["type"] == "Accept")
    workers.cancel()
    await asyncio.wait([workers])
    assert (await home.log())[0].state is ReceivedState.APPLIED
    assert home.hub.health.beats == {}


async def test_what_is_in_the_log_is_applied_once(home: RunningHub, peer: Peer) -> None:
    ada, rosa = await home.member("ada"), peer.add_actor("rosa")
    await peer.send(home.shared_inbox, peer.activity(rosa, "Follow", ada.uri), by=rosa)
    await home.drain()
    assert await inbox.pipeline(home.hub).step() == 0


async def test_a_slow_host_does_not_keep_others_waiting(
    home: RunningHub, peer: Peer, resolver: TestResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More answers to a slow server's posts than there are places in which activities wait for the network."""
    monkeypatch.setattr("federation.limits.TURN_SECONDS", 0.1)
    ada = await home.member("ada")
    post, rosa = await home.say(ada, "Hello"), peer.add_actor("rosa")
    async with Peer.running("slow.test", resolver=resolver) as slow:
        eve = slow.add_actor("eve")
        await slow.send(home.shared_inbox, slow.activity(eve, "Like", post.uri), by=eve)
        await home.drain()  # eve is known now
        for number in range(inbox.SLOTS + 20):
            parent = slow.note(eve)["id"]
            note = slow.note(eve, f"{number}", inReplyTo=parent, to=[PUBLIC], cc=[ada.uri])
            await slow.send(home.shared_inbox, slow.create(note, by=eve), by=eve)
        slow.hold()
        await peer.send(home.shared_inbox, peer.activity(rosa, "Like", post.uri), by=rosa)
        workers = asyncio.create_task(run_workers(home.hub))
        async with asyncio.timeout(limits.FETCH_SECONDS):  # so long the slow one could hold every place
            while (await home.post(post.id)).likes_count < 2:  # noqa: ASYNC110 - nobody rings a bell
                await asyncio.sleep(0)
        held = [request for request in slow.requests if "/statuses/" in request.path]
        assert len(held) <= limits.FETCHES_PER_HOST
        slow.release()
        workers.cancel()
        await asyncio.wait([workers])


async def test_names_of_one_slow_machine_make_room_when_no_place_is_free(
    home: RunningHub, peer: Peer, resolver: TestResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What had its share of time comes again later; nothing is lost."""
    monkeypatch.setattr("fedihub.workers.places.FAIR_SECONDS", 0.5)
    monkeypatch.setattr("fedihub.workers.places.GATHER_SECONDS", 600.0)
    monkeypatch.setattr("federation.limits.FETCH_SECONDS", 600.0)
    ada, rosa = await home.member("ada"), peer.add_actor("rosa")
    post = await home.say(ada, "Hello")
    async with AsyncExitStack() as stack:
        names = ("one.slow.test", "two.slow.test")
        slow = [await stack.enter_async_context(Peer.running(name, resolver=resolver)) for name in names]
        for machine in slow:
            eve = machine.add_actor("eve")
            await machine.send(home.shared_inbox, machine.activity(eve, "Like", post.uri), by=eve)
        await follows(peer, rosa, home, ada)  # all are known now
        for machine in slow:
            note = machine.note(eve := machine.actors["eve"], inReplyTo=machine.note(eve)["id"], cc=[ada.uri])
            await machine.send(home.shared_inbox, machine.create(note, by=eve), by=eve)
            machine.hold()
        await peer.send(home.shared_inbox, peer.activity(rosa, "Like", post.uri), by=rosa)
        pipeline = Pipeline(inbox.stages(home.hub), slots=len(slow), bell=home.hub.wake.inbound)
        working = asyncio.create_task(pipeline.run(lambda: None))
        async with asyncio.timeout(inbox.LEASE.total_seconds()):
            while (await home.post(post.id)).likes_count < 3:  # noqa: ASYNC110 - nobody rings a bell
                await asyncio.sleep(0)
        for machine in slow:
            machine.release()
        working.cancel()
        await asyncio.wait([working])
        waiting = [row for row in await home.log() if row.state is ReceivedState.WAITING]
        assert [row.reason for row in waiting] == ["gathering_took_too_long"] * len(slow)
        await pass_time(home, hours=0)
        assert {(row.state, row.reason) for row in await home.log()} == {(ReceivedState.APPLIED, None)}


async def test_a_host_that_does_not_say_whose_its_handles_are_is_not_asked_again_at_once(
    home: RunningHub, peer: Peer, resolver: TestResolver
) -> None:
    """Strangers who claim handles there cannot hold the places in which activities wait for the network."""
    post = await home.say(await home.member("ada"), "Hello")
    async with Peer.running("silent.test", resolver=resolver) as silent:
        await silent.stop()
        for name in ("eve", "mallory"):
            stranger = peer.add_actor(name, extra={"webfinger": f"{name}@silent.test"})
            await peer.send(home.shared_inbox, peer.activity(stranger, "Like", post.uri), by=stranger)
            await home.drain()
    assert [row.reason for row in await home.log()] == ["host_down", "connect_failed"]
    assert (await home.post(post.id)).likes_count == 0


async def test_making_room_leaves_alone_whose_time_is_up_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may still be ending what it had begun in the database, which is never cut off."""
    monkeypatch.setattr("fedihub.workers.places.GATHER_SECONDS", 0.01)
    monkeypatch.setattr("fedihub.workers.places.FAIR_SECONDS", 0.0)
    places, ending, may_end = Places(), asyncio.Event(), asyncio.Event()

    async def job() -> None:
        async with places.taken(1):
            try:
                await may_end.wait()
            except asyncio.CancelledError:
                ending.set()
                await may_end.wait()
                raise

    task = asyncio.create_task(job())
    await ending.wait()
    places.make_room()
    may_end.set()
    await asyncio.wait([task])
    assert isinstance(task.exception(), TimeoutError)
