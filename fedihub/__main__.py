"""`fedihub`, and `python -m fedihub`: the command line."""

import io
import sys

from fedihub.cli.app import app


def main() -> None:
    """Run the command that the arguments ask for. On a terminal that lacks a character an escape stands in for it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # not None: a program may be started without them
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="fedihub")


if __name__ == "__main__":
    main()
