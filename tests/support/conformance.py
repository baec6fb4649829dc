"""Writes docs/reference/conformance.md: what is asked of a server, and which tests show that we do it.

The rows stand in tests/conformance/rows.toml; a test in that folder belongs to the row that its name begins with
(`test_h12_…` shows H12). Nothing is run: the files are read. `scripts/docs` writes the page, a test holds it.
"""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.source import ROOT

FOLDER = ROOT / "tests/conformance"
PAGE = ROOT / "docs/reference/conformance.md"
NAME = re.compile(r"^test_([a-z][0-9]+)_")

_HEAD = """<!-- Made by scripts/docs from tests/conformance: change it there. -->

# Conformance

What a server must do for people on Mastodon 4.6 and its kin to follow, read and answer the people here; and the tests
that show that this one does it. Each test goes through a real endpoint or a real delivery, with really signed requests.
The rows stand in [rows.toml](../../tests/conformance/rows.toml), the tests beside it: a test's name begins with a row.

Priority 1: nobody can follow, read or answer without it. 2: it holds in bad weather. 3: more.
"""


@dataclass(frozen=True)
class Row:
    """A behaviour; `files` maps the files of its tests to their number, `left_out` says why there are none."""

    id: str
    kind: str
    priority: int
    behaviour: str
    files: Mapping[str, int]
    left_out: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is still to be shown: a row of priority 3 may be, and so may one that says why."""
        return not self.files and not self.left_out

    @property
    def state(self) -> str:
        """The last column."""
        if not self.files:
            return f"left out: {self.left_out}" if self.left_out else "**open**"
        tests = [
            f"[{name.removesuffix('.py')}](../../tests/conformance/{name}) ({n})" for name, n in self.files.items()
        ]
        return ", ".join(tests)


def rows() -> list[Row]:
    """All rows, in the order of rows.toml."""
    shown = shown_rows()
    told: dict[str, dict[str, Any]] = _told()["rows"]
    return [Row(id=row, files=shown.get(row, {}), **told[row]) for row in told]


def shown_rows() -> dict[str, dict[str, int]]:
    """Row -> file -> how many tests of that file show it."""
    shown: dict[str, dict[str, int]] = defaultdict(dict)
    for path in sorted(FOLDER.glob("test_*.py")):
        for row in rows_tested_in(path.read_text()):
            shown[row][path.name] = shown[row].get(path.name, 0) + 1
    return shown


def rows_tested_in(source: str) -> list[str]:
    """The row of each test in a file that is named after one."""
    functions = (
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return [match[1].upper() for function in functions if (match := NAME.match(function.name))]


def page() -> str:
    """The text of conformance.md."""
    every = rows()
    sections = [_section(title, [row for row in every if row.id[0] == letter]) for letter, title in _groups()]
    return f"{_HEAD}\n{_summary(every)}\n{''.join(sections)}"


def _told() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "rows.toml").read_text())


def _groups() -> list[tuple[str, str]]:
    return list(_told()["groups"].items())


def _summary(every: list[Row]) -> str:
    lines = ["| priority | rows | tested | left out | open |", "|---|---|---|---|---|"]
    for priority in (1, 2, 3):
        some = [row for row in every if row.priority == priority]
        tested, is_open = sum(1 for row in some if row.files), sum(1 for row in some if row.is_open)
        lines.append(f"| {priority} | {len(some)} | {tested} | {len(some) - tested - is_open} | {is_open} |")
    return "\n".join(lines) + "\n"


def _section(title: str, some: list[Row]) -> str:
    head = f"\n## {some[0].id[0]}. {title}\n\n| row | behaviour | priority | tests |\n|---|---|---|---|\n"
    return head + "".join(f"| {row.id} | {row.behaviour} | {row.priority} | {row.state} |\n" for row in some)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
