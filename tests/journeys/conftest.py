"""Whole stories between our hub and other servers. Each test reads from top to bottom: what people did, what they saw.

`home` is our hub (http://hub.test), `peer` a server like Mastodon (http://peer.test), which really signs and really
checks signatures.
"""

from collections.abc import AsyncIterator

import pytest

from storage.actors import Actor
from tests.support.chapters import ChapterScene, chapter
from tests.support.database import DatabaseFarm
from tests.support.hub import RunningHub, running_hub
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stories import follows


@pytest.fixture
async def away(database_farm: DatabaseFarm, database_kind: str, resolver: TestResolver) -> AsyncIterator[RunningHub]:
    """Another hub, at http://away.test."""
    databases = database_farm.of(database_kind)
    url = databases.fresh()
    async with running_hub(url, resolver, host="away.test") as running:
        yield running
    databases.drop(url)


@pytest.fixture
async def third(database_farm: DatabaseFarm, database_kind: str, resolver: TestResolver) -> AsyncIterator[RunningHub]:
    """A hub that neither of the two has heard of, at http://third.test."""
    databases = database_farm.of(database_kind)
    url = databases.fresh()
    async with running_hub(url, resolver, host="third.test") as running:
        yield running
    databases.drop(url)


@pytest.fixture
async def ada(home: RunningHub) -> Actor:
    """A member of our hub."""
    return await home.member("ada")


@pytest.fixture
async def bridge(home: RunningHub, ada: Actor) -> Actor:
    """Ada's project."""
    return await home.project("bridge", founder=ada, description="We build a bridge.")


@pytest.fixture
def rosa(peer: Peer) -> PeerActor:
    """A stranger, elsewhere."""
    return peer.add_actor("rosa")


async def both(*hubs: RunningHub) -> None:
    """Let both (or all) work until none has anything left to do."""
    while sum([await hub.drain() for hub in hubs]):
        pass


@pytest.fixture
async def lemmy(resolver: TestResolver) -> AsyncIterator[Peer]:
    """A server of communities."""
    async with Peer.running("lemmy.test", resolver=resolver, software="lemmy") as running:
        yield running


@pytest.fixture
async def at(home: RunningHub, ada: Actor, peer: Peer, rosa: PeerActor, lemmy: Peer) -> ChapterScene:
    """A chapter, and everybody in their place."""
    pune = await chapter(home, "pune", founder=ada, display_name="Hub Pune", place="Pune", rules="Be kind.")
    found = ChapterScene(home, peer, lemmy, pune, ada, rosa, lemmy.add_actor("liv"))
    await follows(peer, rosa, home, pune)
    await follows(lemmy, found.liv, home, pune)
    for server in (peer, lemmy):
        await server.wait_for(lambda activity: activity["type"] == "Accept")
    found.forget()
    return found
