"""Who follows whom, and what two servers do when they disagree: rows L11, L12 and L13."""

from collections.abc import Sequence
from typing import Any

import pytest

from federation.followers import digest_of
from fedihub.services.moderation import suspend_actor
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.database import Session
from storage.follows import Follow, FollowState, accept_follow, find_follow
from storage.posts import Audience
from tests.conformance.conftest import Scene
from tests.support.peer import AS_CONTEXT, Peer
from tests.support.resolver import TestResolver
from tests.support.stories import follows

COVERED = ("(request-target)", "host", "date", "digest", "content-type", "collection-synchronization")
HEADER = "Collection-Synchronization"


async def follow_of(scene: Scene, follower: Actor, followed: Actor) -> Follow | None:
    """The follow between two actors, as it is now."""

    async def unit(session: Session) -> Follow | None:
        return await find_follow(session, follower_id=follower.id, followed_id=followed.id)

    return await scene.home.hub.database.read(unit)


async def ada_follows_rosa(scene: Scene, *, accepted: bool = True) -> Actor:
    """Ada follows Rosa, who perhaps has agreed; gives Rosa as we know her."""
    home = scene.home
    rosa = await resolve_handle(home.hub, scene.rosa.handle)
    await home.follow(scene.ada, rosa)
    if accepted:
        moment = home.hub.clock.now()
        await home.hub.database.write(
            lambda session: accept_follow(session, follower_id=scene.ada.id, followed_id=rosa.id, now=moment)
        )
    await home.drain()
    scene.peer.requests.clear()
    return rosa


def lists(scene: Scene, uris: Sequence[str], *, path: str = "/users/rosa/followers_synchronization") -> str:
    """Rosa's server says who follows her from our host; gives the address."""
    document: dict[str, Any] = {"@context": AS_CONTEXT, "id": scene.peer.base + path, "type": "OrderedCollection"}
    return scene.peer.serve(path, document | {"orderedItems": list(uris)})


async def hears_header(scene: Scene, uris: Sequence[str], **changes: str) -> None:
    """Rosa says something for her followers, and with it what Mastodon says of them."""
    parts = {
        "collectionId": scene.rosa.followers,
        "url": f"{scene.rosa.uri}/followers_synchronization",
        "digest": digest_of(uris),
    } | changes
    value = ", ".join(f'{name}="{part}"' for name, part in parts.items())
    note = scene.peer.note(scene.rosa, to=[scene.rosa.followers], cc=[])
    activity = scene.peer.create(note, by=scene.rosa)
    await scene.hears(activity, headers={HEADER: value}, covered=COVERED)


def fetched(scene: Scene) -> int:
    """How often Rosa's list was asked for."""
    return sum("synchronization" in request.path for request in scene.peer.requests)


def test_l13_the_digest_is_that_of_the_specification() -> None:
    """The numbers of FEP-8fcf, and of Mastodon's own tests."""
    assert digest_of([]) == "0" * 64
    assert digest_of(["https://mastodon.social/users/Gargron"]) == (
        "b08ab6951c7d6cc2b91e17ebd9557da7fae02489728e9332fcb3a97748244d50"
    )
    two = ["https://testing.example.org/users/1", "https://testing.example.org/users/2"]
    assert digest_of(two) == "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"


