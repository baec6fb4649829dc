"""A chapter has moderators: what they decide, and what nobody else can."""

import pytest

from fedihub.services.moderation import limit_actor
from fedihub.services.openings import ban_actor, decline_opening, remove_opening
from storage.openings import OpeningState
from storage.posts import Audience
from tests.support.chapters import ChapterScene, announced, announced_types, approve, chapter, mention, opening
from tests.support.peer import PUBLIC
from tests.support.stories import actor_of, answer_to, follows, post_of, tell


async def test_what_is_said_in_private_under_an_opening_stays_private(at: ChapterScene) -> None:
    ben = await at.home.member("ben")
    post = await at.home.say(ben, "@pune We need a welder")
    await approve(at.home, at.pune, post, by=at.ada)
    at.forget()
    private = answer_to(at.peer, at.rosa, post, ben, "My number is 5550100") | {"to": [at.rosa.followers]}
    await tell(at.peer, at.rosa, at.home, at.peer.create(private, by=at.rosa))
    assert await post_of(at.home, private["id"]) is not None
    await tell(at.peer, at.rosa, at.home, at.peer.activity(at.rosa, "Delete", private["id"]))
    await at.home.say(ben, "Between us", in_reply_to_id=post.id, audience=Audience.MENTIONED)
    await at.home.drain()
    assert not at.lemmy.received


async def test_a_moderator_declines_quietly_and_removes_everywhere(at: ChapterScene) -> None:
    note = mention(at.peer, at.rosa, at.pune, "Buy my pumps")
    await tell(at.peer, at.rosa, at.home, at.peer.create(note, by=at.rosa))
    post = await post_of(at.home, note["id"])
    assert post is not None
    waiting = await opening(at.home, at.pune, post)
    assert waiting is not None
    await decline_opening(at.home.hub, opening_id=waiting.id, by_member_id=at.ada.id, reason="an advertisement")
    await at.home.drain()
    assert not at.peer.received
    assert not at.lemmy.received
    await tell(at.peer, at.rosa, at.home, at.peer.create(note | {"content": "<p>Again</p>"}, by=at.rosa))
    declined = await opening(at.home, at.pune, post)
    assert declined is not None
    assert (declined.state, declined.reason) == (OpeningState.DECLINED, "an advertisement")

    await approve(at.home, at.pune, post, by=at.ada)  # a moderator may think again
    at.forget()
    await remove_opening(
        at.home.hub, opening_id=waiting.id, by_member_id=at.ada.id, reason="an advertisement after all"
    )
    await at.home.drain()
    assert [activity["type"] for activity in at.peer.received] == ["Undo"]
    removal = announced(at.lemmy, "Delete")
    assert (removal["actor"], removal["object"], removal["summary"]) == (
        at.ada.uri,
        note["id"],
        "an advertisement after all",
    )
    assert await post_of(at.home, note["id"]) is not None  # only the chapter has parted with it
    assert (await at.home.document(f"{at.pune.uri}/outbox?page=0"))["orderedItems"] == []


async def test_who_is_banned_submits_nothing_and_is_not_passed_on(at: ChapterScene) -> None:
    post = await at.home.say(at.ada, "@pune We need a welder")
    await approve(at.home, at.pune, post, by=at.ada)
    at.lemmy.received.clear()
    stranger = await actor_of(at.home, at.rosa)
    assert stranger is not None
    await ban_actor(at.home.hub, chapter_id=at.pune.id, actor_id=stranger.id, by_member_id=at.ada.id)
    note = mention(at.peer, at.rosa, at.pune, "Buy my pumps")
    await tell(at.peer, at.rosa, at.home, at.peer.create(note, by=at.rosa))
    stored = await post_of(at.home, note["id"])
    assert stored is not None
    assert await opening(at.home, at.pune, stored) is None
    await tell(at.peer, at.rosa, at.home, at.peer.create(answer_to(at.peer, at.rosa, post, at.ada, "Spam"), by=at.rosa))
    assert announced_types(at.lemmy) == []


