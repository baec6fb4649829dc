"""Processes: each has a slot of its own, and keeps it as long as it beats."""

import asyncio
from datetime import datetime, timedelta

import pytest

from storage.database import Database
from storage.errors import NoFreeSlot
from storage.ids import SLOTS
from storage.processes import SILENT_FOR, beat, claim_slot, list_processes, release_slot
from tests.support.rows import NOW


async def claim(database: Database, token: str, now: datetime = NOW) -> int:
    return await database.write(lambda session: claim_slot(session, token=token, role="web", now=now))


async def test_each_process_gets_a_slot_of_its_own_even_all_at_once(database: Database) -> None:
    slots = await asyncio.gather(*(claim(database, f"p{n}") for n in range(SLOTS)))
    assert sorted(slots) == list(range(SLOTS))
    with pytest.raises(NoFreeSlot):
        await claim(database, "one too many")


async def test_a_slot_is_free_when_its_process_leaves(database: Database) -> None:
    assert [await claim(database, name) for name in ("a", "b")] == [0, 1]
    await database.write(lambda session: release_slot(session, 0, token="not its name"))
    assert await claim(database, "c") == 2
    await database.write(lambda session: release_slot(session, 0, token="a"))
    assert await claim(database, "d") == 0
    assert [row.token for row in await database.read(list_processes)] == ["d", "b", "c"]


async def test_who_beats_keeps_the_slot_and_who_is_silent_loses_it(database: Database) -> None:
    alive, frozen = await claim(database, "alive"), await claim(database, "frozen")
    later = NOW + SILENT_FOR + timedelta(seconds=1)
    assert await database.write(lambda session: beat(session, alive, token="alive", now=later))
    assert await claim(database, "new", now=later) == frozen
    assert not await database.write(lambda session: beat(session, frozen, token="frozen", now=later))
    assert await database.write(lambda session: beat(session, frozen, token="new", now=later))
