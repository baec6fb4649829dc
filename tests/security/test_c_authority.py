"""What may they do? Acts upon what belongs to somebody else change nothing here.

The name of each test begins with the number of the attack; where it has one, its origin is named.
"""

from typing import Any

import pytest

from fedihub.services.following import block, follow
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.follows import FollowState, find_follow
from storage.notifications import NotificationKind
from storage.paging import Window
from storage.posts import Audience, Post
from storage.views.timelines import list_home
from storage.visibility import is_visible
from tests.security.conftest import Scene
from tests.support.peer import AS_CONTEXT, PUBLIC, Activity
from tests.support.stories import actor_of, post_of, told

VERBS = ("Like", "Follow", "Announce", "Block")


async def rosas(scene: Scene, verb: str) -> Activity:
    """Something that Rosa really did to Ada."""
    target = scene.ada.uri if verb in ("Follow", "Block") else scene.post.uri
    more = {"to": [PUBLIC]} if verb == "Announce" else {}
    activity = scene.peer.activity(scene.rosa, verb, target, **more)
    await scene.rosa_sends(activity)
    return activity


async def stored(scene: Scene) -> Post:
    """Rosa's post, as it is here."""
    post = await post_of(scene.home, scene.note["id"])
    assert post is not None
    return post


async def home_of(scene: Scene, actor: Actor) -> set[str]:
    """What stands in a member's home timeline."""
    views = await scene.home.hub.database.read(lambda db: list_home(db, actor.id, window=Window(limit=40)))
    return {view.uri for view in views}


async def test_c1_only_its_author_deletes(scene: Scene) -> None:
    """Hollo 0.8.5, CVE-2024-23832."""
    tombstone = {"id": scene.note["id"], "type": "Tombstone"}
    targets: list[Any] = [scene.note["id"], tombstone, scene.note, scene.post.uri, scene.secret.uri]
    for target in [*targets, scene.rosa.uri, scene.ada.uri]:
        async with scene.nothing_happens():
            await scene.eve_sends(scene.evil.activity(scene.eve, "Delete", target))


async def test_c2_only_its_author_changes(scene: Scene) -> None:
    forged = scene.note | {"content": "<p>forged</p>", "updated": "2099-01-01T00:00:00Z"}
    unknown = forged | {"id": f"{scene.peer.base}/users/rosa/statuses/9999"}
    for target in (forged, unknown, forged | {"attributedTo": scene.eve.uri}, scene.rosa.document()):
        async with scene.nothing_happens():
            await scene.eve_sends(scene.evil.activity(scene.eve, "Update", target))


async def eve_is_followed(scene: Scene) -> None:
    """Ada follows Eve, who shows herself from her best side: what she passes on matters here now."""
    await scene.home.follow(scene.ada, await resolve_handle(scene.home.hub, scene.eve.handle))
    await scene.home.drain()
    asked = await scene.evil.wait_for(lambda each: each["type"] == "Follow")
    await scene.eve_sends(scene.evil.activity(scene.eve, "Accept", asked))


async def test_c3_what_a_boost_embeds_is_not_believed(scene: Scene) -> None:
    """Hollo 0.8.5, wp-activitypub #3795."""
    await eve_is_followed(scene)
    real = scene.peer.note(scene.rosa, "<p>real</p>")
    invented = real | {"id": f"{scene.peer.base}/users/rosa/statuses/9999", "content": "<p>invented</p>"}
    for forged in (real | {"content": "<p>forged</p>"}, invented):
        await scene.eve_sends(scene.evil.activity(scene.eve, "Announce", forged, to=[PUBLIC]))
    found = await post_of(scene.home, real["id"])
    assert found is not None
    assert found.content_html == "<p>real</p>"
    assert await post_of(scene.home, invented["id"]) is None


async def test_c4_a_boost_authorises_nothing_inside_it(scene: Scene) -> None:
    """discourse-activity-pub #337: Announce of an Update, a Delete, a Like by somebody else."""
    await eve_is_followed(scene)
    forged = scene.note | {"content": "<p>forged</p>", "updated": "2099-01-01T00:00:00Z"}
    for verb, target in (("Update", forged), ("Delete", scene.note["id"]), ("Like", scene.secret.uri), ("Undo", "x:y")):
        inner = scene.peer.activity(scene.rosa, verb, target)
        async with scene.nothing_happens():
            await scene.eve_sends(scene.evil.activity(scene.eve, "Announce", inner, to=[PUBLIC]))


