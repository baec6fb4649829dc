"""`fedihub project …`."""

from tests.fedihub.cli.conftest import CommandLine


def test_a_project_is_founded_and_shown(cli: CommandLine) -> None:
    made = cli.json(
        "project", "create", "solarpumps", "--founder", "@maya", "--name", "Solar Pumps", "--stage", "building",
        "--need", "a welder", "--need", "a roof", "--link", "Plans=https://pumps.example/plans?a=b",
    )  # fmt: skip
    assert made["handle"] == "solarpumps@localhost:8080"
    shown = cli.json("project", "show", "solarpumps")
    assert shown["project"]["stage"] == "building"
    assert shown["project"]["needs"] == ["a welder", "a roof"]
    assert shown["project"]["links"] == [{"name": "Plans", "url": "https://pumps.example/plans?a=b"}]
    assert shown["team"] == [{"username": "maya", "role": "owner"}]
    text = cli.ok("project", "show", "@SolarPumps")
    assert "team       maya (owner)" in text
    assert "Plans: https://pumps.example/plans?a=b" in text
    assert cli.json("member", "show", "maya")["projects"] == [{"username": "solarpumps", "role": "owner"}]


def test_projects_are_listed(cli: CommandLine) -> None:
    assert cli.ok("project", "list").startswith("There are no projects yet")
    for name in ("pumps", "mills"):
        cli.ok("project", "create", name, "--founder", "maya")
    assert [project["username"] for project in cli.json("project", "list")] == ["pumps", "mills"]
    assert cli.ok("project", "list").splitlines()[0].split() == [
        "USERNAME", "NAME", "STAGE", "FOLLOWERS", "POSTS", "SINCE",
    ]  # fmt: skip


def test_a_member_joins_the_team(cli: CommandLine) -> None:
    cli.ok("member", "create", "ben", "--email", "ben@hub.example", "--password-file", str(cli.password_file))
    cli.ok("project", "create", "pumps", "--founder", "maya")
    assert cli.ok("project", "add-role", "@pumps", "Ben", "author") == "ben is author of pumps now\n"
    assert cli.json("project", "add-role", "pumps", "Ben", "maintainer") == {"username": "ben", "role": "maintainer"}
    assert cli.json("project", "show", "pumps")["team"] == [
        {"username": "maya", "role": "owner"},
        {"username": "ben", "role": "maintainer"},
    ]


def test_a_project_keeps_an_owner(cli: CommandLine) -> None:
    cli.ok("project", "create", "pumps", "--founder", "maya")
    assert cli.fails("project", "add-role", "pumps", "maya", "author") == (
        "fedihub: a project needs an owner: name another one first"
    )
    assert cli.json("project", "show", "pumps")["team"] == [{"username": "maya", "role": "owner"}]


def test_what_is_not_there_or_not_understood_is_named(cli: CommandLine) -> None:
    assert "there is no member called eve" in cli.fails("project", "create", "pumps", "--founder", "eve")
    assert "there is no project called mills" in cli.fails("project", "show", "mills")
    assert "there is no project called mills" in cli.fails("project", "add-role", "mills", "maya", "author")
    assert "'chef'" in cli.fails("project", "add-role", "mills", "maya", "chef", code=2)
    wrong_link = ("project", "create", "pumps", "--founder", "maya", "--link", "plans")
    assert "must look like NAME=URL" in cli.fails(*wrong_link, code=2)
    assert cli.json("project", "list") == []
