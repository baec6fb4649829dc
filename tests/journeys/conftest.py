"""Whole stories between our hub and other servers. Each test reads from top to bottom: what people did, what they saw.

`home` is our hub (http://hub.test), `peer` a server like Mastodon (http://peer.test), which really signs and really
checks signatures.
"""

import pytest

from storage.actors import Actor
from tests.support.hub import RunningHub
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor


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
