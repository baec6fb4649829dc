"""Delivering what our people say: rows L1 to L8, L10, L14 and L15 (L9 and L11 to L13 have files of their own)."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
from aiohttp import web
from sqlalchemy import select
from sqlmodel import col

from federation.delivery import FEW_ATTEMPTS
from fedihub.clock import ManualClock
from fedihub.services.following import block, remove_follower
from fedihub.services.posting import delete_post, edit_post
from fedihub.services.reactions import like, unlike
from fedihub.services.resolving import resolve_handle, resolve_url
from storage.database import Session
from storage.deliveries import Delivery, DeliveryState
from storage.posts import Audience, Post
from storage.received import ReceivedState
from tests.conformance.conftest import Scene
from tests.support.hub import ACTIVITY_JSON, RunningHub, running_hub
from tests.support.peer import Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import actor_of, answer_to, follows, post_of, verdict


async def deliveries(home: RunningHub) -> Sequence[Delivery]:
    """All deliveries there ever were, the newest last."""

    async def unit(session: Session) -> Sequence[Delivery]:
        return (await session.scalars(select(Delivery).order_by(col(Delivery.id)))).all()

    return await home.hub.database.read(unit)


def posted(peer: Peer, *, since: int = 0) -> list[tuple[str, str]]:
    """What a server was sent: inbox and type."""
    posts = [request for request in peer.requests if request.method == "POST"]
    return [(request.path, request.json()["type"]) for request in posts][since:]


@pytest.fixture
async def other(resolver: TestResolver) -> AsyncIterator[Peer]:
    """A third server."""
    async with Peer.running("other.test", resolver=resolver) as running:
        yield running


async def test_l1_all_followers_of_a_server_share_one_post(scene: Scene) -> None:
    for name in ("rosa", "rita", "rob"):
        await follows(scene.peer, scene.peer.add_actor(name), scene.home, scene.ada)
    before = len(posted(scene.peer))
    await scene.home.say(scene.ada, "Hello")
    await scene.home.drain()
    assert posted(scene.peer, since=before) == [("/inbox", "Create")]


async def test_l1_where_there_is_no_shared_inbox_each_has_their_own(scene: Scene) -> None:
    scene.peer.shared_inbox = False
    for name in ("rosa", "rita"):
        await follows(scene.peer, scene.peer.add_actor(name), scene.home, scene.ada)
    before = len(posted(scene.peer))
    await scene.home.say(scene.ada, "Hello")
    await scene.home.drain()
    assert sorted(posted(scene.peer, since=before)) == [
        ("/users/rita/inbox", "Create"),
        ("/users/rosa/inbox", "Create"),
    ]


async def test_l2_what_is_for_one_reaches_that_one_and_no_followers(scene: Scene, other: Peer) -> None:
    omar = other.add_actor("omar")
    await follows(other, omar, scene.home, scene.ada)
    await resolve_handle(scene.home.hub, scene.rosa.handle)
    before = len(posted(other))
    await scene.home.say(scene.ada, f"@{scene.rosa.handle} psst", audience=Audience.MENTIONED)
    await scene.home.drain()
    assert [type_ for _, type_ in posted(scene.peer)] == ["Create"]
    assert posted(other, since=before) == []


async def test_l2_what_is_for_followers_reaches_them_and_whom_it_names(scene: Scene, other: Peer) -> None:
    await follows(other, other.add_actor("omar"), scene.home, scene.ada)
    await resolve_handle(scene.home.hub, scene.rosa.handle)
    await scene.home.say(scene.ada, f"@{scene.rosa.handle} hello", audience=Audience.FOLLOWERS)
    await scene.home.drain()
    assert ("/inbox", "Create") in posted(scene.peer)
    assert ("/inbox", "Create") in posted(other)


async def test_l3_what_is_for_one_actor_goes_to_their_own_inbox(scene: Scene) -> None:
    home = scene.home
    await follows(scene.peer, scene.rosa, home, scene.ada)
    rosa = await resolve_handle(home.hub, scene.rosa.handle)
    note = await resolve_url(home.hub, scene.peer.note(scene.rosa)["id"])
    assert isinstance(note, Post)
    await home.follow(scene.ada, rosa)
    await like(home.hub, actor_id=scene.ada.id, post_id=note.id)
    await unlike(home.hub, actor_id=scene.ada.id, post_id=note.id)
    await home.drain()
    assert sorted(posted(scene.peer)) == [
        ("/users/rosa/inbox", type_) for type_ in ("Accept", "Follow", "Like", "Undo")
    ]


async def test_l3_a_no_and_the_answer_to_a_quote_go_to_their_own_inbox(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    before = len(posted(scene.peer))
    quoting = scene.peer.note(scene.rosa, quote=scene.post.uri)
    await scene.hears(scene.peer.activity(scene.rosa, "QuoteRequest", scene.post.uri, instrument=quoting))
    await remove_follower(scene.home.hub, actor_id=scene.ada.id, follower_id=rosa.id)
    await scene.home.drain()
    assert sorted(posted(scene.peer, since=before)) == [
        ("/users/rosa/inbox", "Accept"), ("/users/rosa/inbox", "Reject"),
    ]  # fmt: skip
    answers = {each["type"]: each["object"]["type"] for each in scene.peer.received[-2:]}
    assert answers == {"Accept": "QuoteRequest", "Reject": "Follow"}


async def answered(scene: Scene, other: Peer) -> PeerActor:
    """Omar, whom nobody told of Ada's post, has answered it."""
    omar = other.add_actor("omar")
    note = answer_to(other, omar, scene.post, scene.ada, "hello")
    assert (await other.send(scene.home.shared_inbox, other.create(note, by=omar), by=omar)).status == 202
    await scene.home.drain()
    return omar


