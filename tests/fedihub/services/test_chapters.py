"""Chapters: who may do what, and what is submitted."""

import pytest

from fedihub.errors import Conflict, Invalid, Missing, NotAllowed
from fedihub.services.chapters import (
    ChapterTexts,
    add_moderator,
    create_chapter,
    remove_moderator,
    update_chapter,
)
from fedihub.services.openings import (
    LONGEST_REASON,
    MOST_WAITING,
    approve_opening,
    ban_actor,
    decline_opening,
    remove_opening,
)
from fedihub.services.posting import edit_post
from fedihub.services.profiles import ProfileChanges, update_profile
from fedihub.services.projects import create_project, identities, may_act_as
from storage.actors import Actor
from storage.chapters import ChapterRole
from storage.openings import OpeningState
from storage.paging import Window
from storage.posts import Post
from storage.views.timelines import list_home
from tests.support.chapters import approve, chapter, opening
from tests.support.hub import RunningHub


@pytest.fixture
async def ada(home: RunningHub) -> Actor:
    return await home.member("ada")


@pytest.fixture
async def ben(home: RunningHub) -> Actor:
    return await home.member("ben")


@pytest.fixture
async def pune(home: RunningHub, ada: Actor) -> Actor:
    return await chapter(home, "pune", founder=ada)


async def _id(home: RunningHub, pune: Actor, post: Post) -> int:
    found = await opening(home, pune, post)
    assert found is not None
    return found.id


async def _state(home: RunningHub, pune: Actor, post: Post) -> OpeningState | None:
    found = await opening(home, pune, post)
    return found.state if found else None


async def test_one_name_is_one_of_ours_whatever_it_is(home: RunningHub, ada: Actor, pune: Actor) -> None:
    for name in ("ada", "pune", "admin"):
        with pytest.raises(Conflict):
            await create_chapter(home.hub, founder_id=ada.id, username=name, texts=ChapterTexts())
    with pytest.raises(Conflict):
        await create_project(home.hub, founder_id=ada.id, username="pune", display_name="Pune")
    with pytest.raises(Missing):
        await create_chapter(home.hub, founder_id=pune.id, username="goa", texts=ChapterTexts())


async def test_what_is_too_long_is_refused_and_changes_nothing(home: RunningHub, ada: Actor, pune: Actor) -> None:
    for texts in (ChapterTexts(place="x" * 101), ChapterTexts(rules="x" * 2001), ChapterTexts(description="x" * 5001)):
        with pytest.raises(Invalid):
            await update_chapter(home.hub, chapter_id=pune.id, by_member_id=ada.id, texts=texts)
    assert (await home.actor(pune)).fields == []


async def test_only_owners_edit_and_choose(home: RunningHub, ada: Actor, ben: Actor, pune: Actor) -> None:
    hub, moderator = home.hub, ChapterRole.MODERATOR
    await add_moderator(hub, chapter_id=pune.id, member_id=ben.id, role=moderator, by_member_id=ada.id)
    with pytest.raises(NotAllowed):
        await update_chapter(hub, chapter_id=pune.id, by_member_id=ben.id, texts=ChapterTexts(place="Goa"))
    with pytest.raises(NotAllowed):
        await add_moderator(hub, chapter_id=pune.id, member_id=ada.id, role=moderator, by_member_id=ben.id)
    with pytest.raises(NotAllowed):
        await remove_moderator(hub, chapter_id=pune.id, member_id=ada.id, by_member_id=ben.id)
    with pytest.raises(NotAllowed):
        await update_profile(hub, actor_id=pune.id, by_member_id=ben.id, changes=ProfileChanges(display_name="Mine"))
    with pytest.raises(Conflict):
        await remove_moderator(hub, chapter_id=pune.id, member_id=ada.id, by_member_id=ada.id)


