"""What concerns our chapters is kept, whoever says it: what is submitted to them, and the talk about their openings.

The senders are strangers: nobody here follows them, and what they send comes to the shared inbox.
"""

from typing import Any

import pytest

from fedihub.inbox.openings import MOST_LIKES
from fedihub.services.openings import decline_opening
from storage.actors import Actor
from storage.posts import Post
from storage.received import ReceivedState
from tests.fedihub.inbox.conftest import Scene
from tests.support.chapters import announced, approve, chapter, mention, opening
from tests.support.peer import PUBLIC, Activity, Peer
from tests.support.resolver import TestResolver
from tests.support.stories import follows, post_of, verdict

AS = "https://www.w3.org/ns/activitystreams"
AUDIENCE = {"audience": "PUNE"}
SUBMISSIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (AUDIENCE, {}),
    ({}, AUDIENCE),
    (AUDIENCE, AUDIENCE),
    ({"audience": ["PUNE"]}, {}),
    ({}, {"cc": ["PUNE"]}),
    ({}, {"to": [PUBLIC, "PUNE"], "cc": []}),
]
"""Where a chapter may be named: in the post, in its Create."""


def _real(value: Any, pune: Actor) -> Any:
    if isinstance(value, list):
        return [_real(each, pune) for each in value]
    return pune.uri if value == "PUNE" else value


def _named(where: dict[str, Any], pune: Actor) -> dict[str, Any]:
    return {name: _real(value, pune) for name, value in where.items()}


@pytest.mark.parametrize(("in_post", "in_create"), SUBMISSIONS)
async def test_a_chapter_may_be_named_wherever_a_community_is(
    scene: Scene, in_post: dict[str, Any], in_create: dict[str, Any]
) -> None:
    pune = await chapter(scene.home, "pune", founder=scene.ada)
    note = scene.peer.note(scene.rosa, cc=[scene.rosa.followers]) | _named(in_post, pune)
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa, **_named(in_create, pune)))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert await opening(scene.home, pune, stored) is not None


@pytest.mark.parametrize("to", [["FOLLOWERS"], ["ELSEWHERE"]])
async def test_an_audience_makes_nothing_a_chapters_that_is_not_for_everybody(scene: Scene, to: list[str]) -> None:
    pune = await chapter(scene.home, "pune", founder=scene.ada)
    real = {"FOLLOWERS": scene.rosa.followers, "ELSEWHERE": scene.eve.uri}
    note = scene.peer.note(scene.rosa, to=[real[each] for each in to], cc=[], audience=pune.uri)
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa, to=note["to"], cc=[]))
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "not_relevant")
    assert await post_of(scene.home, note["id"]) is None


async def test_a_member_named_as_audience_alone_is_not_addressed(scene: Scene) -> None:
    await chapter(scene.home, "pune", founder=scene.ada)
    note = scene.peer.note(scene.rosa, audience=scene.ada.uri)
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    assert await post_of(scene.home, note["id"]) is None


async def _submitted(scene: Scene, pune: Actor) -> Post:
    note = mention(scene.peer, scene.rosa, pune, "We need a welder")
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    post = await post_of(scene.home, note["id"])
    assert post is not None
    return post


def _answer(scene: Scene, to: str) -> Activity:
    """What a stranger of a third server says, naming nobody here."""
    return scene.evil.note(scene.eve, inReplyTo=to, to=[PUBLIC], cc=[scene.rosa.uri])


@pytest.mark.parametrize("more", [{}, AUDIENCE])
async def test_an_answer_to_an_opening_is_kept_and_passed_on(
    scene: Scene, resolver: TestResolver, more: dict[str, Any]
) -> None:
    async with Peer.running("lemmy.test", resolver=resolver, software="lemmy") as lemmy:
        pune = await chapter(scene.home, "pune", founder=scene.ada)
        await follows(lemmy, lemmy.add_actor("liv"), scene.home, pune)
        post = await _submitted(scene, pune)
        await approve(scene.home, pune, post, by=scene.ada)
        lemmy.received.clear()
        answer = _answer(scene, post.uri) | _named(more, pune)
        create = scene.evil.create(answer, by=scene.eve)
        await scene.eve_sends(create)
        assert announced(lemmy, "Create") == create
        lemmy.received.clear()
        deeper = scene.peer.create(scene.peer.note(scene.rosa, inReplyTo=answer["id"]), by=scene.rosa)
        await scene.rosa_sends(deeper)
        assert announced(lemmy, "Create") == deeper
        stored = await post_of(scene.home, deeper["object"]["id"])
        assert stored is not None
        assert stored.conversation_id == post.conversation_id


async def test_an_answer_to_an_opening_that_waits_goes_out_with_its_approval(
    scene: Scene, resolver: TestResolver
) -> None:
    async with Peer.running("lemmy.test", resolver=resolver, software="lemmy") as lemmy:
        pune = await chapter(scene.home, "pune", founder=scene.ada)
        await follows(lemmy, lemmy.add_actor("liv"), scene.home, pune)
        post = await _submitted(scene, pune)
        create = scene.evil.create(_answer(scene, post.uri), by=scene.eve)
        await scene.eve_sends(create)
        lemmy.received.clear()
        await approve(scene.home, pune, post, by=scene.ada)
        assert create in [each["object"] for each in lemmy.received]


async def test_an_answer_to_what_was_left_aside_concerns_nobody(scene: Scene) -> None:
    pune = await chapter(scene.home, "pune", founder=scene.ada)
    post = await _submitted(scene, pune)
    waiting = await opening(scene.home, pune, post)
    assert waiting is not None
    await decline_opening(scene.home.hub, opening_id=waiting.id, by_member_id=scene.ada.id)
    answer = _answer(scene, post.uri)
    await scene.eve_sends(scene.evil.create(answer, by=scene.eve))
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "not_relevant")
    assert await post_of(scene.home, answer["id"]) is None


@pytest.mark.parametrize("whole", [True, False])
async def test_likes_go_on_by_names_alone_and_not_without_end(
    scene: Scene, resolver: TestResolver, *, whole: bool
) -> None:
    """Whatever somebody puts into a like, and however often they take it back."""
    async with Peer.running("lemmy.test", resolver=resolver, software="lemmy") as lemmy:
        pune = await chapter(scene.home, "pune", founder=scene.ada)
        await follows(lemmy, lemmy.add_actor("liv"), scene.home, pune)
        post = await scene.home.say(scene.ada, "@pune We need a welder")
        await approve(scene.home, pune, post, by=scene.ada)
        lemmy.received.clear()
        likes = [scene.peer.activity(scene.rosa, "Like", post.uri, junk="J" * 60_000) for _ in range(10)]
        for like in likes:
            await scene.rosa_sends(like)
            await scene.rosa_sends(scene.peer.activity(scene.rosa, "Undo", like if whole else like["id"]))
        inner = [activity["object"] for activity in lemmy.received]
        assert [each["type"] for each in inner] == ["Like", "Undo"] * MOST_LIKES
        assert inner[0] == {"@context": AS, "id": likes[0]["id"], "type": "Like", "actor": scene.rosa.uri} | {
            "object": post.uri
        }
        assert {name: value for name, value in inner[1]["object"].items() if name != "@context"} == {
            "id": likes[0]["id"],
            "type": "Like",
            "actor": scene.rosa.uri,
            "object": post.uri,
        }
        await scene.rosa_sends(scene.peer.activity(scene.rosa, "Like", post.uri))
        assert (await scene.home.post(post.id)).likes_count == 1, "here it counts"
