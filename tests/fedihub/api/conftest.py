"""A hub that lets tests ask as often as they like, and apps for it."""

from collections.abc import AsyncIterator

import pytest

from tests.support.hub import RunningHub, running_hub
from tests.support.resolver import TestResolver


@pytest.fixture
async def home(database_url: str, resolver: TestResolver) -> AsyncIterator[RunningHub]:
    """A hub at http://hub.test."""
    async with running_hub(database_url, resolver, rate_limit=1_000_000) as running:
        yield running
