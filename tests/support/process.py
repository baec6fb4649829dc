"""The real program in a process of its own, as an operator starts it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fedihub.settings_source import PREFIX, TEST_PREFIX
from tests.support.source import ROOT

START_SECONDS = 60
FEDIHUB = [sys.executable, "-W", "error", "-m", "fedihub"]


def free_port() -> int:
    """A port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(**settings: str) -> dict[str, str]:
    """This process's environment with no settings of ours but these."""
    ours = {name for name in os.environ if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX)}
    rest = {name: value for name, value in os.environ.items() if name not in ours}
    return rest | {"PYTHONPATH": str(ROOT)} | {f"{PREFIX}{name.upper()}": value for name, value in settings.items()}


def fedihub(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*FEDIHUB, *arguments],
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


class Process:
    """A `fedihub serve` or `fedihub worker` that is running."""

    def __init__(self, command: str, *, log: Path, **settings: str) -> None:
        self.log = log
        with log.open("w") as stderr:
            self._process = subprocess.Popen(
                [*FEDIHUB, command], env=environment(**settings), stdout=subprocess.PIPE, stderr=stderr, text=True
            )

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def wait_until_ready(self) -> str:
        """The line with which it says that it is ready; what it logged, if it never says so."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"it did not start: {self.log.read_text()}"
        return line.strip()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def end(self) -> int:
        """Wait until it has ended by itself; gives its exit code."""
        code = self._process.wait(timeout=START_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code

    def stop(self) -> int:
        """Ask it to end, and wait; gives its exit code."""
        self.signal(signal.SIGTERM)
        return self.end()

    def kill(self) -> None:
        """End it at once, whatever it does."""
        self.signal(signal.SIGKILL)
        self.end()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None


@contextmanager
def running(command: str, *, log: Path, **settings: str) -> Iterator[Process]:
    """A process that is ready; it is ended with the block at the latest."""
    process = Process(command, log=log, **settings)
    try:
        process.wait_until_ready()
        yield process
    finally:
        if process.is_running:
            process.kill()
