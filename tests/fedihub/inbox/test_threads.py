"""Conversations whose parts arrive in any order, from servers that are not always there."""

from datetime import timedelta
from itertools import pairwise

import pytest

from fedihub.clock import ManualClock
from storage.received import ReceivedState
from tests.fedihub.inbox.conftest import Scene
from tests.support.hub import running_hub
from tests.support.peer import PUBLIC, Peer
from tests.support.resolver import TestResolver
from tests.support.stories import post_of, tell, verdict


async def test_missing_ancestors_are_fetched_from_their_origin(scene: Scene) -> None:
    otto = scene.evil.add_actor("otto")
    root = scene.evil.note(otto, "<p>root</p>")
    middle = scene.peer.note(scene.rosa, "<p>middle</p>", inReplyTo=root["id"])
    leaf = scene.peer.note(scene.rosa, "<p>leaf</p>", inReplyTo=middle["id"], to=[PUBLIC], cc=[scene.ada.uri])
    await scene.rosa_sends(scene.peer.create(leaf, by=scene.rosa))
    stored = [await post_of(scene.home, note["id"]) for note in (root, middle, leaf)]
    assert all(stored)
    conversations = {post.conversation_id for post in stored if post}
    assert len(conversations) == 1
    assert [post.in_reply_to_id for post in stored if post] == [None, *(post.id for post in stored[:2] if post)]


async def test_a_thread_without_end_costs_a_bounded_number_of_fetches(scene: Scene) -> None:
    notes = [scene.peer.note(scene.rosa, "<p>x</p>") for _ in range(60)]
    for child, parent in pairwise(notes):
        child["inReplyTo"] = parent["id"]
    notes[-1]["inReplyTo"] = notes[0]["id"]  # and it is a circle
    leaf = notes[0] | {"cc": [scene.ada.uri]}
    await scene.rosa_sends(scene.peer.create(leaf, by=scene.rosa))
    assert await post_of(scene.home, leaf["id"]) is not None
    assert sum(len(scene.peer.seen(note["id"].removeprefix(scene.peer.base))) for note in notes) <= 20


@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("can_be_fetched", [True, False])
async def test_posts_that_answer_each_other_in_a_circle_are_stored_without_it(
    scene: Scene, length: int, *, can_be_fetched: bool
) -> None:
    notes = [scene.peer.note(scene.rosa, to=[PUBLIC], cc=[scene.ada.uri]) for _ in range(length)]
    for note, parent in zip(notes, [*notes[1:], notes[0]], strict=True):
        note["inReplyTo"] = parent["id"]
    if not can_be_fetched:
        for note in notes:
            del scene.peer.objects[note["id"]]
    for note in notes:
        await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    assert all(row.state in (ReceivedState.APPLIED, ReceivedState.IGNORED) for row in await scene.home.log())
    stored = [await post_of(scene.home, note["id"]) for note in notes]
    above = {post.id: post.in_reply_to_id for post in stored if post is not None}
    assert len(above) == length
    for post_id in above:
        seen: set[int] = set()
        at: int | None = post_id
        while at is not None:
            assert at not in seen
            seen.add(at)
            at = above[at]


async def test_nobody_pours_the_talk_of_others_into_a_conversation_of_ours(scene: Scene) -> None:
    """An answer that names a conversation of others comes first, then what it answers, which answers one of us."""
    talk = scene.peer.note(scene.rosa, context=f"{scene.peer.base}/talks/1", to=[PUBLIC], cc=[scene.ada.uri])
    await scene.rosa_sends(scene.peer.create(talk, by=scene.rosa))
    bait = scene.evil.note(scene.eve, inReplyTo=scene.post.uri, to=[PUBLIC], cc=[scene.ada.uri])
    hook = scene.evil.note(scene.eve, context=talk["context"], inReplyTo=bait["id"], to=[PUBLIC], cc=[scene.ada.uri])
    del scene.evil.objects[bait["id"]]
    await scene.eve_sends(scene.evil.create(hook, by=scene.eve))
    await scene.eve_sends(scene.evil.create(bait, by=scene.eve))
    stored, hooked = await post_of(scene.home, talk["id"]), await post_of(scene.home, hook["id"])
    assert stored is not None
    assert hooked is not None
    assert hooked.conversation_id == scene.post.conversation_id
    assert stored.conversation_id != scene.post.conversation_id


async def test_whoever_ends_and_comes_back_takes_no_conversation_along(scene: Scene) -> None:
    """What they had said is gone for good: under its old id, nothing can be put above the answers to it."""
    otto = scene.evil.add_actor("otto")
    bait = scene.evil.note(scene.eve, inReplyTo=scene.post.uri, to=[PUBLIC], cc=[scene.ada.uri])
    await scene.eve_sends(scene.evil.create(bait, by=scene.eve))
    answer = scene.evil.note(otto, inReplyTo=bait["id"], to=[PUBLIC], cc=[scene.ada.uri])
    await tell(scene.evil, otto, scene.home, scene.evil.create(answer, by=otto))
    await scene.eve_sends(scene.evil.activity(scene.eve, "Delete", scene.eve.uri))
    again = {name: value for name, value in bait.items() if name != "inReplyTo"}
    await scene.eve_sends(scene.evil.create(again | {"context": f"{scene.evil.base}/mine"}, by=scene.eve))
    assert await post_of(scene.home, bait["id"]) is None
    assert await verdict(scene.home) == (ReceivedState.IGNORED, "deleted_before")
    assert (await scene.home.post(scene.post.id)).conversation_id == scene.post.conversation_id


