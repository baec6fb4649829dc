"""`fedihub member …`."""

import json
import re

from tests.fedihub.cli.conftest import PASSWORD, CommandLine


def create(cli: CommandLine, *more: str) -> str:
    """Make a member called ada."""
    return cli.ok(
        "member", "create", "@Ada", "--email", "ada@hub.example", "--password-file", str(cli.password_file), *more
    )


def test_a_member_is_made_and_shown(cli: CommandLine) -> None:
    said = create(cli, "--name", "Ada L.", "--role", "owner")
    assert said == "@ada@localhost:8080 is a member now: http://localhost:8080/@ada\n"
    shown = cli.json("member", "show", "ADA")
    assert shown["member"]["display_name"] == "Ada L."
    assert shown["member"]["role"] == "owner"
    assert shown["projects"] == []
    assert "ada@hub.example" in cli.ok("member", "show", "@ada")


def test_members_are_listed_as_they_joined(cli: CommandLine) -> None:
    create(cli)
    listed = cli.json("member", "list")
    assert [member["username"] for member in listed] == ["maya", "ada"]
    assert all(re.fullmatch(r"[0-9]{16}", member["id"]) for member in listed)
    assert [member["username"] for member in cli.json("member", "list", "--limit", "1")] == ["maya"]
    table = cli.ok("member", "list").splitlines()
    assert table[0].split() == ["USERNAME", "NAME", "E-MAIL", "ROLE", "FOLLOWERS", "POSTS", "SINCE"]
    assert [line.split()[0] for line in table[1:]] == ["maya", "ada"]


def test_a_password_never_appears(cli: CommandLine) -> None:
    create(cli)
    everything = cli.ok("member", "list", "--json") + cli.ok("member", "show", "ada", "--json")
    assert PASSWORD not in everything
    assert "argon2" not in everything


def test_a_name_that_is_taken_is_refused(cli: CommandLine) -> None:
    line = cli.fails(
        "member", "create", "maya", "--email", "other@hub.example", "--password-file", str(cli.password_file)
    )
    assert line == "fedihub: this username is taken"
    assert len(cli.json("member", "list")) == 1


def test_without_a_terminal_the_password_must_come_from_a_file(cli: CommandLine) -> None:
    line = cli.fails("member", "create", "ada", "--email", "ada@hub.example", code=2)
    assert "give --password-file" in line
    said = cli.run("member", "create", "ada", "--email", "ada@hub.example", "--password-file", "-", stdin=PASSWORD)
    assert said.exit_code == 0


def test_an_unknown_member_is_named(cli: CommandLine) -> None:
    assert cli.fails("member", "show", "nobody").startswith("fedihub: there is no member called nobody")


def test_json_is_json_also_when_there_is_nobody(empty: CommandLine) -> None:
    empty.ok("init")
    assert json.loads(empty.ok("member", "list", "--json")) == []
    assert empty.ok("member", "list").startswith("There are no members yet: fedihub member create")
