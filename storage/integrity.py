"""Whether an SQLite file is whole: asked before it is served, because a hub that goes on writing into a damaged file
makes the damage larger, and the backups worthless.

SQLite checks some hundred megabytes a second. A start must not wait for a big file, so the check ends after a while;
what it has seen by then was whole.
"""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

CHECK_SECONDS = 0.5
_STEPS_BETWEEN_LOOKS = 10_000


async def find_damage(path: Path, *, seconds: float = CHECK_SECONDS) -> str | None:
    """What is wrong with the file, in SQLite's words; None if nothing was found in the time. Changes nothing."""
    return await asyncio.to_thread(_find_damage, path, seconds)


def _find_damage(path: Path, seconds: float) -> str | None:
    try:
        answers = _quick_check(path, time.monotonic() + seconds)
    except sqlite3.DatabaseError as error:
        return None if _is_harmless(error) else str(error)
    return None if answers == ["ok"] else "; ".join(answers)


def _quick_check(path: Path, deadline: float) -> list[str]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
        return [str(answer) for (answer,) in connection.execute("PRAGMA quick_check(3)")]


def _is_harmless(error: sqlite3.DatabaseError) -> bool:
    """Stopped by our deadline, or another process holds the lock for a moment."""
    return error.sqlite_errorname.startswith(("SQLITE_INTERRUPT", "SQLITE_BUSY", "SQLITE_LOCKED"))
