"""A load client that costs as little as it can: whole requests, made beforehand, over connections that are kept.

A general HTTP client in Python needs more time for a request than the hub needs to answer it, and would be what is
measured. This one writes bytes and reads heads. It sends the next request of a connection when the last one was
answered, so `connections` is how many are under way at once.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_END_OF_HEAD = b"\r\n\r\n"


@dataclass
class Load:
    """How it went: what was answered, how long each took, and how long all of it."""

    statuses: Counter[int] = field(default_factory=Counter)
    durations: list[float] = field(default_factory=list)
    seconds: float = 0.0
    first_body: bytes = b""

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.durations) / self.seconds

    def demand(self, status: int) -> "Load":
        """What was measured is what was meant: every answer had this status. Raises RuntimeError."""
        if set(self.statuses) != {status}:
            raise RuntimeError(
                f"expected {status} for every request, got {dict(self.statuses)}: {self.first_body[:500]!r}"
            )
        return self


class _Connection(asyncio.Protocol):
    """Sends one request after the other and reads one answer after the other."""

    def __init__(self, requests: Iterator[bytes], load: Load, done: asyncio.Future[None]) -> None:
        self._requests = requests
        self._load = load
        self._done = done
        self._buffer = bytearray()
        self._began = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.WriteTransport) or hasattr(transport, "write")
        self._transport = transport  # type: ignore[assignment]  # uvloop's transports have no common base with asyncio's
        self._next()

    def data_received(self, data: bytes) -> None:
        """Collect until the answer is complete."""
        self._buffer += data
        head, found, body = bytes(self._buffer).partition(_END_OF_HEAD)
        if not found or len(body) < _content_length(head):
            return
        self._load.durations.append(time.perf_counter() - self._began)
        self._load.statuses[int(head[9:12])] += 1
        self._load.first_body = self._load.first_body or body
        self._buffer.clear()
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever hangs up before the end spoils the measurement."""
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server closed the connection"))

    def _next(self) -> None:
        assert self._transport
        request = next(self._requests, None)
        if request is None:
            self._done.set_result(None)
            self._transport.close()
            return
        self._began = time.perf_counter()
        self._transport.write(request)


async def send_all(address: tuple[str, int], requests: Sequence[bytes], *, connections: int = 1) -> Load:
    """Send all requests, `connections` at once. Raises ConnectionError when the server hangs up."""
    load, remaining, loop = Load(), iter(requests), asyncio.get_running_loop()
    endings = [loop.create_future() for _ in range(min(connections, len(requests)))]
    began = time.perf_counter()
    for done in endings:
        await loop.create_connection(lambda done=done: _Connection(remaining, load, done), *address)  # type: ignore[misc]
    await asyncio.gather(*endings)
    load.seconds = time.perf_counter() - began
    return load


def request_bytes(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A whole request, ready for the wire."""
    length = {"Content-Length": str(len(body))} if body else {}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in {**headers, **length}.items())]
    return "\r\n".join(lines).encode() + _END_OF_HEAD + body


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError(f"an answer without Content-Length: {head[:200]!r}")
