"""A PostgreSQL server for the benchmarks: in a folder of its own, on a Unix socket, and with every promise that it
makes in earnest.

The tests' server does without fsync. This one must not: what is measured is work that is on the disk.
"""

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]

_OPTIONS = "-c listen_addresses= -c max_connections=50 -c shared_buffers=128MB"


class Cluster:
    """A running server; `new_database` gives the URL of a fresh, empty database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)

    async def new_database(self) -> str:
        """The URL of a database without any table."""
        name = f"bench{next(self._numbers)}"
        connection = await asyncpg.connect(host=str(self._folder), user="postgres", database="postgres")
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
        return f"postgresql+asyncpg://postgres@/{name}?host={self._folder}"


@asynccontextmanager
async def cluster() -> AsyncIterator[Cluster]:
    """A server while the block lasts; root runs it as `postgres`. Raises RuntimeError where it is missing."""
    folder = Path(tempfile.mkdtemp(prefix="fedihub-bench-pg-"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    data = str(folder / "data")
    try:
        await _run(
            folder, "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync"
        )
        await _run(
            folder, "pg_ctl", "-D", data, "start", "-w", "-l", str(folder / "log"), "-o", f"-k {folder} {_OPTIONS}"
        )
        try:
            yield Cluster(folder)
        finally:
            await _run(folder, "pg_ctl", "-D", data, "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _run(folder: Path, tool: str, *arguments: str) -> None:
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    with tempfile.TemporaryFile() as output:  # not a pipe: the server inherits it, and a pipe would never end
        process = await asyncio.create_subprocess_exec(
            *as_postgres, str(_programs() / tool), *arguments, stdout=output, stderr=output, cwd=folder
        )
        if await process.wait():
            output.seek(0)
            raise RuntimeError(output.read().decode())


def _programs() -> Path:
    """Where PostgreSQL's programs are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise RuntimeError("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")
    return found[-1].parent if found else Path(str(on_path)).resolve().parent
