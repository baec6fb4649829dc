"""What every test may ask for: a database of each kind, fresh and migrated."""

import gc
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest
import structlog
from argon2 import PasswordHasher

from fedihub.services import passwords
from storage.database import Database
from tests.support.database import DatabaseFarm, is_sampled, kinds, share_spelled_statements
from tests.support.peer import Peer
from tests.support.resolver import TestResolver
from tests.support.rows import Rows

if TYPE_CHECKING:
    from tests.support.hub import RunningHub


def pytest_collection_finish() -> None:
    """What is there by now stays until the end: to look through it for garbage, again and again, takes a tenth of the
    time of all tests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is not about storing, or about processes and hubs that meet, runs on PostgreSQL only as a sample, chosen by
    name: its statements are the same in many tests. `FEDIHUB_TEST_DATABASES=postgresql` runs them all.
    """
    left = [item for item in items if not is_sampled(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if is_sampled(item)]


@pytest.fixture(autouse=True)
def _plain_log() -> None:
    """What the hub logs in a test stands under its failure; the values of all variables, too, would take seconds."""
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])


@pytest.fixture(autouse=True, scope="session")
def _cheap_hashes() -> None:
    """argon2 at its least cost: nearly every test makes a member, and a good hash takes a fifth of a second."""
    passwords.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True, scope="session")
def _spelled_once() -> None:
    """Every test opens databases of its own: without this, a third of its time goes into the same statements again."""
    share_spelled_statements()


@pytest.fixture(scope="session")
def database_farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseFarm]:
    """Where databases come from; PostgreSQL is started when first needed."""
    farm = DatabaseFarm(tmp_path_factory.mktemp("databases"))
    yield farm
    farm.stop()


@pytest.fixture(params=kinds())
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`: whoever asks for this, directly or not, runs on both."""
    return str(request.param)


@pytest.fixture
def database_url(database_farm: DatabaseFarm, database_kind: str) -> Iterator[str]:
    """The URL of a fresh, migrated database that nobody has opened yet."""
    databases = database_farm.of(database_kind)
    url = databases.fresh()
    yield url
    databases.drop(url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated database, open."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def resolver() -> TestResolver:
    """The names that this test knows."""
    return TestResolver()


@pytest.fixture
async def home(database_url: str, resolver: TestResolver) -> "AsyncIterator[RunningHub]":
    """A hub at http://hub.test."""
    from tests.support.hub import running_hub

    async with running_hub(database_url, resolver) as running:
        yield running


@pytest.fixture
async def peer(resolver: TestResolver) -> AsyncIterator[Peer]:
    """Another server, at http://peer.test."""
    async with Peer.running("peer.test", resolver=resolver) as running:
        yield running


@pytest.fixture
def rows(database: Database) -> Rows:
    """Makes rows in that database."""
    return Rows(database)
