"""Where uploaded pictures are made anew: each in a process of its own (`fedihub.media.picture`), a few at a time.

The hub never decodes a picture itself. The process has limits of its own and is killed when it takes too long; what it
leaves is looked at before it is believed.
"""

import asyncio
import errno
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fedihub.errors import TooMany
from fedihub.media.files import MediaFiles
from fedihub.media.kinds import BY_EXTENSION, HEAD, Kind, kind_of

PROGRAM = Path(__file__).with_name("picture.py")
SECONDS = 90.0
AT_ONCE = 2
MOST_WAITING = 30
"""More pictures than that may not be in work in one process."""
MOST_OF_ONE = 6
"""Nor so many of one account: others want to upload as well."""
LONGEST_SECONDS = SECONDS * (1 + MOST_WAITING / AT_ONCE)
"""A picture is ready after that, even if all that wait before it take as long as they may."""
_WAIT_SECONDS = 30
_LONGEST_RESULT = 4096
_OUT_OF_TIME = (-signal.SIGXCPU, -signal.SIGKILL)
"""How a process ends that has used up its processor time."""


class SpoiltError(Exception):
    """The picture is not taken; `reason` is a word: unreadable, pixels, frames or slow."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Picture:
    """One file that was made."""

    file: Path
    kind: Kind
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Pictures:
    """What was made of one picture."""

    original: Picture
    preview: Picture
    blurhash: str


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    file: str = Field(pattern=r"^(original|preview)\.(jpg|png|gif|webp)$")
    width: int = Field(ge=1, le=20_000)
    height: int = Field(ge=1, le=20_000)


class _Result(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    original: _File
    preview: _File
    blurhash: str = Field(pattern=r"^[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,54}$")


class Workshop:
    """One per process of the hub. `program` makes one picture anew, and may take so many `seconds`."""

    def __init__(self, files: MediaFiles, *, program: Path = PROGRAM, seconds: float = SECONDS) -> None:
        self.files = files
        self.program = program
        self.seconds = seconds
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._work: set[asyncio.Task[Any]] = set()
        self._places: Counter[int] = Counter()

    @contextmanager
    def place(self, actor_id: int) -> Iterator[None]:
        """A place for a picture of this account, from now until it is made. Raises TooMany when none is free."""
        if self._places[actor_id] >= MOST_OF_ONE or self._places.total() >= MOST_WAITING:
            raise TooMany(
                "so many pictures are being looked at: please try again in a moment", retry_after=_WAIT_SECONDS
            )
        self._places[actor_id] += 1
        try:
            yield
        finally:
            self._places -= Counter({actor_id: 1})  # nobody is remembered who has none

    def begin(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Do this beside the requests."""
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return task

    async def settle(self) -> None:
        """Wait until nothing is in work."""
        while self._work:
            await asyncio.wait(list(self._work))

    async def close(self) -> None:
        """Drop what is not done; who waits for it is told that it failed."""
        for task in list(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    async def make_anew(self, source: Path, kind: Kind) -> Pictures:
        """The picture in `source`, made anew in the folder where it lies. Raises SpoiltError, and OSError where the
        disk takes nothing.
        """
        async with self._turns:
            await self._run(source, kind)
        return await asyncio.to_thread(_read_result, source.parent)

    async def _run(self, source: Path, kind: Kind) -> None:
        """Without our environment, our files and our terminal."""
        nothing = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", str(self.program), kind.format or "", str(source)),
            cwd=source.parent,
            env={name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
            stdin=nothing,
            stdout=nothing,
            stderr=nothing,
            start_new_session=True,
        )
        try:
            await asyncio.wait_for(process.wait(), self.seconds)
        except TimeoutError:
            raise SpoiltError("slow") from None
        finally:
            with suppress(ProcessLookupError):  # with all that it began, however it ended
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        if process.returncode in _OUT_OF_TIME:
            raise SpoiltError("slow")
        if process.returncode == os.EX_TEMPFAIL:
            raise OSError(errno.ENOSPC, "no room for a picture", str(source.parent))


def _read_result(desk: Path) -> Pictures:
    found = _facts(desk / "result.json")
    if "refused" in found:
        raise SpoiltError(str(found["refused"]))
    try:
        result = _Result.model_validate(found)
    except ValidationError:
        raise SpoiltError("unreadable") from None
    return Pictures(_picture(desk, result.original), _picture(desk, result.preview), result.blurhash)


def _facts(result: Path) -> dict[str, Any]:
    """Whoever was killed by its limits, or crashed, has left no result."""
    if result.is_symlink() or not result.is_file():
        raise SpoiltError("unreadable")
    with result.open("rb") as file:
        text = file.read(_LONGEST_RESULT)
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SpoiltError("unreadable")
    return found


def _picture(desk: Path, found: _File) -> Picture:
    """A file that is what its name says, and lies where it should."""
    place, kind = desk / found.file, BY_EXTENSION[found.file.rpartition(".")[2]]
    if place.is_symlink() or not place.is_file():
        raise SpoiltError("unreadable")
    with place.open("rb") as file:
        if kind_of(file.read(HEAD)) is not kind:
            raise SpoiltError("unreadable")
    return Picture(place, kind, found.width, found.height)
