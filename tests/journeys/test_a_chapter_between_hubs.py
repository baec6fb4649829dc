"""A chapter whose openings are written and answered on other hubs: its conversations are whole all the same."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from fedihub.clock import ManualClock
from fedihub.services.posting import delete_post, edit_post
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from tests.journeys.conftest import both
from tests.support.chapters import ChapterScene, announced_types, approve, chapter, mention
from tests.support.hub import RunningHub, running_hub
from tests.support.peer import Activity, Peer
from tests.support.resolver import TestResolver
from tests.support.stories import answer_to, follows, post_of, tell


async def test_an_answer_from_a_third_hub_reaches_the_chapter(
    home: RunningHub, away: RunningHub, third: RunningHub, ada: Actor, lemmy: Peer
) -> None:
    """Zoe, of one hub, submits a post; Tom, of another, follows the chapter and answers what it passes on."""
    pune, zoe, tom = await chapter(home, "pune", founder=ada), await away.member("zoe"), await third.member("tom")
    await follows(lemmy, lemmy.add_actor("liv"), home, pune)
    await third.follow(tom, await resolve_handle(third.hub, "@pune@hub.test"))
    await both(home, away, third)
    opening = await away.say(zoe, "Need a welder @pune@hub.test")
    await both(home, away, third)
    here = await post_of(home, opening.uri)
    assert here is not None
    await approve(home, pune, here, by=ada)
    await both(home, away, third)
    there = await post_of(third, opening.uri)
    assert there is not None
    lemmy.received.clear()

    answer = await third.say(tom, "I can", in_reply_to_id=there.id)
    await both(home, away, third)
    for hub in (home, away):
        heard = await post_of(hub, answer.uri)
        assert heard is not None
        assert heard.in_reply_to_uri == opening.uri
    assert announced_types(lemmy) == ["Create"]

    await edit_post(third.hub, post_id=answer.id, by_actor_id=tom.id, text="I can, in May")
    await both(home, away, third)
    heard = await post_of(home, answer.uri)
    assert heard is not None
    assert "in May" in heard.content_html
    await delete_post(third.hub, post_id=answer.id, by_actor_id=tom.id)
    await both(home, away, third)
    assert await post_of(home, answer.uri) is None
    assert announced_types(lemmy) == ["Create", "Update", "Delete"]


@pytest.fixture
async def later(database_url: str, resolver: TestResolver, peer: Peer, lemmy: Peer) -> AsyncIterator[ChapterScene]:
    """A chapter of a hub with a clock that the test moves; Liv, of a server of communities, follows it."""
    async with running_hub(database_url, resolver, clock=ManualClock()) as home:
        ada, liv = await home.member("ada"), lemmy.add_actor("liv")
        pune = await chapter(home, "pune", founder=ada)
        await follows(lemmy, liv, home, pune)
        yield ChapterScene(home, peer, lemmy, pune, ada, peer.add_actor("rosa"), liv)


def wait(home: RunningHub, step: timedelta) -> None:
    """Time passes."""
    assert isinstance(home.hub.clock, ManualClock)
    home.hub.clock.advance(step)


def lists(peer: Peer, *notes: Activity) -> str:
    """What Rosa's server lists as the answers to her post."""
    url = f"{peer.base}/replies"
    return peer.serve("/replies", {"id": url, "type": "Collection", "items": [note["id"] for note in notes]})


async def test_answers_that_nobody_sent_are_found_and_not_passed_on(later: ChapterScene) -> None:
    """The conversation of an opening is looked at by itself; of what is only fetched there is no signed word."""
    home, peer = later.home, later.peer
    otto = peer.add_actor("otto")
    note = mention(peer, later.rosa, later.pune, "We need a welder", replies=lists(peer))
    await tell(peer, later.rosa, home, peer.create(note, by=later.rosa))
    first = peer.note(otto, "<p>I can</p>", inReplyTo=note["id"])
    lists(peer, first)
    post = await post_of(home, note["id"])
    assert post is not None
    assert await post_of(home, first["id"]) is None
    await approve(home, later.pune, post, by=later.ada)
    assert await post_of(home, first["id"]) is not None

    second = peer.note(otto, "<p>So can she</p>", inReplyTo=note["id"])
    lists(peer, first, second)
    await home.drain()
    assert await post_of(home, second["id"]) is None
    wait(home, timedelta(hours=1))
    await home.drain()
    assert await post_of(home, second["id"]) is not None
    assert announced_types(later.lemmy) == ["Create"]  # the opening itself


async def test_who_answers_an_opening_has_the_rest_looked_for(later: ChapterScene) -> None:
    """Also where the opening is ours, and all that was known until then."""
    home, peer = later.home, later.peer
    post = await home.say(later.ada, "@pune We need a welder")
    await approve(home, later.pune, post, by=later.ada)
    answer = answer_to(peer, later.rosa, post, later.ada, "I can", replies=f"{peer.base}/replies")
    unsent = peer.note(peer.add_actor("otto"), "<p>She can</p>", inReplyTo=answer["id"])
    lists(peer, unsent)
    await tell(peer, later.rosa, home, peer.create(answer, by=later.rosa))
    assert await post_of(home, unsent["id"]) is not None


async def test_what_is_no_opening_is_not_looked_at(later: ChapterScene) -> None:
    home, peer = later.home, later.peer
    note = mention(peer, later.rosa, later.pune, "We need a welder", replies=lists(peer))
    await tell(peer, later.rosa, home, peer.create(note, by=later.rosa))
    wait(home, timedelta(days=1))
    await home.drain()
    assert peer.seen("/replies") == []
