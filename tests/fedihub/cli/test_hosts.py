"""`fedihub host …`: what is decided about other servers, and what is said to be touched before it is."""

from functools import partial
from pathlib import Path

import pytest

from storage.actors import Actor, ActorKind, find_actor_by_uri, find_local_by_username
from storage.database import Session
from storage.deliveries import Delivery, DeliveryState, enqueue
from storage.follows import Follow, FollowState, find_follow, request_follow
from storage.host_policies import HostLevel, list_policies
from tests.fedihub.cli.conftest import CommandLine
from tests.fedihub.cli.test_deliveries import NOON, said

EVE = "https://sub.spam.example:8443/users/eve"


@pytest.fixture
def hub(cli: CommandLine) -> CommandLine:
    """Eve of sub.spam.example follows Maya, and something is on its way to her; Ida of notspam.example is there."""

    async def unit(session: Session) -> None:
        maya = await find_local_by_username(session, "maya")
        assert maya is not None
        for number, (name, host, uri) in enumerate(
            [("eve", "sub.spam.example", EVE), ("ida", "notspam.example", "https://notspam.example/users/ida")], 11
        ):
            actor = partial(Actor, id=number, kind=ActorKind.REMOTE, username=name, host=host, uri=uri)
            session.add(actor(inbox_url=f"{uri}/inbox", created_at=NOON, updated_at=NOON))
        await session.flush()
        follow = Follow(id=21, follower_id=11, followed_id=maya.id, state=FollowState.ACCEPTED, created_at=NOON)
        await request_follow(session, follow)
        inboxes = [(31, f"{EVE}/inbox", "sub.spam.example:8443"), (32, "https://notspam.example/i", "notspam.example")]
        await enqueue(session, said(maya, 1), inboxes, now=NOON, order_key=None)

    cli.change(unit)
    return cli


def levels(cli: CommandLine) -> dict[str, HostLevel]:
    """What is decided, by host."""
    return {policy.host: policy.level for policy in cli.look(list_policies)}


def level_of(cli: CommandLine, uri: str) -> HostLevel:
    """How somebody's host stands, as it is copied to them."""
    actor = cli.look(lambda session: find_actor_by_uri(session, uri))
    assert actor is not None
    return actor.host_level


def test_a_dry_run_names_what_would_be_touched_and_touches_nothing(hub: CommandLine) -> None:
    found = hub.json("host", "block", "SPAM.example", "--dry-run")
    follow = {"follower": "@eve@sub.spam.example", "followed": "@maya@localhost:8080", "state": "accepted"}
    assert found == {"host": "spam.example", "level": "blocked", "actors": 1, "deliveries": 1, "follows": [follow]}
    assert levels(hub) == {}
    assert level_of(hub, EVE) is HostLevel.OPEN


def test_a_block_ends_follows_and_drops_deliveries_below_the_host_and_nowhere_else(hub: CommandLine) -> None:
    text = hub.ok("host", "block", "spam.example", "--reason", "Spam", "--yes")
    assert text.startswith("spam.example is blocked: 1 known actor is concerned, 1 delivery dropped\n")
    assert "@eve@sub.spam.example" in text
    assert level_of(hub, EVE) is HostLevel.BLOCKED
    assert level_of(hub, "https://notspam.example/users/ida") is HostLevel.OPEN

    async def unit(session: Session) -> tuple[bool, dict[str, DeliveryState], int]:
        maya = await find_local_by_username(session, "maya")
        assert maya is not None
        rows = [await session.get(Delivery, id) for id in (31, 32)]
        follow = await find_follow(session, follower_id=11, followed_id=maya.id)
        return follow is None, {row.host: row.state for row in rows if row}, maya.followers_count

    assert hub.look(unit) == (
        True,
        {"sub.spam.example:8443": DeliveryState.DROPPED, "notspam.example": DeliveryState.WAITING},
        0,
    )


def test_opening_brings_its_people_back_but_not_the_follows(hub: CommandLine) -> None:
    hub.ok("host", "block", "spam.example", "--yes")
    assert hub.json("host", "open", "spam.example")["actors"] == 1
    assert levels(hub) == {}
    assert level_of(hub, EVE) is HostLevel.OPEN
    assert hub.json("host", "show", "spam.example")["follows"] == 0


