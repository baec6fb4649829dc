"""Polls: ours, in which others vote, and those of others."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fedihub.services.polls import NewPoll
from fedihub.services.polls import vote as cast
from storage.polls import find_chosen, update_poll
from storage.posts import Audience, Post
from storage.received import ReceivedState
from storage.views.polls import PollView, load_polls
from tests.conformance.conftest import Scene
from tests.support.peer import Activity
from tests.support.peer_actor import PeerActor
from tests.support.stories import post_of, told, verdict

TEA_OR_COFFEE = NewPoll(["Tea", "Coffee"], timedelta(hours=1))


async def poll_of(scene: Scene, post: Post) -> PollView:
    """The poll of a post, as it stands."""
    polls = await scene.home.hub.database.read(lambda session: load_polls(session, [post.id], viewer_id=None))
    return polls[post.id]


async def counts(scene: Scene, post: Post) -> list[int | None]:
    """How many votes each answer has."""
    return [option.votes_count for option in (await poll_of(scene, post)).options]


def question(scene: Scene, *options: str, kind: str = "oneOf", **extra: Any) -> Activity:
    """A poll of Rosa's, as Mastodon writes it: nobody has voted yet."""
    listed = [{"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 0}} for name in options]
    ends = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    more = {"type": "Question", kind: listed, "endTime": ends, "votersCount": 0} | extra
    return scene.peer.note(scene.rosa, "<p>What shall it be?</p>", cc=[scene.rosa.followers, scene.ada.uri], **more)


async def hears_question(scene: Scene, *options: str, **extra: Any) -> tuple[Activity, Post]:
    """Rosa's poll comes here."""
    asked = question(scene, *options, **extra)
    await scene.hears(scene.peer.create(asked, by=scene.rosa))
    post = await post_of(scene.home, asked["id"])
    assert post is not None
    return asked, post


def tallied(asked: Activity, *votes: int, voters: int, kind: str = "oneOf", **extra: Any) -> Activity:
    """The same poll after these votes."""
    listed = [
        each | {"replies": {"type": "Collection", "totalItems": n}} for each, n in zip(asked[kind], votes, strict=True)
    ]
    return asked | {kind: listed, "votersCount": voters} | extra


def vote(scene: Scene, post: Post, name: str, *, by: PeerActor | None = None) -> Activity:
    """A vote, as Mastodon sends it."""
    voter = by or scene.rosa
    uri = f"{voter.uri}#votes/{name}"
    note = {"id": uri, "type": "Note", "name": name, "attributedTo": voter.uri, "inReplyTo": post.uri}
    note |= {"to": scene.ada.uri}
    return scene.peer.activity(voter, "Create", note, id=f"{uri}/activity", to=scene.ada.uri)


@pytest.mark.parametrize(("kind", "is_multiple"), [("oneOf", False), ("anyOf", True)])
async def test_h15_a_question_shows_its_options_counts_and_end(scene: Scene, kind: str, *, is_multiple: bool) -> None:
    ends = "2027-01-01T12:00:00Z"
    asked = question(scene, "Arch", "Beam", kind=kind, endTime=ends)
    await scene.hears(scene.peer.create(tallied(asked, 3, 1, voters=4, kind=kind), by=scene.rosa))
    post = await post_of(scene.home, asked["id"])
    assert post is not None
    poll = await poll_of(scene, post)
    assert [(each.title, each.votes_count) for each in poll.options] == [("Arch", 3), ("Beam", 1)]
    assert (poll.is_multiple, poll.voters_count) == (is_multiple, 4)
    assert poll.ends_at == datetime(2027, 1, 1, 12, tzinfo=UTC)
    assert "Arch" not in post.content_html


@pytest.mark.parametrize("closed", [True, "2026-01-02T00:00:00Z"])
async def test_h15_a_question_that_is_closed_takes_no_votes(scene: Scene, *, closed: object) -> None:
    _, post = await hears_question(scene, "Arch", "Beam", closed=closed, endTime=None)
    poll = await poll_of(scene, post)
    assert poll.is_over(scene.home.hub.clock.now())
    assert poll.ends_at is not None


async def test_h15_results_come_by_an_update_that_is_no_edit(scene: Scene) -> None:
    asked, post = await hears_question(scene, "Arch", "Beam")
    await scene.hears(scene.peer.activity(scene.rosa, "Update", tallied(asked, 5, 2, voters=7)))
    assert await counts(scene, post) == [5, 2]
    now = await scene.home.post(post.id)
    assert now.edited_at is None


async def test_h15_results_by_somebody_else_are_not_taken(scene: Scene) -> None:
    asked, post = await hears_question(scene, "Arch", "Beam")
    other = scene.peer.add_actor("otto")
    await scene.hears(scene.peer.activity(other, "Update", tallied(asked, 5, 2, voters=7)), by=other)
    assert await counts(scene, post) == [0, 0]


async def test_h16_a_vote_is_counted_and_never_shown(scene: Scene) -> None:
    post = await scene.home.say(scene.ada, "Tea?", poll=TEA_OR_COFFEE)
    before = await scene.rows()
    activity = vote(scene, post, "Coffee")
    await scene.hears(activity)
    assert await counts(scene, post) == [0, 1]
    assert (await poll_of(scene, post)).voters_count == 1
    assert (await scene.home.post(post.id)).replies_count == 0
    assert await told(scene.home, scene.ada) == []
    assert await post_of(scene.home, activity["object"]["id"]) is None
    changed = {table for table, rows in (await scene.rows()).items() if rows != before[table]}
    assert changed == {"actors", "poll_votes"}


async def test_h16_a_poll_for_followers_takes_the_votes_of_those_who_may_see_it(scene: Scene) -> None:
    post = await scene.home.say(scene.ada, "Tea?", poll=TEA_OR_COFFEE, audience=Audience.FOLLOWERS)
    await scene.hears(vote(scene, post, "Tea"))
    assert await counts(scene, post) == [0, 0]
    await scene.hears(scene.peer.activity(scene.rosa, "Follow", scene.ada.uri))
    await scene.hears(vote(scene, post, "Tea") | {"id": f"{scene.rosa.uri}#again"})
    assert await counts(scene, post) == [1, 0]


async def test_h16_our_poll_is_a_question(scene: Scene) -> None:
    poll = NewPoll(["Tea", "Coffee"], timedelta(hours=1), is_multiple=True)
    post = await scene.home.say(scene.ada, "What would you like?", poll=poll)
    document = await scene.home.document(post.uri)
    assert document["type"] == "Question"
    assert [(each["type"], each["name"]) for each in document["anyOf"]] == [("Note", "Tea"), ("Note", "Coffee")]
    assert [each["replies"]["totalItems"] for each in document["anyOf"]] == [0, 0]
    assert document["votersCount"] == 0
    ends = (post.published_at + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert document["endTime"] == ends
    assert document["attachment"] == []
    assert not {"oneOf", "closed", "name"} & document.keys()


async def test_h17_of_two_votes_in_a_single_choice_the_first_counts(scene: Scene) -> None:
    post = await scene.home.say(scene.ada, "Tea?", poll=TEA_OR_COFFEE)
    await scene.hears(vote(scene, post, "Tea"))
    await scene.hears(vote(scene, post, "Coffee"))
    assert await counts(scene, post) == [1, 0]
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "voted_before")


async def test_h17_of_a_multiple_choice_each_answer_counts_once(scene: Scene) -> None:
    poll = NewPoll(["Tea", "Coffee", "Water"], timedelta(hours=1), is_multiple=True)
    post = await scene.home.say(scene.ada, "What would you like?", poll=poll)
    for name, again in (("Tea", ""), ("Water", ""), ("Tea", "#again")):
        activity = vote(scene, post, name)
        await scene.hears(activity | {"id": f"{activity['id']}{again}"})
    assert await counts(scene, post) == [1, 0, 1]
    assert (await poll_of(scene, post)).voters_count == 1


async def test_h17_a_late_vote_counts_nothing(scene: Scene) -> None:
    post = await scene.home.say(scene.ada, "Tea?", poll=TEA_OR_COFFEE)
    await scene.hears(vote(scene, post, "Tea"))
    now = scene.home.hub.clock.now()
    await scene.home.hub.database.write(lambda session: update_poll(session, post.id, ends_at=now))
    otto = scene.peer.add_actor("otto")
    await scene.hears(vote(scene, post, "Coffee", by=otto), by=otto)
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "poll_is_over")
    assert await counts(scene, post) == [1, 0]
    assert (await poll_of(scene, post)).voters_count == 1


async def test_h17_what_is_no_vote_is_discarded(scene: Scene) -> None:
    post = await scene.home.say(scene.ada, "Tea?", poll=TEA_OR_COFFEE)
    await scene.hears(vote(scene, post, "Milk"))
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "no_such_option")
    await scene.hears(vote(scene, scene.post, "Tea"))
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "no_such_poll")
    assert await counts(scene, post) == [0, 0]
    assert (await scene.home.post(scene.post.id)).replies_count == 0


