"""The command line as an operator has it: one data directory, nothing else set."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fedihub.cli.app import app
from fedihub.settings import PREFIX, TEST_PREFIX

PASSWORD = "correct horse battery"


class CommandLine:
    """Runs commands in this process: faster than a process each, and the same code from the arguments on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.password_file = folder / "password"
        self.password_file.write_text(f"{PASSWORD}\n")

    def run(self, *arguments: str, stdin: str = "") -> Any:
        """The result of a command: exit_code, stdout, stderr."""
        return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)

    def ok(self, *arguments: str, stdin: str = "") -> str:
        """What a command prints that must succeed, and must say nothing beside."""
        result = self.run(*arguments, stdin=stdin)
        assert (result.exit_code, result.stderr) == (0, ""), result.stderr
        return str(result.stdout)

    def json(self, *arguments: str, stdin: str = "") -> Any:
        """The JSON of a command that must succeed."""
        return json.loads(self.ok(*arguments, "--json", stdin=stdin))

    def fails(self, *arguments: str, code: int = 1, stdin: str = "") -> str:
        """The one line of a command that must fail."""
        result = self.run(*arguments, stdin=stdin)
        assert (result.exit_code, result.stdout) == (code, ""), result.output
        assert result.stderr.count("\n") == 1
        return str(result.stderr).strip()

    def init(self) -> None:
        """A hub with its first member, maya."""
        self.ok("init", "--owner", "maya", "--email", "maya@hub.example", "--password-file", str(self.password_file))


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A command line on a machine where there is no hub yet."""
    for name in list(os.environ):
        if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX):
            monkeypatch.delenv(name)
    command_line = CommandLine(tmp_path)
    monkeypatch.setenv("FEDIHUB_DATA_DIR", str(command_line.data_dir))
    monkeypatch.setenv("FEDIHUB_LISTEN", "127.0.0.1:1")  # where no server of anybody's listens
    return command_line


@pytest.fixture
def cli(empty: CommandLine) -> CommandLine:
    """A command line with a hub: its owner is maya."""
    empty.init()
    return empty


