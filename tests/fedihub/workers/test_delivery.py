"""What is said arrives, as soon as it can, at whoever is there."""

from datetime import timedelta

import pytest

from fedihub.clock import ManualClock
from fedihub.services.lives import end_actor
from fedihub.services.posting import delete_post
from fedihub.workers import delivery
from storage.actors import Actor, find_actor_by_uri
from storage.deliveries import Delivery, DeliveryState, list_deliveries
from storage.hosts import find_hosts
from storage.posts import Post
from tests.support.hub import RunningHub, running_hub
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import follows


async def deliveries(home: RunningHub) -> list[Delivery]:
    found = await home.hub.database.read(lambda session: list_deliveries(session, limit=1000))
    return [row for row, _ in found]


async def followed(home: RunningHub, peer: Peer, *names: str) -> tuple[Actor, list[PeerActor]]:
    """A member with followers at a peer."""
    ada = await home.member("ada")
    followers = [peer.add_actor(name) for name in names]
    for each in followers:
        await follows(peer, each, home, ada)
    return ada, followers


async def test_a_shared_inbox_gets_one_delivery(home: RunningHub, peer: Peer) -> None:
    ada, _ = await followed(home, peer, "rosa", "otto", "ines")
    await home.say(ada, "Hello")
    await home.drain()
    assert [activity["type"] for activity in peer.received].count("Create") == 1


async def test_without_a_shared_inbox_each_follower_gets_one(home: RunningHub, resolver: TestResolver) -> None:
    async with Peer.running("small.test", resolver=resolver, shared_inbox=False) as small:
        ada, _ = await followed(home, small, "rosa", "otto")
        await home.say(ada, "Hello")
        await home.drain()
        assert [activity["type"] for activity in small.received].count("Create") == 2


async def test_the_same_bytes_go_to_every_inbox(home: RunningHub, resolver: TestResolver) -> None:
    async with Peer.running("small.test", resolver=resolver, shared_inbox=False) as small:
        ada, _ = await followed(home, small, "rosa", "otto")
        await home.say(ada, "Hello")
        await home.drain()
        bodies = {seen.body for seen in small.requests if seen.method == "POST" and b'"Create"' in seen.body}
        assert len(bodies) == 1


async def test_a_host_that_is_down_gets_it_when_it_comes_back(
    database_url: str, resolver: TestResolver, peer: Peer
) -> None:
    clock = ManualClock()
    async with running_hub(database_url, resolver, clock=clock) as home:
        ada, _ = await followed(home, peer, "rosa")
        await peer.stop()
        for number in range(5):
            await home.say(ada, f"Number {number}")
        await home.drain()
        waiting = [row for row in await deliveries(home) if row.state is DeliveryState.WAITING]
        assert len(waiting) == 5
        assert sum(row.attempts for row in waiting) <= delivery.PER_HOST  # then the host is held

        await peer.start()
        assert await home.drain() == 0
        clock.advance(timedelta(minutes=2))
        await home.drain()
        contents = [activity["object"]["content"] for activity in peer.received if activity["type"] == "Create"]
        # Each once; their order is only promised within the story of one post, and these are five.
        assert sorted(contents) == [f"<p>Number {number}</p>" for number in range(5)]


async def test_a_host_is_not_held_because_we_were_busy(database_url: str, resolver: TestResolver, peer: Peer) -> None:
    clock = ManualClock()
    async with running_hub(database_url, resolver, clock=clock) as home:
        ada, _ = await followed(home, peer, "rosa")
        await home.say(ada, "Hello")
    async with running_hub(database_url, resolver, clock=clock) as home:  # one that has looked up nothing yet
        resolver.is_busy = True
        await home.drain()
        assert [row.state for row in await deliveries(home)].count(DeliveryState.WAITING) == 1
        host = (await home.hub.database.read(lambda session: find_hosts(session, ["peer.test"])))["peer.test"]
        assert host.held_until is None
        resolver.is_busy = False
        clock.advance(timedelta(minutes=2))
        await home.drain()
        assert [activity["type"] for activity in peer.received].count("Create") == 1


