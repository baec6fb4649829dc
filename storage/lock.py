"""One server for each SQLite file: a lock that the kernel lets go when its process dies, however it dies.

Not a file with a process id in it: after a crash nobody has to look whether that process still lives. The command line
works beside a server without this lock; SQLite's own locks keep their transactions apart.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from storage.errors import DatabaseLocked


class ServerLock:
    """The lock on a file, held from `acquire` to `release`, or as long as a `with` block lasts. Raises
    DatabaseLocked.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock at once, or raise DatabaseLocked. The file says who has it, for the operator's eyes only."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 100).decode(errors="replace").strip()
            os.close(descriptor)
            raise DatabaseLocked(f"another server ({holder or 'unknown'}) holds {self.path}") from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Let the lock go. The file stays: to remove it would let two servers hold locks on two files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()
