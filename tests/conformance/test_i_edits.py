"""Edits, theirs and ours: rows I1 to I6, I8 and I13. I7 is with the polls."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fedihub.services.posting import edit_post
from fedihub.services.reactions import boost
from storage.notifications import NotificationKind, clear_notifications
from storage.posts import Audience
from storage.received import ReceivedState
from tests.conformance.conftest import Scene
from tests.support.keys import rsa_key
from tests.support.peer import PUBLIC, Activity
from tests.support.speech import at, history_of, mention, sees, spoken_to, status_of
from tests.support.stories import actor_of, follows, pass_time, post_of, told, verdict


async def begun(scene: Scene, content: str = "<p>One</p>", **extra: Any) -> Activity:
    """A post of Rosa's of an hour ago, which has arrived."""
    note = scene.peer.note(scene.rosa, content, **({**at(-60), **spoken_to(scene.ada, scene.rosa)} | extra))
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    return note


async def hears_update(scene: Scene, note: Activity, **changes: Any) -> None:
    """Rosa's server tells of a new version."""
    await scene.hears(scene.peer.activity(scene.rosa, "Update", note | changes, to=note["to"], cc=note["cc"]))


async def shown(scene: Scene, note: Activity) -> dict[str, Any]:
    """The post as apps show it."""
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    return await status_of(scene.home, stored)


async def versions(scene: Scene, note: Activity) -> list[str]:
    """The texts of all versions, oldest first."""
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    return [version["content"] for version in await history_of(scene.home, stored)]


async def test_i1_a_newer_update_replaces_what_the_post_says(scene: Scene) -> None:
    note = await begun(scene, summary="careful", tag=[{"type": "Hashtag", "name": "#old"}, mention(scene.ada)])
    changes: dict[str, Any] = {
        "content": "<p>Two :blob:</p>",
        "contentMap": {"de": "<p>Two :blob:</p>"},
        "summary": "all clear",
        "attachment": [{"type": "Image", "mediaType": "image/png", "url": "http://peer.test/2.png", "name": "alt"}],
        "tag": [
            {"type": "Hashtag", "name": "#new"},
            {"type": "Emoji", "name": ":blob:", "icon": {"url": "http://peer.test/blob.png"}},
            mention(scene.ada),
        ],
    }
    changes |= at(-30, "updated")
    await hears_update(scene, note, **changes)
    status = await shown(scene, note)
    assert (status["content"], status["spoiler_text"], status["language"]) == ("<p>Two :blob:</p>", "all clear", "de")
    assert [each["name"] for each in status["tags"]] == ["new"]
    assert [each["description"] for each in status["media_attachments"]] == ["alt"]
    assert [each["shortcode"] for each in status["emojis"]] == ["blob"]
    assert datetime.fromisoformat(status["edited_at"]) == datetime.fromisoformat(changes["updated"])


async def test_i1_a_post_that_does_not_say_when_it_was_edited_was_when_its_update_says_so(scene: Scene) -> None:
    """activitypub-bot 0.51 tells the time in the activity alone; the newer one counts, whichever comes first."""
    note = await begun(scene)
    for text, minutes in (("Three", -10), ("Two", -30)):
        changed = note | {"content": f"<p>{text}</p>"}
        await scene.hears(scene.peer.activity(scene.rosa, "Update", changed, to=note["to"], **at(minutes, "updated")))
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "not_newer")
    assert await versions(scene, note) == ["<p>One</p>", "<p>Three</p>"]
    assert (await shown(scene, note))["edited_at"] is not None


