"""What communities elsewhere pass on: looked up where it lives, never believed."""

from collections.abc import AsyncIterator

import pytest

from storage.actors import find_actor_by_uri
from storage.paging import Window
from storage.reactions import find_boost
from storage.received import ReceivedState
from storage.views.timelines import list_home
from tests.fedihub.inbox.conftest import Scene
from tests.support.peer import PUBLIC, Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import pass_time, post_of, tell, verdict


@pytest.fixture
async def lemmy(resolver: TestResolver) -> AsyncIterator[Peer]:
    """A server of communities, on which nobody of whom we speak lives."""
    async with Peer.running("lemmy.test", resolver=resolver, software="lemmy") as running:
        yield running


@pytest.fixture
async def group(scene: Scene, lemmy: Peer) -> PeerActor:
    """A community that Ada follows."""
    found = lemmy.add_actor("pumps", type="Group")
    await _passes_on(scene, lemmy, found, lemmy.activity(found, "Like", "http://lemmy.test/none"))
    await _is_followed(scene, lemmy, found)
    return found


async def _is_followed(scene: Scene, lemmy: Peer, who: PeerActor) -> None:
    actor = await scene.home.hub.database.read(lambda session: find_actor_by_uri(session, who.uri))
    assert actor is not None
    await scene.home.follow(scene.ada, actor)
    await scene.home.drain()
    follow = await lemmy.wait_for(lambda activity: activity["type"] == "Follow")
    await tell(lemmy, who, scene.home, lemmy.activity(who, "Accept", follow))


async def _passes_on(scene: Scene, lemmy: Peer, group: PeerActor, inner: Activity) -> None:
    announce = lemmy.activity(group, "Announce", inner, to=[PUBLIC], cc=[group.followers])
    await tell(lemmy, group, scene.home, announce)


async def _home(scene: Scene) -> list[str]:
    views = await scene.home.hub.database.read(lambda session: list_home(session, scene.ada.id, window=Window()))
    return [view.uri for view in views]


def _thread(scene: Scene, **extra: object) -> Activity:
    return scene.peer.note(
        scene.rosa, "<p>It drips.</p>", **{"type": "Page", "name": "My pump", "to": [PUBLIC]} | extra
    )


async def test_a_thread_is_fetched_from_its_origin_and_stands_in_the_home_timeline(
    scene: Scene, lemmy: Peer, group: PeerActor
) -> None:
    thread = _thread(scene)
    forged = thread | {"content": "<p>Never said</p>", "name": "Forged"}
    await _passes_on(scene, lemmy, group, scene.peer.create(forged, by=scene.rosa))
    post = await post_of(scene.home, thread["id"])
    assert post is not None
    assert post.title == "My pump"
    assert "It drips." in post.content_html
    assert thread["id"] in await _home(scene)


async def test_a_comment_stands_in_its_conversation_and_in_no_home_timeline(
    scene: Scene, lemmy: Peer, group: PeerActor
) -> None:
    thread = _thread(scene)
    await _passes_on(scene, lemmy, group, scene.peer.create(thread, by=scene.rosa))
    comment = scene.peer.note(scene.peer.add_actor("tomas"), "<p>Tighten it</p>", inReplyTo=thread["id"])
    await _passes_on(scene, lemmy, group, scene.peer.create(comment, by=scene.rosa))
    root, answer = await post_of(scene.home, thread["id"]), await post_of(scene.home, comment["id"])
    assert root is not None
    assert answer is not None
    assert (answer.in_reply_to_id, answer.conversation_id) == (root.id, root.conversation_id)
    assert comment["id"] not in await _home(scene)


async def test_an_edit_is_taken_from_the_origin(scene: Scene, lemmy: Peer, group: PeerActor) -> None:
    thread = _thread(scene)
    await _passes_on(scene, lemmy, group, scene.peer.create(thread, by=scene.rosa))
    later = thread | {"content": "<p>Solved</p>", "updated": scene.home.hub.clock.now().isoformat()}
    scene.peer.objects[thread["id"]] = later
    await _passes_on(scene, lemmy, group, scene.peer.activity(scene.rosa, "Update", later | {"content": "<p>Lie</p>"}))
    post = await post_of(scene.home, thread["id"])
    assert post is not None
    assert "Solved" in post.content_html


async def test_a_deletion_counts_when_the_origin_confirms_it(scene: Scene, lemmy: Peer, group: PeerActor) -> None:
    thread = _thread(scene)
    await _passes_on(scene, lemmy, group, scene.peer.create(thread, by=scene.rosa))
    await _passes_on(scene, lemmy, group, scene.peer.activity(scene.rosa, "Delete", thread["id"]))
    kept = await post_of(scene.home, thread["id"])
    assert kept is not None
    community = await scene.home.hub.database.read(lambda session: find_actor_by_uri(session, group.uri))
    assert community is not None
    gone = await scene.home.hub.database.read(
        lambda session: find_boost(session, actor_id=community.id, post_id=kept.id)
    )
    assert gone is None  # what the group says of its own boost is its to say
    assert thread["id"] not in await _home(scene)

    scene.home.hub.hints.drop(thread["id"])  # a minute later
    scene.peer.serve(thread["id"].removeprefix(scene.peer.base), {}, status=410)
    again = scene.peer.activity(scene.rosa, "Delete", thread["id"])
    await _passes_on(scene, lemmy, group, again)
    assert await post_of(scene.home, thread["id"]) is None


