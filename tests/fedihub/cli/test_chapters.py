"""`fedihub chapter …`."""

import pytest

from storage.actors import find_local_by_username
from storage.database import Session
from storage.openings import Opening, OpeningState, find_opening
from tests.fedihub.cli.conftest import CommandLine


@pytest.fixture
def pune(cli: CommandLine) -> CommandLine:
    """A command line whose hub has a chapter that maya owns."""
    cli.ok("chapter", "create", "pune", "--founder", "maya", "--name", "Hub Pune", "--place", "Pune")
    return cli


def _submitted(cli: CommandLine, text: str = "@pune We need a welder") -> str:
    """Ben, a member, submits something; gives the opening's key."""
    cli.run("member", "create", "ben", "--email", "ben@hub.example", "--password-file", str(cli.password_file))
    cli.say("ben", text)
    waiting = cli.json("chapter", "queue", "pune")
    return str(waiting[0]["id"])


def _state(cli: CommandLine, opening_id: str) -> OpeningState | None:
    async def unit(session: Session) -> Opening | None:
        return await find_opening(session, int(opening_id))

    found = cli.look(unit)
    return found.state if found else None


def test_a_chapter_is_founded_changed_and_shown(pune: CommandLine) -> None:
    pune.ok("chapter", "edit", "@pune", "--rules", "Asks and offers.", "--trust-members")
    shown = pune.json("chapter", "show", "pune")
    assert shown["chapter"]["place"] == "Pune"
    assert shown["chapter"]["rules"] == "Asks and offers."
    assert shown["chapter"]["trusts_members"] is True
    assert shown["moderators"] == [{"username": "maya", "role": "owner"}]
    assert shown["waiting"] == 0
    assert "moderators      maya (owner)" in pune.ok("chapter", "show", "pune")
    assert [each["username"] for each in pune.json("chapter", "list")] == ["pune"]


def test_a_name_belongs_to_one_of_ours_alone(pune: CommandLine) -> None:
    assert "this username is taken" in pune.fails("chapter", "create", "maya", "--founder", "maya")
    assert "this username is taken" in pune.fails("project", "create", "pune", "--founder", "maya")
    assert "there is no member called eve" in pune.fails("chapter", "create", "goa", "--founder", "eve")


def test_moderators_come_and_go_but_an_owner_stays(pune: CommandLine) -> None:
    pune.ok("member", "create", "ben", "--email", "ben@hub.example", "--password-file", str(pune.password_file))
    assert pune.ok("chapter", "add-moderator", "pune", "ben") == "ben is moderator of pune now\n"
    assert "needs an owner" in pune.fails("chapter", "remove-moderator", "pune", "maya")
    pune.ok("chapter", "add-moderator", "pune", "ben", "--role", "owner")
    pune.ok("chapter", "remove-moderator", "pune", "maya")
    assert pune.json("chapter", "show", "pune")["moderators"] == [{"username": "ben", "role": "owner"}]


def test_what_waits_is_decided(pune: CommandLine) -> None:
    opening = _submitted(pune)
    listed = pune.ok("chapter", "queue", "pune")
    assert opening in listed
    assert "We need a welder" in listed
    pune.ok("chapter", "approve", "pune", opening)
    assert _state(pune, opening) is OpeningState.APPROVED
    assert "approved already" in pune.fails("chapter", "approve", "pune", opening)
    assert "decided already" in pune.fails("chapter", "decline", "pune", opening)
    pune.ok("chapter", "remove", "pune", opening, "--reason", "done")
    assert _state(pune, opening) is OpeningState.REMOVED
    assert [each["reason"] for each in pune.json("chapter", "queue", "pune", "--state", "removed")] == ["done"]
    assert pune.ok("chapter", "queue", "pune") == "Nothing waits.\n"


def test_decisions_are_told_to_programs_and_a_post_is_found_by_its_own_id(pune: CommandLine) -> None:
    opening = _submitted(pune)
    (waiting,) = pune.json("chapter", "queue", "pune")
    post_id = waiting["uri"].rpartition("/")[2]
    approved = pune.json("chapter", "approve", "pune", post_id)
    assert (approved["id"], approved["post_id"], approved["state"]) == (opening, post_id, "approved")
    removed = pune.json("chapter", "remove", "pune", post_id, "--reason", "sold")
    assert (removed["state"], removed["reason"]) == ("removed", "sold")
    pune.say("ben", "@pune again")
    (waiting,) = pune.json("chapter", "queue", "pune")
    assert pune.json("chapter", "decline", "pune", waiting["id"])["state"] == "declined"
    assert pune.json("chapter", "ban", "pune", "@ben")["is_banned"] is True
    freed = pune.json("chapter", "unban", "pune", "@ben")
    assert (freed["handle"], freed["is_banned"]) == ("@ben", False)
    pune.ok("chapter", "add-moderator", "pune", "ben")
    assert pune.json("chapter", "remove-moderator", "pune", "ben") == {"username": "ben", "role": None}


def test_an_opening_of_another_chapter_is_none_of_this_one(pune: CommandLine) -> None:
    opening = _submitted(pune)
    pune.ok("chapter", "create", "goa", "--founder", "maya")
    assert "goa has no such opening" in pune.fails("chapter", "approve", "goa", opening)
    assert _state(pune, opening) is OpeningState.SUBMITTED


def test_somebody_is_banned_and_let_in_again(pune: CommandLine) -> None:
    opening = _submitted(pune)
    pune.ok("chapter", "ban", "pune", "@ben", "--reason", "adverts")
    assert _state(pune, opening) is OpeningState.DECLINED
    assert [(each["handle"], each["reason"]) for each in pune.json("chapter", "bans", "pune")] == [("@ben", "adverts")]
    pune.say("ben", "@pune again")
    assert pune.json("chapter", "queue", "pune") == []
    pune.ok("chapter", "unban", "pune", "ben")
    pune.say("ben", "@pune once more")
    assert len(pune.json("chapter", "queue", "pune")) == 1
    assert "who runs a chapter cannot be banned" in pune.fails("chapter", "ban", "pune", "maya")


def test_a_chapter_ends_only_when_that_is_meant(pune: CommandLine) -> None:
    assert "add --yes" in pune.fails("chapter", "delete", "pune")
    assert len(pune.json("chapter", "list")) == 1
    pune.ok("chapter", "delete", "pune", "--yes")
    assert pune.json("chapter", "list") == []
    gone = pune.look(lambda session: find_local_by_username(session, "pune"))
    assert gone is not None
    assert gone.gone_at is not None
