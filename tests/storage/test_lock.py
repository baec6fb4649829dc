"""The lock that keeps a second server away from an SQLite file."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storage.errors import DatabaseLocked
from storage.lock import ServerLock

HOLDER = """
import sys, time
from pathlib import Path
from storage.lock import ServerLock
ServerLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
time.sleep(600)
"""


def test_a_second_holder_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "fedihub.lock"
    with ServerLock(path), pytest.raises(DatabaseLocked, match=r"process \d+"):
        ServerLock(path).acquire()
    with ServerLock(path):
        pass


def test_a_process_that_is_killed_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "fedihub.lock"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DatabaseLocked, match=str(holder.pid)):
            ServerLock(path).acquire()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with ServerLock(path):
        pass
