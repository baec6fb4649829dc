"""A chapter's boost: what Mastodon needs in order to take it, and what it must not be sent."""

from federation.vocabulary.terms import PUBLIC
from storage.actors import Actor
from storage.posts import Audience
from tests.conformance.conftest import Scene
from tests.support.chapters import approve, chapter, mention
from tests.support.peer import Activity
from tests.support.stories import follows, post_of


async def _chapter(scene: Scene) -> Actor:
    found = await chapter(scene.home, "pune", founder=scene.ada)
    await follows(scene.peer, scene.rosa, scene.home, found)
    scene.peer.received.clear()
    return found


def _boosts(scene: Scene) -> list[Activity]:
    return [activity for activity in scene.peer.received if activity["type"] == "Announce"]


async def test_j12_a_chapter_boosts_a_members_post_by_its_id_where_it_can_be_fetched(scene: Scene) -> None:
    pune = await _chapter(scene)
    post = await scene.home.say(scene.ada, "@pune We need a welder")
    await approve(scene.home, pune, post, by=scene.ada)
    boosts = _boosts(scene)
    assert [(boost["actor"], boost["object"]) for boost in boosts] == [(pune.uri, post.uri)]
    assert boosts[0]["to"] == [PUBLIC]
    assert pune.followers_url in boosts[0]["cc"]
    fetched = (await scene.peer.fetch(post.uri)).json()
    assert (fetched["id"], fetched["type"], fetched["attributedTo"]) == (post.uri, "Note", scene.ada.uri)
    assert (await scene.peer.fetch(boosts[0]["id"])).json() == boosts[0]


async def test_j12_a_strangers_post_is_boosted_by_its_id_and_the_stranger_is_told(scene: Scene) -> None:
    pune = await _chapter(scene)
    tomas = scene.peer.add_actor("tomas")
    note = mention(scene.peer, tomas, pune, "We need a welder")
    await scene.hears(scene.peer.create(note, by=tomas), by=tomas)
    post = await post_of(scene.home, note["id"])
    assert post is not None
    await approve(scene.home, pune, post, by=scene.ada)
    boosts = _boosts(scene)
    assert [boost["object"] for boost in boosts] == [note["id"]]
    assert tomas.uri in boosts[0]["cc"]


async def test_j12_naming_a_chapter_makes_a_post_no_more_public_than_it_is(scene: Scene) -> None:
    pune = await _chapter(scene)
    post = await scene.home.say(scene.ada, "@pune @rosa@peer.test a word", audience=Audience.MENTIONED)
    await scene.home.drain()
    assert not _boosts(scene)
    created = [activity for activity in scene.peer.received if activity["type"] == "Create"]
    assert [set(activity["to"]) for activity in created] == [{pune.uri, scene.rosa.uri}]
    assert created[0]["cc"] == []
    assert (await scene.peer.fetch(post.uri)).status == 404
