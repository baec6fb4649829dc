"""What an operator does to a member or a project: silence, new keys, passwords, moves, the end."""

import asyncio

from fedihub.services.passwords import verify_password
from storage.actors import find_local_by_username, get_keys
from storage.database import Session
from storage.follows import Follow, FollowState, request_follow
from storage.members import find_member_by_email
from tests.fedihub.cli.conftest import PASSWORD, CommandLine


def join(cli: CommandLine, name: str) -> None:
    address = f"{name}@hub.example"
    cli.ok("member", "create", name, "--email", address, "--password-file", str(cli.password_file))


async def _suspended(session: Session) -> bool:
    ada = await find_local_by_username(session, "ada")
    return ada is not None and ada.suspended_at is not None


def test_a_member_is_suspended_and_comes_back(cli: CommandLine) -> None:
    join(cli, "ada")
    assert cli.ok("member", "suspend", "@Ada") == "@ada@localhost:8080 is suspended\n"
    assert cli.look(_suspended)
    assert cli.json("member", "show", "ada")["member"]["suspended_at"] is not None
    assert "suspended" in cli.ok("member", "show", "ada")
    assert cli.json("member", "suspend", "ada")["username"] == "ada"
    assert cli.ok("member", "unsuspend", "ada") == "@ada@localhost:8080 is not suspended any more\n"
    assert not cli.look(_suspended)


def test_a_deletion_is_foretold_and_then_done_once(cli: CommandLine) -> None:
    join(cli, "ada")
    line = cli.fails("member", "delete", "ada", code=2)
    assert "give either --dry-run" in line
    said = cli.ok("member", "delete", "ada", "--dry-run")
    assert said == "ada would be deleted, with 0 posts and 0 followers; to be told: 0 servers\n"
    assert len(cli.json("member", "list")) == 2
    assert cli.json("member", "delete", "ada", "--yes")["deleted"] is True
    assert [each["username"] for each in cli.json("member", "list")] == ["maya"]
    assert cli.fails("member", "delete", "ada", "--yes").startswith("fedihub: there is no member called ada")
    taken = ("member", "create", "ada", "--email", "a@hub.example", "--password-file", str(cli.password_file))
    assert cli.fails(*taken) == "fedihub: this username is taken"


def test_nobody_leaves_the_hub_or_a_project_without_an_owner(cli: CommandLine) -> None:
    join(cli, "ada")
    cli.ok("project", "create", "pumps", "--founder", "ada")
    assert "only owner of @pumps" in cli.fails("member", "delete", "ada", "--dry-run")
    assert "only owner of @pumps" in cli.fails("member", "delete", "ada", "--yes")
    assert "the hub's only owner" in cli.fails("member", "delete", "maya", "--yes")
    cli.ok("project", "delete", "pumps", "--yes")
    assert cli.json("project", "list") == []
    cli.ok("chapter", "create", "pune", "--founder", "ada")
    assert "only owner of @pune" in cli.fails("member", "delete", "ada", "--yes")
    cli.ok("chapter", "delete", "pune", "--yes")
    cli.ok("member", "delete", "ada", "--yes")


def test_a_member_and_the_server_get_new_keys(cli: CommandLine) -> None:
    async def keys(session: Session) -> str:
        maya = await find_local_by_username(session, "maya")
        assert maya is not None
        return (await get_keys(session, maya.id)).rsa_public_pem

    before = cli.look(keys)
    assert cli.ok("member", "rotate-keys", "maya") == "@maya@localhost:8080 has new keys\n"
    assert cli.look(keys) != before
    assert cli.json("member", "rotate-keys", "--server")["username"] == "localhost-8080"
    assert "give either NAME or --server" in cli.fails("member", "rotate-keys", code=2)


def test_a_password_is_set_from_a_file(cli: CommandLine) -> None:
    async def password_hash(session: Session) -> str:
        maya = await find_member_by_email(session, "maya@hub.example")
        assert maya is not None
        return maya.password_hash

    cli.ok("member", "password", "maya", "--password-file", "-", stdin="quite another one\n")
    stored = cli.look(password_hash)
    assert asyncio.run(verify_password(stored, "quite another one"))
    assert not asyncio.run(verify_password(stored, PASSWORD))
    assert "give --password-file" in cli.fails("member", "password", "maya", code=2)


def test_aliases_are_named_listed_and_taken_back(cli: CommandLine) -> None:
    join(cli, "ada")
    assert cli.ok("member", "alias", "list", "ada").startswith("There are none: fedihub member alias add")
    added = cli.json("member", "alias", "add", "ada", "maya")
    assert added["handle"] == "maya@localhost:8080"
    assert cli.json("member", "alias", "list", "ada") == [added]
    assert "no alias of itself" in cli.fails("member", "alias", "add", "ada", "ada")
    assert cli.json("member", "alias", "remove", "ada", "@maya@localhost:8080") == {"removed": added["uri"]}
    assert cli.json("member", "alias", "list", "ada") == []
    assert "is no alias" in cli.fails("member", "alias", "remove", "ada", "maya")


def test_a_member_moves_where_they_are_expected(cli: CommandLine) -> None:
    join(cli, "ada")
    assert "does not name @ada@localhost:8080" in cli.fails("member", "move", "ada", "maya", "--dry-run")
    cli.ok("member", "alias", "add", "maya", "ada")
    told = cli.ok("member", "move", "ada", "maya", "--dry-run")
    assert told == "ada would move to @maya@localhost:8080: 0 followers would be told\n"
    assert cli.json("member", "move", "ada", "maya", "--yes")["move"]["handle"] == "maya@localhost:8080"
    assert cli.json("member", "show", "ada")["member"]["moved_to"] is not None
    assert "moved less than 7 days ago" in cli.fails("member", "move", "ada", "maya", "--yes")
    assert cli.ok("member", "move", "ada", "--back") == "ada is at home here again\n"
    assert "has not moved" in cli.fails("member", "move", "ada", "--back")
    assert "give either" in cli.fails("member", "move", "ada", code=2)


def test_requests_are_listed_and_answered(cli: CommandLine) -> None:
    join(cli, "ada")
    join(cli, "ben")

    async def ask(session: Session) -> None:
        maya = await find_local_by_username(session, "maya")
        assert maya is not None
        for key, name in enumerate(("ada", "ben"), start=1):
            asker = await find_local_by_username(session, name)
            assert asker is not None
            row = Follow(
                id=key,
                follower_id=asker.id,
                followed_id=maya.id,
                state=FollowState.REQUESTED,
                created_at=maya.created_at,
            )
            await request_follow(session, row)

    assert cli.ok("member", "request", "list", "maya") == "Nobody asks.\n"
    cli.change(ask)
    assert [each["handle"] for each in cli.json("member", "request", "list", "maya")] == ["ben", "ada"]
    assert cli.ok("member", "request", "accept", "maya", "ada") == "@ada follows maya\n"
    assert cli.json("member", "request", "reject", "maya", "ben")["handle"] == "ben"
    assert cli.json("member", "request", "list", "maya") == []
    assert cli.json("member", "show", "maya")["member"]["followers"] == 1
    assert "there is no such request" in cli.fails("member", "request", "accept", "maya", "ben")
