"""Small files and functions; what is larger is listed here, with its reason."""

import ast
from collections.abc import Iterator

from tests.support.source import modules

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
POSITIONAL = 3  # two, after the session or the hub that so many functions begin with

LARGER_FILES: dict[str, str] = {}
LARGER_FUNCTIONS: dict[str, str] = {}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> Iterator[tuple[str, Function]]:
    """Every function of the three packages, methods and inner ones too, after its path and name."""
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, Function):
                yield f"{module.name}:{node.name}", node


def length(function: Function) -> int:
    """The lines of a function from `def` to its end, its docstring not counted."""
    first = function.body[0]
    documentation = lines(first) if ast.get_docstring(function) is not None else 0
    return lines(function) - documentation


def lines(node: ast.stmt) -> int:
    """How many lines a statement takes."""
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def positional(function: Function) -> int:
    """How many arguments may be given without their name."""
    given = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return len(given) - (given[:1] in (["self"], ["cls"]))


def test_a_file_can_be_read_in_one_sitting() -> None:
    long = [module.name for module in modules() if len(module.text.splitlines()) > LONGEST_FILE]
    assert long == list(LARGER_FILES)


def test_a_function_fits_a_screen() -> None:
    long = [name for name, function in functions() if length(function) > LONGEST_FUNCTION]
    assert long == list(LARGER_FUNCTIONS)


def test_after_the_first_arguments_the_others_are_named() -> None:
    assert [name for name, function in functions() if positional(function) > POSITIONAL] == []
