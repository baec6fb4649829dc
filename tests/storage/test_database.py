"""The one door to the database: nothing is lost, nothing is left locked, and who must wait too long is told so."""

import asyncio
import gc
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select, text, update
from sqlalchemy.exc import DBAPIError, StatementError
from sqlmodel import col

from storage.actors import Actor, add_to_counts, find_actor
from storage.database import Database, Session
from storage.errors import AlreadyExists, DatabaseBusy, DatabaseFull, Unstorable
from storage.hub_facts import HubFact, find_facts, insert_facts
from storage.prepared import Query
from storage.sqlite import BUSY_TIMEOUT_MS
from tests.support.rows import NOW, Rows


@pytest.fixture
def sqlite_file(database_url: str) -> Path:
    return Path(str(make_url(database_url).database))


@contextmanager
def locked_by_another(file: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else's connection that holds the write lock, as a backup or a shell would."""
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield other
    finally:
        other.close()


def may_write(file: Path) -> bool:
    """Whether somebody else gets the write lock at once."""
    other = sqlite3.connect(file, timeout=0, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    finally:
        other.close()
    return True


async def remember(session: Session, name: str, value: str) -> None:
    await insert_facts(session, {name: value})


async def test_160_counts_at_once_are_160(rows: Rows, database: Database) -> None:
    ada = await rows.actor("ada")

    async def count(session: Session) -> None:
        await add_to_counts(session, ada.id, followers_count=1)

    await asyncio.gather(*(database.write(count) for _ in range(160)))
    assert (await rows.fresh_actor(ada)).followers_count == 160


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_what_a_unit_reads_is_still_true_when_it_writes(rows: Rows, database: Database) -> None:
    """Read, then write what was read plus one: SQLite's default transactions lose most of these."""
    ada = await rows.actor("ada")

    async def read_then_write(session: Session) -> None:
        count = await session.scalar(select(col(Actor.posts_count)).where(col(Actor.id) == ada.id)) or 0
        await session.execute(update(Actor).where(col(Actor.id) == ada.id).values(posts_count=count + 1))

    await asyncio.gather(*(database.write(read_then_write) for _ in range(160)))
    assert (await rows.fresh_actor(ada)).posts_count == 160


async def test_two_processes_that_count_lose_nothing(rows: Rows, database: Database, database_url: str) -> None:
    """Two pools on one database stand for two processes."""
    ada, other = await rows.actor("ada"), Database(database_url)

    async def count(session: Session) -> None:
        await add_to_counts(session, ada.id, posts_count=1)

    await asyncio.gather(*(each.write(count) for each in (database, other) for _ in range(40)))
    await other.close()
    assert (await rows.fresh_actor(ada)).posts_count == 80


async def test_a_unit_that_fails_has_not_happened(database: Database) -> None:
    async def fail(session: Session) -> None:
        await remember(session, "name", "value")
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        await database.write(fail)
    assert await database.read(find_facts) == {}


async def test_who_is_cancelled_obeys_when_the_unit_is_done(database: Database) -> None:
    begun = threading.Event()

    async def unit(session: Session) -> None:
        begun.set()
        await remember(session, "name", "value")

    task = asyncio.create_task(database.write(unit))
    while not begun.is_set():
        await asyncio.sleep(0)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await database.read(find_facts) == {"name": "value"}


async def test_a_storm_of_cancellations_leaves_no_lock(database: Database, database_url: str) -> None:
    """With the garbage collector off: it used to be what freed the lock in the end."""
    gc.disable()
    try:
        tasks = [
            asyncio.create_task(database.write(lambda session, n=n: remember(session, f"name{n}", "value")))
            for n in range(60)
        ]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.sleep(0)
        for task in tasks[1::3]:
            task.cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        await database.write(lambda session: remember(session, "after", "the storm"))
        if database_url.startswith("sqlite"):
            assert may_write(Path(str(make_url(database_url).database)))
    finally:
        gc.enable()
    facts = await database.read(find_facts)
    assert facts["after"] == "the storm"
    finished = {f"name{n}" for n, result in enumerate(done) if result is None}
    assert finished <= set(facts)


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_lock_that_is_soon_let_go_is_invisible(database: Database, sqlite_file: Path) -> None:
    await database.read(find_facts)
    with locked_by_another(sqlite_file) as other:
        write = asyncio.create_task(database.write(lambda session: remember(session, "name", "value")))
        assert await database.read(find_facts) == {}
        assert not write.done()
        other.execute("ROLLBACK")
        await write
    assert await database.read(find_facts) == {"name": "value"}


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_lock_that_is_kept_gives_an_answer_and_loses_nothing(
    database_url: str, sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert BUSY_TIMEOUT_MS == 5_000
    monkeypatch.setattr("storage.sqlite.PRAGMAS", ("journal_mode=WAL", "busy_timeout=200", "foreign_keys=ON"))
    database = Database(database_url)
    with locked_by_another(sqlite_file):
        with pytest.raises(DatabaseBusy):
            await database.write(lambda session: remember(session, "name", "value"))
        assert await database.read(find_facts) == {}
    await database.write(lambda session: remember(session, "name", "value"))
    assert await database.read(find_facts) == {"name": "value"}
    await database.close()


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_unit_that_meets_a_deadlock_is_run_again(rows: Rows, database: Database) -> None:
    ada, bob = await rows.actor("ada"), await rows.actor("bob")
    first_locks = asyncio.Barrier(2)
    runs = 0

    async def lock(session: Session, *, first: Actor, second: Actor) -> None:
        nonlocal runs
        runs += 1
        await add_to_counts(session, first.id, posts_count=1)
        if runs <= 2:
            await first_locks.wait()
        await add_to_counts(session, second.id, posts_count=1)

    await asyncio.gather(
        database.write(lambda session: lock(session, first=ada, second=bob)),
        database.write(lambda session: lock(session, first=bob, second=ada)),
    )
    assert runs > 2
    assert [(await rows.fresh_actor(each)).posts_count for each in (ada, bob)] == [2, 2]


@pytest.mark.parametrize("database_kind", ["postgresql"])
@pytest.mark.parametrize("when", ["in a unit", "between two"])
async def test_a_connection_that_broke_is_replaced(database_url: str, when: str) -> None:
    """As when the server was started anew: whom it hit is told so, the next notices nothing."""
    database, other = Database(database_url, pool_size=1), Database(database_url, pool_size=1)
    await database.write(lambda session: remember(session, "before", "1"))
    if when == "in a unit":
        with pytest.raises(DBAPIError):
            await database.write(_end_own_connection)
    else:
        await other.write(_end_other_connections)
        await asyncio.sleep(0)
    await database.write(lambda session: remember(session, "after", "1"))
    assert await database.read(find_facts) == {"before": "1", "after": "1"}
    await database.close()
    await other.close()


_END_OWN = Query.values(select(func.pg_terminate_backend(func.pg_backend_pid())))


async def _end_own_connection(session: Session) -> None:
    await remember(session, "never", "1")
    await _END_OWN.first(session)


async def _end_other_connections(session: Session) -> None:
    """Waits until they have ended."""
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    await session.execute(text(f"SELECT pg_terminate_backend(pid, 5000) {others}"))


async def test_what_must_be_unique_and_is_not_is_said_so(database: Database) -> None:
    runs = 0

    async def unit(session: Session) -> None:
        nonlocal runs
        runs += 1
        session.add(HubFact(name="name", value=str(runs)))
        await session.flush()

    await database.write(unit)
    with pytest.raises(AlreadyExists):
        await database.write(unit)
    assert await database.read(find_facts) == {"name": "1"}


async def test_texts_that_only_one_database_would_take_are_refused_by_both(database: Database) -> None:
    for hostile in ("a\x00b", "a\ud800b"):
        with pytest.raises(Unstorable):
            await database.write(lambda session, text=hostile: remember(session, "name", text))
    assert await database.read(find_facts) == {}


async def test_a_disk_without_room_is_said_so(database: Database) -> None:
    if make_url(database.url).get_backend_name() != "sqlite":
        return  # PostgreSQL's own disk can't be filled from here
    await database.write(lambda session: session.execute(text("PRAGMA max_page_count = 1")))
    with pytest.raises(DatabaseFull):
        await database.write(lambda session: remember(session, "name", "x" * 1_000_000))
    assert await database.read(find_facts) == {}


async def test_a_number_that_fits_no_column_is_refused(database: Database) -> None:
    with pytest.raises(Unstorable):
        await database.read(lambda session: find_actor(session, 2**63))


async def test_a_moment_without_a_zone_is_refused(rows: Rows) -> None:
    with pytest.raises(StatementError, match="naive"):
        await rows.actor("ada", fetched_at=datetime(2026, 1, 1))  # noqa: DTZ001
    assert (await rows.fresh_actor(await rows.actor("bob", fetched_at=NOW))).fetched_at == NOW


async def test_moments_come_back_in_utc(rows: Rows) -> None:
    moment = datetime.fromisoformat("2026-11-24T13:30:00.123456+02:00")
    stored = (await rows.fresh_actor(await rows.actor("ada", fetched_at=moment))).fetched_at
    assert (stored, stored and stored.tzinfo) == (moment, UTC)


@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_read_sees_one_moment(rows: Rows, database: Database) -> None:
    """On SQLite nothing can come between: there a unit runs through without a pause."""
    ada = await rows.actor("ada")
    count = select(col(Actor.posts_count)).where(col(Actor.id) == ada.id)
    seen, written = asyncio.Event(), asyncio.Event()

    async def look_twice(session: Session) -> tuple[int | None, int | None]:
        first = await session.scalar(count)
        seen.set()
        await written.wait()
        return first, await session.scalar(count)

    reading = asyncio.create_task(database.read(look_twice))
    await seen.wait()
    await database.write(lambda session: add_to_counts(session, ada.id, posts_count=1))
    written.set()
    assert await reading == (0, 0)


async def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(Exception, match=r"read.?only"):
        await database.read(lambda session: session.execute(text("DELETE FROM hub_facts")))
