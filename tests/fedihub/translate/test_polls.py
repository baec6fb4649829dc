"""Polls on the wire: what becomes of a Question, and what a Question says of ours."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from federation.vocabulary.objects import read_object
from fedihub.translate.polls import MOST_OPTIONS, MOST_VOTES, IncomingPoll, PollParts, poll_values, question
from storage.views.polls import PollOptionView, PollView

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def read(**properties: Any) -> IncomingPoll:
    """What is stored of a Question."""
    document = {"id": "https://peer.example/1", "type": "Question", "attributedTo": "https://peer.example/ana"}
    poll = read_object(document | {"oneOf": [option("Tea"), option("Coffee")]} | properties, now=NOW).poll
    assert poll is not None
    return poll_values(poll, now=NOW)


def option(name: object, votes: object = None) -> dict[str, Any]:
    """An answer as peers write it."""
    return {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": votes}}


def poll(*votes: int, hides_counts: bool = False, ends_at: datetime | None = NOW) -> PollView:
    """A poll of ours."""
    options = tuple(PollOptionView(f"Option {n}", count, False) for n, count in enumerate(votes))
    return PollView(1, False, hides_counts, ends_at, None, sum(votes), options)


@pytest.mark.parametrize(
    ("said", "ends_at", "is_closed"),
    [
        ({}, None, False),
        ({"endTime": "2026-11-24T13:00:00Z"}, NOW + HOUR, False),
        ({"endTime": "2026-11-24T15:00:00+02:00"}, NOW + HOUR, False),
        ({"endTime": "2026-11-24T13:00:00Z", "closed": True}, NOW, True),
        ({"endTime": "2026-11-24T11:00:00Z", "closed": "2026-11-24T11:00:00Z"}, NOW - HOUR, True),
        ({"closed": "2026-11-24T11:00:00Z"}, NOW - HOUR, True),
        ({"closed": True}, NOW, True),
        ({"closed": False, "endTime": "soon"}, None, False),
        ({"endTime": "0001-01-01T00:00:00Z"}, datetime(2000, 1, 1, tzinfo=UTC), False),
    ],
)
def test_when_it_ends(said: dict[str, Any], ends_at: datetime | None, *, is_closed: bool) -> None:
    found = read(**said)
    assert (found.ends_at, found.closed_at) == (ends_at, ends_at if is_closed else None)


def test_an_end_far_away_is_brought_nearer() -> None:
    found = read(endTime="9999-12-31T23:59:59Z")
    assert found.ends_at is not None
    assert NOW < found.ends_at < NOW + timedelta(days=10_000)


def test_a_title_stays_as_it_came_for_a_vote_repeats_it() -> None:
    assert read(oneOf=[option(" Tea\u202e "), option("<b>")]).titles == [" Tea\u202e ", "<b>"]


def test_counts_and_answers_are_bounded() -> None:
    found = read(oneOf=[option(str(n), 10**12) for n in range(400)], votersCount=10**30)
    assert len(found.options) == MOST_OPTIONS
    assert {votes for _, votes in found.options} == {MOST_VOTES}
    assert found.voters_count == MOST_VOTES


@pytest.mark.parametrize("votes", ["7", None, [], {}, -1, True])
def test_what_is_no_count_is_none_or_nothing(votes: object) -> None:
    assert read(oneOf=[option("Tea", votes)]).options[0][1] in (None, 0)


def test_a_question_tells_counts_unless_they_are_hidden_until_the_end() -> None:
    hidden = poll(1, 2, hides_counts=True)
    assert [each.get("replies") for each in question(PollParts(hidden, is_over=False))["oneOf"]] == [None, None]
    told = question(PollParts(hidden, is_over=True))
    assert [each["replies"]["totalItems"] for each in told["oneOf"]] == [1, 2]
    assert told["closed"] == told["endTime"] == "2026-11-24T12:00:00Z"


def test_a_question_without_an_end_is_never_closed() -> None:
    assert not {"endTime", "closed"} & question(PollParts(poll(0, 0, ends_at=None), is_over=False)).keys()
