"""Likes and boosts, theirs and ours: rows J1 to J8, and J11."""

from typing import Any

import pytest

from fedihub.services.reactions import boost
from fedihub.services.resolving import resolve_handle, resolve_url
from storage.actors import Actor
from storage.notifications import NotificationKind
from storage.paging import Window
from storage.posts import Audience, Post
from storage.received import ReceivedState
from storage.views.timelines import find_visible, list_home
from tests.conformance.conftest import Scene
from tests.support.client import client_for
from tests.support.peer import PUBLIC, Activity
from tests.support.stories import actor_of, follows, post_of, told, verdict


async def counts(scene: Scene, post: Post | None = None) -> tuple[int, int]:
    """Likes and boosts of a post."""
    found = await scene.home.post((post or scene.post).id)
    return found.likes_count, found.boosts_count


async def ada_follows_rosa(scene: Scene) -> Actor:
    """Ada follows Rosa, who agrees; gives our row of her."""
    rosa = await resolve_handle(scene.home.hub, "@rosa@peer.test")
    await scene.home.follow(scene.ada, rosa)
    await scene.home.drain()
    asked = await scene.peer.wait_for(lambda activity: activity["type"] == "Follow")
    await scene.hears(scene.peer.activity(scene.rosa, "Accept", asked))
    scene.peer.requests.clear()
    return rosa


async def is_seen(scene: Scene, post: Post, *, by: int | None) -> bool:
    """Whether this viewer is shown a post."""
    found = await scene.home.hub.database.read(lambda session: find_visible(session, post.id, viewer_id=by))
    return found is not None


def announce(scene: Scene, object: Any, **extra: Any) -> Activity:
    """Rosa boosts something for everybody."""
    return scene.peer.activity(
        scene.rosa, "Announce", object, **({"to": [PUBLIC], "cc": [scene.rosa.followers]} | extra)
    )


async def test_j1_a_like_counts_once_for_each_actor(scene: Scene) -> None:
    for who in (scene.rosa, scene.rosa, scene.peer.add_actor("otto")):
        await scene.hears(scene.peer.activity(who, "Like", scene.post.uri), by=who)
    assert await counts(scene) == (2, 0)
    assert await told(scene.home, scene.ada) == [NotificationKind.LIKE, NotificationKind.LIKE]


@pytest.mark.parametrize(
    "uri", ["http://peer.test/users/otto/1", "http://hub.test/ap/posts/1", "http://nowhere.test/1"]
)
async def test_j2_a_like_of_something_unknown(scene: Scene, uri: str) -> None:
    await scene.hears(scene.peer.activity(scene.rosa, "Like", scene.post.uri))
    before, asked = await scene.rows(), len(scene.peer.requests)
    await scene.hears(scene.peer.activity(scene.rosa, "Like", uri))
    assert await scene.rows() == before
    assert len(scene.peer.requests) == asked
    assert (await verdict(scene.home))[0] is ReceivedState.IGNORED


@pytest.mark.parametrize("id", ["same", "other", None])
async def test_j3_an_embedded_like_is_undone_by_who_and_what(scene: Scene, id: str | None) -> None:
    liked = scene.peer.activity(scene.rosa, "Like", scene.post.uri)
    await scene.hears(liked)
    inner = {"type": "Like", "actor": scene.rosa.uri, "object": scene.post.uri}
    if id is not None:
        inner["id"] = liked["id"] if id == "same" else f"{scene.rosa.uri}#likes/other"
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", inner))
    assert await counts(scene) == (0, 0)


async def test_j4_a_boost_counts_once_for_each_actor(scene: Scene) -> None:
    await scene.hears(announce(scene, scene.post.uri))
    await scene.hears(announce(scene, {"id": scene.post.uri}))
    assert await counts(scene) == (0, 1)
    assert await told(scene.home, scene.ada) == [NotificationKind.BOOST]