@pytest.mark.parametrize("type", ["Update", "Delete"])
async def test_an_origin_is_not_asked_for_the_same_post_again_and_again(
    scene: Scene, lemmy: Peer, group: PeerActor, type: str
) -> None:
    """Whoever has a group can pass something on as often as they like."""
    thread = _thread(scene)
    path = thread["id"].removeprefix(scene.peer.base)
    await _passes_on(scene, lemmy, group, scene.peer.create(thread, by=scene.rosa))
    scene.peer.requests.clear()
    for _ in range(5):
        await _passes_on(scene, lemmy, group, scene.peer.activity(scene.rosa, type, thread["id"]))
    assert len(scene.peer.seen(path)) == 1
    assert await verdict(scene.home) == (ReceivedState.WAITING, "looked_at_lately")


async def test_what_a_group_takes_out_is_out_at_once_whatever_was_passed_on_before(
    scene: Scene, lemmy: Peer, group: PeerActor
) -> None:
    """And edits that one look at the origin has answered are done with."""
    thread = _thread(scene)
    await _passes_on(scene, lemmy, group, scene.peer.create(thread, by=scene.rosa))
    scene.peer.requests.clear()
    for _ in range(12):
        await _passes_on(scene, lemmy, group, scene.peer.activity(scene.rosa, "Update", thread))
    assert thread["id"] in await _home(scene)
    await _passes_on(scene, lemmy, group, scene.peer.activity(scene.rosa, "Delete", thread["id"]))
    assert thread["id"] not in await _home(scene)
    scene.home.hub.hints.drop(thread["id"])  # a minute later
    await pass_time(scene.home, hours=0)
    assert len(scene.peer.seen(thread["id"].removeprefix(scene.peer.base))) == 2
    waiting = [row for row in await scene.home.log() if row.state is ReceivedState.WAITING]
    assert len(waiting) <= 1


async def test_nothing_is_asked_about_a_known_post_for_a_group_that_nobody_follows(scene: Scene, lemmy: Peer) -> None:
    stranger = lemmy.add_actor("ads", type="Group")
    note = scene.peer.note(scene.rosa, inReplyTo=scene.post.uri, to=[PUBLIC], cc=[scene.ada.uri])
    await tell(scene.peer, scene.rosa, scene.home, scene.peer.create(note, by=scene.rosa))
    scene.peer.requests.clear()
    await _passes_on(scene, lemmy, stranger, scene.peer.activity(scene.rosa, "Delete", note["id"]))
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "not_relevant")
    assert not scene.peer.requests


async def test_nothing_is_fetched_for_a_group_that_nobody_follows(scene: Scene, lemmy: Peer) -> None:
    stranger = lemmy.add_actor("ads", type="Group")
    thread = _thread(scene)
    before = await scene.rows()
    scene.peer.requests.clear()
    await _passes_on(scene, lemmy, stranger, scene.peer.create(thread, by=scene.rosa))
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "not_relevant")
    assert not scene.peer.requests
    assert (await scene.rows())["posts"] == before["posts"]


@pytest.mark.parametrize("type", ["Like", "Dislike", "Undo", "Block", "Add", "Remove", "Flag"])
async def test_what_else_a_group_passes_on_changes_nothing(
    scene: Scene, lemmy: Peer, group: PeerActor, type: str
) -> None:
    thread = _thread(scene)
    await _passes_on(scene, lemmy, group, scene.peer.create(thread, by=scene.rosa))
    before = await scene.rows()
    await _passes_on(scene, lemmy, group, scene.peer.activity(scene.rosa, type, thread["id"]))
    assert await scene.rows() == before
    assert (await verdict(scene.home))[0] is ReceivedState.IGNORED


async def test_a_person_cannot_speak_as_a_group(scene: Scene, lemmy: Peer) -> None:
    """Not even one who is followed here: what people pass on are posts."""
    person = lemmy.add_actor("paul")
    await _passes_on(scene, lemmy, person, lemmy.activity(person, "Like", "http://lemmy.test/none"))
    await _is_followed(scene, lemmy, person)
    scene.peer.requests.clear()
    thread = _thread(scene)
    await _passes_on(scene, lemmy, person, scene.peer.create(thread, by=scene.rosa))
    assert await post_of(scene.home, thread["id"]) is None
    assert not scene.peer.requests