async def test_l13_what_is_for_followers_is_sent_with_their_digest(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    scene.peer.requests.clear()
    await scene.home.say(scene.ada, "For you", audience=Audience.FOLLOWERS)
    await scene.home.drain()
    (sent,) = scene.peer.seen("/inbox", method="POST")
    assert sent.verified
    assert "collection-synchronization" in sent.headers["Signature"]
    assert sent.headers[HEADER] == (
        f'collectionId="{scene.ada.followers_url}", url="{scene.ada.followers_url}/synchronization", '
        f'digest="{digest_of([scene.rosa.uri])}"'
    )


async def test_l13_each_host_is_told_of_its_own_followers(scene: Scene, resolver: TestResolver) -> None:
    async with Peer.running("other.test", resolver=resolver) as other:
        omar = other.add_actor("omar")
        await follows(scene.peer, scene.rosa, scene.home, scene.ada)
        await follows(other, omar, scene.home, scene.ada)
        for peer in (scene.peer, other):
            peer.requests.clear()
        await scene.home.say(scene.ada, "For you", audience=Audience.FOLLOWERS)
        await scene.home.drain()
        for peer, follower in ((scene.peer, scene.rosa), (other, omar)):
            (sent,) = peer.seen("/inbox", method="POST")
            assert f'digest="{digest_of([follower.uri])}"' in sent.headers[HEADER]


async def test_l13_what_is_for_everybody_needs_no_digest(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await scene.home.say(scene.ada, "For all")
    await scene.home.drain()
    assert not [request for request in scene.peer.requests if HEADER in request.headers]


async def test_l13_a_peer_of_rfc_9421_gets_it_signed_as_well(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    scene.peer.accepts_kinds.discard("draft-cavage")
    await scene.home.say(scene.ada, "For you", audience=Audience.FOLLOWERS)
    await scene.home.drain()
    sent = [request for request in scene.peer.seen("/inbox", method="POST") if request.verified][-1]
    assert (sent.kind, HEADER in sent.headers) == ("rfc9421", True)
    assert '"collection-synchronization"' in sent.headers["Signature-Input"]


async def test_l13_each_host_gets_exactly_its_own(scene: Scene) -> None:
    home, rita = scene.home, scene.peer.add_actor("rita")
    for follower in (scene.rosa, rita):
        await follows(scene.peer, follower, home, scene.ada)
    async with Peer.running("other.test", resolver=scene.peer.resolver) as other:
        omar = other.add_actor("omar")
        await follows(other, omar, home, scene.ada)
        url = f"{scene.ada.followers_url}/synchronization"
        for asking, by, expected in (
            (scene.peer, rita, {scene.rosa.uri, rita.uri}),
            (other, omar, {omar.uri}),
        ):
            answer = await asking.fetch(url, by=by)
            assert set(answer.json()["orderedItems"]) == expected
            assert answer.headers["Cache-Control"] == "private, no-store"
    assert (await scene.peer.fetch(url)).status == 401
    assert (await scene.peer.fetch(url)).json()["reason"] == "signature_missing"
    forged = scene.peer.add_actor("eve").plan(key_id=omar.key_id).sign(url)
    assert (await scene.peer.send_raw(forged)).status in (401, 503)


@pytest.mark.parametrize(
    "changes",
    [
        {"collectionId": "http://other.test/users/rosa/followers"},
        {"collectionId": "http://peer.test/users/eve/followers"},
        {"url": "http://other.test/users/rosa/followers_synchronization"},
        {"digest": "not hex"},
        {"digest": "that of Ada"},
    ],
)
async def test_l11_a_header_that_is_not_the_senders_or_equals_ours_does_nothing(
    scene: Scene, changes: dict[str, str]
) -> None:
    rosa = await ada_follows_rosa(scene)
    lists(scene, [])
    changes = changes | ({"digest": digest_of([scene.ada.uri])} if changes.get("digest") == "that of Ada" else {})
    await hears_header(scene, [], **changes)
    assert fetched(scene) == 0
    assert await follow_of(scene, scene.ada, rosa) is not None


async def test_l11_a_header_that_is_not_signed_does_nothing(scene: Scene) -> None:
    rosa = await ada_follows_rosa(scene)
    url = lists(scene, [])
    note = scene.peer.note(scene.rosa, to=[scene.rosa.followers], cc=[])
    value = f'collectionId="{scene.rosa.followers}", url="{url}", digest="{digest_of([])}"'
    await scene.hears(scene.peer.create(note, by=scene.rosa), headers={HEADER: value})
    assert fetched(scene) == 0
    assert await follow_of(scene, scene.ada, rosa) is not None


async def test_l12_who_is_not_on_the_list_follows_no_longer(scene: Scene) -> None:
    rosa = await ada_follows_rosa(scene)
    lists(scene, [])
    await hears_header(scene, [])
    assert await follow_of(scene, scene.ada, rosa) is None
    assert (await scene.home.actor(scene.ada)).following_count == 0
    assert all(request.verified for request in scene.peer.requests if request.method == "GET")


async def test_l12_who_waits_and_is_on_the_list_is_accepted(scene: Scene) -> None:
    rosa = await ada_follows_rosa(scene, accepted=False)
    lists(scene, [scene.ada.uri])
    await ada_hears_of_bob_too(scene)
    await hears_header(scene, [scene.ada.uri])
    follow = await follow_of(scene, scene.ada, rosa)
    assert follow is not None
    assert follow.state is FollowState.ACCEPTED


async def ada_hears_of_bob_too(scene: Scene) -> None:
    """Bob follows Rosa, so that what she says for her followers concerns somebody here."""
    bob = await scene.home.member("bob")
    rosa = await resolve_handle(scene.home.hub, scene.rosa.handle)
    await scene.home.follow(bob, rosa)
    await scene.home.drain()


async def test_l12_who_is_on_the_list_and_follows_nobody_leaves(scene: Scene) -> None:
    await ada_follows_rosa(scene)
    bob = await scene.home.member("bob")
    lists(scene, [scene.ada.uri, bob.uri])
    await hears_header(scene, [scene.ada.uri, bob.uri])
    undo = await scene.peer.wait_for(lambda each: each["type"] == "Undo")
    assert (undo["actor"], undo["object"]["type"], undo["object"]["object"]) == (bob.uri, "Follow", scene.rosa.uri)


async def test_l12_neither_the_server_nor_who_is_suspended_answers_a_list(scene: Scene) -> None:
    await ada_follows_rosa(scene)
    bob = await scene.home.member("bob")
    await suspend_actor(scene.home.hub, actor_id=bob.id)
    server = (await scene.home.hub.signers.server_signer()).key_id.partition("#")[0]
    lists(scene, [scene.ada.uri, bob.uri, server])
    before = len(scene.peer.received)
    await hears_header(scene, [scene.ada.uri, bob.uri, server])
    assert [each for each in scene.peer.received[before:] if each["type"] == "Undo"] == []


async def test_l12_a_list_that_is_not_the_announced_one_removes_nobody(scene: Scene) -> None:
    rosa = await ada_follows_rosa(scene)
    lists(scene, [])
    await hears_header(scene, ["http://hub.test/ap/actors/42"])
    assert fetched(scene) == 1
    assert await follow_of(scene, scene.ada, rosa) is not None


async def test_l12_a_list_without_end_removes_nobody(scene: Scene) -> None:
    rosa = await ada_follows_rosa(scene)
    base = f"{scene.rosa.uri}/followers_synchronization"
    for number in range(20):
        page = {"id": f"{base}/{number}", "type": "OrderedCollectionPage", "orderedItems": []}
        scene.peer.serve(f"/users/rosa/followers_synchronization/{number}", page | {"next": f"{base}/{number + 1}"})
    head = {"id": base, "type": "OrderedCollection", "first": f"{base}/0"}
    scene.peer.serve("/users/rosa/followers_synchronization", head)
    await hears_header(scene, [scene.ada.uri, "http://hub.test/ap/actors/42"])
    assert fetched(scene) == 11
    assert await follow_of(scene, scene.ada, rosa) is not None


async def test_l12_a_list_is_fetched_now_and_then_only(scene: Scene) -> None:
    await ada_follows_rosa(scene)
    scene.peer.serve("/users/rosa/followers_synchronization", b"", status=500)
    for _ in range(3):
        await hears_header(scene, [])
    assert fetched(scene) == 1
