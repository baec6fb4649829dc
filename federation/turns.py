"""A few at a time for each name; whoever comes when all are taken waits."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """At most `at_once` at a time for one name. Names that nobody wants any more take no memory."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._wanted: Counter[str] = Counter()

    @asynccontextmanager
    async def turn(self, name: str, *, seconds: float | None = None) -> AsyncIterator[None]:
        """Have a turn. Raises TimeoutError when it does not come within so many seconds."""
        turns = self._turns.setdefault(name, asyncio.Semaphore(self._at_once))
        self._wanted[name] += 1
        try:
            async with asyncio.timeout(seconds):
                await turns.acquire()
            try:
                yield
            finally:
                turns.release()
        finally:
            self._wanted[name] -= 1
            if not self._wanted[name]:
                del self._wanted[name], self._turns[name]