async def test_c5_what_is_not_for_everybody_is_not_passed_on(scene: Scene) -> None:
    async with scene.nothing_happens():
        for _ in range(2):
            activity = scene.peer.activity(scene.rosa, "Announce", scene.secret.uri, to=[PUBLIC])
            await scene.rosa_sends(activity)
        await scene.eve_sends(scene.evil.activity(scene.eve, "Announce", scene.secret.uri, to=[PUBLIC]))


@pytest.mark.parametrize("verb", VERBS)
async def test_c6_nobody_undoes_what_somebody_else_did(scene: Scene, verb: str) -> None:
    """Geesome #1112."""
    done = await rosas(scene, verb)
    async with scene.nothing_happens():
        for inner in (done, done["id"], done | {"actor": scene.eve.uri}, {"id": done["id"], "type": verb}):
            await scene.eve_sends(scene.evil.activity(scene.eve, "Undo", inner))


async def test_c7_only_who_was_asked_can_accept(scene: Scene) -> None:
    """wp-activitypub #3377."""
    noor = scene.peer.add_actor("noor")
    row = await resolve_handle(scene.home.hub, noor.handle)
    await follow(scene.home.hub, actor_id=scene.ada.id, target_id=row.id)
    await scene.home.drain()
    asked = await scene.peer.wait_for(lambda each: each["type"] == "Follow" and each["object"] == noor.uri)
    invented = {"id": f"{scene.home.url}/ap/activities/7", "type": "Follow", "actor": scene.ada.uri}
    for inner in (asked, asked["id"], invented | {"object": scene.eve.uri}, invented | {"object": noor.uri}, "x:y"):
        for verb in ("Accept", "Reject"):
            async with scene.nothing_happens():
                await scene.eve_sends(scene.evil.activity(scene.eve, verb, inner))


async def test_c8_asking_is_not_following(scene: Scene) -> None:
    """Pixelfed CVE-2025-30741: what is for Rosa's followers reaches Ada, but is not for Bea, who only asked."""
    bea = await scene.home.member("bea")
    row = await actor_of(scene.home, scene.rosa)
    assert row is not None
    await scene.home.follow(bea, row)
    await scene.home.drain()
    private = scene.peer.note(scene.rosa, "<p>for my followers</p>", to=[scene.rosa.followers], cc=[])
    await scene.rosa_sends(scene.peer.create(private, by=scene.rosa))
    post = await post_of(scene.home, private["id"])
    assert post is not None
    assert private["id"] in await home_of(scene, scene.ada)
    assert private["id"] not in await home_of(scene, bea)
    assert not await scene.home.hub.database.read(lambda db: is_visible(db, post, viewer_id=bea.id))


async def test_c9_who_is_rejected_sees_nothing_any_more(scene: Scene) -> None:
    private = scene.peer.note(scene.rosa, "<p>for my followers</p>", to=[scene.rosa.followers], cc=[])
    await scene.rosa_sends(scene.peer.create(private, by=scene.rosa))
    post = await post_of(scene.home, private["id"])
    assert post is not None
    asked = await scene.peer.wait_for(lambda each: each["type"] == "Follow" and each["object"] == scene.rosa.uri)
    await scene.rosa_sends(scene.peer.activity(scene.rosa, "Reject", asked))
    assert private["id"] not in await home_of(scene, scene.ada)
    assert not await scene.home.hub.database.read(lambda db: is_visible(db, post, viewer_id=scene.ada.id))


async def test_c10_nobody_follows_for_somebody_else(scene: Scene) -> None:
    noor = scene.peer.add_actor("noor")
    for actor in (noor.uri, scene.ada.uri):
        activity = scene.evil.activity(scene.eve, "Follow", scene.ada.uri, actor=actor)
        async with scene.nothing_happens():
            await scene.eve_sends(activity, inbox=scene.ada.inbox_url)


async def test_c11_nobody_moves_somebody_elses_followers(scene: Scene) -> None:
    """FEP-fe34: the old account must say so, and the new one must confirm it."""
    other = scene.evil.add_actor("other")
    for actor, object_, target in (
        (scene.eve.uri, scene.rosa.uri, scene.eve.uri),
        (scene.eve.uri, scene.eve.uri, scene.rosa.uri),
        (scene.eve.uri, scene.eve.uri, other.uri),
        (scene.eve.uri, scene.eve.uri, scene.ada.uri),
        (scene.eve.uri, scene.eve.uri, scene.eve.uri),
        (scene.eve.uri, scene.eve.uri, f"{scene.evil.base}/nobody"),
    ):
        async with scene.nothing_happens():
            await scene.eve_sends(scene.evil.activity(scene.eve, "Move", object_, actor=actor, target=target))