async def test_j5_a_boost_by_somebody_we_follow_brings_the_post_from_its_origin(scene: Scene) -> None:
    await ada_follows_rosa(scene)
    otto = scene.peer.add_actor("otto")
    note = scene.peer.note(otto, "<p>Oak is best</p>")
    await scene.hears(announce(scene, note | {"content": "<p>Ash is best</p>"}))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert stored.content_html == "<p>Oak is best</p>"
    assert len(scene.peer.seen(note["id"].removeprefix(scene.peer.base))) == 1
    shown = await scene.home.hub.database.read(lambda s: list_home(s, scene.ada.id, window=Window()))
    assert note["id"] in {view.uri for view in shown}


async def test_j6_a_private_post_of_ones_own_keeps_its_audience(scene: Scene) -> None:
    """Mastodon embeds it, for the same followers: nobody could fetch it."""
    await ada_follows_rosa(scene)
    note = scene.peer.note(scene.rosa, "<p>Between us</p>", to=[scene.rosa.followers], cc=[])
    del scene.peer.objects[note["id"]]
    await scene.hears(announce(scene, note, to=[scene.rosa.followers], cc=[]))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert (stored.audience, stored.content_html) == (Audience.FOLLOWERS, "<p>Between us</p>")
    assert await is_seen(scene, stored, by=scene.ada.id)
    assert not await is_seen(scene, stored, by=None)


async def test_j6_a_private_post_of_somebody_else_is_not_believed(scene: Scene) -> None:
    await ada_follows_rosa(scene)
    otto = scene.peer.add_actor("otto")
    note = scene.peer.note(otto, "<p>Between us</p>", to=[otto.followers], cc=[])
    del scene.peer.objects[note["id"]]
    await scene.hears(announce(scene, note, to=[scene.rosa.followers], cc=[]))
    assert await post_of(scene.home, note["id"]) is None


async def test_j4_a_boost_for_followers_is_shown_to_followers(scene: Scene) -> None:
    """Mastodon's "private" boost, of a post that is public."""
    await scene.ada_follows_rosa()
    await scene.hears(scene.peer.activity(scene.rosa, "Announce", scene.post.uri, to=[scene.rosa.followers]))
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    bea = await scene.home.member("bea")
    path = f"/api/v1/accounts/{rosa.id}/statuses"
    follower, other = await client_for(scene.home, scene.ada), await client_for(scene.home, bea)
    assert [each["reblog"]["uri"] for each in await follower.get(path)] == [scene.post.uri]
    boost_id = (await follower.get(path))[0]["id"]
    assert await other.get(path) == (await scene.home.get(path)).json() == []
    assert (await scene.home.get(f"/api/v1/statuses/{boost_id}")).status == 404
    assert (await scene.home.get(f"/api/v1/statuses/{scene.post.id}/reblogged_by")).json() == []


async def test_j7_a_boost_of_nothing(scene: Scene) -> None:
    before = await scene.rows()
    await scene.hears(scene.peer.activity(scene.rosa, "Announce", None, to=[PUBLIC]))
    assert await scene.rows() == before


async def test_j7_a_private_post_of_ours_is_not_boosted(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    secret = await scene.home.say(scene.ada, "Between us", audience=Audience.FOLLOWERS)
    await scene.hears(announce(scene, secret.uri))
    assert await counts(scene, secret) == (0, 0)
    assert NotificationKind.BOOST not in await told(scene.home, scene.ada)


async def test_j7_a_stranger_boosts_another_stranger(scene: Scene) -> None:
    note = scene.peer.note(scene.peer.add_actor("otto"))
    await scene.hears(scene.peer.activity(scene.rosa, "Like", scene.post.uri))
    before = await scene.rows()
    await scene.hears(announce(scene, note["id"]))
    assert await scene.rows() == before
    assert not scene.peer.seen(note["id"].removeprefix(scene.peer.base))


async def test_j7_a_stranger_boosts_what_another_stranger_said_to_us(scene: Scene) -> None:
    """The post is known here; who passes it on is followed by nobody."""
    otto = scene.peer.add_actor("otto")
    note = scene.peer.note(otto, to=[PUBLIC], cc=[scene.ada.uri])
    await scene.hears(scene.peer.create(note, by=otto), by=otto)
    known = await post_of(scene.home, note["id"])
    assert known is not None
    await scene.hears(scene.peer.activity(scene.rosa, "Like", scene.post.uri))
    before = await scene.rows()
    await scene.hears(announce(scene, note["id"]))
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "not_relevant")
    assert await scene.rows() == before
    assert await counts(scene, known) == (0, 0)


