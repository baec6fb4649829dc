"""What readers get who give their name, and what the others get: our posts, our outboxes, our profiles."""

from collections.abc import AsyncIterator

import pytest

from fedihub.services.following import block
from fedihub.services.reactions import boost
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.posts import Audience, Post
from tests.support.database import DatabaseFarm
from tests.support.forge import Forged
from tests.support.hub import ACTIVITY_JSON, RunningHub, running_hub
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import follows

HTML = "text/html,application/xhtml+xml"


@pytest.fixture
async def ada(home: RunningHub) -> Actor:
    return await home.member("ada")


@pytest.fixture
def rosa(peer: Peer) -> PeerActor:
    return peer.add_actor("rosa")


@pytest.fixture
async def for_followers(home: RunningHub, ada: Actor) -> Post:
    return await home.say(ada, "Only for you", audience=Audience.FOLLOWERS)


@pytest.fixture
async def closed(database_url: str, resolver: TestResolver) -> AsyncIterator[RunningHub]:
    """A hub where readers must give their name."""
    async with running_hub(database_url, resolver, authorized_fetch=True) as hub:
        yield hub


@pytest.fixture
async def other(database_farm: DatabaseFarm, database_kind: str, resolver: TestResolver) -> AsyncIterator[RunningHub]:
    """Another such hub."""
    databases = database_farm.of(database_kind)
    url = databases.fresh()
    async with running_hub(url, resolver, host="other.test", authorized_fetch=True) as hub:
        yield hub
    databases.drop(url)


async def blocks(home: RunningHub, ada: Actor, rosa: PeerActor) -> None:
    """Ada wants nothing to do with Rosa."""
    target = await resolve_handle(home.hub, rosa.handle)
    await block(home.hub, actor_id=ada.id, target_id=target.id)


async def test_a_follower_reads_what_is_for_followers(
    home: RunningHub, peer: Peer, rosa: PeerActor, ada: Actor, for_followers: Post
) -> None:
    await follows(peer, rosa, home, ada)
    for kind in ("draft-cavage", "rfc9421"):
        answer = await peer.fetch(for_followers.uri, by=rosa, kind=kind)
        assert (answer.status, answer.json()["content"]) == (200, "<p>Only for you</p>")
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in answer.headers


async def test_others_cannot_tell_it_from_what_never_was(
    home: RunningHub, peer: Peer, rosa: PeerActor, ada: Actor, for_followers: Post
) -> None:
    await follows(peer, rosa, home, ada)
    never = home.hub.uris.post("424242")
    for path in ("", "/replies", "/likes"):
        expected = await peer.fetch(never + path)
        for by in (None, peer.add_actor("eve")):
            answer = await peer.fetch(for_followers.uri + path, by=by)
            assert (answer.status, answer.body) == (404, expected.body)
            assert answer.headers["Cache-Control"] == "no-store"


async def test_a_request_of_another_signature_is_nobodys(
    home: RunningHub, peer: Peer, rosa: PeerActor, ada: Actor, for_followers: Post
) -> None:
    """What Rosa signed for another address, at another time or with a key that is not hers, opens nothing."""
    await follows(peer, rosa, home, ada)
    eve = peer.add_actor("eve")
    tricks: list[Forged] = [
        rosa.plan(headers={"Accept": ACTIVITY_JSON}).sign(home.hub.uris.actor(str(ada.id))).sent_to(for_followers.uri),
        rosa.plan(date="Mon, 23 Nov 2020 01:00:21 GMT").sign(for_followers.uri),
        eve.plan(key_id=rosa.key_id).sign(for_followers.uri),
        rosa.plan(covered=("(request-target)", "date")).sign(for_followers.uri),
    ]
    for trick in tricks:
        assert (await peer.send_raw(trick)).status == 404


async def test_who_is_named_reads_what_is_for_them(home: RunningHub, peer: Peer, rosa: PeerActor, ada: Actor) -> None:
    await resolve_handle(home.hub, rosa.handle)
    letter = await home.say(ada, f"@{rosa.handle} psst", audience=Audience.MENTIONED)
    assert (await peer.fetch(letter.uri, by=rosa)).status == 200
    assert (await peer.fetch(letter.uri, by=peer.add_actor("eve"))).status == 404


async def test_a_server_reads_as_itself_and_follows_nobody(
    home: RunningHub, peer: Peer, rosa: PeerActor, ada: Actor, for_followers: Post
) -> None:
    await follows(peer, rosa, home, ada)
    server = peer.add_actor("server", type="Application")
    assert (await peer.fetch(for_followers.uri, by=server)).status == 404


async def test_its_activity_is_for_the_same_readers(home: RunningHub, peer: Peer, rosa: PeerActor, ada: Actor) -> None:
    await follows(peer, rosa, home, ada)
    await home.say(ada, "Only for you", audience=Audience.FOLLOWERS)
    await home.drain()
    create = await peer.wait_for(lambda each: each["type"] == "Create")
    assert (await peer.fetch(create["id"], by=rosa)).json()["object"]["content"] == "<p>Only for you</p>"
    assert (await peer.fetch(create["id"])).status == 404


async def test_what_is_open_costs_no_key_of_a_stranger(home: RunningHub, peer: Peer, ada: Actor) -> None:
    post = await home.say(ada, "Hello")
    answer = await peer.fetch(post.uri, by=peer.add_actor("stranger"))
    assert (answer.status, answer.headers["Cache-Control"], answer.headers["Vary"]) == (
        200,
        "public, max-age=60",
        "Accept",
    )
    assert peer.requests == []


