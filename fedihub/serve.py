"""`fedihub serve` and `fedihub worker`: a process of the hub from its first check to its last commit.

Start: refuse before anything is touched (`fedihub.startup`), take a process slot, open the hub, open the door,
start the workers, say where. Stop (SIGTERM or SIGINT): not ready at once, let nobody in any more, claim nothing
more, finish what is under way for a limited time, leave the slot. A second signal cuts the waiting short. SIGKILL
needs no care at all: what was accepted is committed, leases are given back at the next start (on PostgreSQL they run
out), and so do slots.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fedihub.app import create_app
from fedihub.hub import Hub
from fedihub.presence import present
from fedihub.services.setup import check_identity
from fedihub.settings import Settings
from fedihub.site import Site
from fedihub.startup import check_database, check_whole, only_server
from storage.leases import return_leases

Say = Callable[[str], None]

TURN_SECONDS = 0.0005
"""How long a thread may go on while another waits for the interpreter. SQLite's thread gives it up at each statement;
with Python's own 5 ms it would wait that long for each, whenever many requests keep the event loop busy.
"""


async def serve(settings: Settings, *, say: Say) -> None:
    """Serve until a signal comes; `say` is told one line when the hub is ready. Raises whatever refuses a start."""
    async with _site(settings, role="server") as (site, stop):
        door = await site.open_web(create_app(site.hub))
        if settings.run_workers:
            site.start_workers()
        elif settings.sqlite_path:
            site.hub.log.warning("FEDIHUB_RUN_WORKERS is off, and SQLite takes no other process: nothing is delivered")
        say(f"FediHub is ready at {settings.base_url} (listening on {door.address})")
        await stop.wait()


async def work(settings: Settings, *, say: Say) -> None:
    """Apply what arrived and deliver what was said, without serving, until a signal comes. Raises as `serve` does."""
    async with _site(settings, role="worker") as (site, stop):
        site.start_workers()
        say(f"FediHub works for {settings.base_url}")
        await stop.wait()


@asynccontextmanager
async def _site(settings: Settings, *, role: str) -> AsyncIterator[tuple[Site, asyncio.Event]]:
    """What both kinds of process have in common: checks first, an orderly end, and the signals that ask for it."""
    stop = asyncio.Event()
    sys.setswitchinterval(TURN_SECONDS)
    with only_server(settings):
        await check_whole(settings)
        await check_database(settings)
        async with present(settings, role=role, on_lost=stop.set) as hub:
            await check_identity(hub)
            await _return_leases(hub)
            if settings.allow_loopback:
                hub.log.warning("FEDIHUB_ALLOW_LOOPBACK is on: strangers can make this hub talk to this machine itself")
            site = Site(hub)
            _listen_to_signals(stop, hurry=site.hurry)
            try:
                yield site, stop
                hub.log.info("stopping")
            finally:
                await site.close()


async def _return_leases(hub: Hub) -> None:
    """What a server that was killed had begun is begun again at once; on SQLite nobody else can be at work."""
    if hub.settings.sqlite_path is not None and (returned := await hub.database.write(return_leases)):
        hub.log.info("what was under way when the last server ended is taken up again", count=returned)


def _listen_to_signals(stop: asyncio.Event, *, hurry: asyncio.Event) -> None:
    """The first signal asks to stop, each later one to do so now."""

    def on_signal() -> None:
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, on_signal)
