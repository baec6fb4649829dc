"""What must hold before a process of the hub may touch its database, each refusal with what to do about it.

Nothing is made here: a database that is silently created in place of a missing one would be a hub without its
members, and one that is silently served under another address would break every id that peers remember.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fedihub.errors import HubError
from fedihub.settings import Settings
from storage.errors import DatabaseLocked
from storage.integrity import find_damage
from storage.lock import ServerLock
from storage.schema import check_revision, current_revision


class NotReady(HubError):
    """The hub can't be started like this; `public` says what to do."""


async def check_database(settings: Settings) -> None:
    """The database is there, may be written, and has the shape that this program expects.

    Raises NotReady, and SchemaMismatch when the schema is older or newer than this program.
    """
    if settings.sqlite_path:
        _check_file(settings.sqlite_path)
    await check_revision(settings.database)


async def find_revision(settings: Settings) -> str | None:
    """The revision of the database; None where none has been made yet. Raises NotReady for a file that is there but
    may not be written.
    """
    if settings.sqlite_path and settings.sqlite_path.exists():
        _check_file(settings.sqlite_path)
    return await current_revision(settings.database)


async def check_whole(settings: Settings) -> None:
    """The SQLite file is not damaged, as far as a short look can tell. Raises NotReady."""
    path = settings.sqlite_path
    damage = await find_damage(path) if path else None
    if damage:
        raise NotReady(
            f"{path} is damaged ({damage}): keep a copy of its folder, then put your newest backup in its place; "
            "nothing was changed"
        )


@contextmanager
def only_server(settings: Settings) -> Iterator[None]:
    """One server for each SQLite file, as long as the block lasts; PostgreSQL takes any number.

    Raises NotReady when another one is there, or nothing to serve.
    """
    if settings.sqlite_path is None:
        yield
        return
    _check_file(settings.sqlite_path)
    lock = ServerLock(lock_path(settings.sqlite_path))
    try:
        lock.acquire()
    except DatabaseLocked as error:
        raise NotReady(
            f"another FediHub process already serves {settings.sqlite_path}; stop it first "
            "(SQLite takes one process; for several web and worker processes use PostgreSQL: FEDIHUB_DATABASE_URL)"
        ) from error
    try:
        yield
    finally:
        lock.release()


def lock_path(sqlite_path: Path) -> Path:
    """The file whose lock the one server of this database holds."""
    return sqlite_path.with_suffix(".lock")


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise NotReady(
            f"there is no database at {path}: run `fedihub init`, or set FEDIHUB_DATA_DIR to the folder that holds it"
        )
    for needed in (path, path.parent):  # SQLite writes its journal beside the file
        if not os.access(needed, os.R_OK | os.W_OK):
            raise NotReady(f"{needed} cannot be written by this account: the hub's files must belong to it")
