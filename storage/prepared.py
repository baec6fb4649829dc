"""Statements that run for every activity, post and delivery: put together once, and on SQLite handed to its driver as
they are.

Whatever SQLAlchemy does around a statement costs more than the statement itself: of 120 µs for finding a post by its
uri SQLite needs 8, and applying one activity takes a dozen such statements. So a statement whose shape never changes
is written as a constant, with a `bindparam` where a value goes:

    _BY_URI = Query.rows(Post, col(Post.uri) == bindparam("uri"))
    ...
    post = await _BY_URI.first(session, uri=uri)

SQLAlchemy compiles it and knows how each value is written and read; only the way through its session, its ORM and its
results is left out. On PostgreSQL, where a round trip outweighs all that, it goes the ordinary way.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Dialect, Select, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import Compiled
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from storage.columns import refuse_nul
from storage.errors import NotFound
from storage.rows import row_reader, table_of
from storage.sqlite import UnitSession

M = TypeVar("M", bound=SQLModel)
T = TypeVar("T")
Values = Mapping[str, Any]
Converter = Callable[[Any], Any]

_SQLITE: Dialect = sqlite.dialect()


class Query(Generic[T]):
    """A SELECT; `read` makes what is answered of the values of a row."""

    def __init__(self, statement: Select[*tuple[Any, ...]], read: Callable[[Sequence[Any]], T]) -> None:
        self._statement = statement
        self._read = read

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
        if isinstance(session, UnitSession) and self._prepared is not None:
            cursor = session.driver.execute(self._prepared.sql, self._prepared.arguments(values))
            row = cursor.fetchone()
            return self._read(self._prepared.result(row)) if row is not None else None
        found = (await session.execute(self._statement, values)).first()
        return self._read(found) if found is not None else None

    async def get(self, session: AsyncSession, missing: str, **values: Any) -> T:
        """The first that is found. Raises NotFound, which says what is missing."""
        found = await self.first(session, **values)
        if found is None:
            raise NotFound(missing)
        return found

    async def all(self, session: AsyncSession, **values: Any) -> list[T]:
        """All that are found."""
        if isinstance(session, UnitSession) and self._prepared is not None:
            cursor = session.driver.execute(self._prepared.sql, self._prepared.arguments(values))
            return [self._read(self._prepared.result(row)) for row in cursor]
        return [self._read(found) for found in await session.execute(self._statement, values)]

    @cached_property
    def _prepared(self) -> "_Prepared | None":
        """None for a query with a list, whose text is another for each length: it goes the ordinary way everywhere."""
        compiled: Any = self._statement.compile(dialect=_SQLITE)
        types = [column.type for column in self._statement.selected_columns]
        return None if compiled.post_compile_params else _Prepared(compiled, types)


class Change:
    """An INSERT, UPDATE or DELETE; it answers how many rows it changed."""

    def __init__(self, statement: Any, *, for_sqlite: Any = None, columns: Sequence[str] | None = None) -> None:
        """`for_sqlite` where it must be told otherwise there; an INSERT of plain values names its `columns`."""
        self._statement = statement
        self._for_sqlite = statement if for_sqlite is None else for_sqlite
        self._columns = columns

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
        if isinstance(session, UnitSession):
            return session.driver.execute(self._prepared.sql, self._prepared.arguments(values)).rowcount
        result: Any = await session.execute(self._statement, values, execution_options=_PAST_THE_ORM)
        return int(result.rowcount)

    async def run_all(self, session: AsyncSession, rows: Sequence[Values]) -> int:
        """Run it once for each of these."""
        if not rows:
            return 0
        if isinstance(session, UnitSession):
            arguments = [self._prepared.arguments(row) for row in rows]
            return session.driver.executemany(self._prepared.sql, arguments).rowcount
        result: Any = await session.execute(self._statement, list(rows), execution_options=_PAST_THE_ORM)
        return int(result.rowcount)

    @cached_property
    def _prepared(self) -> "_Prepared":
        return _Prepared(self._for_sqlite.compile(dialect=_SQLITE, column_keys=self._columns))


_PAST_THE_ORM = {"synchronize_session": False}


class _Prepared:
    """The text of a statement for SQLite, how its arguments are written, and how its results are read."""

    def __init__(self, compiled: Compiled, results: Sequence[TypeEngine[Any]] = ()) -> None:
        parts: Any = compiled
        if getattr(parts, "insert_prefetch", ()) or parts.post_compile_params:
            raise ValueError(f"this can't be prepared, for a list or a default is filled in at each call: {parts}")
        self.sql = str(compiled)
        self._arguments = [_argument(parts.binds[name]) for name in parts.positiontup]
        readers = [(at, _reader(type_)) for at, type_ in enumerate(results)]
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


def _argument(bind: BindParameter[Any]) -> tuple[str | None, Any, Converter | None]:
    """The name of an argument and how it is written; for one that the statement itself has, None and its value."""
    write = bind.type.dialect_impl(_SQLITE).bind_processor(_SQLITE)
    if bind.required:
        return bind.key, None, write
    value = bind.effective_value
    return None, write(value) if write is not None else value, None


def _reader(type_: TypeEngine[Any]) -> Converter | None:
    return type_.dialect_impl(_SQLITE).result_processor(_SQLITE, None)
