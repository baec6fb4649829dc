"""A damaged SQLite file is noticed before anything is written into it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from storage.integrity import find_damage

PAGE = 4096
ROWS = 20_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with some hundred pages."""
    path = tmp_path / "hub with a % in its name.sqlite3"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE posts (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        database.executemany("INSERT INTO posts (text) VALUES (?)", [("words " * 9,)] * ROWS)
    return path


def overwrite_header(path: Path) -> None:
    """Not a database any more."""
    path.write_bytes(b"x" * PAGE + path.read_bytes()[PAGE:])


def overwrite_page(path: Path) -> None:
    """A page in the middle holds something else."""
    found = path.read_bytes()
    path.write_bytes(found[: 9 * PAGE] + b"x" * PAGE + found[10 * PAGE :])


def cut_in_half(path: Path) -> None:
    """As a copy that was stopped."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


async def test_a_whole_file_has_no_damage(path: Path) -> None:
    assert await find_damage(path, seconds=60) is None


@pytest.mark.parametrize("damage", [overwrite_header, overwrite_page, cut_in_half])
async def test_damage_is_found(damage: Callable[[Path], None], path: Path) -> None:
    damage(path)
    assert await find_damage(path, seconds=60)


async def test_a_start_does_not_wait_for_the_end_of_the_check(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-PAGE] + b"x" * PAGE)
    assert await find_damage(path, seconds=60)
    assert await find_damage(path, seconds=-1) is None


async def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert await find_damage(tmp_path / "nothing.sqlite3")
    assert list(tmp_path.iterdir()) == []
