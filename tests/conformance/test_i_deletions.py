"""Deletions, theirs and ours: rows I9 to I12 and I14; I15 is in test_b_actor_lives.py."""

from typing import Any

import pytest

from fedihub.errors import Missing
from fedihub.services import moderation
from fedihub.services.posting import delete_post
from fedihub.services.remote_posts import dereference_post
from fedihub.services.resolving import resolve_url
from fedihub.workers import inbox
from storage.notifications import NotificationKind
from storage.paging import Window
from storage.posts import Audience, find_tombstone
from storage.received import ReceivedState
from storage.views.timelines import list_home
from tests.conformance.conftest import Scene
from tests.support.peer import PUBLIC, Activity
from tests.support.speech import spoken_to
from tests.support.stories import actor_of, answer_to, follows, post_of, told, verdict


def shapes(note: Activity) -> dict[str, Any]:
    """How peers name what they delete: Mastodon, GoToSocial, Takahē."""
    return {
        "tombstone": {"id": note["id"], "type": "Tombstone", "atomUri": note["id"]},
        "id": note["id"],
        "whole": note,
        "object": {"id": note["id"]},
        "list": [note["id"]],
    }


@pytest.mark.parametrize("shape", ["tombstone", "id", "whole", "object", "list"])
async def test_i9_a_delete_of_any_shape_removes_the_post_and_its_boosts(scene: Scene, shape: str) -> None:
    otto = scene.peer.add_actor("otto")
    await scene.ada_follows_rosa()
    note = scene.peer.note(scene.rosa, **spoken_to(scene.ada, scene.rosa))
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    boost = scene.peer.activity(otto, "Announce", note["id"], to=[PUBLIC], cc=[scene.ada.uri])
    await scene.hears(boost, by=otto)
    await scene.hears(scene.peer.activity(scene.rosa, "Delete", shapes(note)[shape], to=[PUBLIC]))
    assert await post_of(scene.home, note["id"]) is None
    tombstone = await scene.home.hub.database.read(
        lambda session: find_tombstone(session, note["id"], author_uri=scene.rosa.uri)
    )
    assert tombstone is not None
    rows = await scene.rows()
    assert (rows["boosts"], rows["home_entries"] - await own_entries(scene)) == (0, 0)


async def own_entries(scene: Scene) -> int:
    """Ada's own posts in her home timeline."""
    return len(await scene.home.hub.database.read(lambda db: list_home(db, scene.ada.id, window=Window())))


async def test_i9_the_authors_page_and_the_parents_count_forget_it(scene: Scene) -> None:
    answer = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "yes")
    await scene.hears(scene.peer.create(answer, by=scene.rosa))
    assert (await scene.home.post(scene.post.id)).replies_count == 1
    await scene.hears(scene.peer.activity(scene.rosa, "Delete", answer["id"]))
    assert (await scene.home.post(scene.post.id)).replies_count == 0


@pytest.mark.parametrize("shape", ["tombstone", "id", "whole", "object"])
async def test_i10_a_create_after_its_delete_is_ignored(scene: Scene, shape: str) -> None:
    note = scene.peer.note(scene.rosa, **spoken_to(scene.ada, scene.rosa))
    await scene.hears(scene.peer.activity(scene.rosa, "Delete", shapes(note)[shape]))
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    assert await post_of(scene.home, note["id"]) is None


async def test_i10_nobody_can_bury_the_posts_of_another_host_beforehand(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, **spoken_to(scene.ada, scene.rosa))
    mallory = scene.peer.add_actor("mallory")
    await scene.hears(scene.peer.activity(mallory, "Delete", "http://elsewhere.test/notes/1"), by=mallory)
    buried = await scene.home.hub.database.read(
        lambda session: find_tombstone(session, "http://elsewhere.test/notes/1", author_uri=mallory.uri)
    )
    assert buried is None
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    assert await post_of(scene.home, note["id"]) is not None


async def test_i10_nobody_can_bury_the_posts_of_a_neighbour_beforehand(scene: Scene) -> None:
    """Both live on one host, and that does not make one speak for the other."""
    eve = scene.peer.add_actor("eve")
    note = scene.peer.note(scene.rosa, **spoken_to(scene.ada, scene.rosa))
    await scene.hears(scene.peer.activity(eve, "Delete", note["id"]), by=eve)
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    assert await post_of(scene.home, note["id"]) is not None
    await scene.hears(scene.peer.activity(scene.rosa, "Delete", note["id"]))
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    assert await post_of(scene.home, note["id"]) is None, "what its author says still counts"


async def test_i10_nor_by_taking_their_id_and_deleting_that(scene: Scene) -> None:
    """What Eve said under the id was here, and it was hers: it counts against her."""
    eve = scene.peer.add_actor("eve")
    note = scene.peer.note(scene.rosa, **spoken_to(scene.ada, scene.rosa))
    await scene.hears(scene.peer.create(note | {"attributedTo": eve.uri}, by=eve), by=eve)
    await scene.hears(scene.peer.activity(eve, "Delete", note["id"]), by=eve)
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    stored, rosa = await post_of(scene.home, note["id"]), await actor_of(scene.home, scene.rosa)
    assert stored is not None
    assert rosa is not None
    assert stored.author_id == rosa.id


