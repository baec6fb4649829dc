"""Profiles elsewhere that have grown old and are to be fetched anew, when somebody has time for it.

Only in memory: what is lost with a restart is noted again at the next use. Each is asked for once a day at most, so
that a server which is down is not asked at everything that its people send.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import timedelta

from federation.bounded import BoundedMap

MOST = 10_000
ASKED_AGAIN = timedelta(days=1)


class StaleActors:
    """A queue of ids of actors; `bell` rings when one is added."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.bell = asyncio.Event()
        self._waiting: OrderedDict[str, None] = OrderedDict()
        self._noted: BoundedMap[str, bool] = BoundedMap(MOST, ASKED_AGAIN, clock=clock)

    def note(self, uri: str) -> None:
        """Let this actor be fetched soon, if it was not lately and there is room."""
        if self._noted.get(uri) is None and len(self._waiting) < MOST:
            self._noted.put(uri, value=True)
            self._waiting[uri] = None
            self.bell.set()

    def take(self, number: int) -> Sequence[str]:
        """The next so many, which are the caller's from now on."""
        return [self._waiting.popitem(last=False)[0] for _ in range(min(number, len(self._waiting)))]
