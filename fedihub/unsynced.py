"""What senders said of who follows them here (FEP-8fcf), to be compared with what we know when there is time for it.

Only in memory: a header that is lost with a restart comes again with the sender's next post. Of one sender the last
header counts. A list is fetched at most once in ten minutes for each sender, however many headers differ from ours.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from federation.bounded import BoundedMap
from federation.followers import FollowersHeader

MOST = 10_000
FETCHED_AGAIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class SaidFollowers:
    """What an actor elsewhere said, proved to be theirs."""

    actor_uri: str
    header: FollowersHeader


class UnsyncedFollowers:
    """A queue of headers; `bell` rings when one is added."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.bell = asyncio.Event()
        self._waiting: OrderedDict[str, SaidFollowers] = OrderedDict()
        self._fetched: BoundedMap[str, bool] = BoundedMap(MOST, FETCHED_AGAIN, clock=clock)

    def note(self, said: SaidFollowers) -> None:
        """Let this be looked at soon, if there is room."""
        if said.actor_uri in self._waiting or len(self._waiting) < MOST:
            self._waiting[said.actor_uri] = said
            self.bell.set()

    def take(self, number: int) -> Sequence[SaidFollowers]:
        """The next so many, which are the caller's from now on."""
        return [self._waiting.popitem(last=False)[1] for _ in range(min(number, len(self._waiting)))]

    def may_fetch(self, actor_uri: str) -> bool:
        """Whether it is time to fetch this actor's list again; whoever is told so does it."""
        if self._fetched.get(actor_uri) is not None:
            return False
        self._fetched.put(actor_uri, value=True)
        return True
