"""What the machine itself can do: no server that signs, syncs and answers can be faster than this."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from bench.support.figures import Figure
from bench.support.lab import Lab
from bench.support.load import request_bytes, send_all
from bench.support.process import free_port, running

TITLE = "The machine"
TEXT = b"x" * 300
"""About as long as what a signature covers."""
ROW = b"x" * 4096 * 2
"""About what SQLite appends to its log for one received activity."""
CONNECTIONS = 32


async def measure(lab: Lab) -> list[Figure]:
    """Signatures, syncs, and requests that ask nothing."""
    return [*_signatures(lab), _syncs(lab), *await _requests(lab)]


def _signatures(lab: Lab) -> list[Figure]:
    private = generate_private_key(public_exponent=65537, key_size=2048)
    public, signature = private.public_key(), private.sign(TEXT, PKCS1v15(), SHA256())
    figures = []
    for threads in (1, 2):
        signs = _per_second(lambda: private.sign(TEXT, PKCS1v15(), SHA256()), threads=threads, seconds=lab.moment)
        verifies = _per_second(
            lambda: public.verify(signature, TEXT, PKCS1v15(), SHA256()), threads=threads, seconds=lab.moment
        )
        plural = "s" if threads > 1 else ""
        figures.append(Figure(f"RSA-2048 signs, {threads} thread{plural}", signs, "/s"))
        figures.append(Figure(f"RSA-2048 verifies, {threads} thread{plural}", verifies, "/s"))
    return figures


def _syncs(lab: Lab) -> Figure:
    """Fdatasync of a small append, in the file system that the hub's data lie in: each commit of SQLite needs one."""
    path = lab.folder / "syncs"
    with path.open("wb", buffering=0) as file:

        def append() -> None:
            file.write(ROW)
            os.fdatasync(file.fileno())

        found = _per_second(append, threads=1, seconds=lab.moment)
    _remove(path)
    return Figure("fdatasync of a small append", found, "/s")


async def _requests(lab: Lab) -> list[Figure]:
    address = ("127.0.0.1", free_port())
    body = b"x" * 1000
    headers = {"Host": "localhost", "Content-Type": "application/activity+json"}
    requests = [request_bytes("POST", "/ap/inbox", headers, body)] * lab.scaled(6_000)
    arguments = ["bench.support.bare", str(address[1])]
    async with running(arguments, address=address, ready="/", environment={}, log=lab.folder / "bare.log"):
        await send_all(address, requests[:500], connections=CONNECTIONS)
        many = (await send_all(address, requests, connections=CONNECTIONS)).demand(202)
    return [Figure(f"bare aiohttp handler, POST of 1 kB, {CONNECTIONS} at once", many.per_second, "/s")]


def _per_second(act: Callable[[], object], *, threads: int, seconds: float) -> float:
    """How often something can be done, by so many threads together."""

    def repeat() -> int:
        count, end = 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            act()
            count += 1
        return count

    with ThreadPoolExecutor(threads) as pool:
        began = time.perf_counter()
        counts = [job.result() for job in [pool.submit(repeat) for _ in range(threads)]]
        return sum(counts) / (time.perf_counter() - began)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
