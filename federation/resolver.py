"""Looking up addresses in threads of our own.

`getaddrinfo` blocks its thread for as long as a name server likes. In the event loop's shared executor, a few slow
names would stop everything else that runs there (files, passwords, pictures), so it gets a small pool for itself.
"""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

THREADS = 8
ADDRESSES = 4
"""How many addresses of a name we try, as Mastodon does (two of each family)."""


class ThreadResolver(AbstractResolver):
    """The system's resolver, bounded."""

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises OSError where the name cannot be resolved."""
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port, family)
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for kind, address in found[:ADDRESSES]
        ]

    async def close(self) -> None:
        """Give the threads back; look-ups that still run are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int, family: socket.AddressFamily) -> list[tuple[int, str]]:
    answers = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return list(dict.fromkeys((kind, str(address[0])) for kind, _, _, _, address in answers))