async def test_h17_a_vote_for_somebody_else_is_refused(scene: Scene) -> None:
    post = await scene.home.say(scene.ada, "Tea?", poll=TEA_OR_COFFEE)
    other = scene.peer.add_actor("otto")
    forged = vote(scene, post, "Tea") | {"actor": other.uri, "id": f"{other.uri}#vote"}
    await scene.hears(forged, by=other)
    assert await counts(scene, post) == [0, 0]


async def test_i7_an_edit_that_changes_the_answers_voids_the_votes(scene: Scene) -> None:
    asked, post = await hears_question(scene, "Arch", "Beam")
    await _ada_votes(scene, post, 0)
    later = (datetime.now(UTC) + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    others = question(scene, "Arch", "Rope", "Beam")["oneOf"]
    await scene.hears(scene.peer.activity(scene.rosa, "Update", asked | {"oneOf": others, "updated": later}))
    assert [each.title for each in (await poll_of(scene, post)).options] == ["Arch", "Rope", "Beam"]
    assert await _adas_choice(scene, post) == []
    assert (await scene.home.post(post.id)).edited_at is not None


async def test_i7_an_edit_with_the_same_answers_keeps_the_votes(scene: Scene) -> None:
    asked, post = await hears_question(scene, "Arch", "Beam")
    await _ada_votes(scene, post, 1)
    later = (datetime.now(UTC) + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    edited = tallied(asked, 4, 2, voters=6) | {"content": "<p>What shall it be, then?</p>", "updated": later}
    await scene.hears(scene.peer.activity(scene.rosa, "Update", edited))
    assert await counts(scene, post) == [4, 2]
    assert await _adas_choice(scene, post) == [1]


@pytest.mark.parametrize("dated", [{}, {"updated": "2099-01-01T00:00:00Z", "published": "2099-01-01T00:00:00Z"}])
async def test_i7_other_answers_without_an_edit_are_ignored(scene: Scene, dated: dict[str, str]) -> None:
    """Be the activity dated or not: that may be when somebody voted."""
    asked, post = await hears_question(scene, "Arch", "Beam")
    await _ada_votes(scene, post, 0)
    others = tallied(question(scene, "Rope", "Beam"), 9, 9, voters=18)
    await scene.hears(scene.peer.activity(scene.rosa, "Update", asked | {"oneOf": others["oneOf"]}, **dated))
    assert await counts(scene, post) == [1, 0]
    assert [each.title for each in (await poll_of(scene, post)).options] == ["Arch", "Beam"]
    assert await _adas_choice(scene, post) == [0]


async def _ada_votes(scene: Scene, post: Post, *choices: int) -> None:
    await cast(scene.home.hub, actor_id=scene.ada.id, post_id=post.id, choices=choices)
    await scene.home.drain()


async def _adas_choice(scene: Scene, post: Post) -> list[int]:
    return await scene.home.hub.database.read(lambda session: find_chosen(session, post.id, actor_id=scene.ada.id))
