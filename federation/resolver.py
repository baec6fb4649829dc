"""Looking up addresses in threads of our own.

`getaddrinfo` blocks its thread for as long as a name server likes: ten seconds and more where that one says nothing. In
the event loop's shared executor, a few slow names would stop everything else that runs there (files, passwords,
pictures), so it gets threads for itself; they sleep most of the time, so there are many. Names are free to whoever has
a domain, so the names below one domain get only a few of them.
"""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aiohttp.abc import AbstractResolver, ResolveResult

from federation.identifiers import domain_of
from federation.turns import Turns

THREADS = 64
PER_DOMAIN = 4
PATIENCE_SECONDS = 5.0
ADDRESSES = 4
"""How many addresses of a name we try, as Mastodon does (two of each family)."""

Found = list[tuple[int, str]]


class ResolverBusy(OSError):
    """We did not come to look it up: this says nothing about the name."""


class ThreadResolver(AbstractResolver):
    """The system's resolver, bounded."""

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="dns")
        self._free = Turns(threads)
        self._domains = Turns(PER_DOMAIN)
        self._under_way: set[asyncio.Task[Found]] = set()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises OSError where the name cannot be resolved, ResolverBusy where too many others are being looked up."""
        task = asyncio.create_task(self._in_turn(domain_of(host), partial(_look_up, host, port, family)))
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        found = await asyncio.shield(task)  # a thread can't be stopped: its place is taken until it has an answer
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for kind, address in found[:ADDRESSES]
        ]

    async def close(self) -> None:
        """Give the threads back; look-ups that still run are not waited for."""
        for task in self._under_way:
            task.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_turn(self, domain: str, look_up: Callable[[], Found]) -> Found:
        begun = False
        try:
            async with (
                self._domains.turn(domain, seconds=PATIENCE_SECONDS),
                self._free.turn("", seconds=PATIENCE_SECONDS),
            ):
                begun = True
                return await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        except TimeoutError:
            if begun:
                raise
            raise ResolverBusy("too many names are being looked up") from None

    def _ended(self, task: asyncio.Task[Found]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited has it


def _look_up(host: str, port: int, family: socket.AddressFamily) -> Found:
    answers = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return list(dict.fromkeys((kind, str(address[0])) for kind, _, _, _, address in answers))
