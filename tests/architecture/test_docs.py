"""The documents are true: the settings, commands, scripts and files that they name exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from fedihub.cli.app import app
from fedihub.settings import Settings
from fedihub.settings_source import CONFIG_FILE, PREFIX
from tests.support.source import ROOT, documents

SETTINGS = {PREFIX + name.upper() for name in Settings.model_fields}
OF_THE_TESTS = {"FEDIHUB_TEST_CHROMIUM", "FEDIHUB_TEST_DATABASES"}
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
CALL = re.compile(r"(?<![\w./:=-])fedihub ((?:[a-z][a-z-]*|--[a-z-]+)\b[^|#`\n]*)")

every_document = pytest.mark.parametrize("path", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())


def code(path: Path) -> Iterator[str]:
    """Each code block and code span of a document, continued lines joined."""
    text = path.read_text()
    for block in FENCE.findall(text):
        yield block.replace("\\\n", " ")
    yield from SPAN.findall(FENCE.sub("", text))


def misused(call: str) -> str | None:
    """What is wrong with the words after `fedihub`, if anything: a command or an option that does not exist."""
    command: Any = typer.main.get_command(app)
    words = call.split()
    while hasattr(command, "commands") and words and words[0][0] not in "-[":
        name = words.pop(0).rstrip(".,:;")
        if name not in command.commands:
            return f"no command {name!r} in {call!r}"
        command = command.commands[name]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    wrong = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known | {"--help"}]
    return f"no option {wrong[0]} in {call!r}" if wrong else None


@every_document
def test_settings_that_are_named_exist(path: Path) -> None:
    named = set(re.findall(r"\bFEDIHUB_[A-Z_]*[A-Z]\b", path.read_text()))
    assert named - SETTINGS - OF_THE_TESTS - {CONFIG_FILE} == set()


@every_document
def test_commands_that_are_named_exist(path: Path) -> None:
    calls = [call for text in code(path) for call in CALL.findall(text)]
    assert [problem for call in calls if (problem := misused(call))] == []


@every_document
def test_scripts_that_are_named_exist(path: Path) -> None:
    named = set(re.findall(r"(?<![\w/])(?:scripts|\.ci)/[\w-]+", path.read_text()))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@every_document
def test_links_inside_the_project_lead_somewhere(path: Path) -> None:
    targets = [link.partition("#")[0] for link in LINK.findall(path.read_text()) if "://" not in link]
    assert [target for target in targets if target and not (path.parent / target).exists()] == []


def test_a_command_that_does_not_exist_would_be_found() -> None:
    assert misused("brew coffee") == "no command 'brew' in 'brew coffee'"
    assert misused("init --ownr ada") == "no option --ownr in 'init --ownr ada'"
    assert misused("init --owner ada --email ada@hub.example") is None


def test_the_architecture_shows_every_room() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    tracked = [path for top in ("federation", "storage", "fedihub") for path in (ROOT / top).rglob("*.py")]
    rooms = {path.parent.relative_to(ROOT) for path in tracked}
    nested = {
        "fedihub/api/entities",
        "fedihub/api/v1",
        "fedihub/api/v2",
        "fedihub/web/pages",
        "storage/migrations/versions",
    }
    assert {room.as_posix() for room in rooms if f"`{room.as_posix()}/`" not in text} <= nested
