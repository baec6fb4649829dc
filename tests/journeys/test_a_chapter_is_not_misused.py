"""A chapter speaks to many. What it vouches for is what its moderators saw, once, by people who are heard here."""

from collections.abc import Awaitable, Callable

import pytest

from fedihub.errors import Conflict
from fedihub.outbox import MOST_FORWARDED
from fedihub.services.host_policies import Decision, decide
from fedihub.services.lives import end_actor
from fedihub.services.moderation import limit_actor, suspend_actor, unsuspend_actor
from fedihub.services.openings import ban_actor
from fedihub.services.posting import delete_post
from fedihub.services.reactions import like, unlike
from fedihub.services.remote_actors import bury_actor
from fedihub.services.remote_posts import dereference_post
from storage.host_policies import HostLevel
from storage.openings import OpeningState
from storage.posts import Post
from storage.received import ReceivedState
from tests.support.chapters import ChapterScene, announced, announced_types, approve, mention, opening, page
from tests.support.peer import PUBLIC, Activity
from tests.support.stories import actor_of, answer_to, follows, post_of, tell, verdict


async def _hears(at: ChapterScene, activity: Activity) -> None:
    """Rosa sends something."""
    await tell(at.peer, at.rosa, at.home, activity)


async def _submitted(at: ChapterScene, text: str = "kind words") -> tuple[Activity, Post]:
    """Rosa submits something, and it waits."""
    note = mention(at.peer, at.rosa, at.pune, text)
    await _hears(at, at.peer.create(note, by=at.rosa))
    post = await post_of(at.home, note["id"])
    assert post is not None
    at.forget()
    return note, post


async def _opening(at: ChapterScene) -> Post:
    """Ada's post is an opening."""
    post = await at.home.say(at.ada, "@pune We need a welder")
    await approve(at.home, at.pune, post, by=at.ada)
    at.forget()
    return post


async def _rosa_id(at: ChapterScene) -> int:
    actor = await actor_of(at.home, at.rosa)
    assert actor is not None
    return actor.id


async def _suspended(at: ChapterScene) -> None:
    await suspend_actor(at.home.hub, actor_id=await _rosa_id(at))


async def _limited(at: ChapterScene) -> None:
    await limit_actor(at.home.hub, actor_id=await _rosa_id(at))


async def _blocked(at: ChapterScene) -> None:
    await decide(at.home.hub, at.peer.host, Decision(HostLevel.BLOCKED))


async def _suspended_at_home(at: ChapterScene) -> None:
    update = at.peer.activity(at.rosa, "Update", at.rosa.document() | {"suspended": True})
    await _hears(at, update)


async def _banned(at: ChapterScene) -> None:
    await ban_actor(at.home.hub, chapter_id=at.pune.id, actor_id=await _rosa_id(at), by_member_id=at.ada.id)


async def _nothing(_at: ChapterScene) -> None:
    """She may take part as before."""


@pytest.mark.parametrize("befalls", [_suspended, _limited, _blocked, _suspended_at_home])
async def test_whoever_is_silenced_while_their_post_waits_is_not_passed_on(
    at: ChapterScene, befalls: Callable[[ChapterScene], Awaitable[None]]
) -> None:
    _, post = await _submitted(at)
    await befalls(at)
    with pytest.raises(Conflict, match="suspended or limited"):
        await approve(at.home, at.pune, post, by=at.ada)
    await at.home.drain()
    assert announced_types(at.lemmy) == []
    assert {activity["type"] for activity in at.peer.received} <= {"Reject"}  # the last that a blocked host hears
    waiting = await opening(at.home, at.pune, post)
    assert waiting is not None
    assert waiting.state is OpeningState.SUBMITTED


async def test_a_member_who_is_heard_again_can_be_passed_on(at: ChapterScene) -> None:
    ben = await at.home.member("ben")
    post = await at.home.say(ben, "@pune We need a welder")
    await suspend_actor(at.home.hub, actor_id=ben.id)
    with pytest.raises(Conflict, match="decline it, or ask the operator"):
        await approve(at.home, at.pune, post, by=at.ada)
    await unsuspend_actor(at.home.hub, actor_id=ben.id)
    await approve(at.home, at.pune, post, by=at.ada)
    assert announced_types(at.lemmy) == ["Create"]
    with pytest.raises(Conflict, match="approved already"):
        await approve(at.home, at.pune, post, by=at.ada)


