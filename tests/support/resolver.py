"""Host names for tests: `peer.test` is a port on this machine."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from federation.resolver import ResolverBusy


class TestResolver(AbstractResolver):
    """Knows the names that a test gave it, and no others. `asked` lists the names that were looked up."""

    __test__ = False  # a helper, whatever pytest thinks of its name

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_busy = False
        self._names: dict[str, list[tuple[str, int | None]]] = {}

    def add(self, host: str, port: int | None = None, *, address: str = "127.0.0.1") -> None:
        """From now on `host` has this address, and this port whatever the URL says (None: the port of the URL)."""
        self._names[host] = [(address, port)]

    def add_address(self, host: str, address: str, *, port: int | None = None) -> None:
        """One more address for a name."""
        self._names.setdefault(host, []).append((address, port))

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked.append(host)
        if self.is_busy:
            raise ResolverBusy("in this test")
        if host not in self._names:
            raise OSError(None, f"no such host in this test: {host}")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=own_port if own_port is not None else port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address, own_port in self._names[host]
        ]

    async def close(self) -> None:
        pass