def test_a_host_below_a_blocked_one_can_be_an_exception(hub: CommandLine) -> None:
    hub.ok("host", "block", "spam.example", "--yes")
    hub.ok("host", "open", "sub.spam.example")
    assert levels(hub) == {"spam.example": HostLevel.BLOCKED, "sub.spam.example": HostLevel.OPEN}
    assert level_of(hub, EVE) is HostLevel.OPEN


def test_what_was_decided_is_listed_and_shown(hub: CommandLine) -> None:
    hub.ok("host", "limit", "spam.example", "--reason", "Loud", "--note", "ask again in May", "--reject-media")
    [entry] = hub.json("host", "list")
    assert (entry["host"], entry["level"], entry["rejects_media"], entry["reason"]) == (
        "spam.example",
        "limited",
        True,
        "Loud",
    )
    shown = hub.json("host", "show", "sub.spam.example")
    assert (shown["policy"]["host"], shown["actors"], shown["follows"]) == ("spam.example", 1, 1)
    assert "ask again in May" in hub.ok("host", "show", "spam.example")
    assert hub.json("host", "show", "unheard.example")["policy"] is None


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "LOCALHOST."])
def test_nothing_can_be_decided_about_the_hub_itself(hub: CommandLine, host: str) -> None:
    assert "is this hub itself" in hub.fails("host", "limit", host)
    assert levels(hub) == {}


def test_what_is_no_host_is_refused_in_words(hub: CommandLine) -> None:
    assert hub.fails("host", "limit", "no host").endswith("no host is no host name, like peer.example")


def test_a_block_must_be_meant(hub: CommandLine) -> None:
    assert "--dry-run" in hub.fails("host", "block", "spam.example", code=2)


def test_a_list_of_mastodon_is_taken_as_a_whole(hub: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "blocks.csv"
    file.write_text(
        "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
        'spam.example,suspend,false,false,"Spam, and more",false\n'
        "loud.example,silence,true,false,,false\n"
        "pics.example,noop,true,false,,false\n"
    )
    assert [each["actors"] for each in hub.json("host", "import", str(file), "--dry-run")] == [1, 0, 0]
    assert levels(hub) == {}
    hub.ok("host", "import", str(file), "--yes")
    assert levels(hub) == {
        "loud.example": HostLevel.LIMITED,
        "pics.example": HostLevel.OPEN,
        "spam.example": HostLevel.BLOCKED,
    }
    exported = hub.ok("host", "export")
    assert 'spam.example,suspend,false,false,"Spam, and more",false' in exported
    (tmp_path / "again.csv").write_text(exported)
    hub.ok("host", "import", str(tmp_path / "again.csv"), "--yes")
    assert hub.ok("host", "export") == exported


def test_a_plain_list_of_names_blocks_them(hub: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("# worst of all\nspam.example\n\nbad.example\n")
    hub.ok("host", "import", str(tmp_path / "names.txt"), "--yes")
    assert levels(hub) == {"bad.example": HostLevel.BLOCKED, "spam.example": HostLevel.BLOCKED}


@pytest.mark.parametrize("line", ["evil host,suspend", "bad.example,banish"])
def test_a_list_with_a_mistake_is_not_begun(hub: CommandLine, tmp_path: Path, line: str) -> None:
    (tmp_path / "blocks.csv").write_text(f"#domain,#severity\nspam.example,suspend\n{line}\n")
    hub.fails("host", "import", str(tmp_path / "blocks.csv"), "--yes")
    assert levels(hub) == {}


def test_a_single_person_is_hidden_and_shown_again(hub: CommandLine) -> None:
    assert hub.ok("actor", "suspend", "@eve@SUB.spam.example") == "@eve@sub.spam.example is suspended\n"
    assert hub.json("actor", "show", "eve@sub.spam.example")["suspended_at"] is not None
    assert hub.json("actor", "unsuspend", "@eve@sub.spam.example")["suspended_at"] is None
    assert hub.json("actor", "limit", "@eve@sub.spam.example")["limited_at"] is not None
    assert hub.json("actor", "unlimit", "@eve@sub.spam.example")["limited_at"] is None


def test_one_of_ours_is_suspended_by_the_same_command(hub: CommandLine) -> None:
    assert hub.json("actor", "suspend", "maya")["suspended_at"] is not None
    assert hub.json("actor", "unsuspend", "@maya@localhost:8080")["suspended_at"] is None


def test_somebody_unknown_is_not_looked_for(hub: CommandLine) -> None:
    assert "nobody known here" in hub.fails("actor", "suspend", "@nobody@peer.example")
    assert "no handle" in hub.fails("actor", "suspend", "@no body@peer.example")
