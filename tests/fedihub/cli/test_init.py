"""`fedihub init`: from nothing to a hub with its first member, once, and without a terminal."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from fedihub.services.passwords import verify_password
from storage.actors import ActorKind, list_actors
from storage.hub_facts import find_facts
from storage.members import HubRole, Member, find_member_by_email
from tests.fedihub.cli.conftest import PASSWORD, CommandLine


def owner(cli: CommandLine) -> Member:
    """The first member."""
    member = cli.look(lambda session: find_member_by_email(session, "maya@hub.example"))
    assert member is not None
    return member


def test_a_hub_is_made_with_its_facts_its_server_actor_and_its_owner(empty: CommandLine) -> None:
    said = empty.ok(
        "init", "--owner", "maya", "--email", "Maya@Hub.Example", "--password-file", str(empty.password_file)
    )
    assert "Made the hub http://localhost:8080" in said
    assert "Its first member is @maya@localhost:8080" in said
    assert PASSWORD not in said
    facts = empty.look(find_facts)
    assert (facts["base_url"], facts["handle_domain"]) == ("http://localhost:8080", "localhost:8080")
    servers = empty.look(lambda session: list_actors(session, ActorKind.SERVER))
    assert [str(server.id) for server in servers] == [facts["server_actor_id"]]
    assert owner(empty).role is HubRole.OWNER
    assert asyncio.run(verify_password(owner(empty).password_hash, PASSWORD))


def test_only_the_hubs_own_account_may_look_at_its_keys(empty: CommandLine) -> None:
    empty.ok("init")
    assert stat.S_IMODE(empty.data_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(empty.database.stat().st_mode) == 0o600


def test_a_second_run_says_what_is_there_and_changes_nothing(cli: CommandLine) -> None:
    facts, before = cli.look(find_facts), owner(cli)
    cli.password_file.write_text("another password\n")
    said = cli.json("init", "--owner", "eve", "--email", "eve@hub.example", "--password-file", str(cli.password_file))
    assert said["hub_is_new"] is False
    assert said["members"] == 1
    assert said["owner"] is None
    assert cli.look(find_facts) == facts
    assert owner(cli) == before
    assert [member["username"] for member in cli.json("member", "list")] == ["maya"]


def test_what_was_begun_without_a_member_is_completed(empty: CommandLine) -> None:
    assert "It has no members yet" in empty.ok("init")
    said = empty.json(
        "init", "--owner", "maya", "--email", "maya@hub.example", "--password-file", str(empty.password_file)
    )
    assert (said["hub_is_new"], said["owner"], said["members"]) == (False, "maya@localhost:8080", 1)


def test_without_a_terminal_and_without_a_file_a_password_is_made(empty: CommandLine) -> None:
    said = empty.json("init", "--owner", "maya", "--email", "maya@hub.example")
    file = Path(said["password_file"])
    assert file == empty.data_dir / "first-password.txt"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert asyncio.run(verify_password(owner(empty).password_hash, file.read_text().strip()))


def test_a_password_may_come_through_standard_input(empty: CommandLine) -> None:
    empty.ok("init", "--owner", "maya", "--email", "maya@hub.example", "--password-file", "-", stdin=f"{PASSWORD}\n")
    assert asyncio.run(verify_password(owner(empty).password_hash, PASSWORD))


@pytest.mark.parametrize(
    "half",
    [
        ["--owner", "maya"],
        ["--email", "maya@hub.example"],
        ["--password-file", "password"],
    ],
)
def test_half_given_options_are_refused(half: list[str], empty: CommandLine) -> None:
    assert empty.fails("init", *half, code=2).startswith("fedihub init: ")
    assert not empty.data_dir.exists()


@pytest.mark.parametrize(
    ("owner_name", "email", "password", "said"),
    [
        ("may a", "maya@hub.example", PASSWORD, "a username has"),
        ("maya", "maya", PASSWORD, "this is no e-mail address"),
        ("maya", "maya@hub.example", "short", "a password has"),
        ("maya", "maya@hub.example", "", "there is no password in"),
    ],
)
def test_a_first_member_that_cannot_be_is_refused_before_anything_is_made(
    owner_name: str, email: str, password: str, said: str, empty: CommandLine
) -> None:
    empty.password_file.write_text(password)
    line = empty.fails("init", "--owner", owner_name, "--email", email, "--password-file", str(empty.password_file))
    assert said in line
    assert not empty.data_dir.exists()


def test_a_missing_password_file_is_named(empty: CommandLine) -> None:
    line = empty.fails("init", "--owner", "maya", "--email", "maya@hub.example", "--password-file", "/nowhere/pw")
    assert line == "fedihub: no password can be read from /nowhere/pw: No such file or directory (--password-file)"
    assert not empty.data_dir.exists()


def test_a_password_file_that_is_no_text_is_named(empty: CommandLine) -> None:
    empty.password_file.write_bytes(b"\xff\xfe\xfa")
    file = str(empty.password_file)
    line = empty.fails("init", "--owner", "maya", "--email", "maya@hub.example", "--password-file", file)
    assert line == f"fedihub: no password can be read from {file}: it is not text in UTF-8 (--password-file)"
    assert not empty.data_dir.exists()


def test_a_hub_cannot_change_its_name(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDIHUB_BASE_URL", "https://other.example")
    assert "a hub cannot change its name" in cli.fails("init")


def test_a_data_directory_that_cannot_be_made_is_named(empty: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDIHUB_DATA_DIR", "/dev/null/data")
    assert "the data directory /dev/null/data cannot be made" in empty.fails("init")


@pytest.mark.parametrize("command", ["init", "migrate", "status"])
def test_a_database_that_cannot_be_written_is_named(
    command: str, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system is asked in our place, since root, as whom tests may run, can write everything."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert cli.fails(command) == (
        f"fedihub: {cli.database} cannot be written by this account: the hub's files must belong to it"
    )


def test_a_wrong_setting_stops_every_command(empty: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDIHUB_HUBNAME", "Ours")
    assert empty.fails("init") == (
        "fedihub: there is no setting FEDIHUB_HUBNAME (from the environment), did you mean FEDIHUB_HUB_NAME?"
    )
