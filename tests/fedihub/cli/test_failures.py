"""What an operator sees when a command fails: one line, an exit code, and never a traceback that nobody asked for."""

import os
import subprocess
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import typer
from typer.testing import CliRunner

from federation.errors import DereferenceFailed
from fedihub.cli.failures import Commands, Failure
from fedihub.errors import Invalid
from storage.errors import DatabaseBusy
from tests.fedihub.cli.conftest import CommandLine
from tests.support.database import DatabaseFarm, kinds
from tests.support.process import FEDIHUB


class DriverError(Exception):
    """As SQLAlchemy's errors are made: what the driver said is in `orig`."""

    orig = "database or disk is full"


def raising(error: BaseException) -> Callable[[], None]:
    """A command that fails like this."""

    def command() -> None:
        raise error

    return command


def run(error: BaseException, *arguments: str) -> Any:
    """Run a program whose only command `work` fails."""
    app = typer.Typer(cls=Commands, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    app.command("work")(raising(error))
    return CliRunner().invoke(app, ["work", *arguments])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Failure("there is no hub here"), "there is no hub here"),
        (Invalid("a username has other characters", field="username"), "a username has other characters"),
        (DatabaseBusy("the database is busy: try again in a moment"), "the database is busy: try again in a moment"),
        (
            DereferenceFailed("the document could not be fetched", private="peer.example: 500"),
            "the document could not be fetched (peer.example: 500)",
        ),
        (DriverError(), "the database refused: database or disk is full"),
        (FileNotFoundError(2, "No such file or directory", "pw.txt"), "pw.txt: No such file or directory"),
        (
            KeyError("x\n\x1b[2J"),
            "unexpected KeyError: 'x\\n\\x1b[2J'; to see where, run it again as: fedihub --debug work",
        ),
    ],
)
def test_a_failure_is_one_line_and_exit_code_1(error: Exception, said: str) -> None:
    result = run(error)
    assert result.exit_code == 1
    assert result.stderr == f"fedihub: {said}\n"
    assert result.stdout == ""


def test_debug_shows_where_it_happened() -> None:
    error = ValueError("inside")
    assert run(error, "--debug").exception is error


def test_a_command_that_is_not_understood_is_one_line_and_exit_code_2() -> None:
    result = run(Failure("never reached"), "--colour")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "No such option: --colour" in result.stderr


def test_what_the_checker_of_arguments_says_is_made_plain(cli: CommandLine) -> None:
    assert cli.fails("member", "list", "--limit", "0", code=2) == (
        "fedihub member list: Invalid value for '--limit': must be greater than or equal to 1 "
        "(see fedihub member list --help)"
    )
    assert "'--limit': must be a valid integer (see" in cli.fails("member", "list", "--limit", "x", code=2)
    assert "'--role': 'king' is not one of 'member', 'owner'." in cli.fails(
        "member", "create", "ada", "--email", "a@hub.example", "--role", "king", code=2
    )


def test_names_survive_a_terminal_that_lacks_their_letters(cli: CommandLine) -> None:
    make = ("member", "create", "eva", "--email", "eva@hub.example", "--password-file", str(cli.password_file))
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert in_process(*make, "--name", "Łucja", more=ascii_only).returncode == 0
    assert cli.json("member", "show", "eva")["member"]["display_name"] == "Łucja"
    shown = in_process("member", "show", "eva", more={"PYTHONIOENCODING": "latin-1"})
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "\\u0141ucja" in shown.stdout


def test_a_reader_that_goes_away_is_no_reason_to_complain(cli: CommandLine) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        assert in_process("member", "list", "--json", stdout=closed).stderr == ""


def in_process(*arguments: str, more: dict[str, str] | None = None, stdout: Any = subprocess.PIPE) -> Any:
    """A command in a process of its own, in the environment of this one."""
    return subprocess.run(
        [*FEDIHUB, *arguments],
        env=os.environ | (more or {}),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind == "postgresql"])
def test_a_database_server_that_does_not_let_us_in_is_named(
    kind: str, empty: CommandLine, database_farm: DatabaseFarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = urlsplit(database_farm.of(kind).empty())
    for changed in (parts._replace(path="/no_such_database"), parts._replace(netloc="me:secret@127.0.0.1:1")):
        monkeypatch.setenv("FEDIHUB_DATABASE_URL", urlunsplit(changed).replace("+asyncpg", ""))
        for command in (["status"], ["init"], ["serve"], ["migrate"]):
            line = empty.fails(*command)
            assert line.startswith("fedihub: the database postgresql")
            assert line.endswith("see FEDIHUB_DATABASE_URL")
            assert "secret" not in line


def test_ctrl_c_ends_quietly() -> None:
    result = run(KeyboardInterrupt())
    assert result.exit_code == 130
    assert "Traceback" not in result.output
