"""A hub at work in this process: its web server with the door open, and its workers. Opened and closed as one."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from fedihub.hub import Hub
from fedihub.listening import Door, open_door
from fedihub.workers import run_workers

DRAIN_SECONDS = 25.0
KEEPALIVE_SECONDS = 75.0
"""Also the only limit on a client that sends its headers slowly."""


@dataclass
class Site:
    """What works for a hub in this process; either part may be missing."""

    hub: Hub
    runner: web.AppRunner | None = None
    door: Door | None = None
    workers: asyncio.Task[None] | None = None
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    """Set it to cut the waiting of `close` short."""

    async def open_web(self, app: web.Application) -> Door:
        """Answer requests from now on. Raises ListenError."""
        self.runner = web.AppRunner(
            app,
            access_log=None,
            auto_decompress=False,  # a digest is over the bytes that were sent
            handler_cancellation=False,  # a client that hangs up does not stop half-way what it began
            keepalive_timeout=KEEPALIVE_SECONDS,
            shutdown_timeout=DRAIN_SECONDS,
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
        if self.door:
            self.door.close()
        ending: list[asyncio.Future[None]] = []
        if self.workers:
            self.workers.cancel()
            ending.append(self.workers)
        if self.runner:
            ending.append(asyncio.ensure_future(self.runner.cleanup()))
        await self._wait_for(ending)

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
