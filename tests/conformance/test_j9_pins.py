"""Pins: Add and Remove to one's own `featured` collection, ours and theirs."""

import pytest

from fedihub.services.pins import pin, unpin
from fedihub.services.resolving import resolve_handle
from fedihub.workers import pins
from storage.pins import list_pinned
from storage.posts import Audience
from tests.conformance.conftest import Scene
from tests.support.peer import AS_CONTEXT, Activity
from tests.support.peer_actor import PeerActor
from tests.support.stories import actor_of, follows, verdict


async def pinned_by(scene: Scene, who: PeerActor) -> list[str]:
    """The ids of what somebody elsewhere has pinned, as our hub knows it."""
    actor = await actor_of(scene.home, who)
    assert actor is not None
    return [post.uri for post in await scene.home.hub.database.read(lambda db: list_pinned(db, actor.id))]


def adding(scene: Scene, note: Activity, type_: str = "Add", *, target: str | None = None) -> Activity:
    """As Mastodon sends it: without an id, the object as a plain one."""
    collection = target or f"{scene.rosa.uri}/collections/featured"
    return scene.peer.activity(scene.rosa, type_, note["id"], id=None, target=collection)


@pytest.fixture
async def known(scene: Scene) -> Scene:
    """Rosa has a collection of pins, and Ada follows her."""
    scene.rosa.extra["featured"] = f"{scene.rosa.uri}/collections/featured"
    await scene.ada_follows_rosa()
    return scene


async def test_j9_a_post_is_pinned_and_unpinned(known: Scene) -> None:
    note = known.peer.note(known.rosa, "<p>Read me first</p>")
    await known.hears(known.peer.create(note, by=known.rosa))
    await known.hears(adding(known, note))
    assert await pinned_by(known, known.rosa) == [note["id"]]
    await known.hears(adding(known, note, "Remove"))
    assert await pinned_by(known, known.rosa) == []


async def test_j9_a_pinned_post_that_is_not_known_is_fetched(known: Scene) -> None:
    note = known.peer.note(known.rosa, "<p>Older</p>")
    await known.hears(adding(known, note))
    assert await pinned_by(known, known.rosa) == [note["id"]]


async def test_j9_only_ones_own_posts_are_pinned(known: Scene) -> None:
    note = known.peer.note(known.peer.add_actor("eve"), "<p>Eve's</p>")
    await known.hears(adding(known, note))
    await known.hears(
        known.peer.activity(known.rosa, "Add", known.post.uri, target=f"{known.rosa.uri}/collections/featured")
    )
    assert await pinned_by(known, known.rosa) == []


@pytest.mark.parametrize(
    "target", ["http://peer.test/users/eve/collections/featured", "http://hub.test/ap/actors/1/featured"]
)
async def test_j9_only_ones_own_collection_counts(known: Scene, target: str) -> None:
    note = known.peer.note(known.rosa)
    await known.hears(adding(known, note, target=target))
    assert (await verdict(known.home))[1] == "other_collection"
    assert await pinned_by(known, known.rosa) == []


async def test_j9_what_is_not_open_is_not_pinned(known: Scene) -> None:
    note = known.peer.note(known.rosa, to=[known.rosa.followers], cc=[])
    await known.hears(known.peer.create(note, by=known.rosa))
    await known.hears(adding(known, note))
    assert await pinned_by(known, known.rosa) == []


async def test_j9_a_hashtag_is_passed_over_without_an_error(known: Scene) -> None:
    tag = {"type": "Hashtag", "href": f"{known.peer.base}/tags/art", "name": "#art"}
    activity = known.peer.activity(known.rosa, "Add", tag, id=None, target=f"{known.rosa.uri}/collections/featured")
    await known.hears(activity)
    assert [str(part) for part in await verdict(known.home)] == ["ignored", "hashtag"]


async def test_j9_our_pins_stand_in_the_collection_and_are_told(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    ada, hub = scene.ada, scene.home.hub
    secret = await scene.home.say(ada, "Between us", audience=Audience.FOLLOWERS)
    for post in (scene.post, secret):
        await pin(hub, actor_id=ada.id, post_id=post.id)
    await scene.home.drain()
    added = await scene.peer.wait_for(lambda each: each["type"] == "Add")
    assert (added["object"], added["target"]) == (scene.post.uri, (await scene.home.document(ada.uri))["featured"])
    assert len([each for each in scene.peer.received if each["type"] == "Add"]) == 1
    collection = await scene.home.document(added["target"])
    assert (collection["type"], collection["totalItems"]) == ("OrderedCollection", 1)
    assert collection["orderedItems"] == [scene.post.uri]

    await unpin(hub, actor_id=ada.id, post_id=scene.post.id)
    await scene.home.drain()
    removed = await scene.peer.wait_for(lambda each: each["type"] == "Remove")
    assert (removed["object"], removed["target"]) == (added["object"], added["target"])
    assert (await scene.home.document(added["target"]))["orderedItems"] == []


@pytest.mark.parametrize("embedded", [True, False])
async def test_j9_the_collection_is_read_when_somebody_is_looked_up(scene: Scene, *, embedded: bool) -> None:
    notes = [scene.peer.note(scene.rosa, f"<p>{number}</p>") for number in range(2)]
    foreign = scene.peer.note(scene.peer.add_actor("eve"), "<p>Eve's</p>")
    items = [note if embedded else note["id"] for note in (*notes, foreign)]
    scene.rosa.extra["featured"] = f"{scene.rosa.uri}/collections/featured"
    scene.peer.objects[scene.rosa.extra["featured"]] = {
        "@context": AS_CONTEXT,
        "id": scene.rosa.extra["featured"],
        "type": "OrderedCollection",
        "totalItems": 3,
        "orderedItems": items,
    }
    await resolve_handle(scene.home.hub, scene.rosa.handle)
    assert await pinned_by(scene, scene.rosa) == []  # nobody waits for it
    await pins.pipeline(scene.home.hub).step()
    assert sorted(await pinned_by(scene, scene.rosa)) == sorted(note["id"] for note in notes)
    fetched = {seen.path for seen in scene.peer.requests if "/statuses/" in seen.path}
    assert len(fetched) == (0 if embedded else 3)


async def test_j9_what_arrives_makes_us_read_no_collection(scene: Scene) -> None:
    scene.rosa.extra["featured"] = f"{scene.rosa.uri}/collections/featured"
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    await scene.hears_note(to=[scene.ada.uri], cc=[])
    assert await pins.pipeline(scene.home.hub).step() == 0
