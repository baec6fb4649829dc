"""Where a command gets a password from: never from an argument, since other accounts can read those, and never
printed.
"""

import os
import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer

from fedihub.cli.failures import Failure

STANDARD_INPUT = "-"

PasswordFile = Annotated[
    str,
    typer.Option(
        "--password-file", metavar="FILE", help="File with the password in its first line; - is standard input."
    ),
]


def read_password(file: str) -> str:
    """The first line of a file or, for "-", of standard input. Raises Failure when there is none."""
    try:
        text = sys.stdin.readline() if file == STANDARD_INPUT else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise Failure(f"no password can be read from {file}: {reason} (--password-file)") from error
    password = text.partition("\n")[0].removesuffix("\r")
    if not password:
        raise Failure(f"there is no password in {'standard input' if file == STANDARD_INPUT else file}")
    return password


def ask_password(name: str) -> str:
    """Ask for a new password, twice, on the terminal."""
    return str(typer.prompt(f"Password for {name}", hide_input=True, confirmation_prompt="Once more", err=True))


def on_terminal() -> bool:
    """Whether there is somebody who can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def make_password(path: Path) -> str:
    """A new password, written into a file that only this account can read. Raises OSError if the file is there
    already.
    """
    password = secrets.token_urlsafe(12)
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{password}\n")
    return password