async def test_c12_reports_do_nothing_by_themselves(scene: Scene) -> None:
    before = await scene.state()
    for _ in range(5):
        flag = scene.evil.activity(scene.eve, "Flag", [scene.ada.uri, scene.post.uri], content="x" * 20_000)
        await scene.eve_sends(flag)
    after = await scene.state()
    for table in ("posts", "actors", "follows", "notifications", "home_entries", "members"):
        assert after[table] == before[table], table


async def test_c13_who_likes_often_counts_once(scene: Scene) -> None:
    await scene.eve_sends(scene.evil.activity(scene.eve, "Like", scene.post.uri))
    once = (await scene.home.post(scene.post.id)).likes_count
    for _ in range(5):
        await scene.eve_sends(scene.evil.activity(scene.eve, "Like", scene.post.uri))
    assert (await scene.home.post(scene.post.id)).likes_count == once


async def test_c14_what_was_deleted_before_it_came_stays_deleted(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa)
    await scene.rosa_sends(scene.peer.activity(scene.rosa, "Delete", {"id": note["id"], "type": "Tombstone"}))
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    assert await post_of(scene.home, note["id"]) is None


async def test_c15_an_older_edit_changes_nothing(scene: Scene) -> None:
    newer = scene.note | {
        "content": "<p>newer</p>",
        "updated": "2026-02-01T00:00:00Z",
        "published": "2026-01-01T00:00:00Z",
    }
    note = scene.peer.note(scene.rosa, "<p>old</p>", published="2026-01-01T00:00:00Z")
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    await scene.rosa_sends(scene.peer.activity(scene.rosa, "Update", newer | {"id": note["id"]}))
    older = note | {"content": "<p>older</p>", "updated": "2026-01-15T00:00:00Z"}
    async with scene.nothing_happens():
        await scene.rosa_sends(scene.peer.activity(scene.rosa, "Update", older))


async def test_c16_an_edit_does_not_change_for_whom_a_post_is(scene: Scene) -> None:
    private = scene.peer.note(scene.rosa, "<p>for my followers</p>", to=[scene.rosa.followers], cc=[])
    await scene.rosa_sends(scene.peer.create(private, by=scene.rosa))
    opened = private | {"to": [PUBLIC], "updated": "2099-01-01T00:00:00Z", "content": "<p>now public</p>"}
    await scene.rosa_sends(scene.peer.activity(scene.rosa, "Update", opened, to=[PUBLIC]))
    post = await post_of(scene.home, private["id"])
    assert post is not None
    assert post.audience is Audience.FOLLOWERS


async def test_c17_answering_what_one_must_not_see_looks_like_answering_nothing(scene: Scene) -> None:
    before = await told(scene.home, scene.ada)
    answers = []
    for parent in (scene.secret.uri, f"{scene.home.url}/ap/posts/77"):
        note = scene.evil.note(scene.eve, inReplyTo=parent, cc=[scene.ada.uri])
        answers.append((await scene.eve_sends(scene.evil.create(note, by=scene.eve))).status)
        found = await post_of(scene.home, note["id"])
        assert found is None or found.in_reply_to_id is None
    assert answers[0] == answers[1]
    assert await told(scene.home, scene.ada) == before
    assert (await scene.home.post(scene.secret.id)).replies_count == 0


async def test_c18_a_mention_bomb_tells_a_bounded_number(scene: Scene) -> None:
    """The spam wave of 2024: thousands of mentions in one post."""
    tags = [{"type": "Mention", "href": f"{scene.home.url}/ap/actors/{n}", "name": "@x"} for n in range(1, 5000)]
    note = scene.evil.note(scene.eve, cc=[tag["href"] for tag in tags][:900], tag=tags)
    before = len(scene.evil.requests)
    assert (await scene.eve_sends(scene.evil.create(note, by=scene.eve))).status == 202
    asked = {request.path for request in scene.evil.requests[before:]}
    assert asked <= {"/users/eve", "/.well-known/webfinger"}  # she herself, and nobody whom she names
    assert (await told(scene.home, scene.ada)).count(NotificationKind.MENTION) <= 1


