"""Units of work on SQLite: each runs from BEGIN to COMMIT on the thread of its connection, in one go.

aiosqlite gives every connection a thread of its own. SQLAlchemy's dialect for it crosses over to that thread and back
three or four times for each statement, and every crossing costs more than the statement, above all when the event loop
is busy and the interpreter's lock must change hands (measured on two cores, ten selects: 9 ms, beside a busy loop 60 to
170 ms; on the connection's own thread 3 ms and 15 ms). So here a unit crosses over once, with all its statements.

That is possible because a unit touches nothing but the database, and on its own thread the database never makes it
wait: the coroutine runs to its end without being suspended once. One that waits for something else (the network, a
lock, another unit) fails at once.

One connection writes; its thread takes the write units in their order. SQLite has a single writer anyway, and would let
the others poll for the lock. Each reader sees a snapshot and waits for nobody.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import cache, cached_property
from typing import Any, TypeVar, cast

import aiosqlite
from sqlalchemy import Connection, Dialect, Engine, Result, StaticPool, create_engine, event, make_url
from sqlalchemy.dialects import sqlite as spelling
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.util import LRUCache

from storage.driver import Arguments, UnitSession

T = TypeVar("T")

BUSY_TIMEOUT_MS = 5_000
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    f"busy_timeout={BUSY_TIMEOUT_MS}",
    "foreign_keys=ON",
    "journal_size_limit=67108864",
    "trusted_schema=OFF",
)
READING, WRITING = "DEFERRED", "IMMEDIATE"
_SPELLED: LRUCache[Any, Any] = LRUCache(2_000)
"""Statements as SQL, for all connections of this process: turning one into SQL takes longer than running it."""


class SqliteUnits:
    """Runs units on a file: those that write on one connection, those that read on up to `readers` others.

    `prepare` is called with the engine of each connection before it is used.
    """

    def __init__(self, path: str, *, readers: int, prepare: Callable[[Engine], None]) -> None:
        self._path = path
        self._prepare = prepare
        self._writer: _Line | None = None
        self._idle: list[_Line] = []
        self._opened: list[_Line] = []
        self._opening = asyncio.Lock()
        self._free = asyncio.Semaphore(readers)

    async def run(self, unit: Callable[[AsyncSession], Awaitable[T]], *, writes: bool) -> T:
        """Run a unit in a transaction of its own and commit it; whatever it raises undoes it."""
        if writes:
            return await (await self._the_writer()).run(unit)
        async with self._free:
            reader = self._idle.pop() if self._idle else await self._open(READING)
            try:
                return await reader.run(unit)
            finally:
                self._idle.append(reader)

    async def close(self) -> None:
        """Let every connection end what it was given, and close it."""
        while self._opened:
            await self._opened.pop().close()

    async def _the_writer(self) -> "_Line":
        async with self._opening:
            if self._writer is None:
                self._writer = await self._open(WRITING)
            return self._writer

    async def _open(self, begin: str) -> "_Line":
        line = await _Line.open(self._path, begin=begin)
        self._prepare(line.engine)
        self._opened.append(line)
        return line


class _Line:
    """A connection and its thread. What is run here waits for what was run here before.

    `_execute`, `_conn` and `_thread` are not documented by aiosqlite; SQLAlchemy's own dialect uses the like.
    """

    def __init__(self, connection: aiosqlite.Connection, *, begin: str) -> None:
        self._connection = connection
        self.engine = _engine_on(lambda: connection._conn)  # noqa: SLF001
        event.listen(self.engine, "begin", lambda transaction: _begin(transaction, begin))

    @classmethod
    async def open(cls, path: str, *, begin: str) -> "_Line":
        """Connect; `begin` is how its transactions begin. One that is there for reading cannot write."""
        connecting = aiosqlite.connect(path, isolation_level=None)  # we send BEGIN ourselves
        connecting._thread.daemon = True  # noqa: SLF001 - a program that forgets to close may still end
        connection = await connecting
        for pragma in (*PRAGMAS, f"query_only={'OFF' if begin == WRITING else 'ON'}"):
            await connection.execute_fetchall(f"PRAGMA {pragma}")
        return cls(connection, begin=begin)

    async def run(self, unit: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """The unit, on this connection's thread."""
        run_on_thread: Any = self._connection._execute  # noqa: SLF001
        result: T = await run_on_thread(lambda: _run_through(self._transaction(unit)))
        return result

    async def close(self) -> None:
        """End the thread."""
        await self._connection.close()

    async def _transaction(self, unit: Callable[[AsyncSession], Awaitable[T]]) -> T:
        session = _Session(self.engine)
        try:
            result = await unit(session)
            await session.commit()
            return result
        except sqlite3.Error as error:  # from a statement that went past SQLAlchemy (see `storage.prepared`)
            raise DBAPIError.instance(None, None, error, sqlite3.Error) from error
        finally:
            await session.close()


class _Session(UnitSession):
    """An AsyncSession whose database answers on the spot."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(expire_on_commit=False)
        self.sync_session.bind = engine
        self.driver = _Driver(self)

    async def execute(self, statement: Any, params: Any = None, **options: Any) -> Result[Any]:
        """As in AsyncSession, which would close the cursor as only an asynchronous driver's can be closed."""
        return self.sync_session.execute(statement, params, **options)

    async def scalar(self, statement: Any, params: Any = None, **options: Any) -> Any:
        """As in AsyncSession, without a greenlet for a driver that might wait."""
        return self.sync_session.scalar(statement, params, **options)

    async def get(self, entity: Any, ident: Any, **options: Any) -> Any:
        """As in AsyncSession, without a greenlet for a driver that might wait."""
        return self.sync_session.get(entity, ident, **options)


class _Driver:
    """See `storage.driver`. The transaction begins with the first statement."""

    dialect: Dialect = spelling.dialect()

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def first(self, sql: str, arguments: Arguments) -> Sequence[Any] | None:
        found: Sequence[Any] | None = self._connection.execute(sql, arguments).fetchone()
        return found

    async def all(self, sql: str, arguments: Arguments) -> Sequence[Sequence[Any]]:
        return self._connection.execute(sql, arguments).fetchall()

    async def run(self, sql: str, arguments: Arguments) -> int:
        return self._connection.execute(sql, arguments).rowcount

    async def run_all(self, sql: str, rows: Sequence[Arguments]) -> None:
        self._connection.executemany(sql, rows)

    @cached_property
    def _connection(self) -> sqlite3.Connection:
        connection: Any = self._session.sync_session.connection().connection.driver_connection
        return cast(sqlite3.Connection, connection)


def _engine_on(creator: Callable[[], Any]) -> Engine:
    """An engine that has one connection, and shares what it knows of statements and types with all the others."""
    options = {"compiled_cache": _SPELLED}
    return Engine(StaticPool(creator), _dialect(), make_url("sqlite://"), execution_options=options)


@cache
def _dialect() -> Dialect:
    """What SQLAlchemy finds out about this SQLite when it first connects."""
    engine = create_engine("sqlite://")
    with engine.connect():
        return engine.dialect


def _begin(transaction: Connection, mode: str) -> None:
    transaction.exec_driver_sql(f"BEGIN {mode}")


def _run_through(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never has to wait."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    coroutine.close()
    raise RuntimeError("a unit of work waited for something that is not the database")