async def test_whom_the_operator_has_limited_is_not_passed_on_either(at: ChapterScene) -> None:
    post = await at.home.say(at.ada, "@pune We need a welder")
    early = answer_to(at.peer, at.rosa, post, at.ada, "Before")
    await tell(at.peer, at.rosa, at.home, at.peer.create(early, by=at.rosa))
    stranger = await actor_of(at.home, at.rosa)
    assert stranger is not None
    await limit_actor(at.home.hub, actor_id=stranger.id)
    await approve(at.home, at.pune, post, by=at.ada)
    await tell(
        at.peer, at.rosa, at.home, at.peer.create(answer_to(at.peer, at.rosa, post, at.ada, "After"), by=at.rosa)
    )
    note = mention(at.peer, at.rosa, at.pune, "Buy my pumps")
    await tell(at.peer, at.rosa, at.home, at.peer.create(note, by=at.rosa))
    assert announced_types(at.lemmy) == ["Create"]
    stored = await post_of(at.home, note["id"])
    assert stored is None or await opening(at.home, at.pune, stored) is None


@pytest.mark.parametrize("audience", [Audience.QUIET, Audience.FOLLOWERS, Audience.MENTIONED])
async def test_what_is_not_for_everybody_is_never_submitted_nor_widened(at: ChapterScene, audience: Audience) -> None:
    post = await at.home.say(at.ada, "@pune just for you", audience=audience)
    await at.home.drain()
    assert await opening(at.home, at.pune, post) is None
    assert not at.peer.received  # Rosa follows the chapter, not Ada


async def test_an_answer_that_names_the_chapter_is_no_opening(at: ChapterScene) -> None:
    post = await at.home.say(at.ada, "Hello")
    reply = await at.home.say(at.ada, "@pune look", in_reply_to_id=post.id)
    assert await opening(at.home, at.pune, reply) is None


async def test_a_chapter_that_trusts_members_passes_theirs_on_at_once(at: ChapterScene) -> None:
    open_house = await chapter(at.home, "open", founder=at.ada, trusts_members=True)
    await follows(at.peer, at.rosa, at.home, open_house)
    await follows(at.lemmy, at.liv, at.home, open_house)
    post = await at.home.say(at.ada, "@open Tea on Friday")
    await at.home.drain()
    assert [activity["object"] for activity in at.peer.received if activity["type"] == "Announce"] == [post.uri]
    assert announced_types(at.lemmy) == ["Create"]

    note = mention(at.peer, at.rosa, open_house, "Cake, too")
    await tell(at.peer, at.rosa, at.home, at.peer.create(note, by=at.rosa))
    stored = await post_of(at.home, note["id"])
    assert stored is not None
    waiting = await opening(at.home, open_house, stored)
    assert waiting is not None
    assert waiting.state is OpeningState.SUBMITTED


async def test_nobody_outside_moderates_a_chapter(at: ChapterScene) -> None:
    post = await at.home.say(at.ada, "@pune We need a welder")
    await approve(at.home, at.pune, post, by=at.ada)
    delete = at.lemmy.activity(at.liv, "Delete", post.uri, to=[PUBLIC], cc=[at.pune.uri], summary="removed")
    remove = at.lemmy.activity(
        at.liv, "Remove", at.ada.uri, target=f"{at.pune.uri}/moderators", to=[PUBLIC], cc=[at.pune.uri]
    )
    block = at.lemmy.activity(at.liv, "Block", at.ada.uri, target=at.pune.uri, to=[PUBLIC], cc=[at.pune.uri])
    for activity in (delete, remove, block):
        await tell(at.lemmy, at.liv, at.home, activity)
    found = await opening(at.home, at.pune, post)
    assert found is not None
    assert found.state is OpeningState.APPROVED
    assert (await at.home.document(f"{at.pune.uri}/moderators"))["orderedItems"] == [at.ada.uri]
