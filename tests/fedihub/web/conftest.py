"""A hub with its pages open, a browser to read them with, and a server elsewhere."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from fedihub.clock import ManualClock
from tests.support.database import kinds
from tests.support.hub import RunningHub, running_hub
from tests.support.peer import Peer
from tests.support.resolver import TestResolver
from tests.support.visitor import Visitor


@pytest.fixture(params=kinds()[:1])
def database_kind(request: pytest.FixtureRequest) -> str:
    """The first kind that is asked for: what pages show is about pages. `FEDIHUB_TEST_DATABASES=postgresql` runs these
    on the other.
    """
    return str(request.param)


@pytest.fixture
def clock() -> ManualClock:
    """The hub's clock, which stands still until it is moved."""
    return ManualClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
async def resolver() -> TestResolver:
    """Whom names in this test lead to."""
    return TestResolver()


@pytest.fixture
async def home(database_url: str, resolver: TestResolver, clock: ManualClock) -> AsyncIterator[RunningHub]:
    """The hub."""
    async with running_hub(database_url, resolver, clock=clock, hub_name="Alster Makers") as hub:
        yield hub


@pytest.fixture
async def peer(resolver: TestResolver) -> AsyncIterator[Peer]:
    """A server elsewhere."""
    async with Peer.running("peer.test", resolver=resolver) as server:
        yield server


@pytest.fixture
def visitor(home: RunningHub) -> Visitor:
    """Somebody who looks at the hub's pages."""
    return Visitor(home)