@pytest.mark.parametrize("how", ["embedded", "by id"])
async def test_j8_a_boost_is_taken_back(scene: Scene, how: str) -> None:
    boosted = announce(scene, scene.post.uri)
    await scene.hears(boosted)
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", boosted if how == "embedded" else boosted["id"]))
    assert await counts(scene) == (0, 0)


@pytest.mark.parametrize(("type_", "once"), [("Like", (1, 0)), ("Announce", (0, 1))])
async def test_j3_the_undo_of_an_earlier_one_does_not_end_a_later_one(
    scene: Scene, type_: str, once: tuple[int, int]
) -> None:
    first, second = (
        scene.peer.activity(scene.rosa, type_, scene.post.uri, to=[PUBLIC], cc=[scene.rosa.followers]) for _ in range(2)
    )
    for each in (first, second, scene.peer.activity(scene.rosa, "Undo", first)):
        await scene.hears(each)
    assert await counts(scene) == once
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", second["id"]))
    assert await counts(scene) == (0, 0)


async def test_j3_an_undo_by_an_id_that_a_neighbour_has_used_as_well(scene: Scene) -> None:
    eve = scene.peer.add_actor("eve")
    liked = scene.peer.activity(scene.rosa, "Like", scene.post.uri)
    await scene.hears(liked | {"actor": eve.uri}, by=eve)
    await scene.hears(liked)
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", liked["id"]))
    assert await counts(scene) == (1, 0)


@pytest.mark.parametrize("how", ["embedded", "by id"])
async def test_j8_nobody_takes_the_id_of_a_neighbours_boost(scene: Scene, how: str) -> None:
    eve = scene.peer.add_actor("eve")
    boosted = announce(scene, scene.post.uri)
    stolen = scene.peer.activity(eve, "Announce", (await scene.home.say(scene.ada, "Other")).uri, to=[PUBLIC])
    await scene.hears(stolen | {"id": boosted["id"]}, by=eve)
    await scene.hears(boosted)
    assert await counts(scene) == (0, 1)
    like = scene.peer.activity(scene.rosa, "Like", scene.post.uri)
    await scene.hears(like)
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", like["id"]))
    assert await counts(scene) == (0, 1)
    await scene.hears(scene.peer.activity(scene.rosa, "Undo", boosted if how == "embedded" else boosted["id"]))
    assert await counts(scene) == (0, 0)


async def test_j11_our_boosts(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    note = scene.peer.note(scene.peer.add_actor("otto"))
    found = await resolve_url(scene.home.hub, note["id"])
    await boost(scene.home.hub, actor_id=scene.ada.id, post_id=found.id)
    await scene.home.drain()
    sent = await scene.peer.wait_for(lambda activity: activity["type"] == "Announce")
    assert (sent["actor"], sent["object"], sent["to"]) == (scene.ada.uri, note["id"], [PUBLIC])
    assert {scene.ada.followers_url, note["attributedTo"]} <= set(sent["cc"])
    assert sent["id"].startswith("http://hub.test/ap/activities/")
    assert sent["published"].endswith("Z")
    assert (await scene.home.document(sent["id"]))["object"] == note["id"]
