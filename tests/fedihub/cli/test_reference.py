"""The reference of commands and settings is made from the code, so it must be what the code says now."""

import re
import typing
from enum import StrEnum
from typing import Any

import pytest

from fedihub.cli import inbox, members, projects
from fedihub.cli.reference import reference
from fedihub.settings import Settings
from storage.members import HubRole
from storage.projects import Stage, TeamRole
from storage.received import ReceivedState
from tests.support.source import ROOT


@pytest.mark.parametrize("name", ["cli.md", "settings.md"])
def test_the_written_reference_is_fresh(name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert written == reference()[name], "run scripts/docs"


def test_every_command_shows_an_example() -> None:
    sections = reference()["cli.md"].split("\n## ")[1:]
    assert [section.partition("\n")[0] for section in sections if "Examples:" not in section] == []


def test_examples_name_commands_that_exist() -> None:
    text = reference()["cli.md"]
    known = set(re.findall(r"^## (fedihub.*)$", text, re.MULTILINE))
    shown = re.findall(r"(?:^|[=|] )\s*[^#\n]*?(fedihub [a-z-]+(?: [a-z-]+)?)", text, re.MULTILINE)
    assert shown
    assert [line for line in shown if not {line, line.rpartition(" ")[0]} & known] == []


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    ("choice", "kind"),
    [
        (members.Role, HubRole),
        (projects.Stage, Stage),
        (projects.TeamRole, TeamRole),
        (inbox.State, ReceivedState),
    ],
)
def test_what_can_be_chosen_is_what_there_is(choice: Any, kind: type[StrEnum]) -> None:
    """The command line repeats these words, so that it need not load the database's modules to print its help."""
    assert set(typing.get_args(choice)) == {each.value for each in kind}
