"""Two hubs for the demo: each with a database, a door and workers of its own, in a folder that goes away with
them.
"""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from fedihub.app import create_app
from fedihub.demo.wire import Exchange, tap
from fedihub.hub import Hub, open_hub
from fedihub.services.setup import initialise
from fedihub.settings import Settings
from fedihub.site import Site
from storage.schema import migrate

Show = Callable[[Exchange], None]


@asynccontextmanager
async def two_hubs(show: Show) -> AsyncIterator[tuple[Hub, Hub]]:
    """Our hub and another one, at work. They have different hosts: a browser keeps their sign-ins apart."""
    with TemporaryDirectory(prefix="fedihub-demo-") as folder:
        ours = _settings(Path(folder) / "ours", name="Our Hub", host=f"localhost:{free_port()}")
        theirs = _settings(Path(folder) / "theirs", name="Their Hub", host=f"127.0.0.1:{free_port()}")
        async with (
            _at_work(ours, peer=theirs.host, show=show) as here,
            _at_work(theirs, peer=ours.host, show=show) as there,
        ):
            yield here, there


def free_port() -> int:
    """A port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _settings(folder: Path, *, name: str, host: str) -> Settings:
    """Nothing of this machine's own settings: a demo must never open a real hub's database."""
    return Settings(
        base_url=f"http://{host}",
        listen=f"127.0.0.1:{host.rpartition(':')[2]}",
        data_dir=folder,
        hub_name=name,
        allow_loopback=True,
    )


@asynccontextmanager
async def _at_work(settings: Settings, *, peer: str, show: Show) -> AsyncIterator[Hub]:
    await migrate(settings.database)
    async with open_hub(settings) as hub:
        await initialise(hub)
        app = create_app(hub)
        tap(hub, app, peer=peer, show=show)
        site = Site(hub)
        try:
            await site.open_web(app)
            site.start_workers()
            yield hub
        finally:
            await site.close()
