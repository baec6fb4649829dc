"""Small helpers for statements that read the same on SQLite and PostgreSQL; the one place that asks which of the two it
is.

Putting a statement together costs several times what running it costs (measured: a SELECT by a unique column 430 µs, of
which 250 for building it; the condition of `storage.visibility` 1.9 ms, of which 1.6). So what runs for every page is
built once, with a `bindparam` where a value goes: a constant beside its function, or a function with `@cache`. What
runs for every activity is prepared, too: see `storage.prepared`.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from typing import Any, Protocol

from sqlalchemy import CursorResult, Select, Update, bindparam, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from storage.errors import AlreadyExists
from storage.ids import near
from storage.prepared import Change
from storage.rows import table_of, values_of

Values = Mapping[str, Any]


class Upsert(Protocol):
    """What the `insert` of both dialects can do beyond the plain one."""

    def on_conflict_do_nothing(self, **how: Any) -> Any:
        """Leave the row that is there."""

    def on_conflict_do_update(self, **how: Any) -> Any:
        """Change the row that is there."""


def is_sqlite(session: AsyncSession) -> bool:
    """SQLite has one writer and no row locks."""
    return session.get_bind().dialect.name == "sqlite"


async def take_turn(session: AsyncSession, turn: int) -> None:
    """Wait until no other transaction has this turn, and keep it until the end of this one. On SQLite whoever writes
    has it.
    """
    if not is_sqlite(session):
        await session.execute(_TURN, {"turn": turn})


async def take_turns(session: AsyncSession, names: Iterable[str]) -> bool:
    """Wait until no other transaction has its turn with any of these, whatever they name, and keep them until the end
    of this one: whoever waited sees what the others wrote. False on SQLite, where nobody had to wait.
    """
    if is_sqlite(session):
        return False
    turns = sorted({int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True) for name in names})
    await session.execute(_TURNS, {"turns": turns})  # all in one order, so that nobody waits for each other
    return True


_KEYS_TRIED = 10
_TURN = text("SELECT pg_advisory_xact_lock(:turn)")
_TURNS = text("SELECT pg_advisory_xact_lock(turn) FROM unnest(CAST(:turns AS bigint[])) AS turn")


def insert_into(session: AsyncSession, model: type[SQLModel]) -> Any:
    """An INSERT that can say what happens on a conflict (see `Upsert`)."""
    return upsert_into(model, is_sqlite(session))


@cache
def upsert_into(model: type[SQLModel], on_sqlite: bool) -> Any:  # noqa: FBT001 - a key of the cache
    """The same, for a statement that is built once for each kind of database."""
    insert = sqlite.insert if on_sqlite else postgresql.insert
    return insert(table_of(model))


async def insert_row(session: AsyncSession, row: SQLModel) -> None:
    """Insert one row. Raises AlreadyExists (at the end of the unit) where it must be unique and is not."""
    await _insert(type(row)).run(session, **values_of(row))


async def insert_new(session: AsyncSession, row: SQLModel) -> bool:
    """Insert a row unless a unique constraint says that it is there already; answers whether it was new."""
    values = values_of(row)
    return await _insert_new(type(row), tuple(values)).run(session, **values) == 1


async def insert_under_free_key(session: AsyncSession, row: Any, *, is_there: Callable[[], Awaitable[bool]]) -> bool:
    """Insert a row that was made elsewhere, and give it another key where its own is taken by something else; False if
    `is_there` says that it is not new.
    """
    for attempt in range(_KEYS_TRIED):
        if await insert_new(session, row):
            return True
        if await is_there():
            return False
        row.id = near(row.id, attempt)
    raise AlreadyExists("no key is free for what happened at this moment")


async def insert_all(session: AsyncSession, model: type[SQLModel], rows: Sequence[Values]) -> None:
    """Insert many rows at once, all with the same columns, leaving out those that are there already."""
    if rows:
        await _insert_new(model, tuple(rows[0])).run_all(session, rows)


async def add_to_columns(session: AsyncSession, model: type[SQLModel], id: int, **steps: int) -> None:
    """Add to counters of one row: `likes_count=1`, `replies_count=-1`."""
    for name, step in steps.items():
        await _addition(model, name).run(session, key=id, step=step)


async def change(session: AsyncSession, statement: Update, rows: Values | Sequence[Values] | None = None) -> int:
    """Run an UPDATE past the ORM, with one set of parameters or for each of several; how many rows it changed."""
    options = {"synchronize_session": False}
    return changed(await session.execute(statement, rows, execution_options=options))


def changed(result: Any) -> int:
    """How many rows a statement changed."""
    cursor: CursorResult[Any] = result
    return cursor.rowcount


def locking(statement: Select[*tuple[Any, ...]], model: type[SQLModel], *, on_sqlite: bool) -> Any:
    """The query, locking the rows it finds and passing over those that others have locked. SQLite has one writer
    anyway.
    """
    return statement if on_sqlite else statement.with_for_update(skip_locked=True, of=model)


def distinct(values: Iterable[int]) -> list[int]:
    """Each value once, in order."""
    return list(dict.fromkeys(values))


@cache
def _insert(model: type[SQLModel]) -> Change:
    return Change.insert(model)


@cache
def _insert_new(model: type[SQLModel], columns: tuple[str, ...]) -> Change:
    return Change.insert_new(model, columns=columns)


@cache
def _addition(model: type[SQLModel], name: str) -> Change:
    table = table_of(model)
    one = update(table).where(table.c.id == bindparam("key"))
    return Change(one.values({name: table.c[name] + bindparam("step")}))
