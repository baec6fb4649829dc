"""The door of the web server: where it listens, and how many may come in at once.

Each connection takes a file descriptor, and the database, the log and the outgoing connections need some, too. A
server that lets everybody in until none is left can neither answer nor commit. So a part is kept back, and who
comes when the house is full is told so at once: 503, come again in a moment. An event loop's own server counts
nobody and accepts a hundred at a time; so the accepting is done here.
"""

import asyncio
import contextlib
import os
import resource
import socket
from collections.abc import Iterator

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from federation.transport import GETS
from fedihub.errors import HubError
from fedihub.settings import Settings

KEPT_BACK = 64
"""File descriptors for the database, the log, the event loop and whatever else a process has open."""
FEWEST_CONNECTIONS = 16
MOST_CONNECTIONS = 10_000
BACKLOG = 512
AT_A_TIME = 32
PAUSE_SECONDS = 0.1
FIRST_REQUEST_SECONDS = 20.0
"""Who came in has so long to send the head of a request. (aiohttp 3.14 times only what comes after a first one.)"""

_APOLOGY = b"The hub is busy: please try again.\n"
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b" % (len(_APOLOGY), _APOLOGY)
)


class ListenError(HubError):
    """The address can't be listened on."""


class Door:
    """Lets connections in to a web server, as many as there is room for, until it is closed."""

    def __init__(self, server: web.Server, listeners: list[socket.socket], *, limit: int) -> None:
        self._server = server
        self._listeners = listeners
        self._limit = limit
        self._entering: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        for listener in listeners:
            self._watch(listener)

    @property
    def address(self) -> str:
        """The first address that is listened on, as host:port; the port is the real one where 0 was asked for."""
        host, port = self._listeners[0].getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def close(self) -> None:
        """Listen no more; who is inside stays."""
        for listener in self._listeners:
            self._loop.remove_reader(listener.fileno())
            listener.close()

    def _watch(self, listener: socket.socket) -> None:
        if listener.fileno() >= 0:  # not closed meanwhile
            self._loop.add_reader(listener.fileno(), self._accept, listener)

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(AT_A_TIME):
            try:
                connection, _address = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:  # no descriptors left, in spite of the limit: those who wait stay in the kernel's queue
                self._loop.remove_reader(listener.fileno())
                self._loop.call_later(PAUSE_SECONDS, self._watch, listener)
                return
            if len(self._server.connections) + len(self._entering) < self._limit:
                task = self._loop.create_task(self._let_in(connection))
                self._entering.add(task)
                task.add_done_callback(self._entering.discard)
            else:
                _turn_away(connection)

    async def _let_in(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        try:
            _, visitor = await self._loop.connect_accepted_socket(self._server, connection)
        except OSError:
            connection.close()
            return
        self._loop.call_later(FIRST_REQUEST_SECONDS, _show_out_if_silent, visitor)


def _show_out_if_silent(visitor: RequestHandler) -> None:
    if not visitor._request_count:  # noqa: SLF001 - nothing public tells whether anything has come
        visitor.force_close()


def open_door(settings: Settings, server: web.Server) -> Door:
    """Begin to let connections in. Raises ListenError with what to do when the address can't be had."""
    try:
        return Door(server, list(_listeners(settings)), limit=connection_limit(settings))
    except OSError as error:
        raise ListenError(
            f"cannot listen on {settings.listen}: {_reason(error)}; "
            "stop what listens there, or choose another address with FEDIHUB_LISTEN"
        ) from error


def _reason(error: OSError) -> str:
    """Without the address, which stands there already; a name that can't be looked up has numbers of its own."""
    is_of_system = error.errno is not None and not isinstance(error, socket.gaierror)
    return os.strerror(error.errno) if is_of_system and error.errno else error.strerror or str(error)


def connection_limit(settings: Settings) -> int:
    """How many connections are let in, after the soft limit of file descriptors was raised as far as it goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    kept_back = KEPT_BACK + GETS + settings.delivery_slots
    wanted = MOST_CONNECTIONS + kept_back
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    free = wanted if soft == resource.RLIM_INFINITY else soft
    return max(FEWEST_CONNECTIONS, min(free - kept_back, MOST_CONNECTIONS))


def _listeners(settings: Settings) -> Iterator[socket.socket]:
    """A listening socket for each address that the host's name has."""
    host, port = settings.listen_address
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, address in dict.fromkeys((family, address) for family, _, _, _, address in found):
        listener = socket.create_server(address[:2], family=family, backlog=BACKLOG)
        listener.setblocking(False)
        yield listener


def _turn_away(connection: socket.socket) -> None:
    connection.setblocking(False)
    with contextlib.suppress(OSError):
        connection.send(_FULL)
    connection.close()
