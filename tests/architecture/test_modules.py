"""What every module keeps to, beyond the import contracts in pyproject.toml."""

import ast
from collections.abc import Iterator

from tests.support.source import Module, modules

TRANSPORT = "federation/transport.py"
CLIENT_LIBRARIES = {"http.client", "httpx", "requests", "urllib.request", "urllib3"}
CLIENTS = {"ClientSession", "TCPConnector", "urlopen"}


def imported(module: Module) -> Iterator[str]:
    """Every name that a module imports, and every module that it imports from."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.name for alias in node.names)


def attributes(module: Module) -> Iterator[str]:
    """Every attribute that a module asks for: `ClientSession` in `aiohttp.ClientSession`."""
    return (node.attr for node in ast.walk(module.tree) if isinstance(node, ast.Attribute))


def test_a_module_opens_with_what_it_is_for() -> None:
    everything = modules("federation", "storage", "fedihub", "tests", "bench")
    assert [module.name for module in everything if not ast.get_docstring(module.tree)] == []


def test_one_client_speaks_to_other_servers() -> None:
    """Only the transport guards addresses, counts bytes and keeps deadlines; a second client would not."""
    others = [module for module in modules() if module.name != TRANSPORT]
    assert [module.name for module in others if (CLIENT_LIBRARIES | CLIENTS) & set(imported(module))] == []
    assert [module.name for module in others if CLIENTS & set(attributes(module))] == []
