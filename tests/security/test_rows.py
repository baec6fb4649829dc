"""Every attack in rows.toml is tried, here or where its row says; and every test here belongs to a row."""

import ast
import re
import tomllib
from pathlib import Path

from tests.support.source import ROOT

FOLDER = ROOT / "tests/security"
ROWS: dict[str, dict[str, str]] = tomllib.loads((FOLDER / "rows.toml").read_text())["rows"]
BESIDE = "G"
"""Attacks beside the rows: who reads what is not for them."""


def names_in(path: Path) -> list[str]:
    """The names of the tests in a file."""
    found = ast.walk(ast.parse(path.read_text()))
    functions = (node.name for node in found if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return [name for name in functions if name.startswith("test_")]


def rows_of(name: str) -> list[str]:
    """The rows at the beginning of a test's name: test_a2_a3_nobody shows A2 and A3."""
    words = name.split("_")[1:]
    shown = []
    for word in words:
        if not re.fullmatch("[a-z][0-9]+", word):
            break
        shown.append(word.upper())
    return shown


def shown_here() -> set[str]:
    """The rows that have a test in this folder."""
    return {row for path in FOLDER.glob("test_*.py") for name in names_in(path) for row in rows_of(name)}


def test_every_attack_is_tried() -> None:
    here = shown_here()
    assert [row for row, told in ROWS.items() if row not in here and not {"by", "left_out"} & set(told)] == []


def test_every_test_belongs_to_a_row() -> None:
    assert sorted(row for row in shown_here() - set(ROWS) if not row.startswith(BESIDE)) == []


def test_what_is_shown_elsewhere_is_there() -> None:
    for told in ROWS.values():
        if "by" in told:
            path, _, beginning = told["by"].partition("::")
            assert [name for name in names_in(ROOT / path) if name.startswith(beginning)], told["by"]


def test_rows_are_read_from_the_names_of_tests() -> None:
    assert rows_of("test_a2_a3_nobody_acts") == ["A2", "A3"]
    assert rows_of("test_the_same_request") == []