async def test_i1_an_edit_that_comes_before_a_post_that_is_not_shown_to_us(scene: Scene) -> None:
    """It is for followers: its origin answers 404, and only its author's own word brings it."""
    await scene.ada_follows_rosa()
    note = scene.peer.note(scene.rosa, "<p>First</p>", to=[scene.rosa.followers], cc=[])
    del scene.peer.objects[note["id"]]
    edited = note | {"content": "<p>Second</p>", "updated": datetime.now(UTC).isoformat()}
    await scene.hears(scene.peer.activity(scene.rosa, "Update", edited, to=note["to"]))
    assert await verdict(scene.home) == (ReceivedState.WAITING, "perhaps_before_its_post")
    await scene.hears(scene.peer.create(note, by=scene.rosa))
    await pass_time(scene.home, hours=0)
    post = await post_of(scene.home, note["id"])
    assert post is not None
    assert (post.content_html, post.audience) == ("<p>Second</p>", Audience.FOLLOWERS)


async def test_i1_an_edit_of_a_post_that_never_comes_is_given_up(scene: Scene) -> None:
    await scene.ada_follows_rosa()
    note = scene.peer.note(scene.rosa, to=[scene.rosa.followers], cc=[])
    del scene.peer.objects[note["id"]]
    await scene.hears(scene.peer.activity(scene.rosa, "Update", note, to=note["to"]))
    await pass_time(scene.home, hours=0)
    assert await verdict(scene.home) == (ReceivedState.REFUSED, "http_404")
    assert await post_of(scene.home, note["id"]) is None


async def test_i1_what_was_said_before_is_kept_and_shown(scene: Scene) -> None:
    note = await begun(scene, summary="careful")
    for text, minutes in (("Two", -30), ("Three", -20)):
        await hears_update(scene, note, content=f"<p>{text}</p>", summary=None, **at(minutes, "updated"))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    history = await history_of(scene.home, stored)
    assert [each["content"] for each in history] == ["<p>One</p>", "<p>Two</p>", "<p>Three</p>"]
    assert [each["spoiler_text"] for each in history] == ["careful", "", ""]
    assert history[0]["created_at"] == (await shown(scene, note))["created_at"]
    page = (await scene.home.get(f"/versions/{stored.id}")).text
    assert page.index("Three") < page.index("Two") < page.index("One")


async def test_i1_the_page_of_a_conversation_leads_to_the_versions(scene: Scene) -> None:
    note = await begun(scene, inReplyTo=scene.post.uri)
    await hears_update(scene, note, content="<p>Two</p>", **at(-30, "updated"))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert f'href="/versions/{stored.id}"' in (await scene.home.get(f"/@ada/{scene.post.id}")).text


async def test_i1_who_boosted_a_post_is_told_of_its_edit(scene: Scene) -> None:
    note = await begun(scene)
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    await boost(scene.home.hub, actor_id=scene.ada.id, post_id=stored.id)
    await hears_update(scene, note, content="<p>Two</p>", **at(-30, "updated"))
    assert (await told(scene.home, scene.ada))[0] is NotificationKind.EDIT


@pytest.mark.parametrize("has_time", [False, True])
async def test_i2_an_update_without_a_new_time_changes_only_counts(scene: Scene, has_time: bool) -> None:  # noqa: FBT001
    note = await begun(scene)
    time = {"updated": note["published"]} if has_time else {}
    changes = {"content": "<p>Two</p>", "likes": {"type": "Collection", "totalItems": 7}}
    await hears_update(scene, note, **changes, **time)
    status = await shown(scene, note)
    assert (status["content"], status["edited_at"], status["favourites_count"]) == ("<p>One</p>", None, 7)
    assert await versions(scene, note) == ["<p>One</p>"]


async def test_i2_counts_of_an_edited_post_go_on(scene: Scene) -> None:
    note = await begun(scene)
    edited = {"content": "<p>Two</p>"} | at(-30, "updated")
    await hears_update(scene, note, **edited)
    await hears_update(scene, note, **edited, shares={"type": "Collection", "totalItems": 3})
    assert (await shown(scene, note))["reblogs_count"] == 3
    assert await versions(scene, note) == ["<p>One</p>", "<p>Two</p>"]