async def test_who_runs_a_chapter_may_act_as_it(home: RunningHub, ada: Actor, ben: Actor, pune: Actor) -> None:
    hub = home.hub
    assert [(each.actor.id, each.role) for each in await identities(hub, ada.id)] == [
        (ada.id, None),
        (pune.id, ChapterRole.OWNER),
    ]

    async def may(member: Actor) -> bool:
        return await hub.database.read(lambda db: may_act_as(db, member_id=member.id, actor_id=pune.id))

    assert (await may(ada), await may(ben)) == (True, False)
    await add_moderator(hub, chapter_id=pune.id, member_id=ben.id, role=ChapterRole.MODERATOR)
    assert await may(ben)
    await remove_moderator(hub, chapter_id=pune.id, member_id=ben.id, by_member_id=ben.id)
    assert not await may(ben)


async def test_a_profile_changed_by_an_app_keeps_place_and_rules(home: RunningHub, ada: Actor, pune: Actor) -> None:
    await update_chapter(home.hub, chapter_id=pune.id, by_member_id=ada.id, texts=ChapterTexts(place="Pune"))
    changes = ProfileChanges(bio="New", fields=(("Place", "Goa"), ("Web", "https://goa.example/")))
    actor = await update_profile(home.hub, actor_id=pune.id, by_member_id=ada.id, changes=changes)
    assert actor.bio_source == "New"
    assert [(field["name"], field["source"]) for field in actor.fields] == [("Place", "Pune")]


async def test_only_who_runs_it_decides(home: RunningHub, ada: Actor, ben: Actor, pune: Actor) -> None:
    post = await home.say(ben, "@pune We need a welder")
    key = await _id(home, pune, post)
    for decide in (approve_opening, decline_opening, remove_opening):
        with pytest.raises(NotAllowed):
            await decide(home.hub, opening_id=key, by_member_id=ben.id)
    with pytest.raises(NotAllowed):
        await ban_actor(home.hub, chapter_id=pune.id, actor_id=ben.id, by_member_id=ben.id)
    with pytest.raises(Missing):
        await approve_opening(home.hub, opening_id=1, by_member_id=ada.id)
    with pytest.raises(Invalid):
        await decline_opening(home.hub, opening_id=key, by_member_id=ada.id, reason="x" * (LONGEST_REASON + 1))
    assert await _state(home, pune, post) is OpeningState.SUBMITTED


async def test_nobody_buries_the_moderators_in_work(home: RunningHub, ben: Actor, pune: Actor, ada: Actor) -> None:
    posts = [await home.say(ben, f"@pune number {number}") for number in range(MOST_WAITING + 1)]
    assert [await _state(home, pune, post) for post in posts] == [OpeningState.SUBMITTED] * MOST_WAITING + [None]
    await approve(home, pune, posts[0], by=ada)
    later = await home.say(ben, "@pune one more")
    assert await _state(home, pune, later) is OpeningState.SUBMITTED


async def test_an_edit_submits_what_names_the_chapter_now_and_keeps_what_did(
    home: RunningHub, ben: Actor, pune: Actor
) -> None:
    post = await home.say(ben, "We need a welder")
    assert await _state(home, pune, post) is None
    await edit_post(home.hub, post_id=post.id, by_actor_id=ben.id, text="@pune We need a welder")
    assert await _state(home, pune, post) is OpeningState.SUBMITTED
    await edit_post(home.hub, post_id=post.id, by_actor_id=ben.id, text="We need a welder, still")
    assert await _state(home, pune, post) is OpeningState.SUBMITTED


async def test_members_who_follow_a_chapter_see_openings_and_no_comments(
    home: RunningHub, ada: Actor, ben: Actor, pune: Actor
) -> None:
    mia = await home.member("mia")
    await home.follow(mia, pune)
    post = await home.say(ben, "@pune We need a welder")
    await approve(home, pune, post, by=ada)
    await home.say(ada, "Look here", in_reply_to_id=post.id)
    shown = await home.hub.database.read(lambda session: list_home(session, mia.id, window=Window()))
    assert [view.uri for view in shown] == [post.uri]
