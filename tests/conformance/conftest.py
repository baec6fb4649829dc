"""Our hub with a member and an open post of hers, and somebody on another server.

The name of each test here begins with a row of rows.toml.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from fedihub.clock import ManualClock
from fedihub.services.resolving import resolve_handle
from storage.actors import Actor
from storage.database import Session
from storage.posts import Post
from tests.support.counting import count_rows
from tests.support.database import kinds
from tests.support.hub import RunningHub, running_hub
from tests.support.peer import Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import post_of, tell


@dataclass
class Scene:
    """Who is there. `ada` is our member, `post` hers; `rosa` lives at peer.test."""

    home: RunningHub
    peer: Peer
    ada: Actor
    post: Post
    rosa: PeerActor

    async def hears(self, activity: Activity, *, by: PeerActor | None = None, **more: Any) -> None:
        """The hub is sent something, by Rosa or by somebody else of her server, and acts on it."""
        await tell(self.peer, by or self.rosa, self.home, activity, **more)

    async def hears_note(self, content: str = "<p>Hello</p>", **extra: Any) -> Post | None:
        """Rosa says something in a Create; gives what was stored."""
        note = self.peer.note(self.rosa, content, **extra)
        await self.hears(self.peer.create(note, by=self.rosa))
        return await post_of(self.home, note["id"])

    async def ada_follows_rosa(self) -> None:
        """Ada asks, Rosa agrees: what Rosa says concerns somebody here."""
        await self.home.follow(self.ada, await resolve_handle(self.home.hub, self.rosa.handle))
        await self.home.drain()
        follow = await self.peer.wait_for(lambda each: each["type"] == "Follow")
        await self.hears(self.peer.activity(self.rosa, "Accept", follow))

    async def rows(self) -> dict[str, int]:
        """How many rows each table has, apart from the log of what came in and what we know of peers."""
        return await self.home.hub.database.read(_rows)


@pytest.fixture(params=kinds()[:1])
def database_kind(request: pytest.FixtureRequest) -> str:
    """The first kind that is asked for: how rows are stored on each is shown by the tests beside the code and by the
    journeys. `FEDIHUB_TEST_DATABASES=postgresql` runs these on the other.
    """
    return str(request.param)


@pytest.fixture
async def scene(home: RunningHub, peer: Peer) -> Scene:
    """Everybody in their place; nobody follows anybody yet."""
    ada = await home.member("ada")
    return Scene(home, peer, ada, await home.say(ada, "Hello"), peer.add_actor("rosa"))


@pytest.fixture
def clock() -> ManualClock:
    """What time it is in `later`."""
    return ManualClock()


@pytest.fixture
async def later(database_url: str, resolver: TestResolver, clock: ManualClock, peer: Peer) -> AsyncIterator[Scene]:
    """The scene in a house whose clock the test moves."""
    async with running_hub(database_url, resolver, clock=clock) as home:
        ada = await home.member("ada")
        yield Scene(home, peer, ada, await home.say(ada, "Hello"), peer.add_actor("rosa"))


async def _rows(session: Session) -> dict[str, int]:
    return await count_rows(session, leaving_out={"received_activities", "remote_keys", "hosts"})
