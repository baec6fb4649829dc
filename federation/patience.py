"""What one host may cost us: a few of our requests at a time, and none for a while after it did not answer.

Whoever sends an activity chooses what we fetch because of it (the post it answers, the post it boosts), and the host of
that may be slow on purpose. Without these bounds a few hundred such activities would hold every place in which
activities wait for the network, and nobody else's would be applied.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from federation import limits
from federation.bounded import BoundedMap
from federation.errors import DereferenceFailed
from federation.identifiers import Host
from federation.turns import Turns

NO_ANSWER = frozenset({"dns_failed", "connect_failed", "tls_failed", "timed_out", "connection_lost"})
"""What a host that is down does. An unreadable answer ("bad_answer") may be the doing of one path on a large host."""

ELSEWHERE = "elsewhere_unreachable"
"""Where a host leads to others, of which one did not answer: nothing is known about the first."""


class Patience:
    """One per process."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._down: BoundedMap[Host, str] = BoundedMap(limits.REMEMBERED_HOSTS, limits.HOST_DOWN, clock=clock)
        self._turns = Turns(limits.FETCHES_PER_HOST)

    @asynccontextmanager
    async def turn(self, host: Host) -> AsyncIterator[None]:
        """Make one request to a host. A failure of it that says that the host is down is remembered.

        Raises `DereferenceFailed` (temporary) when the host is known to be down, or too many requests to it are under
        way and none ends soon.
        """
        self._check(host)
        has_turn = False
        try:
            async with self._turns.turn(host, seconds=limits.TURN_SECONDS):
                has_turn = True
                self._check(host)  # whoever went before may have found that it is
                yield
        except DereferenceFailed as error:
            if error.reason in NO_ANSWER:
                self._down.put(host, error.reason)
            raise
        except TimeoutError:
            if has_turn:
                raise
            raise DereferenceFailed(
                "many documents of the host are being fetched", temporary=True, reason="host_busy", private=host
            ) from None

    def _check(self, host: Host) -> None:
        if reason := self._down.get(host):
            raise DereferenceFailed(
                "the host did not answer a moment ago", temporary=True, reason="host_down", private=f"{host} {reason}"
            )
