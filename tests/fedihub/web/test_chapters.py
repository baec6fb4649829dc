"""The page of a chapter, and what those who run it do in a browser."""

import pytest

from fedihub.services.chapters import add_moderator
from fedihub.services.openings import ban_actor
from storage.actors import Actor
from storage.chapters import ChapterRole, is_banned
from storage.openings import OpeningState
from storage.posts import Post
from tests.support.chapters import approve, chapter, mention, opening
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.stories import post_of, tell
from tests.support.visitor import Page, PageForm, Visitor

QUEUE = "/@pune/openings"


@pytest.fixture
async def ana(home: RunningHub) -> Actor:
    return await home.member("ana")


@pytest.fixture
async def ben(home: RunningHub) -> Actor:
    return await home.member("ben")


@pytest.fixture
async def pune(home: RunningHub, ana: Actor) -> Actor:
    """Ana's chapter."""
    return await chapter(home, "pune", founder=ana, display_name="Hub Pune", place="Pune", rules="Asks and offers.")


async def _state(home: RunningHub, pune: Actor, post: Post) -> OpeningState | None:
    found = await opening(home, pune, post)
    return found.state if found else None


def _act(page: Page, act: str) -> PageForm:
    return next(form for form in page.forms(QUEUE) if form.fields["act"] == act)


async def test_anybody_sees_what_it_is_for_and_what_it_passed_on(
    home: RunningHub, peer: Peer, pune: Actor, ana: Actor, visitor: Visitor
) -> None:
    rosa = peer.add_actor("rosa")
    note = mention(peer, rosa, pune, "We need a welder")
    await tell(peer, rosa, home, peer.create(note, by=rosa))
    post = await post_of(home, note["id"])
    assert post is not None
    waiting = await visitor.get("/@pune")
    for words in ("Hub Pune", "Asks and offers.", "@pune@hub.test", "Owner", "Nothing was passed on"):
        assert words in waiting.text
    assert "We need a welder" not in waiting.text
    assert QUEUE not in waiting.links
    await approve(home, pune, post, by=ana)
    assert "We need a welder" in (await visitor.get("/@pune")).text
    feed = (await home.get("/@pune/feed.atom")).text
    assert "We need a welder" in feed
    assert f'href="{note.get("url", note["id"])}"' in feed


async def test_all_chapters_are_listed(home: RunningHub, pune: Actor, visitor: Visitor) -> None:
    page = await visitor.get("/chapters")
    assert "/@pune" in page.links
    assert "Hub Pune" in page.text


async def test_a_moderator_passes_on_and_takes_back(
    home: RunningHub, pune: Actor, ana: Actor, ben: Actor, visitor: Visitor
) -> None:
    post = await home.say(ben, "@pune We need a welder")
    await add_moderator(home.hub, chapter_id=pune.id, member_id=ben.id, role=ChapterRole.MODERATOR)
    await visitor.sign_in("ben")
    assert QUEUE in (await visitor.get("/@pune")).links
    done = await visitor.send(_act(await visitor.get(QUEUE), "approve"))
    assert (done.status, done.location) == (303, f"{QUEUE}?show=submitted")
    assert await _state(home, pune, post) is OpeningState.APPROVED
    passed_on = await visitor.get(f"{QUEUE}?show=approved")
    await visitor.send(_act(passed_on, "remove"), reason="found one")
    assert await _state(home, pune, post) is OpeningState.REMOVED
    assert "found one" in (await visitor.get(f"{QUEUE}?show=removed")).text
    late = await visitor.send(_act(passed_on, "remove"))
    assert late.status == 409
    assert "Only an approved opening can be removed" in late.text


async def test_a_moderator_leaves_aside_and_keeps_out(
    home: RunningHub, pune: Actor, ana: Actor, ben: Actor, visitor: Visitor
) -> None:
    post, other = await home.say(ben, "@pune Buy"), await home.say(ben, "@pune Buy more")
    await visitor.sign_in("ana")
    page = await visitor.get(QUEUE)
    await visitor.send(_act(page, "decline"), reason="an advertisement")
    assert await _state(home, pune, other) is OpeningState.DECLINED
    await visitor.send(_act(await visitor.get(QUEUE), "ban"), reason="again and again")
    assert await _state(home, pune, post) is OpeningState.DECLINED
    after = await visitor.get(QUEUE)
    assert "again and again" in after.text
    await visitor.send(_act(after, "unban"))
    assert not await home.hub.database.read(lambda session: is_banned(session, chapter_id=pune.id, actor_id=ben.id))


async def test_nobody_else_sees_or_decides(
    home: RunningHub, pune: Actor, ana: Actor, ben: Actor, visitor: Visitor
) -> None:
    post = await home.say(ana, "@pune We need a welder")
    assert (await visitor.get(QUEUE)).location.startswith("/sign-in")
    await visitor.sign_in("ana")
    form = _act(await visitor.get(QUEUE), "approve")
    stranger = Visitor(home)
    await stranger.sign_in("ben")
    assert (await stranger.get(QUEUE)).status == 403
    token = (await stranger.get("/you")).form("/sign-out").fields["csrf"]
    assert (await stranger.send(form, csrf=token)).status == 403
    assert (await visitor.send(form, csrf="")).status == 403
    assert await _state(home, pune, post) is OpeningState.SUBMITTED
    assert (await visitor.get("/@ana/openings")).status == 404


async def test_an_opening_of_another_chapter_cannot_be_decided_here(
    home: RunningHub, pune: Actor, ana: Actor, ben: Actor, visitor: Visitor
) -> None:
    await chapter(home, "goa", founder=ben)
    post = await home.say(ana, "@pune We need a welder")
    mine = await home.say(ana, "@goa We need a boat")
    found = await opening(home, pune, post)
    assert found is not None
    assert mine is not None
    await visitor.sign_in("ben")
    page = await visitor.get("/@goa/openings")
    form = next(form for form in page.forms("/@goa/openings") if form.fields["act"] == "approve")
    refused = await visitor.send(form, opening_id=str(found.id))
    assert refused.status == 404
    assert await _state(home, pune, post) is OpeningState.SUBMITTED


async def test_somebody_may_write_as_the_chapter_that_they_run(
    home: RunningHub, pune: Actor, ana: Actor, visitor: Visitor
) -> None:
    await visitor.sign_in("ana")
    assert "/@pune" in (await visitor.get("/you")).links
    page = await visitor.get("/@pune/write")
    done = await visitor.send(page.form("/@pune/write"), text="We meet on Friday.")
    post = await home.post(int(done.location.rpartition("/")[2]))
    assert (post.author_id, post.writer_id) == (pune.id, ana.id)
    await ban_actor(home.hub, chapter_id=pune.id, actor_id=(await home.member("mia")).id, by_member_id=ana.id)
    other = Visitor(home)
    await other.sign_in("mia")
    assert (await other.get("/@pune/write")).status == 403