async def test_under_the_id_of_a_deleted_post_nobody_else_gets_its_answers(scene: Scene) -> None:
    """Where its server gives it to another actor; what was answered there was not theirs."""
    otto, mallory = scene.evil.add_actor("otto"), scene.evil.add_actor("mallory")
    bait = scene.evil.note(scene.eve, inReplyTo=scene.post.uri, to=[PUBLIC], cc=[scene.ada.uri])
    await scene.eve_sends(scene.evil.create(bait, by=scene.eve))
    answer = scene.evil.note(otto, inReplyTo=bait["id"], to=[PUBLIC], cc=[scene.ada.uri])
    await tell(scene.evil, otto, scene.home, scene.evil.create(answer, by=otto))
    await scene.eve_sends(scene.evil.activity(scene.eve, "Delete", bait["id"]))
    again = {name: value for name, value in bait.items() if name != "inReplyTo"} | {"attributedTo": mallory.uri}
    scene.evil.objects[bait["id"]] = again
    await tell(scene.evil, mallory, scene.home, scene.evil.create(again, by=mallory))
    taken, left = await post_of(scene.home, bait["id"]), await post_of(scene.home, answer["id"])
    assert taken is not None
    assert left is not None
    assert (left.in_reply_to_id, left.conversation_id) == (None, scene.post.conversation_id)


async def test_a_post_that_answers_itself(scene: Scene) -> None:
    note = scene.peer.note(scene.rosa, to=[PUBLIC], cc=[scene.ada.uri])
    note["inReplyTo"] = note["id"]
    await scene.rosa_sends(scene.peer.create(note, by=scene.rosa))
    stored = await post_of(scene.home, note["id"])
    assert stored is not None
    assert stored.in_reply_to_id != stored.id


@pytest.mark.parametrize("length", [1, 2])
async def test_a_circle_of_answers_by_other_addresses_is_one(scene: Scene, length: int) -> None:
    """The last of them names the first by the address of its page."""
    notes = [scene.peer.note(scene.rosa, to=[PUBLIC], cc=[scene.ada.uri]) for _ in range(length)]
    for note, parent in pairwise(notes):
        note["inReplyTo"] = parent["id"]
    notes[-1]["inReplyTo"] = f"{scene.peer.base}/pages/1"
    scene.peer.serve("/pages/1", notes[0])
    await scene.rosa_sends(scene.peer.create(notes[0], by=scene.rosa))
    assert await verdict(scene.home) == (ReceivedState.APPLIED, None)
    stored = [await post_of(scene.home, note["id"]) for note in notes]
    assert [post is not None and post.in_reply_to_id is not None for post in stored] == [True] * (length - 1) + [False]


async def test_an_answer_waits_for_a_parent_whose_server_is_down(
    database_url: str, resolver: TestResolver, peer: Peer
) -> None:
    clock = ManualClock()
    async with (
        running_hub(database_url, resolver, clock=clock) as home,
        Peer.running("slow.test", resolver=resolver) as slow,
    ):
        ada, rosa, otto = await home.member("ada"), peer.add_actor("rosa"), slow.add_actor("otto")
        parent = slow.note(otto, "<p>first</p>")
        reply = peer.note(rosa, "<p>second</p>", inReplyTo=parent["id"], to=[PUBLIC], cc=[ada.uri])
        await slow.stop()
        await tell(peer, rosa, home, peer.create(reply, by=rosa))
        orphan = await post_of(home, reply["id"])
        assert orphan is not None
        assert orphan.in_reply_to_id is None
        assert await verdict(home) == (ReceivedState.WAITING, "parent_unreachable")

        await slow.start()
        clock.advance(timedelta(minutes=2))
        await home.drain()
        found, attached = await post_of(home, parent["id"]), await post_of(home, reply["id"])
        assert found is not None
        assert attached is not None
        assert (attached.in_reply_to_id, attached.conversation_id) == (found.id, found.conversation_id)
        assert (await verdict(home))[0] is ReceivedState.APPLIED


async def test_what_cannot_be_applied_is_given_up_with_a_reason(
    database_url: str, resolver: TestResolver, peer: Peer
) -> None:
    clock = ManualClock()
    async with running_hub(database_url, resolver, clock=clock) as home:
        ada, rosa = await home.member("ada"), peer.add_actor("rosa")
        follow = peer.activity(rosa, "Follow", ada.uri)
        await peer.send(home.shared_inbox, follow, by=rosa)  # the key is known now, the actor not yet
        await peer.stop()
        for _ in range(12):
            await home.drain()
            clock.advance(timedelta(hours=13))
        await home.drain()
        state, reason = await verdict(home)
        assert state is ReceivedState.GAVE_UP
        assert reason == "connect_failed"
        assert (await home.actor(ada)).followers_count == 0
