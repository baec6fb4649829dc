"""Keeps house: what has expired or is remembered long enough goes, a little at a time, so that no table grows for
ever.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from fedihub.hub import Hub
from storage.access import delete_expired_access
from storage.database import Session
from storage.deliveries import delete_finished_deliveries
from storage.posts import delete_old_post_keys
from storage.received import delete_finished_received

EVERY = timedelta(hours=1)
PULSE_SECONDS = 5.0
AT_A_TIME = 1_000
"""Rows that one unit may delete: so many take a few milliseconds, and nobody waits longer for the write lock."""

KEEP_RECEIVED = timedelta(days=30)
"""How long a peer may repeat an activity and be recognised."""
KEEP_DELIVERIES = timedelta(days=30)
KEEP_POST_KEYS = timedelta(hours=24)

Broom = Callable[[Session], Awaitable[int]]


async def run(hub: Hub, beat: Callable[[], None]) -> None:
    """Tidy now and then until cancelled."""
    last = None
    while True:
        beat()
        if last is None or hub.clock.now() - last >= EVERY:
            last = hub.clock.now()
            await tidy(hub)
        await asyncio.sleep(PULSE_SECONDS)


async def tidy(hub: Hub) -> int:
    """Delete what need not be kept; gives how many rows that were."""
    now = hub.clock.now()
    await hub.database.write(lambda session: delete_expired_access(session, now=now))
    brooms: list[Broom] = [
        lambda session: delete_finished_received(session, before=now - KEEP_RECEIVED, limit=AT_A_TIME),
        lambda session: delete_finished_deliveries(session, before=now - KEEP_DELIVERIES, limit=AT_A_TIME),
        lambda session: delete_old_post_keys(session, before=now - KEEP_POST_KEYS, limit=AT_A_TIME),
    ]
    return sum([await _sweep(hub, broom) for broom in brooms])


async def _sweep(hub: Hub, broom: Broom) -> int:
    total = 0
    while True:
        deleted = await hub.database.write(broom)
        total += deleted
        if deleted < AT_A_TIME:
            return total
