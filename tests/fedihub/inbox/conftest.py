"""Our hub with a member and an open post of hers; an honest stranger, and one with bad intentions."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from storage.actors import Actor
from storage.database import Session
from storage.posts import Audience, Post
from tests.support.counting import count_rows
from tests.support.hub import RunningHub
from tests.support.peer import Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import tell


@dataclass
class Scene:
    """Who is there. `ada` is our member, `post` hers; `rosa` lives at peer.test, `eve` at evil.test."""

    home: RunningHub
    peer: Peer
    evil: Peer
    ada: Actor
    post: Post
    rosa: PeerActor
    eve: PeerActor

    async def rosa_sends(self, activity: Activity | bytes, **more: Any) -> None:
        """The honest stranger sends something, and the hub acts on it."""
        await tell(self.peer, self.rosa, self.home, activity, **more)

    async def eve_sends(self, activity: Activity | bytes, **more: Any) -> None:
        """The other one does."""
        await tell(self.evil, self.eve, self.home, activity, **more)

    async def rows(self) -> dict[str, int]:
        """How many rows each table has, apart from the log of what came in and what we know of peers."""
        return await self.home.hub.database.read(_rows)


@pytest.fixture
async def evil(resolver: TestResolver) -> AsyncIterator[Peer]:
    """Another server, under somebody's control who means no good."""
    async with Peer.running("evil.test", resolver=resolver) as running:
        yield running


@pytest.fixture
async def scene(home: RunningHub, peer: Peer, evil: Peer) -> Scene:
    """Everybody in their place."""
    ada = await home.member("ada")
    post = await home.say(ada, "Hello", audience=Audience.PUBLIC)
    return Scene(home, peer, evil, ada, post, peer.add_actor("rosa"), evil.add_actor("eve"))


async def _rows(session: Session) -> dict[str, int]:
    return await count_rows(session, leaving_out={"received_activities", "remote_keys", "hosts"})