async def test_i3_an_older_update_is_ignored(scene: Scene) -> None:
    note = await begun(scene)
    await hears_update(scene, note, content="<p>Three</p>", **at(-10, "updated"))
    await hears_update(scene, note, content="<p>Two</p>", likes={"totalItems": 9}, **at(-30, "updated"))
    status = await shown(scene, note)
    assert (status["content"], status["favourites_count"]) == ("<p>Three</p>", 0)
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "not_newer")


@pytest.mark.parametrize("content", ["<p>One</p>", '<p onclick="x">One</p><script>x</script>'])
async def test_i3_an_update_that_nobody_can_see_leaves_no_mark(scene: Scene, content: str) -> None:
    note = await begun(scene)
    tag = [{"type": "Hashtag", "name": "#new"}, mention(scene.ada)]
    await hears_update(scene, note, content=content, tag=tag, **at(-30, "updated"))
    status = await shown(scene, note)
    assert (status["content"], status["edited_at"]) == ("<p>One</p>", None)
    assert [each["name"] for each in status["tags"]] == ["new"]
    assert await versions(scene, note) == ["<p>One</p>"]


async def test_i4_an_update_of_an_unknown_recent_post_is_its_beginning(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, **at(-60), **at(-30, "updated"), **spoken_to(scene.ada, scene.rosa))
    await hears_update(scene, note)
    assert await post_of(scene.home, note["id"]) is not None


async def test_i4_an_update_of_an_unknown_old_post_is_ignored(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, **at(-60 * 25), **at(-30, "updated"), **spoken_to(scene.ada, scene.rosa))
    await hears_update(scene, note)
    assert await post_of(scene.home, note["id"]) is None


async def test_i4_an_update_that_concerns_nobody_here_makes_us_fetch_nothing(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, **at(-60), **at(-30, "updated"))
    await hears_update(scene, note)
    assert await post_of(scene.home, note["id"]) is None
    assert scene.peer.seen(note["id"].removeprefix(scene.peer.base)) == []


@pytest.mark.parametrize("type_", ["Update", "Delete"])
async def test_i5_nobody_but_the_author_edits_or_deletes(scene: Scene, type_: str) -> None:
    note = await begun(scene)
    eve = scene.peer.add_actor("eve")
    await scene.hears(scene.peer.activity(eve, "Like", scene.post.uri), by=eve)  # or she is refused as a stranger
    assert await actor_of(scene.home, eve) is not None
    for stolen in (note, note | {"attributedTo": eve.uri}):
        changed = stolen | {"content": "<p>Eve's</p>"} | at(-30, "updated")
        await scene.hears(scene.peer.activity(eve, type_, changed), by=eve)
    assert (await shown(scene, note))["content"] == "<p>One</p>"
    await scene.hears(scene.peer.activity(scene.rosa, type_, {"id": scene.post.uri, "type": "Note"}))
    assert (await scene.home.post(scene.post.id)).content_html == scene.post.content_html


async def test_i6_who_is_mentioned_by_an_edit_is_told(scene: Scene) -> None:
    bob = await scene.home.member("bob")
    note = await begun(scene)
    edited = {"content": "<p>Two</p>", "tag": [mention(scene.ada), mention(bob)]} | at(-30, "updated")
    await hears_update(scene, note, **edited, cc=[scene.rosa.followers, scene.ada.uri, bob.uri])
    assert await told(scene.home, bob) == [NotificationKind.MENTION]
    assert await told(scene.home, scene.ada) == [NotificationKind.MENTION], "once, of the first version"
    assert len((await shown(scene, note))["mentions"]) == 2


async def test_i6_the_addressees_of_the_activity_count_where_the_post_names_none(scene: Scene) -> None:
    note = await begun(scene, tag=[])
    bare = note | {"content": "<p>Two</p>", "tag": [mention(scene.ada)], "to": None, "cc": None} | at(-30, "updated")
    await scene.hears(scene.peer.activity(scene.rosa, "Update", bare, to=note["to"], cc=note["cc"]))
    assert await told(scene.home, scene.ada) == [NotificationKind.MENTION]