async def _taken_by_eve(scene: Scene, note: Activity, **more: Any) -> None:
    """Eve says something under the id of a post of Rosa's, before that one comes."""
    eve = scene.peer.actors.get("eve") or scene.peer.add_actor("eve")
    false = note | {"attributedTo": eve.uri, "content": "<p>False</p>"} | more
    await scene.hears(scene.peer.create(false, by=eve), by=eve)


async def _is_rosas(scene: Scene, note: Activity) -> bool:
    stored, rosa = await post_of(scene.home, note["id"]), await actor_of(scene.home, scene.rosa)
    assert stored is not None
    return rosa is not None and stored.author_id == rosa.id and "False" not in stored.content_html


@pytest.mark.parametrize("by", ["Create", "Create of an answer", "Update", "a fetch"])
async def test_i10_an_id_that_a_neighbour_took_is_given_to_whom_its_origin_names(scene: Scene, by: str) -> None:
    answers = {"inReplyTo": scene.post.uri} if by == "Create of an answer" else {}
    note = scene.peer.note(scene.rosa, **spoken_to(scene.ada, scene.rosa), **answers)
    await _taken_by_eve(scene, note)
    assert not await _is_rosas(scene, note)
    if by == "a fetch":
        await dereference_post(scene.home.hub, note["id"])
    elif by == "Update":
        await scene.hears(scene.peer.activity(scene.rosa, "Update", note))
    else:
        await scene.hears(scene.peer.create(note, by=scene.rosa))
    assert await _is_rosas(scene, note)


@pytest.mark.parametrize("how", ["says whose it is", "does not show it"])
async def test_i10_nobody_takes_what_is_known_and_asking_costs_one_fetch(scene: Scene, how: str) -> None:
    note = scene.peer.note(scene.rosa, **spoken_to(scene.ada, scene.rosa))
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    await _taken_by_eve(scene, note)
    if how == "does not show it":
        del scene.peer.objects[note["id"]]
    scene.peer.requests.clear()
    await _taken_by_eve(scene, note, updated="2099-01-01T00:00:00Z")
    assert await verdict(scene.home) == (ReceivedState.REFUSED, "author_changed")
    assert await _is_rosas(scene, note)
    assert [f"{scene.peer.base}{seen.path}" for seen in scene.peer.requests if seen.method == "GET"] == [note["id"]]


async def test_i10_the_id_of_a_deleted_post_is_not_given_to_a_neighbour(scene: Scene) -> None:
    """What quotes it, and what answers it, would show their words."""
    await scene.ada_follows_rosa()
    post = await scene.hears_note()
    assert post is not None
    await scene.hears(scene.peer.activity(scene.rosa, "Delete", post.uri))
    eve = scene.peer.add_actor("eve")
    taken = scene.peer.objects.pop(post.uri) | {"attributedTo": eve.uri, "cc": [scene.ada.uri]}
    await scene.hears(scene.peer.create(taken, by=eve), by=eve)
    assert await verdict(scene.home) == (ReceivedState.REFUSED, "author_changed")
    assert await post_of(scene.home, post.uri) is None


async def test_i10_what_a_neighbour_buried_is_fetched_all_the_same(scene: Scene) -> None:
    """As what somebody answers, as what somebody quotes, and by its address."""
    await scene.ada_follows_rosa()
    eve = scene.peer.add_actor("eve")
    answered, quoted, looked_up = (scene.peer.note(scene.rosa) for _ in range(3))
    for note in (answered, quoted, looked_up):
        await scene.hears(scene.peer.activity(eve, "Delete", note["id"]), by=eve)
    await scene.hears_note(inReplyTo=answered["id"])
    await scene.hears_note(quote=quoted["id"])
    await resolve_url(scene.home.hub, looked_up["id"])
    for note in (answered, quoted, looked_up):
        assert await post_of(scene.home, note["id"]) is not None


async def test_i10_what_its_author_deleted_before_it_came_is_not_fetched_back(scene: Scene) -> None:
    """Though its server still shows it."""
    await scene.ada_follows_rosa()
    quoted, looked_up = (scene.peer.note(scene.rosa) for _ in range(2))
    for note in (quoted, looked_up):
        await scene.hears(scene.peer.activity(scene.rosa, "Delete", note["id"]))
    assert await scene.hears_note(quote=quoted["id"]) is not None
    with pytest.raises(Missing):
        await resolve_url(scene.home.hub, looked_up["id"])
    for note in (quoted, looked_up):
        assert await post_of(scene.home, note["id"]) is None


async def test_i10_a_parent_that_its_author_deleted_does_not_come_back(scene: Scene) -> None:
    """Nor does what it answered, though their server still shows both."""
    await scene.ada_follows_rosa()
    first = scene.peer.note(scene.rosa)
    parent = scene.peer.note(scene.rosa, inReplyTo=first["id"])
    await scene.hears(scene.peer.activity(scene.rosa, "Delete", parent["id"]))
    assert await scene.hears_note(inReplyTo=parent["id"]) is not None
    assert await post_of(scene.home, parent["id"]) is None
    assert await post_of(scene.home, first["id"]) is None