async def test_a_suspended_chapter_passes_nothing_on(at: ChapterScene) -> None:
    _, post = await _submitted(at)
    await suspend_actor(at.home.hub, actor_id=at.pune.id)
    await at.home.drain()
    at.forget()
    with pytest.raises(Conflict, match="this chapter is suspended"):
        await approve(at.home, at.pune, post, by=at.ada)
    await at.home.drain()
    assert not at.peer.received
    assert not at.lemmy.received


async def test_what_moderators_saw_is_what_goes_out(at: ChapterScene) -> None:
    """Said once more in other words, it changes nothing here, and nothing there."""
    note, post = await _submitted(at)
    other = note | {"content": "<p>NASTY</p>"}
    await _hears(at, at.peer.create(other, by=at.rosa))
    await _hears(at, at.peer.activity(at.rosa, "Update", other, to=note["to"], cc=note["cc"]))
    counted = other | {"likes": {"type": "Collection", "totalItems": 7}}
    await _hears(at, at.peer.activity(at.rosa, "Update", counted, to=note["to"], cc=note["cc"]))
    assert (await verdict(at.home))[0] == "applied"  # it counts, and says nothing
    await approve(at.home, at.pune, post, by=at.ada)
    assert announced(at.lemmy, "Create")["object"] == note
    assert announced_types(at.lemmy) == ["Create"]


async def test_what_was_fetched_otherwise_than_it_was_sent_is_only_named(at: ChapterScene) -> None:
    note = mention(at.peer, at.rosa, at.pune, "kind words")
    post = await dereference_post(at.home.hub, note["id"])
    assert post is not None
    await _hears(at, at.peer.create(note | {"content": "<p>NASTY</p>"}, by=at.rosa))
    at.forget()
    await approve(at.home, at.pune, post, by=at.ada)
    assert [activity["object"] for activity in at.lemmy.received] == [note["id"]]


async def test_an_edited_opening_goes_out_as_it_is_by_now(at: ChapterScene) -> None:
    note, post = await _submitted(at)
    now = at.home.hub.clock.now().isoformat()
    edit = at.peer.activity(at.rosa, "Update", note | {"content": "<p>kinder</p>", "updated": now}, to=[PUBLIC])
    await _hears(at, edit)
    await _hears(at, at.peer.create(note | {"content": "<p>NASTY</p>"}, by=at.rosa))
    await approve(at.home, at.pune, post, by=at.ada)
    assert announced(at.lemmy, "Create")["object"] == note
    assert announced(at.lemmy, "Update") == edit


async def test_what_is_said_again_goes_on_once_and_never_otherwise(at: ChapterScene) -> None:
    post = await _opening(at)
    note = answer_to(at.peer, at.rosa, post, at.ada, "kind")
    for content in (note["content"], note["content"], "<p>NASTY</p>"):
        await _hears(at, at.peer.create(note | {"content": content}, by=at.rosa))
    counted = note | {"content": "<p>NASTY</p>", "likes": {"type": "Collection", "totalItems": 7}}
    await _hears(at, at.peer.activity(at.rosa, "Update", counted, to=note["to"], cc=note["cc"]))
    assert announced(at.lemmy, "Create")["object"] == note
    assert announced_types(at.lemmy) == ["Create"]


async def test_an_answer_that_was_fetched_before_it_came_goes_on_when_it_comes(at: ChapterScene) -> None:
    post = await _opening(at)
    note = answer_to(at.peer, at.rosa, post, at.ada, "kind")
    assert await dereference_post(at.home.hub, note["id"]) is not None
    await at.home.drain()
    assert announced_types(at.lemmy) == []
    create = at.peer.create(note, by=at.rosa)
    await _hears(at, create)
    assert (await verdict(at.home))[1] == "known"
    assert announced(at.lemmy, "Create") == create


