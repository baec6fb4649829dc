"""`fedihub version`: which program this is."""

import platform
from importlib.metadata import version as version_of

import typer

from fedihub.cli.output import AsJson, print_json


def version(*, as_json: AsJson = False) -> None:
    """Print the version of this program, and of the Python that runs it."""
    known = {"version": version_of("fedihub"), "python": platform.python_version()}
    if as_json:
        print_json(known)
    else:
        typer.echo(f"fedihub {known['version']} (Python {known['python']})")
