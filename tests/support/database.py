"""Real databases for tests: SQLite files, and a PostgreSQL server that lives as long as the run.

Migrating takes its time, so each kind of database is migrated once and then copied for every test; on PostgreSQL, where
a copy takes its time as well, a database whose test is over is emptied and used again, if nothing but its rows has
changed. Each worker of pytest-xdist has a server of its own, so there is nothing for them to share or to wait for.
`FEDIHUB_TEST_DATABASES` (like `sqlite,postgresql`) chooses the kinds.
"""

import asyncio
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

import asyncpg
import pytest
from sqlalchemy import Dialect, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import LRUCache

from storage import postgresql
from storage.schema import migrate

T = TypeVar("T")

KINDS = ("sqlite", "postgresql")
_TEMPLATE = "template_hub"
_LARGEST = 16 * 1024 * 1024
"""Bytes on the disk: who leaves more behind (the template has 9 MB) would make the next test slow."""
SAMPLE = 5
"""One of so many."""
_WHOLE = ("tests/storage", "tests/journeys", "tests/fedihub/workers", "tests/fedihub/test_")
_ROOM = 1024 * 1024 * 1024
_SHAPE = """
    SELECT md5(string_agg(line, ',' ORDER BY line)) FROM (
        SELECT format('%s %s %s %s', relname, attname, atttypid, attnotnull) AS line
            FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
            WHERE relnamespace = 'public'::regnamespace AND NOT attisdropped
        UNION ALL SELECT format('%s %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
        UNION ALL SELECT tgname FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT version_num FROM alembic_version
    ) AS lines
"""
"""All that a test may have changed beside rows."""
_EMPTY = """
    DO $$ DECLARE name text; BEGIN
        SET LOCAL session_replication_role = replica;
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
            EXECUTE format('DELETE FROM %I', name);
        END LOOP;
    END $$
"""
_OPTIONS = "-c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=200"


def kinds() -> list[str]:
    """The kinds of database that this run tests."""
    chosen = os.environ.get("FEDIHUB_TEST_DATABASES") or ",".join(KINDS)
    wanted = [kind.strip() for kind in chosen.split(",") if kind.strip()]
    if unknown := set(wanted) - set(KINDS):
        raise ValueError(f"FEDIHUB_TEST_DATABASES names {sorted(unknown)}, but there are only {KINDS}")
    return wanted


def is_sampled(item: pytest.Item) -> bool:
    """Whether a test runs: all do, but for most of those on PostgreSQL that are not about what databases do."""
    kind = getattr(getattr(item, "callspec", None), "params", {}).get("database_kind")
    if kind != "postgresql" or os.environ.get("FEDIHUB_TEST_DATABASES"):
        return True
    return item.nodeid.startswith(_WHOLE) or crc32(item.nodeid.encode()) % SAMPLE == 0


def share_spelled_statements() -> None:
    """Let all engines for PostgreSQL in this process have one dialect, and one memory of statements turned into SQL, as
    those for SQLite have anyway (see `storage.sqlite`). A server needs only one engine.
    """
    shared = LRUCache[Any, Any](2_000)
    dialects: list[Dialect] = []

    def make_sharing(url: str, **options: Any) -> AsyncEngine:
        engine = create_async_engine(url, execution_options={"compiled_cache": shared}, **options)
        dialects.append(engine.sync_engine.dialect)
        # One that has been connected knows its server; before that, each has its own.
        engine.sync_engine.dialect = next((one for one in dialects if one.server_version_info), dialects[-1])
        return engine

    vars(postgresql)["create_async_engine"] = make_sharing


def in_own_loop(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end from anywhere, also while a loop runs: it gets a thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(make())).result()


