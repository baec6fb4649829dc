"""`fedihub inbox log`: why something that another server sent had no effect."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage.database import Session
from storage.received import ReceivedActivity, ReceivedState, RefusedRequest, accept_batch, insert_refused
from tests.fedihub.cli.conftest import CommandLine

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def received(number: int, state: ReceivedState, **more: Any) -> ReceivedActivity:
    """An activity of somebody's that was accepted."""
    return ReceivedActivity(
        id=number,
        actor_uri="https://peer.example/actors/ada",
        activity_uri=f"https://peer.example/activities/{number}",
        activity_type="Create",
        key_id="https://peer.example/actors/ada#key",
        signature_hash=str(number),
        dedupe_key=str(number),
        body=b"{}",
        state=state,
        run_at=NOON + timedelta(hours=1),
        received_at=NOON + timedelta(minutes=number),
        **more,
    )


@pytest.fixture
def hub(cli: CommandLine) -> CommandLine:
    """A hub to which some things were sent."""

    async def unit(session: Session) -> None:
        await accept_batch(
            session,
            [
                received(1, ReceivedState.APPLIED),
                received(2, ReceivedState.WAITING, reason="parent_unknown", attempts=3),
                received(4, ReceivedState.REFUSED, reason="not_the_author", detail="x"),
            ],
        )
        forged = RefusedRequest(
            id=3,
            host="evil.example",
            key_id="https://evil.example/key\x1b[2J",
            activity_type="Delete",
            status=401,
            reason="signature_wrong",
            detail="the signature does not fit",
            received_at=NOON + timedelta(minutes=3),
        )
        await insert_refused(session, [forged])

    cli.change(unit)
    return cli


def test_everything_is_listed_newest_first_with_its_reason(hub: CommandLine) -> None:
    listed = hub.json("inbox", "log")
    assert [(entry["id"], entry["state"], entry["reason"]) for entry in listed] == [
        ("4", "refused", "not_the_author"),
        ("3", "refused", "signature_wrong"),
        ("2", "waiting", "parent_unknown"),
        ("1", "applied", None),
    ]
    assert listed[1]["status"] == 401
    assert listed[2]["next_try_at"] == "2026-05-01T13:00:00.000Z"
    assert listed[3]["next_try_at"] is None


def test_the_table_is_for_people_and_cannot_be_painted_over_by_strangers(hub: CommandLine) -> None:
    assert hub.ok("inbox", "log", "--state", "refused") == (
        "RECEIVED             STATE    TYPE    FROM                             TRIES  NEXT TRY  REASON\n"
        "2026-05-01 12:04:00  refused  Create  https://peer.example/actors/ada  0      -         not_the_author\n"
        "2026-05-01 12:03:00  refused  Delete  https://evil.example/key\\x1b[2J  0      -         signature_wrong\n"
    )


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["--state", "waiting"], ["2"]),
        (["--host", "evil.example"], ["3"]),
        (["--host", "peer.example", "--state", "refused"], ["4"]),
        (["--type", "Create"], ["4", "2", "1"]),
        (["--limit", "2"], ["4", "3"]),
        (["--host", "PEER.Example", "--state", "refused"], ["4"]),
    ],
)
def test_the_log_can_be_narrowed(options: list[str], ids: list[str], hub: CommandLine) -> None:
    assert [entry["id"] for entry in hub.json("inbox", "log", *options)] == ids


def test_what_is_no_host_is_refused(hub: CommandLine) -> None:
    assert "must be a host name, like peer.example" in hub.fails("inbox", "log", "--host", "%", code=2)


def test_nothing_is_said_clearly(cli: CommandLine) -> None:
    assert cli.ok("inbox", "log") == "Nothing like that has arrived\n"
    assert cli.json("inbox", "log") == []
