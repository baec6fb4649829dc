"""Moving a hub from one database to another, of whatever kind: table by table, page by page, and then compared.

Nobody may use either of the two meanwhile (the caller sees to that). The source is only read. What the hub is
(`hub_facts`) is written last: a copy that was cut short is no hub, and no server starts on it. Rows that name others of
their own table (a reply its parent, which may have come later) get these names when all rows are there.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, bindparam, func, select, tuple_, update

from storage.database import Database, Session
from storage.errors import CopyDiffers, NotEmpty
from storage.statements import change
from storage.tables import METADATA

PAGE = 2_000
_LEFT_OUT = {"processes"}
"""Who runs on a database is not part of the hub."""
_LAST = "hub_facts"


@dataclass(frozen=True, slots=True)
class TableCopy:
    """One table of a copy: how many rows it has, and a checksum over all of them (hexadecimal; their order does not
    matter).
    """

    name: str
    rows: int
    checksum: str


Report = Callable[[str, int, int], None]
"""Told after each page: the table, how many of its rows are done, and how many there are."""


async def count_rows(database: Database) -> dict[str, int]:
    """How many rows each table has, in the order in which they are copied."""

    async def unit(session: Session) -> dict[str, int]:
        return {table.name: await session.scalar(select(func.count()).select_from(table)) or 0 for table in _tables()}

    return await database.read(unit)


async def copy_all(source: Database, target: Database, *, report: Report) -> list[TableCopy]:
    """Copy every table into a migrated, empty database, and read both again to compare them.

    Raises NotEmpty (then nothing was written) and CopyDiffers.
    """
    if any((await count_rows(target)).values()):
        raise NotEmpty("the target is not empty: a hub is copied only into a database that was just made")
    sizes = await count_rows(source)
    for table in _tables():
        await _copy(table, source, target, size=sizes[table.name], report=report)
    return [await _compared(table, source, target) for table in _tables()]


async def _copy(table: Table, source: Database, target: Database, *, size: int, report: Report) -> None:
    done = 0
    own = _own_references(table)
    async for rows in _pages(table, source):
        await _insert(table, target, [row | dict.fromkeys(own) for row in rows])
        done += len(rows)
        report(table.name, done, size)
    if own:
        async for rows in _pages(table, source):
            await _set(table, target, rows, columns=own)


async def _insert(table: Table, target: Database, rows: Sequence[dict[str, Any]]) -> None:
    async def unit(session: Session) -> None:
        await session.execute(table.insert(), list(rows))

    await target.write(unit)


async def _set(table: Table, target: Database, rows: Sequence[dict[str, Any]], *, columns: Sequence[str]) -> None:
    """Write columns that could not be written at first, where they have a value."""
    keys = [bindparam(f"key_{column.name}", type_=column.type) for column in table.primary_key]
    found = [column == key for column, key in zip(table.primary_key, keys, strict=True)]
    named = {name: bindparam(f"new_{name}", type_=table.columns[name].type) for name in columns}
    statement = update(table).where(*found).values(named)
    wanted = [
        {f"key_{column.name}": row[column.name] for column in table.primary_key}
        | {f"new_{name}": row[name] for name in columns}
        for row in rows
        if any(row[name] is not None for name in columns)
    ]

    async def unit(session: Session) -> None:
        await change(session, statement, wanted)

    if wanted:
        await target.write(unit)


async def _compared(table: Table, source: Database, target: Database) -> TableCopy:
    before, after = await _measured(table, source), await _measured(table, target)
    if before != after:
        raise CopyDiffers(f"{table.name} is not the same in both databases: {before.rows} and {after.rows} rows")
    return after


async def _measured(table: Table, database: Database) -> TableCopy:
    number, total = 0, 0
    async for rows in _pages(table, database):
        number += len(rows)
        total += sum(_digest(row) for row in rows)
    return TableCopy(table.name, number, f"{total % 2**256:064x}")


async def _pages(table: Table, database: Database) -> AsyncIterator[list[dict[str, Any]]]:
    """All rows, in the order of their keys."""
    keys = list(table.primary_key)
    last: tuple[Any, ...] | None = None
    while True:
        rows = await database.read(_page(table, keys, last))
        if rows:
            yield rows
            last = tuple(rows[-1][column.name] for column in keys)
        if len(rows) < PAGE:
            return


def _page(table: Table, keys: Sequence[Column[Any]], last: tuple[Any, ...] | None) -> Any:
    wanted = select(table).order_by(*keys).limit(PAGE)
    if last is not None:
        wanted = wanted.where(tuple_(*keys) > last)

    async def unit(session: Session) -> list[dict[str, Any]]:
        return [dict(row) for row in (await session.execute(wanted)).mappings()]

    return unit


def _tables() -> list[Table]:
    """What is copied, each table after those that it names."""
    tables = [table for table in METADATA.sorted_tables if table.name not in _LEFT_OUT]
    return [*(table for table in tables if table.name != _LAST), METADATA.tables[_LAST]]


def _own_references(table: Table) -> list[str]:
    """The columns that name other rows of the same table."""
    return [column.name for column in table.columns if any(key.column.table is table for key in column.foreign_keys)]


def _digest(row: dict[str, Any]) -> int:
    """A number for a row that is the same on both kinds of database."""
    text = repr(sorted((name, _plain(value)) for name, value in row.items()))
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")


def _plain(value: Any) -> Any:
    """JSON objects have no order of their own (PostgreSQL gives them one); bytes may come as a view."""
    if isinstance(value, dict):
        return sorted((name, _plain(item)) for name, item in value.items())
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return bytes(value) if isinstance(value, memoryview | bytearray) else value
