"""Statements that run for every activity, post and delivery: put together once, and handed to the driver as they are.

Whatever SQLAlchemy does around a statement costs more than the statement itself, and applying one activity takes a
dozen. To find a post by its uri takes SQLite 8 µs, and 120 through SQLAlchemy; such a look-up takes PostgreSQL, with
the way there and back, 40 µs, and 370 through SQLAlchemy (tables still empty, nothing else running on the server). So a
statement whose shape never changes is written as a constant, with a `bindparam` where a value goes:

    _BY_URI = Query.rows(Post, col(Post.uri) == bindparam("uri"))
    ...
    post = await _BY_URI.first(session, uri=uri)

SQLAlchemy compiles it for the database that is asked, the first time, and knows how each value is written and read
there; only the way through its session, its ORM and its results is left out (see `storage.driver`).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import BindParameter, ColumnElement, Dialect, Select, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import Compiled
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from storage.columns import refuse_nul
from storage.driver import Driver, UnitSession
from storage.errors import NotFound
from storage.rows import row_reader, table_of

M = TypeVar("M", bound=SQLModel)
T = TypeVar("T")
Values = Mapping[str, Any]
Converter = Callable[[Any], Any]


class Query(Generic[T]):
    """A SELECT; `read` makes what is answered of the values of a row."""

    def __init__(self, statement: Select[*tuple[Any, ...]], read: Callable[[Sequence[Any]], T]) -> None:
        self._statement = statement
        self._read = read
        self._prepared = cache(self._prepare)

    @classmethod
    def rows(cls, model: type[M], *conditions: ColumnElement[bool]) -> "Query[M]":
        """The rows of a table for which all conditions hold."""
        return Query(select(*table_of(model).columns).where(*conditions), row_reader(model))

    @classmethod
    def values(cls, statement: Select[T]) -> "Query[T]":
        """The only column of a query."""
        return Query(statement, itemgetter(0))

    async def first(self, session: AsyncSession, **values: Any) -> T | None:
        """The first that is found."""
        driver = _driver(session)
        prepared = self._prepared(driver.dialect)
        if prepared is None:
            found: Any = (await session.execute(self._statement, values)).first()
            return self._read(found) if found is not None else None
        row = await driver.first(prepared.sql, prepared.arguments(values))
        return self._read(prepared.result(row)) if row is not None else None

    async def get(self, session: AsyncSession, missing: str, **values: Any) -> T:
        """The first that is found. Raises NotFound, which says what is missing."""
        found = await self.first(session, **values)
        if found is None:
            raise NotFound(missing)
        return found

    async def all(self, session: AsyncSession, **values: Any) -> list[T]:
        """All that are found."""
        driver = _driver(session)
        prepared = self._prepared(driver.dialect)
        if prepared is None:
            return [self._read(found) for found in await session.execute(self._statement, values)]
        rows = await driver.all(prepared.sql, prepared.arguments(values))
        return [self._read(prepared.result(row)) for row in rows]

    def _prepare(self, dialect: Dialect) -> "_Prepared | None":
        """None for a query with a list, whose text is another for each length: it goes the ordinary way."""
        compiled: Any = self._statement.compile(dialect=dialect)
        types = [column.type for column in self._statement.selected_columns]
        return None if compiled.post_compile_params else _Prepared(compiled, dialect, types)


class Change:
    """An INSERT, UPDATE or DELETE; it answers how many rows it changed."""

    def __init__(self, statement: Any, *, for_sqlite: Any = None, columns: Sequence[str] | None = None) -> None:
        """`for_sqlite` where it must be told otherwise there; an INSERT of plain values names its `columns`."""
        self._statement = statement
        self._for_sqlite = statement if for_sqlite is None else for_sqlite
        self._columns = columns
        self._prepared = cache(self._prepare)

    @classmethod
    def insert(cls, model: type[SQLModel]) -> "Change":
        """Insert whole rows."""
        return cls(table_of(model).insert(), columns=table_of(model).columns.keys())

    @classmethod
    def insert_new(cls, model: type[SQLModel], *, columns: Sequence[str]) -> "Change":
        """Insert rows of which these columns are given, unless a unique constraint says that they are there already."""
        return cls.upsert(model, lambda insert: insert.on_conflict_do_nothing(), columns=columns)

    @classmethod
    def upsert(
        cls, model: type[SQLModel], end: Callable[[Any], Any], *, columns: Sequence[str] | None = None
    ) -> "Change":
        """Insert in a way that each kind of database spells with an `insert` of its own, which `end` completes."""
        table = table_of(model)
        return cls(end(postgresql.insert(table)), for_sqlite=end(sqlite.insert(table)), columns=columns)

    async def run(self, session: AsyncSession, **values: Any) -> int:
        """Run it once."""
        driver = _driver(session)
        prepared = self._prepared(driver.dialect)
        return await driver.run(prepared.sql, prepared.arguments(values))

    async def run_all(self, session: AsyncSession, rows: Sequence[Values]) -> None:
        """Run it once for each of these."""
        if rows:
            driver = _driver(session)
            prepared = self._prepared(driver.dialect)
            await driver.run_all(prepared.sql, [prepared.arguments(row) for row in rows])

    def _prepare(self, dialect: Dialect) -> "_Prepared":
        statement = self._for_sqlite if dialect.name == "sqlite" else self._statement
        return _Prepared(statement.compile(dialect=dialect, column_keys=self._columns), dialect)


def _driver(session: AsyncSession) -> Driver:
    return cast(UnitSession, session).driver


class _Prepared:
    """The text of a statement for one kind of database, how its arguments are written, and how its results are read."""

    def __init__(self, compiled: Compiled, dialect: Dialect, results: Sequence[TypeEngine[Any]] = ()) -> None:
        parts: Any = compiled
        if getattr(parts, "insert_prefetch", ()) or parts.post_compile_params:
            raise ValueError(f"this can't be prepared, for a list or a default is filled in at each call: {parts}")
        self.sql = str(compiled)
        self._arguments = [_argument(parts.binds[name], dialect) for name in parts.positiontup]
        readers = [(at, _reader(type_, dialect)) for at, type_ in enumerate(results)]
        self._readers = [(at, reader) for at, reader in readers if reader is not None]

    def arguments(self, values: Values) -> list[Any]:
        """The arguments in their order. Raises Unstorable, and StatementError for a value that is not of its type."""
        try:
            found = [
                constant if name is None else values[name] if write is None else write(values[name])
                for name, constant, write in self._arguments
            ]
        except (TypeError, ValueError) as error:
            raise StatementError(str(error), self.sql, None, error) from error
        refuse_nul(found)
        return found

    def result(self, found: Sequence[Any]) -> Sequence[Any]:
        """The values of a row as the program knows them."""
        if not self._readers:
            return found
        values = list(found)
        for at, read in self._readers:
            values[at] = read(values[at])
        return values


def _argument(bind: BindParameter[Any], dialect: Dialect) -> tuple[str | None, Any, Converter | None]:
    """The name of an argument and how it is written; for one that the statement itself has, None and its value."""
    write = bind.type.dialect_impl(dialect).bind_processor(dialect)
    if bind.required:
        return bind.key, None, write
    value = bind.effective_value
    return None, write(value) if write is not None else value, None


def _reader(type_: TypeEngine[Any], dialect: Dialect) -> Converter | None:
    return type_.dialect_impl(dialect).result_processor(dialect, None)