async def test_l4_edits_and_ends_of_open_posts_reach_who_took_part(scene: Scene, other: Peer) -> None:
    home = scene.home
    await answered(scene, other)
    await scene.hears(scene.peer.activity(scene.rosa, "Like", scene.post.uri))
    await edit_post(home.hub, post_id=scene.post.id, by_actor_id=scene.ada.id, text="Hello again")
    await home.drain()
    await delete_post(home.hub, post_id=scene.post.id, by_actor_id=scene.ada.id)
    await home.drain()
    for server in (scene.peer, other):
        assert [type_ for _, type_ in posted(server)] == ["Update", "Delete"]


async def test_l5_edits_and_ends_of_other_posts_reach_only_who_had_them(scene: Scene, other: Peer) -> None:
    home = scene.home
    await follows(scene.peer, scene.rosa, home, scene.ada)
    scene.post = await home.say(scene.ada, "For you", audience=Audience.FOLLOWERS)
    await home.drain()
    await answered(scene, other)
    before = len(posted(scene.peer))
    await edit_post(home.hub, post_id=scene.post.id, by_actor_id=scene.ada.id, text="For you, too")
    await home.drain()
    await delete_post(home.hub, post_id=scene.post.id, by_actor_id=scene.ada.id)
    await home.drain()
    assert [type_ for _, type_ in posted(scene.peer, since=before)] == ["Update", "Delete"]
    assert posted(other) == []


@pytest.mark.parametrize("how", ["blocked", "removed", "left"])
async def test_l5_who_follows_no_longer_is_not_told_what_an_edit_says(scene: Scene, how: str) -> None:
    """But that the post is gone: it was theirs to read once."""
    home, ada = scene.home, scene.ada
    follow = await follows(scene.peer, scene.rosa, home, ada)
    post = await home.say(ada, "For you", audience=Audience.FOLLOWERS)
    await home.drain()
    rosa = await actor_of(home, scene.rosa)
    assert rosa is not None
    if how == "blocked":
        await block(home.hub, actor_id=ada.id, target_id=rosa.id)
    elif how == "removed":
        await remove_follower(home.hub, actor_id=ada.id, follower_id=rosa.id)
    else:
        await scene.hears(scene.peer.activity(scene.rosa, "Undo", follow))
    await home.drain()
    before = len(posted(scene.peer))
    await edit_post(home.hub, post_id=post.id, by_actor_id=ada.id, text="No longer for you")
    await delete_post(home.hub, post_id=post.id, by_actor_id=ada.id)
    await home.drain()
    assert [type_ for _, type_ in posted(scene.peer, since=before)] == ["Delete"]