async def test_the_answers_of_a_poll_are_what_moderators_saw_too(at: ChapterScene) -> None:
    choices = [{"type": "Note", "name": name, "replies": {"totalItems": 0}} for name in ("tea", "cake")]
    note = mention(at.peer, at.rosa, at.pune, "Which?", type="Question", oneOf=choices)
    await _hears(at, at.peer.create(note, by=at.rosa))
    post = await post_of(at.home, note["id"])
    assert post is not None
    other = note | {"oneOf": [choices[0] | {"name": "NASTY"}, choices[1]]}
    await _hears(at, at.peer.create(other, by=at.rosa))
    await approve(at.home, at.pune, post, by=at.ada)
    assert announced(at.lemmy, "Create")["object"] == note


async def test_what_is_longer_than_anything_anybody_says_is_not_sent_to_many(at: ChapterScene) -> None:
    junk = "x" * MOST_FORWARDED
    post = await _opening(at)
    await _hears(at, at.peer.activity(at.rosa, "Like", post.uri, junk=junk))
    assert (await verdict(at.home))[0] == "applied"
    assert "junk" not in announced(at.lemmy, "Like"), "of a like only the names go on"
    at.forget()
    answer = answer_to(at.peer, at.rosa, post, at.ada, "kind")
    await _hears(at, at.peer.create(answer, by=at.rosa, junk=junk))
    assert await post_of(at.home, answer["id"]) is not None
    await _hears(at, at.peer.activity(at.rosa, "Delete", answer["id"], junk=junk))
    assert await post_of(at.home, answer["id"]) is None
    assert at.lemmy.received == []


async def test_an_opening_that_is_too_long_to_go_whole_is_named(at: ChapterScene) -> None:
    note = mention(at.peer, at.rosa, at.pune, "kind words")
    await _hears(at, at.peer.create(note, by=at.rosa, junk="x" * MOST_FORWARDED))
    post = await post_of(at.home, note["id"])
    assert post is not None
    await approve(at.home, at.pune, post, by=at.ada)
    assert [activity["object"] for activity in at.lemmy.received] == [note["id"]]


@pytest.mark.parametrize("befalls", [_suspended, _limited])
async def test_who_is_silenced_can_still_take_back_what_went_out(
    at: ChapterScene, befalls: Callable[[ChapterScene], Awaitable[None]]
) -> None:
    post = await _opening(at)
    notes = [answer_to(at.peer, at.rosa, post, at.ada, text) for text in ("first", "second")]
    await _hears(at, at.peer.create(notes[0], by=at.rosa))
    await befalls(at)
    at.forget()
    await _hears(at, at.peer.create(notes[1], by=at.rosa))
    for note in notes:
        await _hears(at, at.peer.activity(at.rosa, "Delete", note["id"], to=[PUBLIC]))
    assert announced(at.lemmy, "Delete")["object"] == notes[0]["id"]
    assert announced_types(at.lemmy) == ["Delete"]


async def test_who_is_banned_can_still_take_back_what_went_out(at: ChapterScene) -> None:
    post, ben = await _opening(at), await at.home.member("ben")
    answer = await at.home.say(ben, "Me", in_reply_to_id=post.id)
    await like(at.home.hub, actor_id=ben.id, post_id=post.id)
    await ban_actor(at.home.hub, chapter_id=at.pune.id, actor_id=ben.id, by_member_id=at.ada.id)
    unheard = await at.home.say(ben, "Still me", in_reply_to_id=post.id)
    await at.home.drain()
    at.forget()
    for each in (unheard, answer):
        await delete_post(at.home.hub, post_id=each.id, by_actor_id=ben.id)
    await unlike(at.home.hub, actor_id=ben.id, post_id=post.id)
    await like(at.home.hub, actor_id=ben.id, post_id=post.id)  # of which nothing goes out, nor of its end
    await unlike(at.home.hub, actor_id=ben.id, post_id=post.id)
    await at.home.drain()
    assert sorted(announced_types(at.lemmy)) == ["Delete", "Undo"]


async def _with_opening_and_answer(at: ChapterScene) -> tuple[Activity, Activity]:
    """Rosa has an opening, and a comment on one of Ada's, and an answer to Ada that no chapter has to do with."""
    note, post = await _submitted(at)
    await follows(at.peer, at.peer.add_actor("mika"), at.home, at.pune)
    await approve(at.home, at.pune, post, by=at.ada)
    answer = answer_to(at.peer, at.rosa, await _opening(at), at.ada, "Me")
    other = answer_to(at.peer, at.rosa, await at.home.say(at.ada, "Hello"), at.ada, "Hello")
    for each in (answer, other):
        await _hears(at, at.peer.create(each, by=at.rosa))
    at.forget()
    return note, answer


