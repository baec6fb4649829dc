"""The command line as an operator has it: one data directory, nothing else set."""

import asyncio
import json
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from typer.testing import CliRunner

from fedihub.cli.app import app
from fedihub.cli.running import acting
from fedihub.services.posting import publish_post
from fedihub.settings_source import PREFIX, TEST_PREFIX
from storage.actors import find_local_by_username
from storage.database import Database, Session
from storage.posts import Audience

T = TypeVar("T")
PASSWORD = "correct horse battery"


class CommandLine:
    """Runs commands in this process: faster than a process each, and the same code from the arguments on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.database = self.data_dir / "fedihub.sqlite3"
        self.password_file = folder / "password"
        self.password_file.write_text(f"{PASSWORD}\n")

    def run(self, *arguments: str, stdin: str = "") -> Any:
        """The result of a command: exit_code, stdout, stderr."""
        return CliRunner().invoke(app, arguments, input=stdin, prog_name="fedihub")

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

    def look(self, unit: Callable[[Session], Awaitable[T]]) -> T:
        """Read something from the hub's database, past the command line."""
        return asyncio.run(self._with_database(lambda database: database.read(unit)))

    def change(self, unit: Callable[[Session], Awaitable[T]]) -> T:
        """Write something into the hub's database, past the command line."""
        return asyncio.run(self._with_database(lambda database: database.write(unit)))

    def say(self, username: str, text: str) -> None:
        """One of ours says something to everybody."""
        asyncio.run(_say(username, text))

    async def _with_database(self, use: Callable[[Database], Awaitable[T]]) -> T:
        database = Database(f"sqlite+aiosqlite:///{self.database}")
        try:
            return await use(database)
        finally:
            await database.close()

    def init(self) -> None:
        """A hub with its first member, maya."""
        self.ok("init", "--owner", "maya", "--email", "maya@hub.example", "--password-file", str(self.password_file))


async def _say(username: str, text: str) -> None:
    async with acting() as hub:
        actor = await hub.database.read(lambda session: find_local_by_username(session, username))
        assert actor is not None
        await publish_post(hub, author_id=actor.id, text=text, audience=Audience.PUBLIC)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a hub that was made once, with maya: making keys takes its time."""
    with pytest.MonkeyPatch.context() as patch:
        command_line = alone(tmp_path_factory.mktemp("cli"), patch)
        command_line.init()
    return command_line.database


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A command line on a machine where there is no hub yet."""
    return alone(tmp_path, monkeypatch)


@pytest.fixture
def cli(empty: CommandLine, made: Path) -> CommandLine:
    """A command line with a hub: its owner is maya."""
    empty.data_dir.mkdir()
    shutil.copyfile(made, empty.database)
    return empty


def alone(folder: Path, patch: pytest.MonkeyPatch) -> CommandLine:
    """A command line that no setting of this machine reaches."""
    for name in list(os.environ):
        if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX):
            patch.delenv(name)
    command_line = CommandLine(folder)
    patch.setenv("FEDIHUB_DATA_DIR", str(command_line.data_dir))
    patch.setenv("FEDIHUB_LISTEN", "127.0.0.1:1")  # where no server of anybody's listens
    return command_line
