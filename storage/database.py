"""The one door to the database: `read(fn)` and `write(fn)` run a unit of work, a function of one session.

Units are functions, not context managers, for four measured reasons. On SQLite the default transaction silently loses
updates, so a write unit begins with BEGIN IMMEDIATE; a statement that is cancelled half-way leaves SQLite's write lock
held, so each unit is a task of its own, shielded from its caller's cancellation; a unit that lost a race (a busy
snapshot, a serialisation failure, a deadlock) must be run again as a whole, never only its last statement; and going to
SQLite's thread once for each statement costs more than all statements of a unit (see `storage.sqlite`). Hence a unit
may run more than once, on SQLite in another thread, and must touch nothing but the database.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from sqlalchemy import Engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from storage.columns import refuse_nul
from storage.driver import AFTERWARDS, Afterwards
from storage.errors import AlreadyExists, DatabaseBusy, DatabaseFull, Unstorable
from storage.sqlite import SqliteUnits

T = TypeVar("T")
Session = AsyncSession
"""What a unit of work is given: the name under which the rest of the program, which spells no SQL, knows it."""
Unit = Callable[[AsyncSession], Awaitable[T]]

TRIES = 4
_RETRIED_SQLSTATES = {"40001", "40P01"}
_UNIQUE_VIOLATION = "23505"
_DATA_EXCEPTION = "22"
_DISK_FULL = "53100"
_NO_WRITING = ("SQLITE_FULL", "SQLITE_IOERR")


class Units(Protocol):
    """How a kind of database runs one unit: in a transaction of its own, committed at the end, undone by whatever it
    raises.
    """

    async def run(self, unit: Unit[T], *, writes: bool) -> T:
        """Run it once."""

    async def close(self) -> None:
        """Close every connection."""


class Database:
    """A database with its two kinds of unit. `url` is sqlite+aiosqlite:///… or postgresql+asyncpg://…"""

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        self.url = url
        self._units = _units_of(url, pool_size=pool_size)

    async def read(self, unit: Unit[T]) -> T:
        """Run a unit that changes nothing, in one consistent snapshot; raises DatabaseBusy when it can't be had."""
        return await self._shielded(unit, writes=False)

    async def write(self, unit: Unit[T]) -> T:
        """Run a unit and commit it; it has happened, durably, when this returns. Raises DatabaseBusy when nothing was
        done.
        """
        return await self._shielded(unit, writes=True)

    async def close(self) -> None:
        """Close every connection."""
        await self._units.close()

    async def _shielded(self, unit: Unit[T], *, writes: bool) -> T:
        task = asyncio.ensure_future(_with_afterwards(self._units, unit, writes=writes))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await _finish(task)
            raise


def _units_of(url: str, *, pool_size: int) -> Units:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return SqliteUnits(str(parsed.database), readers=max(1, pool_size - 1), prepare=_guard)
    from storage.postgresql import PostgresqlUnits  # noqa: PLC0415 - whoever uses SQLite need not wait for asyncpg

    return PostgresqlUnits(url, pool_size=pool_size, prepare=_guard)


async def _finish(task: asyncio.Task[Any]) -> None:
    """A half-done statement would keep the write lock: let it finish, however often the caller is cancelled, then
    obey.
    """
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([task])
    if not task.cancelled():
        task.exception()  # looked at: nobody else will hear of it


async def _with_afterwards(units: Units, unit: Unit[T], *, writes: bool) -> T:
    """Run a unit, and then what it left to be done, whose failing is no failing of the unit."""
    todo: dict[Afterwards, list[str]] = {}

    async def noting(session: AsyncSession) -> T:
        todo.clear()  # it may run more than once
        session.info[AFTERWARDS] = todo
        return await unit(session)

    result = await _with_retries(units, noting, writes=writes)
    for what, names in todo.items():
        with suppress(DatabaseBusy):
            await _with_retries(units, _about(what, names), writes=True)
    return result


def _about(what: Afterwards, names: Sequence[str]) -> Unit[None]:
    return lambda session: what(session, names)


async def _with_retries(units: Units, unit: Unit[T], *, writes: bool) -> T:
    for attempt in range(1, TRIES + 1):
        try:
            return await units.run(unit, writes=writes)
        except (UnicodeEncodeError, OverflowError) as error:
            raise Unstorable("a text or a number is one that no database takes") from error
        except DBAPIError as error:
            _give_up(error, attempt=attempt)
        await asyncio.sleep(0.01 * attempt)
    raise AssertionError("unreachable")


def _give_up(error: DBAPIError, *, attempt: int) -> None:
    """Raise what the caller is to hear, unless the unit should be run again."""
    if _is_taken(error):
        # Another process may have written the same at the same time: looked at again, the unit finds that row.
        if attempt > 1:
            raise AlreadyExists("something that must be unique is there already") from error
    elif (getattr(error.orig, "sqlstate", None) or "").startswith(_DATA_EXCEPTION):
        raise Unstorable("a text or a number is one that no database takes") from error
    elif _is_full(error):
        raise DatabaseFull("the disk of the database is full, or cannot be written: make room there") from error
    elif not _lost_a_race(error):
        raise error
    elif attempt == TRIES or _waited_in_vain(error):
        raise DatabaseBusy("the database is busy: try again in a moment") from error


def _is_taken(error: DBAPIError) -> bool:
    """A unique constraint was violated."""
    if not isinstance(error, IntegrityError):
        return False
    return getattr(error.orig, "sqlstate", None) == _UNIQUE_VIOLATION or "UNIQUE" in str(error.orig)


def _is_full(error: DBAPIError) -> bool:
    """There is no room, or no way, to write."""
    name = getattr(error.orig, "sqlite_errorname", "") or ""
    return name.startswith(_NO_WRITING) or getattr(error.orig, "sqlstate", None) == _DISK_FULL


def _lost_a_race(error: DBAPIError) -> bool:
    """The database says: nothing was done, run it again."""
    if getattr(error.orig, "sqlstate", None) in _RETRIED_SQLSTATES:
        return True
    return isinstance(error, OperationalError) and "locked" in str(error.orig)


def _waited_in_vain(error: DBAPIError) -> bool:
    """SQLite already waited the whole busy timeout for the lock (a busy snapshot, in contrast, fails at once)."""
    return getattr(error.orig, "sqlite_errorname", "") == "SQLITE_BUSY"


def _guard(engine: Engine) -> None:
    event.listen(engine, "before_cursor_execute", _refuse_nul)


def _refuse_nul(_connection: Any, _cursor: Any, _statement: str, parameters: Any, *_more: Any) -> None:
    """`parameters` is a list of rows for a statement that is repeated, otherwise one row."""
    for row in parameters if isinstance(parameters, list) else (parameters,):
        refuse_nul(row.values() if isinstance(row, dict) else row)
