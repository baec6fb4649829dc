"""An operator's first hour, on each kind of database."""

import pytest

from storage.schema import newest_revision
from tests.fedihub.cli.conftest import CommandLine
from tests.support.database import DatabaseFarm


@pytest.fixture
def anywhere(
    empty: CommandLine, database_farm: DatabaseFarm, database_kind: str, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    """A command line whose settings name a database that is still empty."""
    monkeypatch.setenv("FEDIHUB_DATABASE_URL", database_farm.of(database_kind).empty())
    return empty


def test_from_init_to_a_project_with_a_team(anywhere: CommandLine) -> None:
    run, password = anywhere.ok, str(anywhere.password_file)
    run("init", "--owner", "maya", "--email", "maya@hub.example", "--password-file", password)
    assert anywhere.json("init")["hub_is_new"] is False
    run("member", "create", "ben", "--email", "ben@hub.example", "--password-file", password)
    run("project", "create", "pumps", "--founder", "maya", "--need", "a welder", "--link", "Plans=https://a.example/b")
    run("project", "add-role", "pumps", "ben", "author")
    assert [member["username"] for member in anywhere.json("member", "list")] == ["maya", "ben"]
    shown = anywhere.json("project", "show", "pumps")
    assert shown["project"]["needs"] == ["a welder"]
    assert [part["username"] for part in shown["team"]] == ["maya", "ben"]
    assert anywhere.json("fed", "lookup", "@pumps")["kind"] == "project"
    assert anywhere.json("delivery", "list", "--post", "1") == []
    assert anywhere.json("delivery", "retry", "--host", "peer.example") == {"retried": 0}
    assert anywhere.json("inbox", "log", "--state", "refused", "--host", "peer.example") == []
    assert anywhere.json("status")["counts"]["members"] == 2
    assert run("migrate", "--check") == f"The database is up to date (revision {newest_revision()})\n"