async def one_follower(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    scene.peer.requests.clear()


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_l6_every_2xx_is_success(scene: Scene, status: int) -> None:
    await one_follower(scene)
    scene.peer.answer_inbox(status)
    await scene.home.say(scene.ada, "Hello")
    await scene.home.drain()
    assert (await deliveries(scene.home))[-1].state is DeliveryState.DELIVERED
    assert len(posted(scene.peer)) == 1


@pytest.mark.parametrize("status", [301, 307, 401, 404, 408, 425, 429, 500, 502, 503, 504])
async def test_l7_trouble_that_may_pass_is_tried_again(scene: Scene, status: int) -> None:
    await one_follower(scene)
    scene.peer.answer_inbox(status, times=2)
    await scene.home.say(scene.ada, "Hello")
    await scene.home.drain()
    delivery = (await deliveries(scene.home))[-1]
    assert (delivery.state, delivery.last_status) == (DeliveryState.WAITING, status)
    assert delivery.run_at > scene.home.hub.clock.now()


async def test_l7_so_is_silence(scene: Scene) -> None:
    await one_follower(scene)
    await scene.peer.stop()
    await scene.home.say(scene.ada, "Hello")
    await scene.home.drain()
    assert (await deliveries(scene.home))[-1].state is DeliveryState.WAITING


async def test_l7_for_days_with_growing_pauses(database_url: str, resolver: TestResolver, peer: Peer) -> None:
    clock = ManualClock()
    async with running_hub(database_url, resolver, clock=clock) as home:
        ada, rosa = await home.member("ada"), peer.add_actor("rosa")
        await follows(peer, rosa, home, ada)
        peer.answer_inbox(500, times=None)
        await home.say(ada, "Hello")
        began, pauses = clock.now(), []
        while (delivery := (await deliveries(home))[-1]).state is DeliveryState.WAITING:
            await home.drain()
            delivery = (await deliveries(home))[-1]
            pause = delivery.run_at - clock.now()
            pauses.append(pause)
            clock.advance(max(pause, timedelta()) + timedelta(seconds=1))
        assert delivery.state is DeliveryState.DEAD
        assert clock.now() - began > timedelta(days=3)
        assert pauses[0] < timedelta(minutes=2)
        assert pauses[8] > timedelta(hours=6)


@pytest.mark.parametrize("status", [301, 404])
async def test_l7_what_may_be_a_slip_is_tried_a_few_times(
    database_url: str, resolver: TestResolver, peer: Peer, status: int
) -> None:
    """A proxy says 404 while the server behind it restarts. An inbox that is never there ends the delivery sooner
    than a server that is down.
    """
    clock = ManualClock()
    async with running_hub(database_url, resolver, clock=clock) as home:
        ada, rosa = await home.member("ada"), peer.add_actor("rosa")
        await follows(peer, rosa, home, ada)
        peer.answer_inbox(status, times=None)
        await home.say(ada, "Hello")
        await home.drain()
        while (delivery := (await deliveries(home))[-1]).state is DeliveryState.WAITING:
            clock.advance(delivery.run_at - clock.now() + timedelta(seconds=1))
            await home.drain()
        assert (delivery.state, delivery.attempts) == (DeliveryState.DEAD, FEW_ATTEMPTS)


@pytest.mark.parametrize("status", [400, 403, 405, 406, 410, 413, 415, 422, 501])
async def test_l8_refusals_for_good_end_a_delivery(scene: Scene, status: int) -> None:
    await one_follower(scene)
    scene.peer.answer_inbox(status, times=2)
    await scene.home.say(scene.ada, "Hello")
    await scene.home.drain()
    delivery = (await deliveries(scene.home))[-1]
    assert (delivery.state, delivery.attempts) == (DeliveryState.DEAD, 1)


async def test_l10_a_redirect_is_not_followed(scene: Scene, other: Peer) -> None:
    await one_follower(scene)
    other.add_actor("omar")

    async def moved(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": "http://other.test/inbox"})

    rosa = await resolve_handle(scene.home.hub, scene.rosa.handle)
    assert rosa.shared_inbox_url == "http://peer.test/inbox"
    scene.peer.answer_inbox(307, times=None)
    scene.peer.serve_with("/inbox", moved)
    await scene.home.say(scene.ada, "Hello")
    await scene.home.drain()
    assert posted(other) == []
    assert (await deliveries(scene.home))[-1].state is DeliveryState.WAITING


@pytest.mark.parametrize("inbox", ["https://10.0.0.1/inbox", "https://[::1]/inbox", "http://127.0.0.1:1/inbox"])
async def test_l10_an_inbox_elsewhere_is_not_the_actors(scene: Scene, inbox: str) -> None:
    scene.rosa.extra |= {"inbox": inbox}
    await scene.hears(scene.peer.activity(scene.rosa, "Follow", scene.ada.uri))
    assert await verdict(scene.home) == (ReceivedState.REFUSED, "inbox_elsewhere")
    assert await deliveries(scene.home) == []


async def test_l10_a_host_that_moved_to_a_private_address_gets_nothing(
    database_url: str, resolver: TestResolver, peer: Peer
) -> None:
    """In production every peer of these tests has such an address: 127.0.0.1."""
    async with running_hub(database_url, resolver) as home:
        ada, rosa = await home.member("ada"), peer.add_actor("rosa")
        await follows(peer, rosa, home, ada)
        peer.requests.clear()
        home.hub.transport.allow_loopback = False
        await home.say(ada, "Hello")
        await home.drain()
        delivery = (await deliveries(home))[-1]
        assert delivery.state is DeliveryState.DEAD
        assert peer.requests == []


async def test_l14_what_a_third_server_passes_on_is_taken_from_its_origin(scene: Scene, other: Peer) -> None:
    omar = other.add_actor("omar")
    note: Activity = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "as it is there")
    for type_ in ("Create", "Update"):
        scene.home.hub.hints.drop(note["id"])  # it was asked for more than a minute ago
        forged = scene.peer.activity(scene.rosa, type_, note | {"content": "forged", "updated": "2099-01-01T00:00:00Z"})
        assert (await other.send(scene.home.shared_inbox, forged, by=omar)).status == 202
        await scene.home.drain()
        stored = await post_of(scene.home, note["id"])
        assert stored is not None
        assert "as it is there" in stored.content_html
    gone = scene.peer.activity(scene.rosa, "Delete", note["id"])
    for status, stays in ((200, True), (410, False)):
        scene.home.hub.hints.drop(note["id"])
        if status == 410:
            scene.peer.serve(note["id"].removeprefix(scene.peer.base), b"", status=410)
            gone = gone | {"id": f"{gone['id']}-again"}
        assert (await other.send(scene.home.shared_inbox, gone, by=omar)).status == 202
        await scene.home.drain()
        assert (await post_of(scene.home, note["id"]) is not None) is stays


@pytest.mark.parametrize("path", ["POST", "ACTOR", "OUTBOX", "CONTEXT"])
async def test_l15_what_a_public_post_draws_may_be_cached(scene: Scene, path: str) -> None:
    document = await scene.home.document(scene.post.uri)
    places = {"POST": scene.post.uri, "ACTOR": scene.ada.uri}
    places |= {"OUTBOX": f"{scene.ada.uri}/outbox", "CONTEXT": document["context"]}
    url = str(places[path])
    first = await scene.home.get(url, accept=ACTIVITY_JSON)
    assert first.status == 200
    assert "max-age" in first.headers["Cache-Control"]
    assert "Accept" in first.headers["Vary"]
    again = await scene.home.get(url, headers={"Accept": ACTIVITY_JSON, "If-None-Match": first.headers["ETag"]})
    assert again.status == 304
    assert again.body == b""


async def test_l15_and_costs_no_fetch_of_ours(scene: Scene) -> None:
    for number in range(5):
        reader = scene.peer.add_actor(f"server{number}")
        assert (await scene.peer.fetch(scene.post.uri, by=reader)).status == 200
    assert scene.peer.requests == []