async def test_a_host_that_writes_to_us_is_tried_at_once(database_url: str, resolver: TestResolver, peer: Peer) -> None:
    clock = ManualClock()
    async with running_hub(database_url, resolver, clock=clock) as home:
        ada, (rosa,) = await followed(home, peer, "rosa")
        await peer.stop()
        post = await home.say(ada, "Hello")
        await home.drain()
        await peer.start()
        await peer.send(home.shared_inbox, peer.activity(rosa, "Like", post.uri), by=rosa)
        await home.drain()
        assert peer.received[-1]["type"] == "Create"


async def test_a_dead_host_is_given_up_after_a_week_and_not_before(
    database_url: str, resolver: TestResolver, peer: Peer
) -> None:
    clock = ManualClock()
    async with running_hub(database_url, resolver, clock=clock) as home:
        ada, _ = await followed(home, peer, "rosa")
        await peer.stop()
        await home.say(ada, "Hello")
        began = clock.now()
        while (await deliveries(home))[0].state is DeliveryState.WAITING:
            await home.drain()
            clock.advance(timedelta(hours=1))
        assert timedelta(days=7) < clock.now() - began < timedelta(days=11)
        last = (await deliveries(home))[0]
        assert last.state is DeliveryState.DEAD
        assert last.last_error


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, DeliveryState.DELIVERED),
        (202, DeliveryState.DELIVERED),
        (401, DeliveryState.WAITING),
        (404, DeliveryState.WAITING),
        (408, DeliveryState.WAITING),
        (429, DeliveryState.WAITING),
        (500, DeliveryState.WAITING),
        (503, DeliveryState.WAITING),
        (302, DeliveryState.WAITING),
        (400, DeliveryState.DEAD),
        (403, DeliveryState.DEAD),
        (422, DeliveryState.DEAD),
        (501, DeliveryState.DEAD),
        (410, DeliveryState.DEAD),
    ],
)
async def test_what_an_answer_means(home: RunningHub, peer: Peer, status: int, state: DeliveryState) -> None:
    ada, _ = await followed(home, peer, "rosa")
    peer.answer_inbox(status, times=None, body=b"because")
    await home.say(ada, "Hello")
    await delivery.pipeline(home.hub).step()
    newest = (await deliveries(home))[0]
    assert (newest.state, newest.last_status) == (state, status)


async def test_the_peer_says_when_to_come_again(database_url: str, resolver: TestResolver, peer: Peer) -> None:
    clock = ManualClock()
    async with running_hub(database_url, resolver, clock=clock) as home:
        ada, _ = await followed(home, peer, "rosa")
        peer.answer_inbox(429, retry_after="7200")
        await home.say(ada, "Hello")
        await home.drain()
        clock.advance(timedelta(minutes=100))
        assert await home.drain() == 0
        clock.advance(timedelta(minutes=25))
        await home.drain()
        assert peer.received[-1]["type"] == "Create"


async def test_an_inbox_that_is_gone_ends_the_actor_only_if_it_says_so_itself(home: RunningHub, peer: Peer) -> None:
    ada, (rosa,) = await followed(home, peer, "rosa")
    peer.answer_inbox(410, times=2)
    await home.say(ada, "One")
    await home.drain()
    found = await home.hub.database.read(lambda session: find_actor_by_uri(session, rosa.uri))
    assert found is not None
    assert found.gone_at is None

    rosa.status = 410
    await home.say(ada, "Two")
    await home.drain()
    found = await home.hub.database.read(lambda session: find_actor_by_uri(session, rosa.uri))
    assert found is not None
    assert found.gone_at is not None
    await home.say(ada, "Three")
    assert await home.drain() == 0


