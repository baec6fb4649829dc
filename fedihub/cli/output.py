"""How results are printed: for people as aligned text, for programs as JSON.

The JSON of a command is a promise: keys are not renamed. Times are ISO 8601 in UTC, ids are strings (many readers of
JSON round large numbers), and everything beyond ASCII is escaped, so that no terminal is surprised.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Annotated, Any

import typer

from fedihub.terminal import escape_controls

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="Show at most so many.")]


def print_json(value: Any) -> None:
    """A value as indented JSON on standard output."""
    typer.echo(json.dumps(to_plain(value), indent=2))


def print_list(rows: Sequence[Any], columns: Mapping[str, str], *, nothing: str, as_json: bool) -> None:
    """Rows as JSON, with all their fields, or as a table of some."""
    if as_json:
        print_json(rows)
    else:
        print_table(rows, columns, nothing=nothing)


def print_table(rows: Sequence[Any], columns: Mapping[str, str], *, nothing: str) -> None:
    """Rows (dataclasses or mappings) as aligned columns: `columns` gives fields their headings."""
    if not rows:
        typer.echo(nothing)
        return
    cells = [list(columns.values()), *([to_text(_field(row, name)) for name in columns] for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    for line in cells:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def print_fields(values: Mapping[str, Any]) -> None:
    """One thing, a line for each of its fields; fields without a value are left out."""
    shown = {name: to_text(value) for name, value in values.items() if value not in (None, "", [], {})}
    width = max(map(len, shown), default=0)
    for name, text in shown.items():
        typer.echo(f"{name.ljust(width)}  {text}")


def to_text(value: Any) -> str:
    """A value as people read it, safe on a terminal."""
    match value:
        case None | "":
            text = "-"
        case bool():
            text = "yes" if value else "no"
        case datetime():
            text = value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        case timedelta():
            text = duration(value)
        case Enum():
            text = str(value.value)
        case list() | tuple():
            text = ", ".join(to_text(item) for item in value)
        case _:
            text = str(value)
    return escape_controls(text)


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number} {one if number == 1 else many}"


def duration(span: timedelta) -> str:
    """A span in its largest unit: 45 s, 12 min, 7 h, 3 d."""
    seconds = int(span.total_seconds())
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def to_plain(value: Any) -> Any:
    """A value as JSON knows it; a field named `id` or `…_id` becomes a string."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case timedelta():
            return value.total_seconds()
        case Enum():
            return value.value
        case Mapping():
            return {name: _named(name, item) for name, item in value.items()}
        case list() | tuple():
            return [to_plain(item) for item in value]
        case _ if is_dataclass(value):
            return {field.name: _named(field.name, getattr(value, field.name)) for field in fields(value)}
        case _:
            return value


def _named(name: str, value: Any) -> Any:
    is_id = isinstance(value, int) and (name == "id" or name.endswith("_id"))
    return str(value) if is_id else to_plain(value)


def _field(row: Any, name: str) -> Any:
    return row.get(name) if isinstance(row, Mapping) else getattr(row, name)