def _boosts_taken_back(at: ChapterScene) -> list[str]:
    return [activity["object"]["object"] for activity in at.peer.received if activity["type"] == "Undo"]


@pytest.mark.parametrize("befalls", [_nothing, _banned, _suspended])
async def test_an_account_elsewhere_ends_and_a_moderator_removes_what_it_said(
    at: ChapterScene, befalls: Callable[[ChapterScene], Awaitable[None]]
) -> None:
    note, answer = await _with_opening_and_answer(at)
    await befalls(at)
    await _hears(at, at.peer.activity(at.rosa, "Delete", at.rosa.uri))
    assert _boosts_taken_back(at) == [note["id"]]
    removals = [activity["object"] for activity in at.lemmy.received]
    assert {removal["object"] for removal in removals} == {note["id"], answer["id"]}
    assert {(removal["type"], removal["actor"]) for removal in removals} == {("Delete", at.ada.uri)}
    assert all(removal["summary"] for removal in removals)


async def test_an_account_that_is_found_gone_is_taken_back_as_well(at: ChapterScene) -> None:
    note, _ = await _with_opening_and_answer(at)
    await bury_actor(at.home.hub, at.rosa.uri)
    await at.home.drain()
    assert _boosts_taken_back(at) == [note["id"]]
    assert announced_types(at.lemmy) == ["Delete", "Delete"]


async def test_a_member_leaves_and_deletes_what_chapters_passed_on(at: ChapterScene) -> None:
    ben, post = await at.home.member("ben"), await _opening(at)
    own = await at.home.say(ben, "@pune Tea on Friday")
    await approve(at.home, at.pune, own, by=at.ada)
    answer = await at.home.say(ben, "Me", in_reply_to_id=post.id)
    await at.home.drain()
    at.forget()
    await end_actor(at.home.hub, actor_id=ben.id)
    await at.home.drain()
    assert _boosts_taken_back(at) == [own.uri]
    deletions = [activity["object"] for activity in at.lemmy.received if activity["type"] == "Announce"]
    assert {(each["actor"], each["object"]) for each in deletions} == {(ben.uri, own.uri), (ben.uri, answer.uri)}
    assert not any("summary" in each for each in deletions)  # to Lemmy that would be a removal


async def test_whoever_names_the_conversation_of_an_opening_is_not_in_it(at: ChapterScene) -> None:
    """A thread of its own, and what is said below it, wait for a moderator, or for nobody."""
    conversation = "http://peer.test/contexts/1"
    note = mention(at.peer, at.rosa, at.pune, "kind words", context=conversation)
    await _hears(at, at.peer.create(note, by=at.rosa))
    post = await post_of(at.home, note["id"])
    assert post is not None
    await approve(at.home, at.pune, post, by=at.ada)
    at.forget()
    thread = page(at.peer, at.rosa, at.pune, "Something else", context=conversation)
    await _hears(at, at.peer.create(thread, by=at.rosa))
    below = at.peer.note(at.rosa, "<p>And more</p>", inReplyTo=thread["id"], context=conversation, cc=[at.pune.uri])
    await _hears(at, at.peer.create(below, by=at.rosa))
    stored = await post_of(at.home, below["id"])
    assert stored is not None
    assert stored.conversation_id == post.conversation_id
    await _hears(at, at.peer.activity(at.rosa, "Like", thread["id"]))
    assert announced_types(at.lemmy) == []
    submitted = await post_of(at.home, thread["id"])
    assert submitted is not None
    waiting = await opening(at.home, at.pune, submitted)
    assert waiting is not None
    assert waiting.state is OpeningState.SUBMITTED