async def test_i6_who_was_mentioned_before_is_not_told_again(scene: Scene) -> None:
    note = await begun(scene)
    await scene.home.hub.database.write(lambda db: clear_notifications(db, recipient_id=scene.ada.id))
    await hears_update(scene, note, content="<p>Two</p>", **at(-30, "updated"))
    assert await told(scene.home, scene.ada) == []


async def test_i6_who_was_only_addressed_before_is_told(scene: Scene) -> None:
    note = await begun(scene, tag=[])
    assert await told(scene.home, scene.ada) == []
    await hears_update(scene, note, content="<p>Two</p>", tag=[mention(scene.ada)], **at(-30, "updated"))
    assert await told(scene.home, scene.ada) == [NotificationKind.MENTION]


async def test_i6_who_is_mentioned_no_more_keeps_access(scene: Scene) -> None:
    note = await begun(scene, to=[scene.ada.uri], cc=[])
    await hears_update(scene, note, content="<p>Two</p>", tag=[], to=[], **at(-30, "updated"))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert stored.content_html == "<p>Two</p>"
    assert stored.audience is Audience.MENTIONED
    assert await sees(scene.home, stored, scene.ada)
    assert len(await told(scene.home, scene.ada)) == 1


async def test_i8_an_update_of_the_senders_own_actor_refreshes_profile_and_key(scene: Scene) -> None:
    await begun(scene)
    scene.rosa.extra |= {"name": "Rosa of Bridges"}
    await scene.hears(scene.peer.activity(scene.rosa, "Update", scene.rosa.document(), to=[PUBLIC]))
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    assert rosa.display_name == "Rosa of Bridges"
    old_key = rsa_key(scene.rosa.key_number)
    scene.rosa.key_number += 1
    await scene.hears(scene.peer.activity(scene.rosa, "Update", scene.rosa.document(), to=[PUBLIC]), key=old_key)
    await begun(scene)


async def test_i8_an_update_of_another_actor_changes_nothing(scene: Scene) -> None:
    await begun(scene)
    eve = scene.peer.add_actor("eve")
    forged = scene.rosa.document() | {"name": "Forged"}
    await scene.hears(scene.peer.activity(eve, "Update", forged, to=[PUBLIC]), by=eve)
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    assert rosa.display_name != "Forged"


async def test_i13_our_edits_are_sent_whole_each_with_a_later_time(scene: Scene) -> None:
    await follows(scene.peer, scene.rosa, scene.home, scene.ada)
    post = await scene.home.say(scene.ada, "One #bridge")
    for text in ("Two #bridge", "Three #bridge", "Four #bridge"):
        await edit_post(scene.home.hub, post_id=post.id, by_actor_id=scene.ada.id, text=text)
    await scene.home.drain()
    updates = [each["object"] for each in scene.peer.received if each["type"] == "Update"]
    times = [each["updated"] for each in updates]
    assert times == sorted(set(times))
    assert len(times) == 3
    assert all(datetime.fromisoformat(moment) > post.published_at for moment in times)
    whole = await scene.home.document(post.uri)
    assert {name: whole[name] for name in updates[-1] if name != "replies"} == {
        name: value for name, value in updates[-1].items() if name != "replies"
    }


async def test_i13_our_own_earlier_versions_are_kept(scene: Scene) -> None:
    for text in ("Two", "Three"):
        await edit_post(scene.home.hub, post_id=scene.post.id, by_actor_id=scene.ada.id, text=text)
    texts = [each["content"] for each in await history_of(scene.home, scene.post)]
    assert texts == ["<p>Hello</p>", "<p>Two</p>", "<p>Three</p>"]
    assert "Three" in (await scene.home.get(f"/versions/{scene.post.id}")).text
