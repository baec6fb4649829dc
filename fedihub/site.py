"""A hub at work in this process: its web server with the door open, and its workers. Opened and closed as one.

Why requests are counted here: aiohttp, told to shut down, reads no byte more from any connection, so a request whose
body is still arriving would wait in vain and be lost. It is told only when nobody is inside any more.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Middleware

from fedihub.hub import Hub
from fedihub.listening import Door, open_door
from fedihub.workers import run_workers

DRAIN_SECONDS = 25.0
KEEPALIVE_SECONDS = 75.0
"""Between two requests, and for the head of the second."""
CUT_SECONDS = 0.5
"""What is still under way after the drain gets so long to notice that it is over."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Site:
    """What works for a hub in this process; either part may be missing."""

    hub: Hub
    runner: web.AppRunner | None = None
    door: Door | None = None
    workers: asyncio.Task[None] | None = None
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    """Set it to cut the waiting of `close` short."""
    visitors: "Visitors" = field(init=False)

    def __post_init__(self) -> None:
        self.visitors = Visitors()

    async def open_web(self, app: web.Application) -> Door:
        """Answer requests from now on. Raises ListenError."""
        app.middlewares.insert(0, self.visitors.middleware())
        self.runner = web.AppRunner(
            app,
            access_log=None,
            auto_decompress=False,  # a digest is over the bytes that were sent
            handler_cancellation=False,  # a client that hangs up does not stop half-way what it began
            keepalive_timeout=KEEPALIVE_SECONDS,
            shutdown_timeout=CUT_SECONDS,
        )
        await self.runner.setup()
        assert self.runner.server is not None  # noqa: S101 - setup() has made it
        self.door = open_door(self.hub.settings, self.runner.server)
        return self.door

    def start_workers(self) -> None:
        """Apply what arrives and deliver what is said from now on."""
        self.workers = asyncio.create_task(run_workers(self.hub))

    async def close(self) -> None:
        """Not ready at once; nobody is let in and nothing is claimed any more; what is under way may end in time."""
        self.hub.health.draining = True
        ending: list[asyncio.Future[None]] = []
        if self.door:
            self.door.close()
        if self.workers:
            self.workers.cancel()
            ending.append(self.workers)
        if self.runner:
            ending.append(asyncio.ensure_future(self._close_web(self.runner)))
        await self._wait_for(ending)

    async def _close_web(self, runner: web.AppRunner) -> None:
        try:
            await self.visitors.wait_until_gone()
        finally:
            await runner.cleanup()

    async def _wait_for(self, ending: list[asyncio.Future[None]]) -> None:
        done: asyncio.Future[Any] = asyncio.gather(*ending, return_exceptions=True)
        hurried: asyncio.Future[Any] = asyncio.ensure_future(self.hurry.wait())
        await asyncio.wait({done, hurried}, timeout=DRAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        if not done.done():
            self.hub.log.warning("stopped before everything under way had ended; the rest is tried again")
            done.cancel()
        with suppress(asyncio.CancelledError):
            await done


class Visitors:
    """Counts the requests that are being answered."""

    def __init__(self) -> None:
        self._inside = 0
        self._gone = asyncio.Event()
        self._leaving = False

    def middleware(self) -> Middleware:
        """The outermost middleware of the application."""

        @web.middleware
        async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._inside += 1
            try:
                response = await handler(request)
                if self._leaving:
                    response.force_close()  # this connection brings no further request
                return response
            finally:
                self._inside -= 1
                if not self._inside:
                    self._gone.set()

        return count

    async def wait_until_gone(self) -> None:
        """Wait until nobody is inside; whoever is answered from now on is asked not to come back."""
        self._leaving = True
        while self._inside:
            self._gone.clear()
            await self._gone.wait()