@pytest.mark.parametrize("collection", ["", "/replies"])
async def test_what_is_hidden_is_no_more_work_than_what_never_was(
    home: RunningHub, peer: Peer, for_followers: Post, collection: str
) -> None:
    """Or a stranger could tell by the fetch of their own key that there is something."""
    fetches = []
    for number, uri in enumerate((for_followers.uri, home.hub.uris.post("424242"))):
        stranger = peer.add_actor(f"stranger{number}")
        assert (await peer.fetch(uri + collection, by=stranger)).status == 404
        fetches.append(len(peer.seen(f"/users/stranger{number}")))
    assert fetches == [1, 1]


async def test_who_is_blocked_sees_nothing(home: RunningHub, peer: Peer, rosa: PeerActor, ada: Actor) -> None:
    post = await home.say(ada, "Hello")
    boosted = await home.say(await home.member("bob"), "Boost me")
    await boost(home.hub, actor_id=ada.id, post_id=boosted.id)
    await blocks(home, ada, rosa)
    assert (await peer.fetch(post.uri, by=rosa)).status == 404
    assert (await peer.fetch(post.uri, by=peer.add_actor("eve"))).status == 200
    head = (await peer.fetch(f"{ada.uri}/outbox", by=rosa)).json()
    page = (await peer.fetch(head["first"], by=rosa)).json()
    assert (head["totalItems"], page["orderedItems"]) == (0, [])


async def test_an_outbox_has_for_followers_what_is_for_them(
    home: RunningHub, peer: Peer, rosa: PeerActor, ada: Actor, for_followers: Post
) -> None:
    post = await home.say(ada, "Hello")
    await follows(peer, rosa, home, ada)
    for by, expected in (
        (None, [post.uri]),
        (peer.add_actor("eve"), [post.uri]),
        (rosa, [post.uri, for_followers.uri]),
    ):
        head = (await peer.fetch(f"{ada.uri}/outbox", by=by)).json()
        page = await peer.fetch(head["first"], by=by)
        assert [item["object"]["id"] for item in page.json()["orderedItems"]] == expected
        assert head["totalItems"] == len(expected)
        assert page.headers["Cache-Control"] == ("private, no-store" if by is rosa else "public, max-age=60")


async def test_a_closed_hub_shows_nothing_to_whom_gives_no_name(closed: RunningHub, peer: Peer) -> None:
    ada = await closed.member("ada")
    post = await closed.say(ada, "Hello")
    paths = (post.uri, f"{post.uri}/replies", f"{ada.uri}/outbox", f"{ada.uri}/followers", f"/@ada/{post.id}")
    for path in paths:
        answer = await closed.get(path, accept=ACTIVITY_JSON)
        assert (answer.status, answer.json()["reason"]) == (401, "signature_missing"), path
        assert answer.headers["Vary"] == "Accept, Signature"
        assert answer.headers["Accept-Signature"] == 'sig1=("@method" "@target-uri");created'
    wrong = peer.add_actor("eve").plan(key_id="http://peer.test/users/rosa#main-key").sign(post.uri)
    peer.add_actor("rosa")
    assert (await peer.send_raw(wrong)).json()["reason"] == "signature_wrong"


async def test_a_closed_hub_shows_everything_open_to_whom_signs(closed: RunningHub, peer: Peer) -> None:
    ada, stranger = await closed.member("ada"), peer.add_actor("stranger")
    post = await closed.say(ada, "Hello")
    for uri in (post.uri, f"{post.uri}/replies", f"{ada.uri}/outbox", f"{ada.uri}/followers", ada.uri):
        answer = await peer.fetch(uri, by=stranger)
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "private, no-store"), uri
    assert (await peer.fetch(ada.uri, by=stranger)).json()["name"] == "ada"


async def test_a_closed_hub_keeps_open_what_proves_signatures(closed: RunningHub) -> None:
    ada = await closed.member("ada")
    stub = await closed.document(ada.uri)
    assert stub["publicKey"]["owner"] == ada.uri
    assert "name" not in stub
    assert "followers" not in stub
    server = await closed.document(closed.hub.uris.actor(str(await closed.hub.signers.server_id())))
    assert "name" in server
    for path in ("/.well-known/webfinger?resource=acct:ada@hub.test", "/.well-known/nodeinfo", "/nodeinfo/2.0"):
        assert (await closed.get(path)).status == 200


async def test_a_closed_hub_has_open_pages(closed: RunningHub) -> None:
    ada = await closed.member("ada")
    post = await closed.say(ada, "Hello")
    assert (await closed.get(f"/@ada/{post.id}", accept=HTML)).status == 200
    led = await closed.get(post.uri, accept=HTML)
    assert (led.status, led.headers["Location"]) == (303, post.url)
    assert (await closed.get(f"{ada.uri}/outbox", accept=HTML)).status == 401


async def test_two_closed_hubs_hear_each_other(closed: RunningHub, other: RunningHub) -> None:
    """Each needs the other's key before it answers: the servers' own actors keep that from being a circle."""
    ada, bob = await closed.member("ada"), await other.member("bob")
    await other.follow(bob, await resolve_handle(other.hub, "ada@hub.test"))
    for hub in (other, closed, other):
        await hub.drain()
    assert (await other.actor(bob)).following_count == 1
    assert (await closed.actor(ada)).followers_count == 1
