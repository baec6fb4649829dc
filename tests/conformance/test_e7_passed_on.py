"""What strangers said and we pass on, for our chapters or for whom of us it answers: while it waits for a server, it is
held to what becomes of its author and of the post.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from fedihub.clock import ManualClock
from fedihub.services import moderation
from fedihub.services.host_policies import Decision, decide, foresee
from fedihub.services.lives import suspend_actor
from fedihub.services.openings import remove_opening
from storage.actors import Actor
from storage.database import Session
from storage.deliveries import Delivery, DeliveryState, retry_deliveries
from storage.host_policies import HostLevel
from storage.posts import Post
from tests.conformance.conftest import Scene
from tests.conformance.test_b_kept_back import WHILE, kept
from tests.support.chapters import announced, announced_types, approve, chapter, mention, opening
from tests.support.peer import Activity, Peer
from tests.support.resolver import TestResolver
from tests.support.stories import actor_of, answer_to, follows, post_of, tell

LD_SIGNATURE = {"type": "RsaSignature2017", "creator": "http://peer.test/users/rosa#main-key", "signatureValue": "abc="}
BLOCKED = Decision(HostLevel.BLOCKED)


@pytest.fixture
async def other(later: Scene, resolver: TestResolver) -> AsyncIterator[Peer]:
    """A server where somebody follows Ada; it fails once."""
    async with Peer.running("other.test", resolver=resolver) as other:
        await follows(other, other.add_actor("omar"), later.home, later.ada)
        other.answer_inbox(503, times=1)
        yield other


@pytest.fixture
async def bob(later: Scene) -> Actor:
    """Who runs the chapter `lund`."""
    return await later.home.member("bob")


@pytest.fixture
async def lund(later: Scene, bob: Actor) -> Actor:
    """A chapter."""
    return await chapter(later.home, "lund", founder=bob)


@pytest.fixture
async def lemmy(later: Scene, lund: Actor, resolver: TestResolver) -> AsyncIterator[Peer]:
    """A server with somebody who follows the chapter as a community; it fails once."""
    async with Peer.running("lemmy.test", resolver=resolver, software="lemmy") as lemmy:
        await follows(lemmy, lemmy.add_actor("liv"), later.home, lund)
        lemmy.answer_inbox(503, times=1)
        yield lemmy


async def rosas_id(scene: Scene) -> int:
    rosa = await actor_of(scene.home, scene.rosa)
    assert rosa is not None
    return rosa.id


async def rosa_says(scene: Scene, clock: ManualClock, type: str, thing: str | Activity, **more: Any) -> None:
    await scene.hears(scene.peer.activity(scene.rosa, type, thing, **more), date=clock.now())


async def rosa_answers(scene: Scene, clock: ManualClock) -> Activity:
    """Her answer goes on to who follows Ada, and waits."""
    note = answer_to(scene.peer, scene.rosa, scene.post, scene.ada, "Xyzzy")
    await rosa_says(scene, clock, "Create", note, to=note["to"], cc=note["cc"], signature=LD_SIGNATURE)
    assert await kept(scene, "Xyzzy") == ["Create"]
    return note


async def rosa_opens(scene: Scene, clock: ManualClock, lund: Actor, *, bob: Actor) -> Post:
    """Her opening of the chapter is approved, and waits."""
    note = mention(scene.peer, scene.rosa, lund, "Xyzzy words")
    await scene.hears(scene.peer.create(note, by=scene.rosa), date=clock.now())
    post = await post_of(scene.home, note["id"])
    assert post is not None
    await approve(scene.home, lund, post, by=bob)
    return post


async def time_passes(scene: Scene, clock: ManualClock) -> None:
    """What waited is tried again."""
    for _ in range(2):
        clock.advance(WHILE)
        await scene.home.drain()


def creates(server: Peer) -> list[Activity]:
    """What arrived of what was said."""
    return [each for each in server.received if "Xyzzy" in str(each)]


async def test_e7_the_answer_of_who_was_suspended_meanwhile_waits_for_the_end_of_it(
    later: Scene, clock: ManualClock, other: Peer
) -> None:
    await rosa_answers(later, clock)
    await moderation.suspend_actor(later.home.hub, actor_id=await rosas_id(later))
    await time_passes(later, clock)
    assert not creates(other)
    await moderation.unsuspend_actor(later.home.hub, actor_id=await rosas_id(later))
    await time_passes(later, clock)
    assert len(creates(other)) == 1


async def test_e7_the_answer_of_whose_server_was_blocked_meanwhile_does_not_go_on(
    later: Scene, clock: ManualClock, other: Peer
) -> None:
    await rosa_answers(later, clock)
    foreseen = await foresee(later.home.hub, later.peer.host, BLOCKED)
    reach = await decide(later.home.hub, later.peer.host, BLOCKED)
    assert (foreseen.deliveries, reach.deliveries) == (1, 1)
    await time_passes(later, clock)
    assert not creates(other)


async def test_i15_the_answer_of_whose_account_ended_meanwhile_does_not_go_on(
    later: Scene, clock: ManualClock, other: Peer
) -> None:
    await rosa_answers(later, clock)
    await rosa_says(later, clock, "Delete", later.rosa.uri)
    await time_passes(later, clock)
    assert not creates(other)
    assert await kept(later, "Xyzzy") == []


async def test_i9_an_answer_that_was_deleted_meanwhile_does_not_go_on(
    later: Scene, clock: ManualClock, other: Peer
) -> None:
    """Though nobody elsewhere could prove the Delete, which stays here."""
    note = await rosa_answers(later, clock)
    await rosa_says(later, clock, "Delete", note["id"])
    await time_passes(later, clock)
    assert not creates(other)
    assert await kept(later, "Xyzzy") == []


async def test_e7_a_chapter_does_not_pass_on_whose_server_was_blocked_meanwhile(
    later: Scene, clock: ManualClock, lund: Actor, bob: Actor, lemmy: Peer
) -> None:
    await rosa_opens(later, clock, lund, bob=bob)
    foreseen = await foresee(later.home.hub, later.peer.host, BLOCKED)
    reach = await decide(later.home.hub, later.peer.host, BLOCKED)
    assert foreseen.deliveries == reach.deliveries == 1
    await time_passes(later, clock)
    assert not creates(lemmy)


@pytest.mark.parametrize("is_hint", [True, False])
async def test_i9_communities_hear_of_the_end_of_what_vanished_and_not_its_words(
    later: Scene, clock: ManualClock, *, lund: Actor, bob: Actor, lemmy: Peer, resolver: TestResolver, is_hint: bool
) -> None:
    """Its origin says that it is gone: a third server passed the Delete on. Or its author says so."""
    post = await rosa_opens(later, clock, lund, bob=bob)
    if is_hint:
        later.peer.serve(post.uri.removeprefix(later.peer.base), b"", status=410)
        async with Peer.running("third.test", resolver=resolver) as third:
            delete = later.peer.activity(later.rosa, "Delete", post.uri, signature=LD_SIGNATURE)
            await tell(third, third.add_actor("tess"), later.home, delete, date=clock.now())
    else:
        await rosa_says(later, clock, "Delete", post.uri)
    await time_passes(later, clock)
    assert await post_of(later.home, post.uri) is None
    assert await kept(later, "Xyzzy") == []
    assert announced_types(lemmy) == ["Delete"]


async def test_i9_a_moderator_removes_what_vanished_where_a_community_has_it(
    later: Scene, clock: ManualClock, *, lund: Actor, bob: Actor, lemmy: Peer, resolver: TestResolver
) -> None:
    post = await rosa_opens(later, clock, lund, bob=bob)
    await time_passes(later, clock)
    assert announced_types(lemmy) == ["Create"]
    later.peer.serve(post.uri.removeprefix(later.peer.base), b"", status=410)
    async with Peer.running("third.test", resolver=resolver) as third:
        delete = later.peer.activity(later.rosa, "Delete", post.uri, signature=LD_SIGNATURE)
        await tell(third, third.add_actor("tess"), later.home, delete, date=clock.now())
    removal = announced(lemmy, "Delete")
    assert (removal["actor"], removal["object"]) == (bob.uri, post.uri)
    assert removal["summary"]


async def test_e7_what_a_moderator_removed_meanwhile_is_not_passed_on_after_a_suspension(
    later: Scene, clock: ManualClock, lund: Actor, bob: Actor, lemmy: Peer
) -> None:
    post = await rosa_opens(later, clock, lund, bob=bob)
    await moderation.suspend_actor(later.home.hub, actor_id=await rosas_id(later))
    found = await opening(later.home, lund, post)
    assert found is not None
    await remove_opening(later.home.hub, opening_id=found.id, by_member_id=bob.id, reason="no")
    await time_passes(later, clock)
    await moderation.unsuspend_actor(later.home.hub, actor_id=await rosas_id(later))
    await time_passes(later, clock)
    assert announced_types(lemmy) == ["Delete"]


async def test_e7_a_like_that_was_taken_back_meanwhile_is_not_passed_on_after_a_suspension(
    later: Scene, clock: ManualClock, lund: Actor, bob: Actor, lemmy: Peer
) -> None:
    post = await later.home.say(later.ada, "Hello @lund")
    await approve(later.home, lund, post, by=bob)
    await time_passes(later, clock)
    lemmy.answer_inbox(503, times=1)
    like = later.peer.activity(later.rosa, "Like", post.uri)
    await later.hears(like, date=clock.now())
    await moderation.suspend_actor(later.home.hub, actor_id=later.ada.id)
    await rosa_says(later, clock, "Undo", like)
    await time_passes(later, clock)
    await moderation.unsuspend_actor(later.home.hub, actor_id=later.ada.id)
    await time_passes(later, clock)
    assert announced_types(lemmy) == ["Create", "Undo"]


@pytest.mark.parametrize("by_key", [True, False])
async def test_b14_an_operator_who_tries_again_sends_nothing_of_who_is_suspended(
    later: Scene, clock: ManualClock, *, by_key: bool
) -> None:
    await follows(later.peer, later.rosa, later.home, later.ada)
    later.peer.answer_inbox(400, times=None)
    await later.home.say(later.ada, "Xyzzy")
    await later.home.drain()
    await suspend_actor(later.home.hub, actor_id=later.ada.id)
    await later.home.drain()
    later.peer.answer_inbox(202, times=None)
    before, now = len(later.peer.received), clock.now()
    ids = await later.home.hub.database.read(_dead)
    assert len(ids) == 2
    which: dict[str, Any] = {"ids": ids} if by_key else {"host": later.peer.host}
    assert await later.home.hub.database.write(lambda session: retry_deliveries(session, now=now, **which)) == 1
    await later.home.drain()
    assert [each["type"] for each in later.peer.received[before:]] == ["Update"]


async def _dead(session: Session) -> list[int]:
    return list(await session.scalars(select(col(Delivery.id)).where(col(Delivery.state) == DeliveryState.DEAD)))
