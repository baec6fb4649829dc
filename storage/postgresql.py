"""Units of work on PostgreSQL: each in a transaction of its own, on a connection of the pool; rows are locked one by
one. A unit that reads sees one moment, as it does on SQLite.

SQLAlchemy begins a transaction with its own first statement, and knows nothing of one that goes past it to the driver.
So the transaction is the driver's: it begins before the unit and ends after it, and SQLAlchemy, which is told that the
connection commits by itself, only adds its statements to it. Nor does SQLAlchemy see a connection break under such a
statement; so one that is closed is replaced when the next unit would get it, and so is one that was left half-way.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Dialect, Engine, event
from sqlalchemy.dialects.postgresql import asyncpg as spelling
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine

from storage.driver import Arguments, UnitSession

T = TypeVar("T")

PATIENCE_SECONDS = 30
"""How long a unit waits for a connection of the pool."""
_READING: dict[str, Any] = {"isolation": "repeatable_read", "readonly": True}
_WRITING: dict[str, Any] = {"isolation": "read_committed"}


class PostgresqlUnits:
    """Runs units on a server, each on one of `pool_size` connections.

    `prepare` is called with the engine before it is used.
    """

    def __init__(self, url: str, *, pool_size: int, prepare: Callable[[Engine], None]) -> None:
        self._engine = create_async_engine(
            url, isolation_level="AUTOCOMMIT", pool_size=pool_size, max_overflow=0, pool_timeout=PATIENCE_SECONDS
        )
        event.listen(self._engine.sync_engine, "checkout", _refuse_unusable)
        prepare(self._engine.sync_engine)

    async def run(self, unit: Callable[[AsyncSession], Awaitable[T]], *, writes: bool) -> T:
        """Run a unit in a transaction of its own and commit it; whatever it raises undoes it."""
        async with self._engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            try:
                async with driver.transaction(**_WRITING if writes else _READING):
                    return await _run(unit, connection, _Driver(driver))
            except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                raise _as_sqlalchemy_would(error) from error

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


async def _run(unit: Callable[[AsyncSession], Awaitable[T]], connection: AsyncConnection, driver: "_Driver") -> T:
    async with UnitSession(connection, expire_on_commit=False) as session:
        session.driver = driver
        result = await unit(session)
        await session.commit()  # writes what the ORM still holds; what commits it is the driver's transaction
        return result


class _Driver:
    """See `storage.driver`. asyncpg keeps what the server has parsed and planned, under a statement's text."""

    dialect: Dialect = spelling.dialect()  # type: ignore[no-untyped-call]

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def first(self, sql: str, arguments: Arguments) -> Sequence[Any] | None:
        found: Sequence[Any] | None = await self._connection.fetchrow(sql, *arguments)
        return found

    async def all(self, sql: str, arguments: Arguments) -> Sequence[Sequence[Any]]:
        found: Sequence[Sequence[Any]] = await self._connection.fetch(sql, *arguments)
        return found

    async def run(self, sql: str, arguments: Arguments) -> int:
        status: str = await self._connection.execute(sql, *arguments)  # "UPDATE 3", "INSERT 0 1"
        return int(status.rpartition(" ")[2])

    async def run_all(self, sql: str, rows: Sequence[Arguments]) -> None:
        await self._connection.executemany(sql, rows)


def _refuse_unusable(connection: Any, _record: Any, _proxy: Any) -> None:
    """The pool opens another instead."""
    driver = connection.driver_connection
    if driver.is_closed() or driver.is_in_transaction():
        raise DisconnectionError


def _as_sqlalchemy_would(error: Exception) -> DBAPIError:
    kind = IntegrityError if isinstance(error, asyncpg.IntegrityConstraintViolationError) else DBAPIError
    return kind(None, None, error)
