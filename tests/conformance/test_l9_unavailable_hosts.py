"""A host that has failed for a week: nothing new is written for it, until it is heard of again."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from fedihub.clock import ManualClock
from fedihub.services.following import unfollow
from storage.actors import Actor
from storage.database import Session
from storage.deliveries import Delivery, DeliveryState, drop_deliveries, list_deliveries
from storage.hosts import HostState, find_hosts
from tests.support.hub import RunningHub, running_hub
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.rows import NOW
from tests.support.stories import actor_of, follows

DAY = timedelta(days=1)


@dataclass
class Week:
    """A hub whose clock the test moves, a member, and a follower at a peer that is down."""

    home: RunningHub
    clock: ManualClock
    peer: Peer
    ada: Actor
    rosa: PeerActor

    async def fail(self, *, days: int) -> None:
        """So many days, on each of which something is said and tried in vain."""
        for _ in range(days):
            await self.home.say(self.ada, "Anybody there?")
            await self.home.drain()
            self.clock.advance(DAY)

    async def state(self) -> HostState:
        """What we know of the peer."""
        found = await self.home.hub.database.read(lambda session: find_hosts(session, ["peer.test"]))
        return found["peer.test"]

    async def waiting(self) -> list[Delivery]:
        """What waits for the peer."""
        rows = await self.home.hub.database.read(lambda session: list_deliveries(session, limit=100, host="peer.test"))
        return [row for row, _ in rows if row.state is DeliveryState.WAITING]


@pytest.fixture
async def week(database_url: str, resolver: TestResolver, peer: Peer) -> AsyncIterator[Week]:
    """The peer has gone down, and it is noon."""
    clock = ManualClock()
    async with running_hub(database_url, resolver, clock=clock) as home:
        ada, rosa = await home.member("ada"), peer.add_actor("rosa")
        await follows(peer, rosa, home, ada)
        await peer.stop()
        clock.advance(clock.now().replace(hour=12, minute=0, second=0, microsecond=0) + DAY - clock.now())
        yield Week(home, clock, peer, ada, rosa)


async def test_l9_after_seven_days_of_failures_nothing_new_is_written(week: Week) -> None:
    await week.fail(days=6)
    assert ((await week.state()).failed_days, (await week.state()).unavailable_at) == (6, None)
    await week.fail(days=1)
    assert (await week.state()).unavailable_at is not None
    before = {row.id for row in await week.waiting()}
    await week.fail(days=3)
    assert {row.id for row in await week.waiting()} <= before


async def test_l9_failures_of_one_day_count_once(week: Week) -> None:
    for _ in range(9):
        await week.home.say(week.ada, "Anybody there?")
        await week.home.drain()
        week.clock.advance(timedelta(hours=1))
    state = await week.state()
    assert state.failures > 1
    assert (state.failed_days, state.unavailable_at) == (1, None)


async def test_l9_one_delivery_at_a_time_asks_whether_it_is_back(week: Week) -> None:
    await week.fail(days=7)
    week.clock.advance(timedelta(days=9))
    await week.home.drain()
    assert await week.waiting() == []
    for _ in range(3):
        await week.home.say(week.ada, "Anybody there?")
    assert len(await week.waiting()) == 1


async def test_l9_one_success_and_all_is_written_again(week: Week) -> None:
    await week.fail(days=7)
    await week.peer.start()
    week.clock.advance(DAY)
    await week.home.drain()
    state = await week.state()
    assert (state.failures, state.failed_days, state.unavailable_at) == (0, 0, None)
    await week.home.say(week.ada, "Welcome back")
    await week.home.drain()
    assert "<p>Welcome back</p>" in [
        activity["object"]["content"] for activity in week.peer.received if activity["type"] == "Create"
    ]


async def test_l9_a_signed_activity_from_there_is_enough(week: Week) -> None:
    await week.fail(days=7)
    post = await week.home.say(week.ada, "Before")
    await week.peer.start()
    like = week.peer.activity(week.rosa, "Like", post.uri)
    date = week.clock.now()
    assert (await week.peer.send(week.home.shared_inbox, like, by=week.rosa, date=date)).status == 202
    await week.home.drain()
    state = await week.state()
    assert (state.failed_days, state.unavailable_at) == (0, None)
    await week.home.say(week.ada, "Welcome back")
    await week.home.drain()
    assert "<p>Welcome back</p>" in [
        activity["object"]["content"] for activity in week.peer.received if activity["type"] == "Create"
    ]


async def test_l9_it_hears_no_beginning_of_what_has_ended_since(week: Week) -> None:
    await week.fail(days=7)
    await week.home.hub.database.write(_drop_all)
    rosa = await actor_of(week.home, week.rosa)
    assert rosa is not None
    await week.home.follow(week.ada, rosa)
    await unfollow(week.home.hub, actor_id=week.ada.id, target_id=rosa.id)
    await week.peer.start()
    week.clock.advance(DAY)
    await week.home.drain()
    assert [each["type"] for each in week.peer.received][-2:] == ["Follow", "Undo"]


async def _drop_all(session: Session) -> None:
    await drop_deliveries(session, now=NOW, host="peer.test")
