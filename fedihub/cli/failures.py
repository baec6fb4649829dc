"""How a command ends that could not do what it was asked: one line on standard error, and an exit code.

0: done. 1: not done, and the line says why and what to do. 2: the command was not understood. 130: Ctrl-C. Where in
the program something went wrong is shown only with `--debug`, which every command understands.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from fedihub.terminal import escape_controls

FAILED = 1
DEBUG = "--debug"
_PLAINER = {"Value error, ": "", "Input should be": "must be", ", unable to parse string as an integer": ""}
"""What the checker of arguments says, and what people read."""


class Failure(Exception):
    """Not done, for a reason that only the command line knows; the text is what the operator reads."""


class Commands(TyperGroup):
    """The root of all commands: turns whatever they raise into a line and an exit code."""

    def main(self, *_: Any, **options: Any) -> NoReturn:
        """Run the command that the arguments (`args`, or those of the process) ask for, and exit."""
        words = options.pop("args", None)
        given = [_readable(word) for word in (sys.argv[1:] if words is None else words)]
        asked = [word for word in given if word != DEBUG]
        options["standalone_mode"] = False  # what goes wrong comes to us
        try:
            code = super().main(asked, **options)
        except Exception as error:
            if DEBUG in given:
                raise
            code = _say(error, asked)
        sys.exit(code if isinstance(code, int) else 0)


def explain(error: Exception, command: Sequence[str] = ()) -> str:
    """One line for an operator: what went wrong and, where we know it, what to do about it."""
    text = next((text for reader in _READERS if (text := reader(error))), None)
    again = " ".join(["fedihub", DEBUG, *command])
    text = text or f"unexpected {type(error).__name__}: {error}; to see where, run it again as: {again}"
    return escape_controls(" ".join(text.split()))


def _readable(word: str) -> str:
    """Where the locale is not UTF-8 (LC_ALL=C), Python keeps the bytes of an argument as surrogates, which would vanish
    on their way into the database; terminals write UTF-8 all the same.
    """
    return os.fsencode(word).decode("utf-8", errors="replace") if not word.isprintable() else word


def _say(error: Exception, command: Sequence[str]) -> int:
    if isinstance(error, typer.TyperException):
        typer.echo(_misunderstood(error), err=True)
        return error.exit_code
    reason = "stopped" if isinstance(error, typer.Abort) else explain(error, command)
    typer.echo(f"fedihub: {reason}", err=True)
    return FAILED


def _misunderstood(error: typer.TyperException) -> str:
    """A command that is not complete yet is answered with its help, which has many lines; everything else with
    one.
    """
    message = error.format_message()
    if message.startswith("Usage:"):
        return message
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "fedihub"
    for ours, plain in _PLAINER.items():
        message = message.replace(ours, plain)
    return f"{path}: {' '.join(message.removeprefix('Invalid value: ').split())} (see {path} --help)"


def _from_ourselves(error: Exception) -> str | None:
    """Errors of the hub and of the protocol have a public half; whoever runs the hub may see the other, too."""
    from federation.errors import ProtocolError
    from fedihub.errors import HubError

    if not isinstance(error, HubError | ProtocolError):
        return None
    return f"{error.public} ({error.private})" if error.private else error.public


def _from_storage(error: Exception) -> str | None:
    from storage.errors import StorageError

    return str(error) if isinstance(error, Failure | StorageError) else None


def _from_the_database(error: Exception) -> str | None:
    """What the driver said: only SQLAlchemy's errors have an `orig`."""
    original = getattr(error, "orig", None)
    return f"the database refused: {original}" if original else None


def _from_the_system(error: Exception) -> str | None:
    if not isinstance(error, OSError):
        return None
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason


_READERS = (_from_ourselves, _from_storage, _from_the_database, _from_the_system)
