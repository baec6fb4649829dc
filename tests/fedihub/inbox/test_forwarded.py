"""What one server passes on for another: a hint where to look, and never more than that."""

from typing import Any

import pytest

from fedihub.workers import inbox
from storage.notifications import NotificationKind
from storage.received import ReceivedState
from tests.fedihub.inbox.conftest import Scene
from tests.support.peer import PUBLIC, Activity
from tests.support.stories import actor_of, answer_to, pass_time, post_of, tell, told, verdict

LATER = "2099-01-01T00:00:00Z"


def fetches(scene: Scene, note: Activity) -> int:
    """How often the hub asked the peer for a note."""
    return len(scene.peer.seen(note["id"].removeprefix(scene.peer.base)))


def rosas_answer(scene: Scene, text: str = "as it is there", **more: Any) -> Activity:
    """An answer that is served where it lives, and has been sent to nobody yet."""
    note = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, text)
    note.update(more)
    return note


async def known_answer(scene: Scene, **more: Any) -> Activity:
    """An answer of Rosa's that the hub has already."""
    note = rosas_answer(scene, **more)
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    assert await post_of(scene.home, note["id"]) is not None
    return note


async def test_a_forwarded_answer_is_taken_from_its_origin(scene: Scene) -> None:
    note = rosas_answer(scene)
    await scene.eve_sends(scene.peer.create(note | {"content": "forged"}, by=scene.rosa))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert "as it is there" in stored.content_html
    assert (stored.in_reply_to_id, stored.conversation_id) == (scene.post.id, scene.post.conversation_id)
    assert await told(scene.home, scene.ada) == [NotificationKind.MENTION]
    assert await verdict(scene.home) == (ReceivedState.APPLIED, None)


async def test_what_its_origin_does_not_have_is_not_stored(scene: Scene) -> None:
    invented = rosas_answer(scene) | {"id": f"{scene.rosa.uri}/statuses/never"}
    before = await scene.rows()
    await scene.eve_sends(scene.peer.create(invented, by=scene.rosa))
    assert await verdict(scene.home) == (ReceivedState.REFUSED, "http_404")
    assert (await scene.rows())["posts"] == before["posts"]


async def test_what_does_not_matter_here_makes_us_fetch_nothing(scene: Scene) -> None:
    """Else anybody who can sign could aim our fetches."""
    strangers = scene.peer.note(scene.rosa, to=[PUBLIC], cc=[scene.ada.uri])
    elsewhere = scene.peer.note(scene.rosa, to=[PUBLIC], cc=[scene.ada.uri], inReplyTo="http://nowhere.test/1")
    for activity in (
        scene.peer.create(strangers, by=scene.rosa),
        scene.peer.create(elsewhere, by=scene.rosa),
        scene.peer.activity(scene.rosa, "Create", strangers["id"]),
        scene.peer.activity(scene.rosa, "Update", strangers | {"updated": LATER}),
        scene.peer.activity(scene.rosa, "Delete", strangers["id"]),
    ):
        await scene.eve_sends(activity)
        assert await verdict(scene.home) == (ReceivedState.IGNORED, "not_relevant")
    assert scene.peer.requests == []


async def test_a_forwarded_edit_is_what_the_origin_shows(scene: Scene) -> None:
    note = await known_answer(scene)
    note |= {"content": "edited there", "updated": LATER}
    await scene.eve_sends(scene.peer.activity(scene.rosa, "Update", note | {"content": "forged"}))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert "edited there" in stored.content_html


async def test_a_post_that_is_not_found_is_believed_to_be_gone_when_it_stays_so(scene: Scene) -> None:
    """GoToSocial knows no 410 for posts; but a 404 may be a proxy that has lost its server for a moment."""
    note = await known_answer(scene)
    path = note["id"].removeprefix(scene.peer.base)
    scene.peer.serve(path, b"", status=404)
    await scene.eve_sends(scene.peer.activity(scene.rosa, "Delete", note["id"]))
    assert await verdict(scene.home) == (ReceivedState.WAITING, "perhaps_gone")
    for hours in (5, 7):
        assert await post_of(scene.home, note["id"]) is not None
        scene.home.hub.hints.drop(note["id"])  # it was asked for more than a minute ago
        await pass_time(scene.home, hours)
    assert await post_of(scene.home, note["id"]) is None


