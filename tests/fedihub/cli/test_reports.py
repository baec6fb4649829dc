"""`fedihub report …`: reading and closing what was reported."""

import pytest

from storage.actors import find_local_by_username
from storage.database import Session
from storage.reports import Report, insert_report
from tests.fedihub.cli.conftest import CommandLine
from tests.fedihub.cli.test_deliveries import NOON

COPY = {"uri": "http://x.example/1", "content_html": "<p>Buy <b>now</b></p>", "content_warning": "", "published_at": ""}


@pytest.fixture
def hub(cli: CommandLine) -> CommandLine:
    """Two reports about Maya, one of them closed."""

    async def unit(session: Session) -> None:
        maya = await find_local_by_username(session, "maya")
        assert maya is not None
        for number, closed_at in ((1, None), (2, NOON)):
            row = Report(
                id=number,
                reporter_uri="https://peer.example/actor",
                actor_id=maya.id,
                comment="Spam",
                posts=[COPY],
                created_at=NOON,
                closed_at=closed_at,
            )
            await insert_report(session, row)

    cli.change(unit)
    return cli


def test_open_reports_are_listed_and_counted(hub: CommandLine) -> None:
    assert [each["id"] for each in hub.json("report", "list")] == ["1"]
    assert [each["id"] for each in hub.json("report", "list", "--all")] == ["1", "2"]
    assert hub.json("status")["counts"]["open_reports"] == 1
    assert "open reports" in hub.ok("status")


def test_a_report_is_shown_with_the_words_that_it_is_about(hub: CommandLine) -> None:
    text = hub.ok("report", "show", "1")
    assert "@maya@localhost:8080" in text
    assert "Buy now" in text
    assert hub.json("report", "show", "1")["posts"] == [COPY]


def test_a_report_is_closed_once_by_somebody_with_a_name(hub: CommandLine) -> None:
    found = hub.json("report", "close", "1", "--by", "maya", "--outcome", "Talked to her")
    assert (found["closed_by"], found["outcome"], found["closed_at"] is None) == ("maya", "Talked to her", False)
    assert "no open report 1" in hub.fails("report", "close", "1", "--by", "maya")
    assert hub.ok("report", "list") == "No report waits\n"


def test_an_unknown_report_is_named(hub: CommandLine) -> None:
    assert "there is no report 77" in hub.fails("report", "show", "77")
