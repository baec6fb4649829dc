"""Paging: whichever way a list is walked, and whatever comes in meanwhile, nothing is skipped and nothing shown
twice.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlmodel import col

from storage.access import App
from storage.database import Database, Session
from storage.paging import Window, rows_within
from storage.rows import values_of
from storage.statements import insert_all

MOST = 60
KEYS = st.integers(1, MOST)
SETS = st.sets(KEYS, max_size=30)
LIMITS = st.integers(1, 7)
BOUNDS = st.one_of(st.none(), st.integers(0, 61))
each_empties = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""The database is shared by the examples of one test: each begins by emptying the list."""

NOW = datetime(2026, 11, 24, tzinfo=UTC)


class Shelf:
    """A list in the database, of rows that have nothing but a key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def empty(self) -> None:
        async def unit(session: Session) -> None:
            await session.execute(delete(App))

        await self._database.write(unit)

    async def add(self, keys: Iterable[int]) -> None:
        rows = [
            values_of(App(id=key, client_id=str(key), client_secret_hash="", name="", created_at=NOW)) for key in keys
        ]
        await self._database.write(lambda session: insert_all(session, App, rows))

    async def read(self, window: Window) -> list[int]:
        wanted = select(col(App.id))
        rows = await self._database.read(lambda session: rows_within(session, wanted, col(App.id), window=window))
        return [row[0] for row in rows]


@given(keys=SETS, limit=LIMITS, max_id=BOUNDS, since_id=BOUNDS, min_id=BOUNDS)
@each_empties
async def test_a_window_shows_what_lies_between_its_bounds(
    database: Database, keys: set[int], limit: int, max_id: int | None, since_id: int | None, min_id: int | None
) -> None:
    shelf = Shelf(database)
    await shelf.empty()
    await shelf.add(keys)
    between = sorted(
        key
        for key in keys
        if (max_id is None or key < max_id) and key > max(since_id or 0, min_id or 0, 0 if min_id is None else min_id)
    )
    nearest = between[:limit] if min_id is not None else between[-limit:]
    shown = await shelf.read(Window(limit=limit, max_id=max_id, since_id=since_id, min_id=min_id))
    assert shown == nearest[::-1]


@given(first=SETS, later=st.lists(SETS, max_size=6), limit=LIMITS)
@each_empties
async def test_walking_down_shows_everything_once(
    database: Database, first: set[int], later: list[set[int]], limit: int
) -> None:
    shelf, shown, arriving = Shelf(database), list[int](), iter(later)
    await shelf.empty()
    await shelf.add(first)
    page = await shelf.read(Window(limit=limit))
    while page:
        shown += page
        assert len(shown) <= MOST, "a row is shown again and again"
        await shelf.add(next(arriving, ()))
        page = await shelf.read(Window(limit=limit, max_id=page[-1]))
    assert shown == sorted(set(shown), reverse=True)
    assert first <= set(shown)


@given(first=SETS, later=st.lists(SETS, max_size=6), limit=LIMITS, start=KEYS)
@each_empties
async def test_walking_up_shows_everything_once(
    database: Database, first: set[int], later: list[set[int]], limit: int, start: int
) -> None:
    shelf, shown, arriving = Shelf(database), list[int](), iter(later)
    await shelf.empty()
    await shelf.add(first)
    page = await shelf.read(Window(limit=limit, min_id=start))
    while page:
        shown += page[::-1]
        assert len(shown) <= MOST, "a row is shown again and again"
        await shelf.add(next(arriving, ()))
        page = await shelf.read(Window(limit=limit, min_id=page[0]))
    assert shown == sorted(set(shown))
    assert {key for key in first if key > start} <= set(shown)
