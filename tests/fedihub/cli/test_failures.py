"""What an operator sees when a command fails: one line, an exit code, and never a traceback that nobody asked for."""

from collections.abc import Callable
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from federation.errors import DereferenceFailed
from fedihub.cli.failures import Commands, Failure
from fedihub.errors import Invalid
from storage.errors import DatabaseBusy


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


def test_ctrl_c_ends_quietly() -> None:
    result = run(KeyboardInterrupt())
    assert result.exit_code == 130
    assert "Traceback" not in result.output
