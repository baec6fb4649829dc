"""Processes under measurement: started, watched, and ended by their own number."""

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers: how long that took after its start, and which process it is."""

    pid: int
    address: tuple[str, int]
    seconds_to_ready: float

    def memory(self) -> float:
        """What it holds in memory now, in MB; 0 where the system has no /proc."""
        return _status_mb(self.pid, "VmRSS")


@asynccontextmanager
async def running(
    arguments: Sequence[str], *, address: tuple[str, int], ready: str, environment: Mapping[str, str], log: Path
) -> AsyncIterator[Running]:
    """A Python process (`python -m …`) for as long as the block lasts; it is ready when `ready` answers 200.

    Its output goes to `log`. Raises RuntimeError, with the end of its output, when it ends or does not get ready.
    """
    began = time.perf_counter()
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            cwd=ROOT,
            env=clean_environment() | dict(environment),
            stdout=output,
            stderr=output,
        )
    try:
        await _until_ready(process, address, ready, log=log)
        yield Running(process.pid, address, time.perf_counter() - began)
    finally:
        await _end(process)


async def run(arguments: Sequence[str], *, environment: Mapping[str, str]) -> None:
    """A Python process that ends by itself. Raises RuntimeError, with its output, if it failed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, cwd=ROOT, env=clean_environment() | dict(environment),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {process.returncode}:\n{output.decode()[-2000:]}")


def clean_environment() -> dict[str, str]:
    """This process's environment without settings of a hub."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FEDIHUB_")}


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _until_ready(process: asyncio.subprocess.Process, address: tuple[str, int], ready: str, *, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.returncode is None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if await _answers_200(address, ready):
                return
        await asyncio.sleep(0.01)
    output = log.read_text()  # noqa: ASYNC240 - nothing else waits for this loop
    raise RuntimeError(f"the server did not get ready:\n{output[-2000:]}")


async def _answers_200(address: tuple[str, int], target: str) -> bool:
    reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(f"GET {target} HTTP/1.1\r\nHost: localhost:{address[1]}\r\nConnection: close\r\n\r\n".encode())
        return b" 200 " in await reader.readline()
    finally:
        writer.close()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _status_mb(pid: int, name: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:")), 0.0)
