"""Writes docs/reference/cli.md and settings.md from the code; `scripts/docs` runs it.

A test compares the files with what is written here, so they cannot fall behind.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic.fields import FieldInfo
from typer.core import TyperGroup

from fedihub.cli.app import app
from fedihub.settings import Settings, setting_name

_MADE = "<!-- Made by scripts/docs from the code: change it there. -->"
_CLI_HEAD = f"""{_MADE}

# The command line

`fedihub` does everything that an operator does. What holds for every command:

- It works beside a running server, on the same database.
- It asks nothing unless it runs on a terminal and says so in its help.
- Exit code 0: done. 1: not done; one line on standard error says why and what to do. 2: the command was not understood.
  130: stopped with Ctrl-C.
- `--json` prints for programs; keys are not renamed, times are UTC, ids are strings.
- `--debug`, anywhere on the line, shows where in the program an error came from.
- Settings come from the environment or a file: see [settings.md](settings.md).
"""
_SETTINGS_HEAD = f"""{_MADE}

# Settings

A setting comes from the environment, or from a file that `FEDIHUB_CONFIG` names; the environment wins, and an empty
value is no value. All of them are checked when the program starts: a wrong value, or a name that starts with `FEDIHUB_`
and is not in this list, stops it with one line that says which, and where it was set.

The file has lines of `NAME=value`, in UTF-8. A value is taken as it stands: nothing in it is expanded or escaped. One
pair of quotes around it is left out, and so are empty lines and lines that begin with `#`.

| setting | default | what it is |
|---|---|---|
"""


def write_reference(folder: Path) -> None:
    """Write both files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in reference().items():
        (folder / name).write_text(text, encoding="utf-8")


def reference() -> dict[str, str]:
    """The generated files: name and text."""
    return {"cli.md": _cli(), "settings.md": _settings()}


def _cli() -> str:
    sections = (
        f"\n## {context.command_path}\n\n```text\n{context.get_help().rstrip()}\n```\n" for context in _commands()
    )
    return _CLI_HEAD + "".join(sections)


def _commands() -> Iterator[typer.Context]:
    root = typer.main.get_command(app)
    yield from _below(typer.Context(root, info_name="fedihub", **root.context_settings))


def _below(context: typer.Context) -> Iterator[typer.Context]:
    """A command and, if it is a branch, everything on it."""
    yield context
    if isinstance(context.command, TyperGroup):
        for name, command in context.command.commands.items():
            yield from _below(typer.Context(command, info_name=name, parent=context, **command.context_settings))


def _settings() -> str:
    rows = (
        f"| `{setting_name(name)}` | {_default(field)} | {field.description}{_bounds(field)} |"
        for name, field in Settings.model_fields.items()
    )
    return _SETTINGS_HEAD + "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    match field.default:
        case None | "" | ():
            return "none"
        case bool():
            return f"`{str(field.default).lower()}`"
        case _:
            return f"`{field.default}`"


def _bounds(field: FieldInfo) -> str:
    """The smallest and largest value of a number."""
    found: dict[str, Any] = {
        name: getattr(limit, name) for limit in field.metadata for name in ("ge", "le") if hasattr(limit, name)
    }
    if not found:
        return ""
    if "le" not in found:
        return f" At least {found['ge']}."
    return f" From {found['ge']} to {found['le']}."


if __name__ == "__main__":
    write_reference(Path(sys.argv[1]))
