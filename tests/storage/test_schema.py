"""Migrations: what they make is what the tables say, they take turns, and a database that is not ours to touch is
refused.
"""

import asyncio
import stat
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import downgrade, upgrade
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, CursorResult, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from storage.database import Database, Session
from storage.errors import SchemaMismatch
from storage.schema import check_revision, configuration, current_revision, migrate, newest_revision
from storage.tables import METADATA
from tests.support.database import DatabaseFarm

T = TypeVar("T")


@pytest.fixture
def empty_url(database_farm: DatabaseFarm, database_kind: str) -> Iterator[str]:
    databases = database_farm.of(database_kind)
    url = databases.empty()
    yield url
    databases.drop(url)


async def execute(url: str, statement: str) -> list[Any]:
    async def unit(session: Session) -> list[Any]:
        result = await session.execute(text(statement))
        return list(result.all()) if isinstance(result, CursorResult) and result.returns_rows else []

    database = Database(url)
    try:
        return await database.write(unit)
    finally:
        await database.close()


async def look(database: Database, see: Callable[[Connection], T]) -> T:
    """What Alembic or the inspector sees on a connection."""
    return await database.read(lambda session: session.run_sync(lambda sync: see(sync.connection())))


def differences(connection: Connection) -> list[Any]:
    with warnings.catch_warnings():
        # SQLite's index over an expression can't be reflected; the test below asks for it by its effect.
        warnings.filterwarnings("ignore", message=".*expression-based index")
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, METADATA))


async def test_migrations_make_what_the_tables_say(database: Database) -> None:
    assert await look(database, differences) == []


async def test_a_column_that_no_migration_made_would_be_noticed(database: Database, database_url: str) -> None:
    await execute(database_url, "ALTER TABLE hosts DROP COLUMN software")
    assert len(await look(database, differences)) == 1


@pytest.mark.filterwarnings("ignore:.*expression-based index")
async def test_names_of_constraints_are_those_of_the_tables(database: Database) -> None:
    def names(connection: Connection) -> set[str | None]:
        found = inspect(connection)
        return {
            constraint["name"]
            for table in METADATA.tables
            for constraint in (*found.get_foreign_keys(table), *found.get_unique_constraints(table))
        }

    made = await look(database, names)
    unnamed = {None, "None"}
    assert not made & unnamed
    assert "fk_posts_author_id_actors" in made
    assert "uq_follows_follower_id_followed_id" in made


@pytest.mark.filterwarnings("ignore:.*expression-based index")
async def test_primary_keys_are_those_of_the_tables(database: Database) -> None:
    """Alembic does not compare them."""

    def keys(connection: Connection) -> dict[str, list[str]]:
        found = inspect(connection)
        return {name: sorted(found.get_pk_constraint(name)["constrained_columns"]) for name in METADATA.tables}

    said = {name: sorted(column.name for column in table.primary_key) for name, table in METADATA.tables.items()}
    assert await look(database, keys) == said


async def move(url: str, command: Callable[[Config, str], None], revision: str) -> None:
    """Bring a database to a revision that is not the newest, with Alembic's `upgrade` or `downgrade`."""

    def run(connection: Connection) -> None:
        config = configuration()
        config.attributes["connection"] = connection
        command(config, revision)

    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


TOMBSTONE = "INSERT INTO tombstones (uri, actor_uri, was_public, deleted_at) VALUES "


async def test_tombstones_of_an_older_hub_are_kept(empty_url: str) -> None:
    await move(empty_url, upgrade, "0001")
    await execute(empty_url, TOMBSTONE + "('a', 'ada', true, '2026-01-01'), ('b', 'bob', false, '2026-01-01')")
    await migrate(empty_url)
    await execute(empty_url, TOMBSTONE + "('b', 'eve', false, '2026-01-01')")
    kept = await execute(empty_url, "SELECT uri, actor_uri, was_public FROM tombstones ORDER BY uri, actor_uri")
    assert [tuple(row) for row in kept] == [("a", "ada", True), ("b", "bob", False), ("b", "eve", False)]
    await move(empty_url, downgrade, "0001")
    left = await execute(empty_url, "SELECT uri, actor_uri FROM tombstones ORDER BY uri")
    assert [tuple(row) for row in left] == [("a", "ada"), ("b", "bob")]


async def test_migrating_twice_and_at_once_does_it_once(empty_url: str) -> None:
    assert await current_revision(empty_url) is None
    with pytest.raises(SchemaMismatch, match="fedihub init"):
        await check_revision(empty_url)
    await asyncio.gather(*(migrate(empty_url) for _ in range(4)))
    await migrate(empty_url)
    await check_revision(empty_url)
    assert await current_revision(empty_url) == newest_revision()
    assert await execute(empty_url, "SELECT version_num FROM alembic_version") == [(newest_revision(),)]


async def test_a_newer_database_is_refused_and_left_alone(database_url: str) -> None:
    await execute(database_url, "UPDATE alembic_version SET version_num = '9999'")
    for attempt in (check_revision, migrate):
        with pytest.raises(SchemaMismatch, match="newer than this program"):
            await attempt(database_url)
    assert await current_revision(database_url) == "9999"


async def test_an_older_database_is_refused_with_what_to_do(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.schema.newest_revision", lambda: "0099")
    with pytest.raises(SchemaMismatch, match="fedihub migrate"):
        await check_revision(database_url)


async def test_a_migration_that_fails_has_not_happened(empty_url: str) -> None:
    """The last table stands in the way: all that was made before it is gone again."""
    await execute(empty_url, "CREATE TABLE home_entries (id INTEGER)")
    with pytest.raises(Exception, match="home_entries"):
        await migrate(empty_url)
    assert await current_revision(empty_url) is None
    database = Database(empty_url)
    tables = await look(database, lambda connection: inspect(connection).get_table_names())
    await database.close()
    assert tables == ["home_entries"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_nobody_else_can_read_the_file(empty_url: str) -> None:
    await migrate(empty_url)
    file = Path(empty_url.removeprefix("sqlite+aiosqlite:///"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_looking_at_a_missing_database_does_not_make_it(empty_url: str) -> None:
    with pytest.raises(SchemaMismatch):
        await check_revision(empty_url)
    assert not Path(empty_url.removeprefix("sqlite+aiosqlite:///")).exists()
