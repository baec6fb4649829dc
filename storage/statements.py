"""Small helpers for statements that read the same on SQLite and PostgreSQL; the one place that asks which of the two it is."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import CursorResult, Select, Table, Update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

Values = Mapping[str, Any]


class Upsert(Protocol):
    """What the `insert` of both dialects can do beyond the plain one."""

    def on_conflict_do_nothing(self, **how: Any) -> Any:
        """Leave the row that is there."""

    def on_conflict_do_update(self, **how: Any) -> Any:
        """Change the row that is there."""


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a model, for statements that go round the ORM."""
    table: Table = model.__table__  # type: ignore[attr-defined] # SQLModel sets it, but does not declare it
    return table


def is_sqlite(session: AsyncSession) -> bool:
    """SQLite has one writer and no row locks."""
    return session.get_bind().dialect.name == "sqlite"


def insert_into(session: AsyncSession, model: type[SQLModel]) -> Any:
    """An INSERT that can say what happens on a conflict (see `Upsert`)."""
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    return insert(table_of(model))


def values_of(row: SQLModel) -> dict[str, Any]:
    """All columns of a row, for an INSERT."""
    return {column.key: getattr(row, column.key) for column in table_of(type(row)).columns}


async def insert_row(session: AsyncSession, row: SQLModel) -> None:
    """Insert one row. Raises AlreadyExists (at the end of the unit) where it must be unique and is not."""
    await session.execute(table_of(type(row)).insert(), values_of(row))


async def insert_new(session: AsyncSession, row: SQLModel) -> bool:
    """Insert a row unless a unique constraint says that it is there already; answers whether it was new."""
    statement = insert_into(session, type(row)).on_conflict_do_nothing()
    return changed(await session.execute(statement, values_of(row))) == 1


async def insert_all(session: AsyncSession, model: type[SQLModel], rows: Sequence[Values]) -> None:
    """Insert many rows at once, leaving out those that are there already."""
    if rows:
        await session.execute(insert_into(session, model).on_conflict_do_nothing(), rows)


async def change(session: AsyncSession, statement: Update, rows: Sequence[Values] | None = None) -> int:
    """Run an UPDATE past the ORM, once or for each of `rows`; how many rows it changed."""
    options = {"synchronize_session": False}
    return changed(await session.execute(statement, rows, execution_options=options))


def changed(result: Any) -> int:
    """How many rows a statement changed."""
    cursor: CursorResult[Any] = result
    return cursor.rowcount


def locking(session: AsyncSession, statement: Select[*tuple[Any, ...]], model: type[SQLModel]) -> Any:
    """The query, locking the rows it finds and passing over those that others have locked. SQLite has one writer anyway."""
    return statement if is_sqlite(session) else statement.with_for_update(skip_locked=True, of=model)


def distinct(values: Iterable[int]) -> list[int]:
    """Each value once, in order."""
    return list(dict.fromkeys(values))
