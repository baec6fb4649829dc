"""How a command gets at the database or the hub, beside a server that may be running.

`reading()` opens the database alone, for what only looks. `acting()` opens a whole hub with a process slot of its
own, so that what it makes gets other ids than what the server makes at the same moment. Neither takes the server's
lock.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from fedihub.hub import Hub
    from storage.database import Database

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end; what libraries warn of goes to standard error."""
    import logging

    from fedihub.log import logging_to

    with logging_to(level=logging.WARNING):
        return asyncio.run(work)


@asynccontextmanager
async def reading() -> "AsyncIterator[Database]":
    """The database that the settings name. Raises what `check_database` does."""
    from fedihub.settings import load_settings
    from fedihub.startup import check_database
    from storage.database import Database

    settings = load_settings()
    await check_database(settings)
    database = Database(settings.database, pool_size=1)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def acting() -> "AsyncIterator[Hub]":
    """The hub that the settings name. Raises what `check_database` does, and SettingsError for another hub's
    database.
    """
    from fedihub.presence import present
    from fedihub.services.setup import check_identity
    from fedihub.settings import load_settings
    from fedihub.startup import check_database

    settings = load_settings()
    await check_database(settings)
    async with present(settings, role="command") as hub:
        await check_identity(hub)
        yield hub
