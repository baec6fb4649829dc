"""A hub with two members and a project, and clients that hold its API to its word."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from storage.actors import Actor
from tests.support.client import ApiClient, client_for
from tests.support.contract import HeldToItsWord, Promises
from tests.support.hub import RunningHub, running_hub
from tests.support.resolver import TestResolver

Client = Callable[..., Awaitable[HeldToItsWord]]


@pytest.fixture
async def home(database_url: str) -> AsyncIterator[RunningHub]:
    """The hub."""
    async with running_hub(database_url, TestResolver()) as hub:
        yield hub


@pytest.fixture
async def promises(home: RunningHub) -> Promises:
    """What the hub's own document promises."""
    return await Promises.of(home)


@pytest.fixture
async def ana(home: RunningHub) -> Actor:
    """A member."""
    return await home.member("ana")


@pytest.fixture
async def ben(home: RunningHub) -> Actor:
    """Another one."""
    return await home.member("ben")


@pytest.fixture
async def bench(home: RunningHub, ana: Actor) -> Actor:
    """Ana's project."""
    return await home.project("bench", founder=ana)


@pytest.fixture
def client(home: RunningHub, promises: Promises) -> Client:
    """What makes a client for a member (and the account that it acts as)."""

    async def make(member: Actor, **options: Any) -> HeldToItsWord:
        return HeldToItsWord(await client_for(home, member, **options), promises)

    return make


@pytest.fixture
def stranger(home: RunningHub, promises: Promises) -> HeldToItsWord:
    """Somebody without a token."""
    return HeldToItsWord(ApiClient(home, None), promises)
