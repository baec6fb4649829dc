"""Requests that wait for somebody's key keep their bodies meanwhile: how much that may be.

Nothing about such a request is proved yet. Whoever names keys on a host that answers slowly could otherwise have as
much in our memory as can be uploaded while it does.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from federation import limits
from federation.errors import KeyUnavailable
from federation.identifiers import Host, domain_of


class WaitingRoom:
    """One per process."""

    def __init__(self) -> None:
        self._total = 0
        self._of: Counter[str] = Counter()

    @asynccontextmanager
    async def place(self, host: Host, *, holding: int) -> AsyncIterator[None]:
        """Wait, for a key of this host, with so many bytes. Raises `KeyUnavailable` (for another time) when too many
        bytes wait already, or when this takes too long. Half of the room is kept for ordinary requests, which are
        small.
        """
        domain, weight = domain_of(host), holding + limits.AWAITING_REQUEST
        part = 1 if holding <= limits.AWAITING_SMALL else 2
        is_full = self._total + weight > limits.AWAITING // part
        if is_full or self._of[domain] + weight > limits.AWAITING_PER_DOMAIN // part:
            raise KeyUnavailable("too much waits for keys to be fetched", retry=True, reason="key_fetches_busy")
        self._total += weight
        self._of[domain] += weight
        try:
            async with asyncio.timeout(limits.AWAITING_SECONDS):
                yield
        except TimeoutError:
            raise KeyUnavailable("the key did not come in time", retry=True, reason="key_timed_out") from None
        finally:
            self._total -= weight
            self._of[domain] -= weight
            if not self._of[domain]:  # so that it stays as small as what waits
                del self._of[domain]
