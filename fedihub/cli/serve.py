"""`fedihub serve` and `fedihub worker`: the processes that stay."""

import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import typer

Stayer = Callable[..., Coroutine[Any, Any, None]]


def serve() -> None:
    """Serve the hub until Ctrl-C or SIGTERM.

    Answers requests, applies what arrives and delivers what is said. It refuses to start when the database is
    missing (see `fedihub init`), older or newer than this program or served by another process already, when the
    hub's address has changed, or when it cannot listen. On SIGTERM it finishes what is under way, for at most 25
    seconds; a second SIGTERM ends that at once.
    """
    _end_on_early_signals()
    from fedihub import serve as serving

    _stay(serving.serve)


def worker() -> None:
    """Do the hub's work without serving; for hubs on PostgreSQL.

    Applies what arrives and delivers what is said. Run any number of them beside `fedihub serve`, which may then be
    told to leave the work alone (FEDIHUB_RUN_WORKERS=false). With SQLite one process does everything: a worker is
    refused while a server runs.
    """
    _end_on_early_signals()
    from fedihub import serve as serving

    _stay(serving.work)


def _end_on_early_signals() -> None:
    """While the program is still being loaded there is nothing to finish; as process 1 of a container the default
    is to ignore SIGTERM.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def _stay(stayer: Stayer) -> None:
    import asyncio

    from fedihub.log import logging_to
    from fedihub.settings import load_settings

    settings = load_settings()
    with logging_to(log_format=settings.log_format), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(stayer(settings, say=typer.echo))


def _loop_factory() -> Callable[[], Any] | None:
    """uvloop's, where there is one for this machine."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