async def test_a_forwarded_deletion_is_believed_when_the_origin_says_that_the_post_is_gone(scene: Scene) -> None:
    note = await known_answer(scene)
    scene.peer.serve(note["id"].removeprefix(scene.peer.base), b"", status=410)
    await scene.eve_sends(scene.peer.activity(scene.rosa, "Delete", {"id": note["id"], "type": "Tombstone"}))
    assert await post_of(scene.home, note["id"]) is None
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    assert await post_of(scene.home, note["id"]) is None, "a deleted id never comes back"


async def test_what_was_deleted_here_makes_us_fetch_nothing(scene: Scene) -> None:
    note = await known_answer(scene)
    await scene.rosa_sends(scene.peer.activity(scene.rosa, "Delete", note["id"]))
    before = fetches(scene, note)
    await scene.eve_sends(scene.peer.create(note, by=scene.rosa))
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "deleted_before")
    assert fetches(scene, note) == before


@pytest.mark.parametrize("by", ["rosa", "neighbour"])
async def test_a_deletion_that_came_first_counts_if_it_is_the_authors(scene: Scene, by: str) -> None:
    note = rosas_answer(scene)
    sender = scene.rosa if by == "rosa" else scene.peer.add_actor(by)
    await tell(scene.peer, sender, scene.home, scene.peer.activity(sender, "Delete", note["id"]))
    await scene.eve_sends(scene.peer.create(note, by=scene.rosa))
    assert (await post_of(scene.home, note["id"]) is None) is (by == "rosa")


async def test_a_tombstone_at_the_origin_is_an_end(scene: Scene) -> None:
    note = await known_answer(scene)
    scene.peer.serve(note["id"].removeprefix(scene.peer.base), {"id": note["id"], "type": "Tombstone"})
    await scene.eve_sends(scene.peer.activity(scene.rosa, "Delete", note["id"]))
    assert await post_of(scene.home, note["id"]) is None


async def test_a_forwarded_deletion_of_what_is_still_there_changes_nothing(scene: Scene) -> None:
    note = await known_answer(scene)
    await scene.eve_sends(scene.peer.activity(scene.rosa, "Delete", note["id"]))
    assert (await verdict(scene.home))[0] is ReceivedState.IGNORED
    assert await post_of(scene.home, note["id"]) is not None


async def test_a_post_that_is_not_found_is_not_gone_because_of_an_edit(scene: Scene) -> None:
    note = await known_answer(scene)
    scene.peer.serve(note["id"].removeprefix(scene.peer.base), b"", status=404)
    await scene.eve_sends(scene.peer.activity(scene.rosa, "Update", note | {"updated": LATER}))
    assert await post_of(scene.home, note["id"]) is not None


async def test_a_private_post_is_not_gone_because_we_may_not_see_it(scene: Scene) -> None:
    note = await known_answer(scene, to=[scene.ada.uri], cc=[])
    scene.peer.serve(note["id"].removeprefix(scene.peer.base), b"", status=404)
    await scene.eve_sends(scene.peer.activity(scene.rosa, "Delete", note["id"]))
    assert await post_of(scene.home, note["id"]) is not None
    assert fetches(scene, note) == 0


async def test_the_origin_decides_whose_a_post_is(scene: Scene) -> None:
    note = await known_answer(scene)
    mallory = scene.peer.add_actor("mallory")
    scene.peer.objects[note["id"]] = note | {"attributedTo": mallory.uri, "content": "mine", "updated": LATER}
    await scene.eve_sends(scene.peer.activity(scene.rosa, "Update", note | {"updated": LATER}))
    stored, row = await post_of(scene.home, note["id"]), await actor_of(scene.home, mallory)
    assert stored is not None
    assert row is not None
    assert (stored.author_id, stored.content_html) == (row.id, "mine")