class SqliteDatabases:
    """Database files in a folder, each a copy of one that was migrated once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._template = folder / "template.db"
        in_own_loop(lambda: migrate(f"sqlite+aiosqlite:///{self._template}"))

    def fresh(self) -> str:
        """The URL of a new, migrated database."""
        url = self.empty()
        shutil.copyfile(self._template, str(make_url(url).database))
        return url

    def empty(self) -> str:
        """The URL of a database that is not there yet."""
        return f"sqlite+aiosqlite:///{self._folder / f'hub{next(self._numbers)}.db'}"

    def drop(self, url: str) -> None:
        """Take away a database and its helper files."""
        for suffix in ("", "-wal", "-shm"):
            Path(f"{make_url(url).database}{suffix}").unlink(missing_ok=True)

    def stop(self) -> None:
        """Nothing runs."""


class PostgresqlDatabases:
    """A server on a Unix socket in a folder of its own, as Debian's `postgresql` package brings it; root runs it as
    `postgres`.
    """

    def __init__(self) -> None:
        self._bin = find_server()
        self._folder = Path(tempfile.mkdtemp(prefix="fedihub-pg-"))
        self._numbers = itertools.count(1)
        if os.getuid() == 0:
            shutil.chown(self._folder, "postgres")
        data = str(self._folder / "data")
        self._run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync")
        self._control("start", "-w", "-l", str(self._folder / "log"), "-o", f"-k {self._folder} {_OPTIONS}")
        self._sql(f"CREATE DATABASE {_TEMPLATE}")
        in_own_loop(lambda: migrate(self._url(_TEMPLATE)))
        self._shape = in_own_loop(lambda: self._shape_of(_TEMPLATE))
        self._emptied: list[str] = []

    def fresh(self) -> str:
        """The URL of a migrated database without any row."""
        return self._emptied.pop() if self._emptied else self._create(f"TEMPLATE {_TEMPLATE}")

    def empty(self) -> str:
        """The URL of a database without any table."""
        return self._create("")

    def drop(self, url: str) -> None:
        """Take away a database, or empty it for the next test; whoever is still connected to it is cut off."""
        if in_own_loop(lambda: self._empty(str(make_url(url).database))):
            self._emptied.append(url)
        else:
            self._sql(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server and remove all that it wrote."""
        self._control("stop", "-m", "immediate")
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _empty(self, name: str) -> bool:
        """Delete all rows; False if that does not make it like a new one."""
        connection = await self._connect(name)
        try:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
                name,
            )
            if await connection.fetchval("SELECT pg_database_size($1)", name) > _LARGEST:
                return False
            if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
                return False
            if await connection.fetchval(_SHAPE) != self._shape:
                return False
            await connection.execute(_EMPTY)
            return True
        finally:
            await connection.close()

    async def _shape_of(self, name: str) -> str:
        connection = await self._connect(name)
        shape: str = await connection.fetchval(_SHAPE)
        await connection.close()
        return shape

    async def _connect(self, name: str) -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(host=str(self._folder), user="postgres", database=name)

    def _create(self, how: str) -> str:
        name = f"hub{next(self._numbers)}"
        self._sql(f"CREATE DATABASE {name} {how}")
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql+asyncpg://postgres@/{name}?host={self._folder}"

    def _sql(self, statement: str) -> None:
        async def run() -> None:
            connection = await self._connect("postgres")
            await connection.execute(statement)
            await connection.close()

        in_own_loop(run)

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), *arguments)

    def _run(self, tool: str, *arguments: str) -> None:
        as_postgres = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        command = [*as_postgres, str(self._bin / tool), *arguments]
        # Files, not pipes: the server inherits them, and a pipe would never end.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(command, stdout=output, stderr=output, cwd=self._folder, check=False)
            output.seek(0)
            assert done.returncode == 0, output.read().decode()


Databases = SqliteDatabases | PostgresqlDatabases


def find_server() -> Path:
    """Where PostgreSQL's programs are. Skips the test where there are none, but never in CI."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        message = "PostgreSQL's server is not installed (Debian: apt-get install postgresql)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found[-1].parent if found else Path(str(on_path)).resolve().parent


def _in_memory(folder: Path) -> Path:
    """A folder in memory, where there is room for one, else this one: each commit of SQLite waits for the disk, and a
    third of the tests' time would go by with that. What a disk does is for the benchmarks.
    """
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes it ours alone
    if not memory.is_dir() or shutil.disk_usage(memory).free < _ROOM:
        return folder
    return Path(tempfile.mkdtemp(prefix="fedihub-db-", dir=memory))


class DatabaseFarm:
    """The databases of a run, made when a test first asks for that kind."""

    def __init__(self, folder: Path) -> None:
        self._folder = _in_memory(folder)
        self._made: dict[str, Databases] = {}

    def of(self, kind: str) -> Databases:
        """Where databases of this kind come from."""
        if kind not in self._made:
            self._made[kind] = SqliteDatabases(self._folder) if kind == "sqlite" else PostgresqlDatabases()
        return self._made[kind]

    def stop(self) -> None:
        """End what was started."""
        for databases in self._made.values():
            databases.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
