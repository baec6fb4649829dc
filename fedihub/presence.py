"""A process of the hub makes itself known: it takes one of the slots that keep the ids of processes apart, and beats.

A process that was frozen for so long that another one has its slot now must stop before it makes ids again.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from aiohttp.abc import AbstractResolver

from fedihub.clock import Clock, SystemClock
from fedihub.hub import Hub, open_hub
from fedihub.settings import Settings
from storage.database import Database
from storage.processes import beat, claim_slot, release_slot

PULSE_SECONDS = 10.0


@asynccontextmanager
async def present(
    settings: Settings,
    *,
    role: str,
    on_lost: Callable[[], None] = lambda: None,
    resolver: AbstractResolver | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Hub]:
    """A hub with a slot of its own until the block ends; `on_lost` is called if another process has taken it.

    `role` is what `fedihub status` shows. Raises StorageError when no slot is free.
    """
    clock = clock or SystemClock()
    token = secrets.token_hex(8)
    slot = await _claim(settings, token, role=role, clock=clock)
    async with open_hub(settings, resolver=resolver, clock=clock, slot=slot) as hub:
        pulse = asyncio.create_task(_beat(hub, slot, token=token, on_lost=on_lost))
        try:
            yield hub
        finally:
            pulse.cancel()
            await hub.database.write(lambda session: release_slot(session, slot, token=token))


async def _claim(settings: Settings, token: str, *, role: str, clock: Clock) -> int:
    database = Database(settings.database, pool_size=1)
    try:
        return await database.write(lambda session: claim_slot(session, token=token, role=role, now=clock.now()))
    finally:
        await database.close()


async def _beat(hub: Hub, slot: int, *, token: str, on_lost: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(PULSE_SECONDS)
        try:
            is_ours = await hub.database.write(partial(beat, slot=slot, token=token, now=hub.clock.now()))
        except Exception as error:  # noqa: BLE001 - a database that is away for a while costs a beat, no more
            hub.log.warning("could not beat", because=repr(error))
            continue
        if not is_ours:
            hub.log.error("another process has taken this one's place: it was silent for too long", slot=slot)
            on_lost()
            return
