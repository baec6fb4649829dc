"""Nothing grows for ever: what has done its service goes, and what is still promised stays."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel

from federation.limits import KEY_AGE
from fedihub.clock import ManualClock
from fedihub.workers import housekeeping
from storage.access import WebSession, insert_web_session
from storage.database import Session
from storage.deliveries import Delivery
from storage.home import HomeEntry
from storage.posts import PostKey, Tombstone, find_tombstone, insert_post_key, insert_tombstone
from storage.received import ReceivedActivity
from storage.remote_keys import RemoteKeyRow, find_remote_key
from storage.statements import insert_all
from tests.support.hub import RunningHub, running_hub
from tests.support.peer import Peer
from tests.support.resolver import TestResolver


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def house(database_url: str, resolver: TestResolver, clock: ManualClock) -> AsyncIterator[RunningHub]:
    async with running_hub(database_url, resolver, clock=clock) as running:
        yield running


async def count(house: RunningHub, table: type[SQLModel]) -> int:
    async def unit(session: Session) -> int:
        return int((await session.execute(select(func.count()).select_from(table))).scalar_one())

    return await house.hub.database.read(unit)


async def test_long_timelines_are_cut_and_the_others_left(house: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """In many small steps: each ends before anybody has waited for long."""
    monkeypatch.setattr(housekeeping, "AT_A_TIME", 4)
    monkeypatch.setattr(housekeeping, "KEEP_HOME_ENTRIES", 20)
    ada, bob = await house.member("ada"), await house.member("bob")
    post = await house.say(ada, "Hello")
    for owner, entries in ((ada, 30), (bob, 20)):
        rows = [{"owner_id": owner.id, "entry_id": key, "post_id": post.id, "boost_id": None} for key in range(entries)]
        await house.hub.database.write(lambda session: insert_all(session, HomeEntry, rows))  # noqa: B023
    assert await housekeeping.tidy(house.hub) == 11  # of ada's own post there is an entry, too
    assert await count(house, HomeEntry) == 40
    assert await housekeeping.tidy(house.hub) == 0


async def test_keys_of_strangers_are_forgotten_and_those_of_others_kept(
    house: RunningHub, peer: Peer, clock: ManualClock
) -> None:
    ada, rosa, stranger = await house.member("ada"), peer.add_actor("rosa"), peer.add_actor("otto")
    await peer.send(house.shared_inbox, peer.activity(rosa, "Follow", ada.uri), by=rosa)
    await peer.send(house.shared_inbox, peer.activity(stranger, "Like", "https://peer.test/none"), by=stranger)
    await house.drain()
    clock.advance(KEY_AGE - timedelta(hours=1))
    await housekeeping.tidy(house.hub)
    assert await count(house, RemoteKeyRow) == 2
    clock.advance(timedelta(hours=2))
    await housekeeping.tidy(house.hub)
    assert await count(house, RemoteKeyRow) == 1
    assert await house.hub.database.read(lambda session: find_remote_key(session, rosa.key_id)) is not None


async def test_what_is_over_goes_and_what_is_promised_stays(house: RunningHub, peer: Peer, clock: ManualClock) -> None:
    ada, rosa = await house.member("ada"), peer.add_actor("rosa")
    await peer.send(house.shared_inbox, peer.activity(rosa, "Follow", ada.uri), by=rosa)
    await house.drain()  # applied, and answered by a delivery
    post, now = await house.say(ada, "Hello"), house.hub.clock.now()
    key = PostKey(id=1, actor_id=ada.id, key="k", post_id=post.id, created_at=now)
    public = Tombstone(uri="https://peer.test/posts/public", actor_uri=rosa.uri, was_public=True, deleted_at=now)
    never_here = Tombstone(uri="https://peer.test/posts/never-here", actor_uri=rosa.uri, deleted_at=now)
    ours = Tombstone(uri="https://hub.test/ap/posts/ours", actor_uri=ada.uri, deleted_at=now)
    session_row = WebSession(token_hash="h", created_at=now, expires_at=now + timedelta(days=1))
    for store in (
        lambda session: insert_post_key(session, key),
        lambda session: insert_tombstone(session, public),
        lambda session: insert_tombstone(session, never_here),
        lambda session: insert_tombstone(session, ours),
        lambda session: insert_web_session(session, session_row),
    ):
        await house.hub.database.write(store)
    clock.advance(timedelta(hours=23))
    assert await housekeeping.tidy(house.hub) == 0
    await house.drain()
    clock.advance(timedelta(days=31))
    await housekeeping.tidy(house.hub)
    for table in (ReceivedActivity, Delivery, PostKey, WebSession):
        assert await count(house, table) == 0, table
    assert await count(house, Tombstone) == 2
    for grave in (public, ours):
        assert await house.hub.database.read(partial(find_tombstone, uri=grave.uri, author_uri=grave.actor_uri))
