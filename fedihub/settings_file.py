"""The file of settings: lines of NAME=value, read as they stand.

Nothing is expanded or escaped, so a password may hold any character. Empty lines and those that begin with # are left
out; `export` before a name and one pair of quotes around a value are admitted, as in files for a shell.
"""

import re
from pathlib import Path
from typing import NamedTuple

from fedihub.errors import SettingsError

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_QUOTES = "\"'"


class Line(NamedTuple):
    """What a line of the file sets."""

    number: int
    name: str
    value: str


def read_settings_file(path: Path) -> list[Line]:
    """What each line sets, in their order. Raises SettingsError for a file that can't be read or understood."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise SettingsError(f"the settings in {path} can't be read: {reason}") from None
    lines = ((number, line.strip()) for number, line in enumerate(text.split("\n"), start=1))
    return [_parse(path, number, line) for number, line in lines if line and not line.startswith("#")]


def _parse(path: Path, number: int, line: str) -> Line:
    match = _LINE.fullmatch(line)
    if match is None:
        raise SettingsError(f"line {number} of {path} is not understood: it must look like NAME=value")
    return Line(number, match[1], _unquoted(match[2]))


def _unquoted(value: str) -> str:
    is_quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in _QUOTES
    return value[1:-1] if is_quoted else value
