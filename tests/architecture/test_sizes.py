"""Small files and functions; what is larger is listed here, with its reason."""

import ast
from collections.abc import Iterator

from tests.support.source import Module, modules

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
POSITIONAL = 3  # two, after the session or the hub that so many functions begin with

HISTORY = "storage/migrations/versions"  # a migration is as long as what it changes, and is not touched again
LARGER_FILES: dict[str, str] = {}
LARGER_FUNCTIONS: dict[str, str] = {}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def written() -> list[Module]:
    """The modules of the three packages, without the migrations."""
    return [module for module in modules() if not module.inside(HISTORY)]


def functions() -> Iterator[tuple[str, Function]]:
    """Every function of the three packages, methods and inner ones too, after its path and name."""
    for module in written():
        for node in ast.walk(module.tree):
            if isinstance(node, Function):
                yield f"{module.name}:{node.name}", node


def length(function: Function) -> int:
    """The lines of a function's body: parameters and docstring may take the room that they need."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    last = function.body[-1].end_lineno
    assert last is not None
    return last - body[0].lineno + 1 if body else 0


def positional(function: Function) -> int:
    """How many arguments may be given without their name."""
    given = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return len(given) - (given[:1] in (["self"], ["cls"]))


def test_a_file_can_be_read_in_one_sitting() -> None:
    long = [module.name for module in written() if len(module.text.splitlines()) > LONGEST_FILE]
    assert long == list(LARGER_FILES)


def test_a_function_fits_a_screen() -> None:
    long = [name for name, function in functions() if length(function) > LONGEST_FUNCTION]
    assert long == list(LARGER_FUNCTIONS)


def test_after_the_first_arguments_the_others_are_named() -> None:
    """In what others call; a helper inside one module is read together with its calls."""
    public = [(name, function) for name, function in functions() if not function.name.startswith("_")]
    assert [name for name, function in public if positional(function) > POSITIONAL] == []
