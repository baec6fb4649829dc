"""The schema of a database: bringing it up to date, and refusing to work with one that is not.

A migration is one transaction: killed half-way it has not happened. Two processes that migrate at once take turns, by
SQLite's write lock or by an advisory lock on PostgreSQL, and the second finds nothing to do. A database that a newer
program has migrated is refused.

Every start asks for the revision, few starts migrate: so Alembic is imported only by who migrates, and a revision is
read from its table.
"""

import fcntl
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, event, inspect, make_url, pool, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.errors import DatabaseAway, SchemaMismatch

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x_FED1_4B
_PATIENCE_MS = 60_000
_AWAY_SQLSTATES = ("28", "3D", "53", "57P")
"""Wrong name or password, no such database, no connection left, shutting down."""


async def migrate(url: str) -> None:
    """Bring a database to the newest revision, making it if it is not there. Raises SchemaMismatch if it is newer than
    we are.
    """
    _make_file(url)
    async with _Connected(url) as connect:
        await connect(_migrate)


async def current_revision(url: str) -> str | None:
    """The revision that a database is at; None if it was never migrated (or is not there)."""
    if _is_missing(url):
        return None
    async with _Connected(url) as connect:
        revision: str | None = await connect(_revision)
        return revision


async def check_revision(url: str) -> None:
    """Raises SchemaMismatch, saying what to do, if the database is missing, older or newer than this program."""
    revision = await current_revision(url)
    if revision is None:
        raise SchemaMismatch("there is no database yet: make one with `fedihub init`")
    _check_known(revision)
    if revision != newest_revision():
        raise SchemaMismatch(f"the database is at revision {revision}, older than this program: run `fedihub migrate`")


def newest_revision() -> str:
    """The revision that this program was written for."""
    return _revisions()[-1]


def configuration() -> "Config":
    """Alembic's configuration, without a file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


def _revisions() -> list[str]:
    """Every revision, oldest first: the names of the migrations begin with it."""
    return sorted(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def _migrate(connection: Connection) -> None:
    from alembic import command

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    revision = _revision(connection)
    if revision is not None:
        _check_known(revision)
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _check_known(revision: str) -> None:
    if revision not in _revisions():
        raise SchemaMismatch(
            f"the database is at revision {revision}, newer than this program (which knows up to {newest_revision()}): "
            "run the newer program, or restore a backup from before the upgrade"
        )


class _Connected:
    """An engine for one unit on one connection, in one transaction that nobody else's migration can enter."""

    def __init__(self, url: str) -> None:
        self._engine: AsyncEngine = create_async_engine(url, poolclass=pool.NullPool)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine.sync_engine, "connect", _on_connect)
            event.listen(self._engine.sync_engine, "begin", _on_begin)

    async def __aenter__(self) -> Any:
        return self._run

    async def __aexit__(self, *_: object) -> None:
        await self._engine.dispose()

    async def _run(self, unit: Any) -> Any:
        try:
            async with self._engine.begin() as connection:
                return await connection.run_sync(unit)
        except Exception as error:
            reason = getattr(error, "orig", None) or error  # what the driver said
            if not _is_away(reason):
                raise
            name = self._engine.url.render_as_string(hide_password=True)
            raise DatabaseAway(f"the database {name} can't be used: {reason}; see FEDIHUB_DATABASE_URL") from error


def _is_away(error: Exception) -> bool:
    """Nobody answers there, or not us. asyncpg is not imported for this: whoever uses SQLite need not wait for it."""
    return isinstance(error, OSError) or str(getattr(error, "sqlstate", "")).startswith(_AWAY_SQLSTATES)


def _on_connect(connection: Any, _entry: Any) -> None:
    """Foreign keys stay off: where a table is rebuilt, dropping the old one must not cascade."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={_PATIENCE_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _file(url: str) -> Path | None:
    """The file of an SQLite database."""
    parsed = make_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def _is_missing(url: str) -> bool:
    file = _file(url)
    return file is not None and not file.exists()


def _make_file(url: str) -> None:
    """An empty file that only we can read: it will hold private keys. SQLite gives its helper files the same mode.

    It appears with its journal in place. Whoever switches that on needs the file for themselves and does not wait for
    it, whatever the timeout: of two first starts at the same moment one would fail.
    """
    file = _file(url)
    if file is None or file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with _alone_in(file.parent), tempfile.TemporaryDirectory(prefix=".fedihub-", dir=file.parent) as folder:
        new = Path(folder) / file.name
        os.close(os.open(new, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(new)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        if not file.exists():  # nobody was faster
            new.rename(file)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Nobody else makes a database in this folder meanwhile."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
