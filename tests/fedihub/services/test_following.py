"""Requests that nobody answers: they are sent again, with patience, and never without end."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from fedihub.clock import ManualClock
from fedihub.services.following import ASKED_AGAIN_AFTER
from fedihub.services.resolving import resolve_handle
from fedihub.workers import housekeeping
from storage.actors import Actor
from storage.follows import Follow, FollowState, find_follow
from tests.support.hub import RunningHub, running_hub
from tests.support.keys import rsa_key
from tests.support.peer import Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import tell

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def home(database_url: str, resolver: TestResolver, clock: ManualClock) -> AsyncIterator[RunningHub]:
    async with running_hub(database_url, resolver, clock=clock) as running:
        yield running


async def ada_asks(home: RunningHub, who: PeerActor) -> tuple[Actor, Actor]:
    """Ada of ours asks to follow somebody elsewhere; gives both rows."""
    ada, row = await home.member("ada"), await resolve_handle(home.hub, who.handle)
    await home.follow(ada, row)
    await home.drain()
    return ada, row


async def pass_by(home: RunningHub, clock: ManualClock, span: timedelta) -> None:
    """Time passes, and the house is kept."""
    clock.advance(span)
    await housekeeping.tidy(home.hub)
    await home.drain()


def asked(peer: Peer) -> list[Activity]:
    return [each for each in peer.received if each["type"] == "Follow"]


async def request(home: RunningHub, follower: Actor, followed: Actor) -> Follow:
    found = await home.hub.database.read(
        lambda session: find_follow(session, follower_id=follower.id, followed_id=followed.id)
    )
    assert found is not None
    return found


async def test_an_unanswered_request_is_sent_again_with_growing_pauses(
    home: RunningHub, clock: ManualClock, peer: Peer
) -> None:
    ada, rosa = await ada_asks(home, peer.add_actor("rosa"))
    for times, pause in enumerate(ASKED_AGAIN_AFTER, start=1):
        await pass_by(home, clock, pause - HOUR)
        assert len(asked(peer)) == times
        await pass_by(home, clock, HOUR)
        assert len(asked(peer)) == times + 1
    await pass_by(home, clock, 100 * DAY)
    assert len(asked(peer)) == 1 + len(ASKED_AGAIN_AFTER)
    assert len({each["id"] for each in asked(peer)}) == 1 + len(ASKED_AGAIN_AFTER)
    assert (await request(home, ada, rosa)).state is FollowState.REQUESTED


@pytest.mark.parametrize("which", [0, -1])
async def test_an_answer_to_any_of_the_requests_counts(
    home: RunningHub, clock: ManualClock, peer: Peer, which: int
) -> None:
    """Takahē 0.11 answers to the first that it got, everybody else to the last; here by the bare id."""
    who = peer.add_actor("rosa")
    ada, rosa = await ada_asks(home, who)
    await pass_by(home, clock, DAY)
    accept = peer.activity(who, "Accept", asked(peer)[which]["id"])
    await tell(peer, who, home, accept, date=clock.now())
    assert (await request(home, ada, rosa)).state is FollowState.ACCEPTED
    await pass_by(home, clock, 10 * DAY)
    assert len(asked(peer)) == 2


async def test_who_approves_by_hand_is_given_a_week(home: RunningHub, clock: ManualClock, peer: Peer) -> None:
    await ada_asks(home, peer.add_actor("rosa", extra={"manuallyApprovesFollowers": True}))
    await pass_by(home, clock, 6 * DAY)
    assert len(asked(peer)) == 1
    await pass_by(home, clock, DAY)
    assert len(asked(peer)) == 2


async def test_what_is_still_on_its_way_is_not_sent_again(home: RunningHub, clock: ManualClock, peer: Peer) -> None:
    who = peer.add_actor("rosa")
    await resolve_handle(home.hub, who.handle)
    peer.answer_inbox(503, times=None)
    await ada_asks(home, who)
    await housekeeping.tidy(home.hub)
    clock.advance(DAY)
    await housekeeping.tidy(home.hub)
    peer.answer_inbox(202, times=None)
    await home.drain()
    assert len(asked(peer)) == 1


async def test_who_has_lost_their_key_is_asked_anew_and_nothing_changes_here_before_they_answer(
    home: RunningHub, clock: ManualClock, peer: Peer
) -> None:
    who = peer.add_actor("rosa")
    ada, rosa = await ada_asks(home, who)
    await tell(peer, who, home, peer.activity(who, "Accept", asked(peer)[0]["id"]), date=clock.now())
    post = await home.say(ada, "Hello")
    clock.advance(HOUR)
    who.key_number = 1 + who.key_number % 12
    await tell(peer, who, home, peer.activity(who, "Like", post.uri), date=clock.now())
    assert (await home.post(post.id)).likes_count == 1
    await pass_by(home, clock, HOUR)
    assert len(asked(peer)) == 2
    assert (await request(home, ada, rosa)).state is FollowState.ACCEPTED
    await pass_by(home, clock, 30 * DAY)
    assert len(asked(peer)) == 2
    await tell(peer, who, home, peer.activity(who, "Reject", asked(peer)[1]["id"]), date=clock.now())
    assert (await home.actor(ada)).following_count == 0


async def test_a_new_key_that_was_announced_is_no_loss(home: RunningHub, clock: ManualClock, peer: Peer) -> None:
    who = peer.add_actor("rosa")
    await ada_asks(home, who)
    await tell(peer, who, home, peer.activity(who, "Accept", asked(peer)[0]["id"]), date=clock.now())
    old, who.key_number = who.key_number, 1 + who.key_number % 12
    update = peer.activity(who, "Update", who.document())
    await tell(peer, who, home, update, date=clock.now(), key=rsa_key(old))
    await pass_by(home, clock, HOUR)
    assert len(asked(peer)) == 1
