"""How help looks: plain text of one width, on any terminal and in docs/reference/cli.md, with examples at its end."""

from typing import Any

import typer

WIDTH = 100
CONTEXT: dict[str, Any] = {"help_option_names": ["-h", "--help"], "terminal_width": WIDTH, "max_content_width": WIDTH}


def examples(*commands: str, footer: str = "") -> str:
    """The end of a help text: command lines that one may copy, kept as they are."""
    listed = "\n".join(f"  {command}" for command in commands)
    return f"\b\nExamples:\n{listed}" + (f"\n\n{footer}" if footer else "")


def branch(text: str, *commands: str) -> typer.Typer:
    """A noun with commands of its own; some of them are shown as examples."""
    return typer.Typer(
        help=text,
        epilog=examples(*commands),
        no_args_is_help=True,
        rich_markup_mode=None,
        context_settings=CONTEXT,
    )
