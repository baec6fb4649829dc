"""Which hosts we have to do with: the operator's policies, kept in memory. Implements `federation.ports.HostGate`.

It is asked at every request that comes in or goes out, so it answers from memory. Once in a second at most, somebody
who asks looks at the policies' version in the database; only if that is another one are they read anew. So what
`fedihub host block` decides in one process holds a second later in all of them, and at once in its own.
"""

import asyncio
from collections.abc import Iterable, Iterator

from federation.errors import BadUri
from federation.identifiers import Host, host_of
from fedihub.clock import Clock
from storage.database import Database, Session
from storage.host_policies import HostLevel, HostPolicy, list_policies, policies_version

FRESH_SECONDS = 1.0


class PolicyBook:
    """All policies at one moment. Of those that cover a host the nearest counts: that of `a.evil.example` before that
    of `evil.example`.
    """

    def __init__(self, policies: Iterable[HostPolicy] = ()) -> None:
        self._policies = {policy.host: policy for policy in policies}

    def find(self, host: str) -> HostPolicy | None:
        """The policy that covers a host (`name` or `name:port`, in the spelling of `parse_host`)."""
        if not self._policies:
            return None
        return next((self._policies[name] for name in _names(host) if name in self._policies), None)

    def level(self, host: str) -> HostLevel:
        """How far we have to do with a host."""
        policy = self.find(host)
        return policy.level if policy is not None else HostLevel.OPEN

    def is_blocked(self, host: str) -> bool:
        """Whether we have nothing to do with a host."""
        return self.level(host) is HostLevel.BLOCKED

    def level_at(self, *places: str) -> HostLevel:
        """The strictest level of several hosts or URIs: an actor's handle may name another host than its id."""
        levels = {self.level(_host(place)) for place in places if place}
        return next((level for level in (HostLevel.BLOCKED, HostLevel.LIMITED) if level in levels), HostLevel.OPEN)

    def rejects_media(self, *places: str) -> bool:
        """Whether pictures and other files from one of these hosts or URIs are left out."""
        policies = (self.find(_host(place)) for place in places if place)
        return any(policy is not None and policy.rejects_media for policy in policies)


class HostGate:
    """The policies of this hub, as they were a second ago at the latest."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._book = PolicyBook()
        self._version: str | None = None
        self._looked_at = 0.0
        self._looking = asyncio.Lock()

    async def is_blocked_host(self, host: Host) -> bool:
        """Whether we have nothing to do with a host: nothing in, nothing out, no fetch."""
        return (await self.book()).is_blocked(host)

    async def book(self) -> PolicyBook:
        """The policies. Not within a unit of work: there, `book_in` asks in the unit itself."""
        if not self._is_fresh:
            async with self._looking:  # whoever comes meanwhile waits for one answer
                if not self._is_fresh:
                    await self._database.read(self._look)
        return self._book

    async def book_in(self, session: Session) -> PolicyBook:
        """The policies within a unit of work, as exact as the unit itself."""
        await self._look(session)
        return self._book

    @property
    def last_book(self) -> PolicyBook:
        """The policies as they were when somebody last asked: at the latest when what is now at hand came in."""
        return self._book

    def forget(self) -> None:
        """Look again before the next answer, because something was changed here."""
        self._version = None

    @property
    def _is_fresh(self) -> bool:
        return self._version is not None and self._clock.monotonic() - self._looked_at < FRESH_SECONDS

    async def _look(self, session: Session) -> None:
        moment, version = self._clock.monotonic(), await policies_version(session)
        if version != self._version:
            self._book = PolicyBook(await list_policies(session))
        self._version, self._looked_at = version, moment


def _host(place: str) -> str:
    """The host of a URI, or the host itself; '' for what is neither."""
    if "://" not in place:
        return place
    try:
        return host_of(place)
    except BadUri:
        return ""


def without_port(host: str) -> str:
    """`evil.example:8443` -> evil.example, `[::1]:80` -> [::1]."""
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


def _names(host: str) -> Iterator[str]:
    """`a.evil.example:8443` -> a.evil.example, evil.example, example. An address has nothing above it."""
    name = without_port(host)
    yield name
    if name.startswith("[") or name.rpartition(".")[2].isdigit():
        return
    while name := name.partition(".")[2]:
        yield name
