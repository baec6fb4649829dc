"""The routes are tested on a real hub, from outside."""

from collections.abc import AsyncIterator

import pytest

from tests.support.peer import Peer
from tests.support.resolver import TestResolver


@pytest.fixture
async def stranger(resolver: TestResolver) -> AsyncIterator[Peer]:
    """A server that the hub has never heard of, at http://peer.test."""
    async with Peer.running("peer.test", resolver=resolver) as running:
        yield running
