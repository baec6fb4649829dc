"""How long an activity may keep its place while it waits for the network.

Whoever sends an activity chooses what we fetch because of it. `federation.patience` bounds what one host may cost, but
host names are free (one entry in the DNS makes as many as one likes), and a few names that never answer could take all
places. So there is much time while places are free, and little when none is: then who has waited for a while makes
room, and is tried again later.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

GATHER_SECONDS = 45.0
"""Less than the lease: nobody else must claim what is still being gathered."""
FAIR_SECONDS = 2.0
"""What everybody may have, however many wait."""


class Places:
    """The activities of one pipeline that are being gathered."""

    def __init__(self) -> None:
        self._taken: dict[int, tuple[float, asyncio.Timeout]] = {}

    @asynccontextmanager
    async def taken(self, key: int) -> AsyncIterator[None]:
        """The place of one activity. Raises TimeoutError when its time is up."""
        async with asyncio.timeout(GATHER_SECONDS) as time:
            self._taken[key] = (asyncio.get_running_loop().time(), time)
            try:
                yield
            finally:
                self._taken.pop(key, None)

    def make_room(self) -> None:
        """No place is free: the time of all that had their fair share is up."""
        now = asyncio.get_running_loop().time()
        for key, (began, time) in list(self._taken.items()):
            if now - began >= FAIR_SECONDS and not time.expired():
                del self._taken[key]  # its time can end only once
                time.reschedule(now)
