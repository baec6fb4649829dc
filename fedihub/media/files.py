"""The folder of files: what is on its way in, and what was taken, under names that nobody can guess.

Everything here waits for the disk: call it in a thread.
"""

import os
import re
import secrets
import shutil
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fedihub.media.kinds import BY_EXTENSION, Kind

PATH = "/media/"
NAME = r"[0-9a-f]{32}\.[a-z0-9]{3,4}"
"""What names look like, as a regular expression: 128 random bits, and the kind. Nothing of it comes from outside."""

LEFT_BEHIND = timedelta(days=1)
"""What is that long on its way in was dropped: the program was killed meanwhile."""

_NAME = re.compile(NAME)


class MediaFiles:
    """Files below `folder`, with addresses below `base_url`."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self._folder = folder.absolute()
        self._arriving = self._folder / "arriving"
        self._base_url = base_url

    def address(self, name: str) -> str:
        """Where everybody finds a file."""
        return f"{self._base_url}{PATH}{name}"

    def new_desk(self) -> Path:
        """A folder for what is on its way in; whoever asks for one clears it away."""
        place = self._arriving / secrets.token_hex(16)
        _make(self._folder, self._arriving, place)
        return place

    @staticmethod
    def clear(place: Path) -> None:
        """Remove such a folder."""
        shutil.rmtree(place, ignore_errors=True)

    def keep(self, file: Path, name: str) -> None:
        """Take a file from its desk for good. It is on the disk when this returns."""
        place = self._place(name)
        _make(self._folder, place.parent)
        file.chmod(0o600)
        _sync(file)
        file.replace(place)
        _sync(place.parent)

    def find(self, name: str) -> Path | None:
        """The file of this name, if it is there."""
        if _NAME.fullmatch(name) is None or kind_of_name(name) is None:
            return None
        place = self._place(name)
        return place if place.is_file() else None

    def remove(self, *names: str | None) -> None:
        """Remove files; those that are gone already are no trouble."""
        for name in names:
            if name is not None:
                self._place(name).unlink(missing_ok=True)

    def tidy(self, now: datetime) -> None:
        """Remove what was left behind on its way in."""
        for place in self._arriving.iterdir() if self._arriving.is_dir() else ():
            with suppress(FileNotFoundError):  # it was cleared in this moment
                if datetime.fromtimestamp(place.stat().st_mtime, tz=UTC) < now - LEFT_BEHIND:
                    self.clear(place)

    def _place(self, name: str) -> Path:
        return self._folder / name[:2] / name


def new_name(extension: str) -> str:
    """A name that nobody can guess."""
    return f"{secrets.token_hex(16)}.{extension}"


def kind_of_name(name: str) -> Kind | None:
    """What a file of ours is: its name says so, for we gave it."""
    return BY_EXTENSION.get(name.rpartition(".")[2])


def _make(*places: Path) -> None:
    """Folders that are for us alone, each in the one before."""
    places[0].parent.mkdir(parents=True, exist_ok=True)
    for place in places:
        place.mkdir(exist_ok=True, mode=0o700)


def _sync(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
