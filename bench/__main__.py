"""Measures the hub and prints what was promised and what the machine itself can do beside each figure.

    scripts/bench                                everything, on SQLite, in a few minutes
    scripts/bench inbox fanout --quick           some of it, sooner and less exactly
    scripts/bench --database postgresql --json figures.json

The hub is a real `fedihub serve` in a process of its own; this process is its clients and its peers. Everything stays
on loopback and in a temporary folder. Nothing fails because a figure is low: a busy machine is no bug.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import uvloop

from bench import fanout, inbox, limits, reads, start
from bench.support.figures import Figure, print_figures, write_json
from bench.support.lab import Lab
from bench.support.postgresql import cluster

BENCHES: dict[str, ModuleType] = {"limits": limits, "inbox": inbox, "fanout": fanout, "reads": reads, "start": start}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmarks that the command line names."""
    options = _parse(arguments)
    print(f"{_machine()}; load {_load()}; {options.database}")
    found = uvloop.run(_measure_all(options))
    print(f"\nload {_load()} at the end")
    if options.json:
        about = {"machine": _machine(), "load": _load(), "database": options.database, "quick": options.quick}
        write_json(options.json, found, about=about | {"at": datetime.now(UTC).isoformat(timespec="seconds")})


async def _measure_all(options: argparse.Namespace) -> dict[str, list[Figure]]:
    found = {}
    async with AsyncExitStack() as stack:
        lab = await _lab(options, stack)
        for name in options.names or BENCHES:
            began = time.monotonic()
            figures = await BENCHES[name].measure(lab)
            title = f"{BENCHES[name].TITLE}  [{time.monotonic() - began:.0f} s]"
            found[BENCHES[name].TITLE] = figures
            print_figures(title, figures)
    return found


async def _lab(options: argparse.Namespace, stack: AsyncExitStack) -> Lab:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fedihub-bench-", dir=options.folder)))
    rounds = 1 if options.quick else 3
    if options.database == "sqlite":
        return Lab(folder, _no_server, quick=options.quick, rounds=rounds)
    server = await stack.enter_async_context(cluster())
    return Lab(folder, server.new_database, quick=options.quick, rounds=rounds)


async def _no_server() -> str:
    """SQLite needs no address: the file lies in the hub's folder."""
    return ""


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures the hub on this machine.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which (all): {', '.join(BENCHES)}")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--quick", action="store_true", help="one round of fewer requests: under a minute, less exact")
    parser.add_argument(
        "--folder", type=Path, help="where the data lie while it is measured (the system's temporary folder)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(BENCHES):
        parser.error(f"there is no bench {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    return options


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def _load() -> str:
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


if __name__ == "__main__":
    main()
