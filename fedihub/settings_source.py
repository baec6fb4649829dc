"""Where settings come from: the environment, or the file that it names. Each value keeps its origin: an operator who is
told that a value is wrong must know where to look for it.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from fedihub.errors import SettingsError
from fedihub.settings_file import read_settings_file

PREFIX = "FEDIHUB_"
TEST_PREFIX = "FEDIHUB_TEST_"
CONFIG_FILE = "FEDIHUB_CONFIG"


@dataclass(frozen=True, slots=True)
class Given:
    """A value that an operator chose, and where."""

    value: str
    origin: str


def find_given() -> dict[str, Given]:
    """What is set, by name; the environment wins over the file, and what is empty is not set. Raises SettingsError for
    a file that can't be read.
    """
    path = os.environ.get(CONFIG_FILE)
    found = _in_file(Path(path).expanduser()) if path else {}
    return found | _in_environment(os.environ)


def unknown_names(given: Mapping[str, Given], settings: Iterable[str]) -> list[str]:
    """A line for each name that is no setting, with the one that was probably meant."""
    known = [*settings, CONFIG_FILE]
    return [_unknown(name, given[name].origin, known) for name in sorted(given) if name not in known]


def _in_environment(environment: Mapping[str, str]) -> dict[str, Given]:
    return {
        name: Given(value, "the environment")
        for name, value in environment.items()
        if value and name.upper().startswith(PREFIX) and not name.upper().startswith(TEST_PREFIX)
    }


def _in_file(path: Path) -> dict[str, Given]:
    if not path.is_file():
        raise SettingsError(f"{CONFIG_FILE} names {path}, which is not a file")
    lines = read_settings_file(path)
    return {line.name: Given(line.value, f"{path}, line {line.number}") for line in lines if line.value}


def _unknown(name: str, origin: str, known: list[str]) -> str:
    similar = get_close_matches(name.upper(), known, n=1)
    meant = f", did you mean {similar[0]}?" if similar else ""
    return f"there is no setting {name} (from {origin}){meant}"
