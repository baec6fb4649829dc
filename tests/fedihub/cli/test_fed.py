"""`fedihub fed …`: why can somebody not be found? The commands ask a hub that really answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fedihub.cli.conftest import CommandLine
from tests.support.process import fedihub, free_port, running


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Another hub, with a member called bo; gives its host."""
    folder: Path = tmp_path_factory.mktemp("other")
    host = f"127.0.0.1:{free_port()}"
    settings = {
        "data_dir": str(folder / "data"), "listen": host, "base_url": f"http://{host}", "allow_loopback": "1",
    }  # fmt: skip
    (folder / "password").write_text("correct horse battery")
    owner = ("--owner", "bo", "--email", "bo@other.example", "--password-file", str(folder / "password"))
    assert fedihub("init", *owner, **settings).returncode == 0
    with running("serve", log=folder / "log", **settings):
        yield host


@pytest.fixture
def development(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A hub that may speak to peers on this machine."""
    monkeypatch.setenv("FEDIHUB_ALLOW_LOOPBACK", "1")
    return cli


def test_webfinger_shows_whose_a_handle_is(development: CommandLine, other: str) -> None:
    found = development.json("fed", "webfinger", f"@bo@{other}")
    assert (found["asked_for"], found["handle"], found["type"]) == (f"bo@{other}", f"bo@{other}", "Person")
    assert found["actor"].startswith(f"http://{other}/ap/actors/")
    assert development.json("status")["counts"]["remote_actors"] == 0


def test_lookup_finds_and_remembers_somebody_elsewhere(development: CommandLine, other: str) -> None:
    found = development.json("fed", "lookup", f"@bo@{other}")
    assert (found["kind"], found["handle"]) == ("remote", f"@bo@{other}")
    assert found["inbox"] == f"{found['uri']}/inbox"
    assert development.json("fed", "lookup", found["uri"])["handle"] == f"@bo@{other}"
    assert f"@bo@{other}" in development.ok("fed", "lookup", f"http://{other}/@bo")
    assert development.json("status")["counts"]["remote_actors"] == 1


def test_who_is_not_there_is_named(development: CommandLine, other: str) -> None:
    assert f"@nobody@{other} could not be found" in development.fails("fed", "lookup", f"@nobody@{other}")
    assert "the host does not know this handle (404)" in development.fails("fed", "webfinger", f"@nobody@{other}")
    assert "not a handle like @name@host" in development.fails("fed", "webfinger", "nobody")
    assert "nobody here is called eve" in development.fails("fed", "lookup", "@eve")


def test_without_the_setting_this_machine_is_no_peer(cli: CommandLine, other: str) -> None:
    for command in ("lookup", "webfinger"):
        assert cli.run("fed", command, f"@bo@{other}").exit_code == 1
    assert cli.json("status")["counts"]["remote_actors"] == 0