async def test_the_signature_that_a_host_reads_is_remembered(home: RunningHub, peer: Peer) -> None:
    ada, _ = await followed(home, peer, "rosa")
    peer.accepts_kinds.discard("draft-cavage")
    await home.say(ada, "One")
    await home.drain()
    known = await home.hub.database.read(lambda session: find_hosts(session, ["peer.test"]))
    assert known["peer.test"].signature_kind == "rfc9421"
    before = len(peer.requests)
    await home.say(ada, "Two")
    await home.drain()
    assert len([seen for seen in peer.requests[before:] if seen.method == "POST"]) == 1


async def test_one_inbox_hears_a_story_in_order(database_url: str, resolver: TestResolver, peer: Peer) -> None:
    from fedihub.services.posting import edit_post

    clock = ManualClock()
    async with running_hub(database_url, resolver, clock=clock) as home:
        ada, _ = await followed(home, peer, "rosa")
        post = await home.say(ada, "one")
        for text in ("two", "three"):
            await edit_post(home.hub, post_id=post.id, by_actor_id=ada.id, text=text)
        peer.answer_inbox(503)
        await home.drain()
        assert [activity["type"] for activity in peer.received] == ["Accept"]
        clock.advance(timedelta(minutes=2))
        await home.drain()
        told = [activity["object"]["content"] for activity in peer.received[1:]]
        assert told == ["<p>one</p>", "<p>two</p>", "<p>three</p>"]


async def test_dead_hosts_do_not_delay_a_live_one(home: RunningHub, peer: Peer, resolver: TestResolver) -> None:
    """Each claim takes the live host along, however many dead ones wait."""
    ada, _ = await followed(home, peer, "rosa")
    for number in range(30):
        async with Peer.running(f"dead{number}.test", resolver=resolver) as dying:
            await follows(dying, dying.add_actor("otto"), home, ada)
    await home.say(ada, "Hello")
    await delivery.pipeline(home.hub).step()
    assert peer.received[-1]["type"] == "Create"


@pytest.mark.parametrize("what", ["post", "account"])
async def test_an_end_waits_for_what_is_under_way(home: RunningHub, peer: Peer, what: str) -> None:
    """Or a server that remembers no deletions would keep it for ever."""
    ada, _ = await followed(home, peer, "rosa")
    await home.drain()
    peer.received.clear()
    post, stages = await home.say(ada, "Xyzzy"), delivery.stages(home.hub)
    jobs = await stages.claim(10, [])
    await (end_actor(home.hub, actor_id=ada.id) if what == "account" else taken_back(home, post))
    await home.drain()
    assert not peer.received
    await stages.finish([(job, await stages.work(job)) for job in jobs])
    await home.drain()
    assert [activity["type"] for activity in peer.received] == ["Create", "Delete"]
    assert {row.state for row in await deliveries(home)} == {DeliveryState.DELIVERED}


@pytest.mark.parametrize("how", ["failed", "got lost"])
async def test_what_was_taken_back_under_way_is_sent_no_more(
    database_url: str, resolver: TestResolver, peer: Peer, how: str
) -> None:
    clock = ManualClock()
    async with running_hub(database_url, resolver, clock=clock) as home:
        ada, _ = await followed(home, peer, "rosa")
        await home.drain()
        peer.received.clear()
        post, stages = await home.say(ada, "Xyzzy"), delivery.stages(home.hub)
        peer.answer_inbox(503)
        done = [(job, await stages.work(job)) for job in await stages.claim(10, [])]
        await taken_back(home, post)
        if how == "failed":
            await stages.finish(done)
        clock.advance(2 * delivery.LEASE)
        await home.drain()
        assert [activity["type"] for activity in peer.received] == ["Delete"]
        assert DeliveryState.DROPPED in {row.state for row in await deliveries(home)}


async def taken_back(home: RunningHub, post: Post) -> None:
    await delete_post(home.hub, post_id=post.id, by_actor_id=post.author_id)
