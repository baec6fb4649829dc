"""The hub under test: `fedihub serve` as operators start it, in a folder and on a port of its own."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.support.process import Running, free_port, run, running
from fedihub.hub import Hub, open_hub
from fedihub.settings import Settings
from storage.database import Database

PASSWORD = "a password for measuring"


@dataclass(frozen=True, slots=True)
class BenchHub:
    """A hub that is there, running or not."""

    folder: Path
    database_url: str
    port: int

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return "127.0.0.1", self.port

    @property
    def host(self) -> str:
        """Its name, as requests to it must say."""
        return f"localhost:{self.port}"

    @property
    def settings(self) -> Settings:
        """Its settings. Peers on loopback must be admitted, and nobody is slowed down for asking much."""
        return Settings(
            base_url=f"http://{self.host}",
            listen=f"127.0.0.1:{self.port}",
            data_dir=self.folder,
            database_url=self.database_url,
            allow_loopback=True,
            rate_limit=10_000_000,
        )

    @property
    def _environment(self) -> dict[str, str]:
        named = self.settings.model_dump(exclude_unset=True)
        return {f"FEDIHUB_{name.upper()}": "1" if value is True else str(value) for name, value in named.items()}

    def running(self, *, workers: bool = True) -> AbstractAsyncContextManager[Running]:
        """The server for as long as the block lasts; without workers it accepts, but applies and delivers nothing."""
        environment = self._environment | {"FEDIHUB_RUN_WORKERS": "1" if workers else "0"}
        log = self.folder / "serve.log"
        return running(["fedihub", "serve"], address=self.address, ready="/readyz", environment=environment, log=log)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Hub]:
        """The hub's inside, to seed it while it does not run."""
        async with open_hub(self.settings) as hub:
            yield hub

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """A look into its database while it runs."""
        database = Database(self.settings.database, pool_size=1)
        try:
            yield database
        finally:
            await database.close()

    async def initialise(self) -> None:
        """`fedihub init`, as the reference of the command line describes it."""
        password = self.folder / "password"
        password.write_text(PASSWORD)
        owner = ["--owner", "owner", "--email", "owner@hub.example", "--password-file", str(password)]
        await run(["fedihub", "init", *owner], environment=self._environment)


async def new_hub(folder: Path, *, database_url: str) -> BenchHub:
    """An initialised hub; an empty URL means SQLite in the folder."""
    folder.mkdir()  # noqa: ASYNC240 - nothing else waits for this loop
    hub = BenchHub(folder, database_url, free_port())
    await hub.initialise()
    return hub
