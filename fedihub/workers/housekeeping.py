"""Keeps house: what has expired or is remembered long enough goes, a little at a time, so that no table grows for
ever.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from federation.limits import KEY_AGE
from fedihub.hub import Hub
from fedihub.services.following import ask_again
from fedihub.services.media import remove_superfluous
from storage.access import delete_expired_codes, delete_expired_sessions
from storage.actors import drop_retired_keys
from storage.database import Session
from storage.deliveries import delete_finished_deliveries
from storage.forgetting import delete_spent_activities
from storage.home import list_long_homes, trim_home
from storage.posts import delete_old_post_keys, delete_old_tombstones
from storage.received import delete_finished_received
from storage.remote_keys import delete_old_strangers_keys

EVERY = timedelta(hours=1)
PULSE_SECONDS = 5.0
AT_A_TIME = 1_000
"""Rows that one unit may delete: so many take a few milliseconds, and nobody waits longer for the write lock."""

KEEP_RECEIVED = timedelta(days=30)
"""How long a peer may repeat an activity and be recognised."""
KEEP_TOMBSTONES = KEEP_RECEIVED
"""How long the deletion of what was not for everybody, or never here, is remembered."""
KEEP_DELIVERIES = timedelta(days=30)
KEEP_RETIRED_KEYS = timedelta(days=10)
"""Longer than a delivery waits: the old key signs the news of the new one."""
KEEP_POST_KEYS = timedelta(hours=24)
KEEP_HOME_ENTRIES = 800
"""How far back a home timeline reaches (as far as Mastodon's)."""

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
    brooms: list[Broom] = [
        lambda session: delete_expired_codes(session, now=now, limit=AT_A_TIME),
        lambda session: delete_expired_sessions(session, now=now, limit=AT_A_TIME),
        lambda session: delete_finished_received(session, before=now - KEEP_RECEIVED, limit=AT_A_TIME),
        lambda session: delete_old_tombstones(session, before=now - KEEP_TOMBSTONES, limit=AT_A_TIME),
        lambda session: delete_finished_deliveries(session, before=now - KEEP_DELIVERIES, limit=AT_A_TIME),
        lambda session: delete_spent_activities(session, before=now - KEEP_DELIVERIES, limit=AT_A_TIME),
        lambda session: drop_retired_keys(session, before=now - KEEP_RETIRED_KEYS, limit=AT_A_TIME),
        lambda session: delete_old_strangers_keys(session, before=now - KEY_AGE, limit=AT_A_TIME),
        lambda session: delete_old_post_keys(session, before=now - KEEP_POST_KEYS, limit=AT_A_TIME),
    ]
    await ask_again(hub)
    rows = sum([await _sweep(hub, broom) for broom in brooms]) + await _trim_homes(hub)
    await asyncio.to_thread(hub.workshop.files.tidy, now)  # last: a disk that is out of order holds up nothing else
    return rows + await remove_superfluous(hub)


async def _trim_homes(hub: Hub) -> int:
    """Finding them takes a while and only reads; cutting is done like everything else here, a little at a time."""
    total = 0
    while True:
        owners = await hub.database.read(
            lambda session: list_long_homes(session, keep=KEEP_HOME_ENTRIES, limit=AT_A_TIME)
        )
        for owner in owners:
            total += await _sweep(hub, partial(_trim_home, owner))
        if len(owners) < AT_A_TIME:
            return total


async def _trim_home(owner_id: int, session: Session) -> int:
    return await trim_home(session, owner_id, keep=KEEP_HOME_ENTRIES, limit=AT_A_TIME)


async def _sweep(hub: Hub, broom: Broom) -> int:
    total = 0
    while True:
        deleted = await hub.database.write(broom)
        total += deleted
        if deleted < AT_A_TIME:
            return total
