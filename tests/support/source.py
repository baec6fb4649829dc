"""The project's own files, for the tests that hold its architecture: parsed once, named by their path from the root."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("federation", "storage", "fedihub")


@dataclass(frozen=True)
class Module:
    """A Python file: `name` is its path from the root, with slashes."""

    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text)

    def inside(self, *places: str) -> bool:
        """Whether the file lies in one of these folders, or is one of these files."""
        return any(self.name == place or self.name.startswith(f"{place}/") for place in places)


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Every Python file in these folders; in the three packages when none is named."""
    paths = (path for folder in folders or PACKAGES for path in sorted((ROOT / folder).rglob("*.py")))
    return tuple(Module(path.relative_to(ROOT).as_posix(), path.read_text()) for path in paths)


def documents() -> tuple[Path, ...]:
    """Every Markdown file that readers are given."""
    return (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))


def identifiers(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that is defined or used, with its line."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)) | ast.arg(arg=name):
                yield name, node.lineno
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node.lineno
            case ast.alias(name=name, asname=other):
                yield other or name, node.lineno
            case _:
                pass


def texts(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every text in the code that is no docstring, with its line."""
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value, node.lineno


def words(identifier: str) -> list[str]:
    """The words of a name: `remoteUser_id` has remote, user and id."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)]