async def test_i11_the_end_of_an_actor_removes_profile_posts_and_follows(scene: Scene) -> None:
    await scene.ada_follows_rosa()
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    note = scene.peer.note(scene.rosa, **spoken_to(scene.ada, scene.rosa))
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    await scene.hears(scene.peer.activity(scene.rosa, "Like", scene.post.uri))
    scene.rosa.status = 410
    await scene.hears(scene.peer.activity(scene.rosa, "Delete", scene.rosa.uri, to=[PUBLIC]))
    rosa, ada = await actor_of(scene.home, scene.rosa), await scene.home.actor(scene.ada)
    assert await post_of(scene.home, note["id"]) is None
    assert rosa is None or rosa.gone_at is not None
    assert (ada.followers_count, ada.following_count) == (0, 0)
    assert (await scene.home.post(scene.post.id)).likes_count == 0
    assert (await scene.rows())["follows"] == 0


async def test_i14_our_deletion_reaches_all_who_had_the_post(scene: Scene) -> None:
    """A follower, somebody who is mentioned, one who boosted and one who answered: each with an inbox of their own."""
    scene.peer.shared_inbox = False
    follower, mentioned = scene.rosa, scene.peer.add_actor("mia")
    booster, answerer = scene.peer.add_actor("bo"), scene.peer.add_actor("ann")
    await follows(scene.peer, follower, scene.home, scene.ada)
    post = await scene.home.say(scene.ada, "For @mia@peer.test and all")
    await scene.home.drain()
    boost = scene.peer.activity(booster, "Announce", post.uri, to=[PUBLIC], cc=[scene.ada.uri])
    await scene.hears(boost, by=booster)
    await scene.hears(
        scene.peer.create(answer_to(scene.peer, answerer, post, scene.ada, "yes"), by=answerer), by=answerer
    )
    await delete_post(scene.home.hub, post_id=post.id, by_actor_id=scene.ada.id)
    await scene.home.drain()
    told = [seen for seen in scene.peer.requests if seen.method == "POST" and seen.json()["type"] == "Delete"]
    reached = (follower, mentioned, booster, answerer)
    assert {seen.path for seen in told} == {f"/users/{each.name}/inbox" for each in reached}
    assert all(seen.json()["object"] == {"id": post.uri, "type": "Tombstone"} for seen in told)


async def test_i14_a_deleted_post_is_gone_and_so_are_its_collections(scene: Scene) -> None:
    await delete_post(scene.home.hub, post_id=scene.post.id, by_actor_id=scene.ada.id)
    gone = await scene.peer.fetch(scene.post.uri)
    assert (gone.status, gone.json()["type"], gone.json()["id"]) == (410, "Tombstone", scene.post.uri)
    for name in ("replies", "likes", "shares", "replies?page=0"):
        answer = await scene.peer.fetch(f"{scene.post.uri}/{name}")
        assert answer.status == 410
        assert b"Tombstone" not in answer.body, "a collection is no tombstone of its own"


async def test_i14_a_deleted_private_post_is_as_absent_as_before(scene: Scene) -> None:
    post = await scene.home.say(scene.ada, "Among us", audience=Audience.FOLLOWERS)
    before = await scene.peer.fetch(post.uri)
    await delete_post(scene.home.hub, post_id=post.id, by_actor_id=scene.ada.id)
    after = await scene.peer.fetch(post.uri)
    assert (before.status, before.body) == (after.status, after.body)


@pytest.mark.parametrize("end", ["post", "account", "suspended"])
@pytest.mark.parametrize("how", ["inReplyTo", "quote"])
async def test_i11_what_was_fetched_before_it_ended_is_not_stored_after_it(scene: Scene, how: str, end: str) -> None:
    """Otto's post answers, or quotes, one that his server shows still while it is gathered."""
    await scene.ada_follows_rosa()
    otto, stages = scene.peer.add_actor("otto"), inbox.stages(scene.home.hub)
    note = scene.peer.note(scene.rosa, **spoken_to(scene.ada, scene.rosa))
    later = scene.peer.note(otto, cc=[scene.ada.uri], **{how: note["id"]})
    await scene.peer.send(scene.home.shared_inbox, scene.peer.create(later, by=otto), by=otto)
    (job,) = await stages.claim(1, [])
    gathered = await stages.work(job)
    if end == "suspended":
        rosa = await actor_of(scene.home, scene.rosa)
        assert rosa is not None
        await moderation.suspend_actor(scene.home.hub, actor_id=rosa.id)
    else:
        gone = note["id"] if end == "post" else scene.rosa.uri
        await scene.hears(scene.peer.activity(scene.rosa, "Delete", gone))
    await stages.finish([(job, gathered)])
    assert await post_of(scene.home, later["id"]) is not None
    assert await post_of(scene.home, note["id"]) is None
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    assert rosa.posts_count == 0
    assert NotificationKind.MENTION not in await told(scene.home, scene.ada)