async def test_only_what_an_origin_can_confirm_is_a_hint(scene: Scene) -> None:
    """A follow, a like, or the end of an account has no document that anybody could ask for."""
    note = await known_answer(scene)
    before = await scene.rows()
    for activity in (
        scene.peer.activity(scene.rosa, "Follow", scene.ada.uri),
        scene.peer.activity(scene.rosa, "Like", scene.post.uri),
        scene.peer.activity(scene.rosa, "Announce", scene.post.uri, to=[PUBLIC]),
        scene.peer.activity(scene.rosa, "Undo", note["id"]),
        scene.peer.activity(scene.rosa, "Delete", scene.rosa.uri),
        scene.peer.activity(scene.rosa, "Update", scene.rosa.document() | {"name": "Forged"}),
        scene.peer.activity(scene.rosa, "Delete", scene.post.uri),
        scene.peer.activity(scene.rosa, "Create", scene.evil.note(scene.eve, inReplyTo=scene.post.uri)),
    ):
        answer = await scene.evil.send(scene.home.shared_inbox, activity, by=scene.eve)
        assert (answer.status, answer.json()["reason"]) == (401, "actor_is_not_signer")
    await scene.home.drain()
    assert await scene.rows() | {"refused_requests": 0} == before


async def test_an_activity_called_a_forward_is_one_and_no_more(scene: Scene) -> None:
    """The word is ours, but nobody gains by using it."""
    note = await known_answer(scene)
    await scene.eve_sends(scene.evil.activity(scene.eve, "Forward", note | {"content": "forged", "updated": LATER}))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert "forged" not in stored.content_html


async def test_the_same_forward_twice_is_one_fetch(scene: Scene) -> None:
    note = rosas_answer(scene)
    create = scene.peer.create(note, by=scene.rosa)
    await scene.eve_sends(create)
    await scene.eve_sends(create, inbox=scene.ada.inbox_url)
    assert fetches(scene, note) == 1


async def test_made_up_news_of_a_post_makes_us_ask_for_it_once_a_minute(scene: Scene) -> None:
    """Or whoever can sign could aim our fetches at a third server."""
    note = await known_answer(scene)
    for number in range(5):
        forged = scene.peer.activity(scene.rosa, "Update", note | {"updated": LATER, "content": f"forged {number}"})
        await scene.eve_sends(forged)
        await scene.eve_sends(scene.peer.activity(scene.rosa, "Delete", note["id"]))
    assert fetches(scene, note) == 1
    assert await verdict(scene.home) == (ReceivedState.WAITING, "looked_at_lately")


async def test_news_of_a_post_that_was_asked_for_a_moment_ago_waits(scene: Scene) -> None:
    note = await known_answer(scene)
    await scene.eve_sends(scene.peer.activity(scene.rosa, "Update", note | {"updated": LATER, "content": "forged"}))
    edit = {"content": "edited there", "updated": LATER}
    scene.peer.objects[note["id"]] = note | edit
    await scene.eve_sends(scene.peer.activity(scene.rosa, "Update", note | edit))
    scene.home.hub.hints.drop(note["id"])  # the minute is over
    await pass_time(scene.home, 0)
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert stored.content_html == "edited there"


async def test_news_that_came_before_the_post_was_asked_for_need_no_look_of_their_own(scene: Scene) -> None:
    note = await known_answer(scene)
    for number in range(3):
        await scene.eve_sends(scene.peer.activity(scene.rosa, "Update", note | {"updated": LATER, "n": number}))
    scene.home.hub.hints.drop(note["id"])
    await pass_time(scene.home, 0.01)
    assert fetches(scene, note) == 2
    reasons = {each.reason for each in await scene.home.log()}
    assert "looked_at_since" in reasons


@pytest.mark.parametrize("end", ["post", "account"])
async def test_what_its_author_ends_while_it_is_looked_at_is_not_stored(scene: Scene, end: str) -> None:
    note, stages = rosas_answer(scene), inbox.stages(scene.home.hub)
    other = rosas_answer(scene, "another")
    await scene.rosa_sends(scene.peer.create(other, by=scene.rosa))
    await scene.evil.send(scene.home.shared_inbox, scene.peer.create(note, by=scene.rosa), by=scene.eve)
    (job,) = await stages.claim(1, [])
    gathered = await stages.work(job)
    gone = note["id"] if end == "post" else scene.rosa.uri
    await scene.rosa_sends(scene.peer.activity(scene.rosa, "Delete", gone))
    await stages.finish([(job, gathered)])
    assert await post_of(scene.home, note["id"]) is None