async def test_c20_nobody_pins_for_somebody_else(scene: Scene) -> None:
    for verb in ("Add", "Remove"):
        for target in (f"{scene.rosa.uri}/featured", scene.ada.featured_url, scene.rosa.followers):
            async with scene.nothing_happens():
                await scene.eve_sends(scene.evil.activity(scene.eve, verb, scene.note["id"], target=target))


async def test_c21_odd_activities_do_nothing(scene: Scene) -> None:
    """GoToSocial #3730 panicked at an activity without an object."""
    deep: Any = scene.post.uri
    for _ in range(40):
        deep = {"type": "Undo", "actor": scene.eve.uri, "object": deep}
    verbs = (
        "Like",
        "Follow",
        "Announce",
        "Undo",
        "Create",
        "Update",
        "Delete",
        "Block",
        "Accept",
        "Move",
        "Add",
    )
    for verb in (*verbs, "Dance", "Collection", "Create2"):
        for target in (None, deep, [], [1, None], {}, 7, True, "not a uri", {"type": ["Note"]}, [[scene.post.uri]]):
            async with scene.nothing_happens():
                await scene.eve_sends(scene.evil.activity(scene.eve, verb, target))


async def test_c22_what_is_passed_on_ends_here(scene: Scene) -> None:
    """A forward is looked at once, where it lives; it is not passed on in turn."""
    inner = scene.peer.note(scene.rosa, inReplyTo=scene.post.uri)
    forwarded = scene.peer.create(inner, by=scene.rosa)
    before = len(scene.peer.received), len(scene.evil.received)
    for _ in range(3):
        await scene.evil.send(scene.home.shared_inbox, forwarded, by=scene.eve)
        await scene.home.drain()
    assert (len(scene.peer.received), len(scene.evil.received)) == before
    assert len(scene.peer.seen(inner["id"].removeprefix(scene.peer.base))) <= 1


async def test_c24_nothing_leads_to_itself(scene: Scene) -> None:
    uri = f"{scene.evil.base}/loop"
    note = scene.evil.note(scene.eve, cc=[scene.ada.uri], id=uri, inReplyTo=uri)
    loops = [
        scene.evil.activity(scene.eve, "Follow", scene.eve.uri),
        scene.evil.activity(scene.eve, "Like", uri, id=uri),
        scene.evil.activity(scene.eve, "Undo", uri, id=uri),
        {
            "@context": AS_CONTEXT,
            "type": "Create",
            "id": scene.eve.uri,
            "actor": scene.eve.uri,
            "object": scene.eve.uri,
        },
    ]
    for activity in loops:
        async with scene.nothing_happens():
            await scene.eve_sends(activity)
    await scene.eve_sends(scene.evil.create(note, by=scene.eve))
    found = await post_of(scene.home, uri)
    assert found is None or found.in_reply_to_id is None


async def test_c26_who_is_blocked_does_not_come_back_by_another_way(scene: Scene) -> None:
    """Ada blocks Eve: neither a boost nor a mention nor a reply of hers reaches Ada."""
    row = await actor_of(scene.home, scene.eve) or await resolve_handle(scene.home.hub, scene.eve.handle)
    await block(scene.home.hub, actor_id=scene.ada.id, target_id=row.id)
    await scene.home.drain()
    before = await told(scene.home, scene.ada)
    tag = [{"type": "Mention", "href": scene.ada.uri, "name": "@ada@hub.test"}]
    note = scene.evil.note(scene.eve, cc=[scene.ada.uri], tag=tag, inReplyTo=scene.post.uri)
    await scene.eve_sends(scene.evil.create(note, by=scene.eve))
    await scene.eve_sends(scene.evil.activity(scene.eve, "Like", scene.post.uri))
    await scene.eve_sends(scene.evil.activity(scene.eve, "Announce", scene.post.uri, to=[PUBLIC]))
    await scene.eve_sends(scene.evil.activity(scene.eve, "Follow", scene.ada.uri), inbox=scene.ada.inbox_url)
    assert await told(scene.home, scene.ada) == before
    assert note["id"] not in await home_of(scene, scene.ada)
    relation = await scene.home.hub.database.read(
        lambda db: find_follow(db, follower_id=row.id, followed_id=scene.ada.id)
    )
    assert relation is None or relation.state is not FollowState.ACCEPTED
