"""Applying what arrived: together where it can be, alone where it must, and never twice."""

import asyncio

from fedihub.workers import inbox, run_workers
from storage.received import ReceivedState
from tests.support.hub import RunningHub
from tests.support.peer import PUBLIC, Peer
from tests.support.stories import post_of


async def test_one_poisoned_activity_costs_only_itself(home: RunningHub, peer: Peer) -> None:
    """The two replies have been gathered and are applied in one unit, which one of them breaks: it takes the other's id."""
    ada, rosa, otto = await home.member("ada"), peer.add_actor("rosa"), peer.add_actor("otto")
    await peer.send(home.shared_inbox, peer.activity(rosa, "Follow", ada.uri), by=rosa)
    await peer.send(home.shared_inbox, peer.activity(otto, "Follow", ada.uri), by=otto)
    await home.drain()
    good = peer.note(rosa, to=[PUBLIC], cc=[ada.uri])
    poison = peer.note(otto, "<p>x</p>", to=[PUBLIC], cc=[ada.uri], url="http://peer.test/\ud800")
    await peer.send(home.shared_inbox, peer.create(good, by=rosa), by=rosa)
    answer = await peer.send(home.shared_inbox, peer.create(poison, by=otto), by=otto)
    await home.drain()
    assert answer.status == 400
    assert await post_of(home, good["id"]) is not None


async def test_a_crash_after_the_claim_loses_nothing(home: RunningHub, peer: Peer) -> None:
    """Whoever claimed it never came back: when the lease has run out, it is claimed again."""
    from datetime import timedelta

    from storage.received import claim_received

    ada, rosa = await home.member("ada"), peer.add_actor("rosa")
    await peer.send(home.shared_inbox, peer.activity(rosa, "Follow", ada.uri), by=rosa)
    now = home.hub.clock.now()
    lost = await home.hub.database.write(
        lambda session: claim_received(session, now=now, limit=10, lease=timedelta(seconds=-1))
    )
    assert len(lost) == 1
    await home.drain()
    assert (await home.actor(ada)).followers_count == 1


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


async def test_the_same_request_a_hundred_times_has_one_effect(home: RunningHub, peer: Peer) -> None:
    ada, rosa = await home.member("ada"), peer.add_actor("rosa")
    post = await home.say(ada, "Hello")
    reply = peer.note(rosa, inReplyTo=post.uri, to=[PUBLIC], cc=[ada.uri])
    request = rosa.plan().sign(home.shared_inbox, peer.create(reply, by=rosa))
    answers = await asyncio.gather(*(peer.send_raw(request) for _ in range(100)))
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