async def test_what_waits_in_the_conversation_of_an_opening_does_not_go_out_with_it(at: ChapterScene) -> None:
    conversation = "http://peer.test/contexts/1"
    note = mention(at.peer, at.rosa, at.pune, "kind words", context=conversation)
    await _hears(at, at.peer.create(note, by=at.rosa))
    thread = page(at.peer, at.rosa, at.pune, "Something else", context=conversation)
    await _hears(at, at.peer.create(thread, by=at.rosa))
    below = at.peer.note(at.rosa, "<p>And more</p>", inReplyTo=thread["id"], context=conversation, cc=[at.pune.uri])
    await _hears(at, at.peer.create(below, by=at.rosa))
    answer = at.peer.note(at.rosa, "<p>One word more</p>", inReplyTo=note["id"], cc=[at.pune.uri])
    await _hears(at, at.peer.create(answer, by=at.rosa))
    post = await post_of(at.home, note["id"])
    assert post is not None
    at.forget()
    await approve(at.home, at.pune, post, by=at.ada)
    told = [activity["object"]["object"]["id"] for activity in at.lemmy.received]
    assert told == [note["id"], answer["id"]]


async def test_an_answer_does_not_become_a_thread_by_an_edit(at: ChapterScene) -> None:
    post = await _opening(at)
    kind = answer_to(at.peer, at.rosa, post, at.ada, "kind", published="2026-01-24T10:00:00Z")
    await _hears(at, at.peer.create(kind, by=at.rosa))
    assert announced_types(at.lemmy) == ["Create"]
    at.forget()
    thread = {name: value for name, value in kind.items() if name != "inReplyTo"}
    thread |= {"type": "Page", "name": "Something else", "audience": at.pune.uri, "updated": "2026-01-24T11:00:00Z"}
    await _hears(at, at.peer.activity(at.rosa, "Update", thread, to=[PUBLIC], cc=[at.pune.uri]))
    assert await verdict(at.home) == (ReceivedState.APPLIED, None)
    assert announced_types(at.lemmy) == []


async def test_what_names_its_type_in_another_way_goes_nowhere(at: ChapterScene) -> None:
    """Others might read it otherwise than we do; also when it is by somebody who is not heard."""
    post = await _opening(at)
    for is_banned in (False, True):
        if is_banned:
            rosa_id = await _rosa_id(at)
            await ban_actor(at.home.hub, chapter_id=at.pune.id, actor_id=rosa_id, by_member_id=at.ada.id)
            await at.home.drain()
            at.forget()
        odd = at.peer.create(answer_to(at.peer, at.rosa, post, at.ada, "kind"), by=at.rosa)
        odd["@type"] = odd.pop("type")
        await _hears(at, odd)
        assert await verdict(at.home) == (ReceivedState.APPLIED, None)
        assert announced_types(at.lemmy) == []


async def test_a_like_that_names_its_type_in_another_way_goes_on_as_all_others_do(at: ChapterScene) -> None:
    post = await _opening(at)
    odd = at.peer.activity(at.rosa, "Like", post.uri)
    odd["@type"] = odd.pop("type")
    await _hears(at, odd)
    assert announced(at.lemmy, "Like") == {"@context": "https://www.w3.org/ns/activitystreams", "type": "Like"} | {
        name: odd[name] for name in ("id", "actor", "object")
    }


async def test_a_picture_that_is_not_shown_here_is_not_passed_on(at: ChapterScene) -> None:
    files = {"attachment": [{"type": "Image", "url": "https://pics.example/kind.png"}]}
    other = {"image": {"type": "Image", "url": "https://pics.example/unkind.png"}}
    for more, has_picture in ((files | other, False), (other, True)):
        thread = page(at.peer, at.rosa, at.pune, "kind", **more)
        await _hears(at, at.peer.create(thread, by=at.rosa))
        post = await post_of(at.home, thread["id"])
        assert post is not None
        at.forget()
        await approve(at.home, at.pune, post, by=at.ada)
        assert ("image" in announced(at.lemmy, "Create")["object"]) is has_picture


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "Page", "name": "Something else"},
        {"name": "Something else"},
        {"type": "Article"},
        {"inReplyTo": "a list"},
    ],
)
async def test_an_answer_that_could_be_taken_for_a_thread_is_not_passed_on(at: ChapterScene, odd: Activity) -> None:
    """Mbin goes by the type, Lemmy by a plain `inReplyTo`."""
    post = await _opening(at)
    note = answer_to(at.peer, at.rosa, post, at.ada, "kind")
    note |= odd if "inReplyTo" not in odd else {"inReplyTo": [post.uri]}
    await _hears(at, at.peer.create(note, by=at.rosa))
    assert await post_of(at.home, note["id"]) is not None
    assert announced_types(at.lemmy) == []
