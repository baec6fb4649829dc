"""When and where an Event takes place."""

from datetime import UTC, datetime
from typing import Any

import pytest

from federation.vocabulary.happenings import read_happening


def place_of(location: Any) -> str | None:
    found = read_happening({"startTime": "2027-01-01T10:00:00Z", "location": location}, type_="Event")
    assert found is not None
    return found.place


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("Town hall", "Town hall"),
        ({"type": "Place", "name": "Town hall", "address": "Main street 1"}, "Town hall, Main street 1"),
        (
            {
                "name": "Town hall",
                "address": {"streetAddress": "Main street 1", "postalCode": "1234", "addressCountry": "XY", "x": 1},
            },
            "Town hall, Main street 1, 1234, XY",
        ),
        ([{"type": "VirtualLocation", "url": "https://meet.example/1"}, None, 7], "https://meet.example/1"),
        ([{"name": "Here"}, {"name": "There"}], "Here; There"),
        ({"name": ["x"], "address": [7]}, "x"),
        (None, None),
        ({}, None),
    ],
)
def test_a_place_in_words(location: Any, place: str | None) -> None:
    assert place_of(location) == place


def test_a_place_has_bounds() -> None:
    assert len(place_of([{"name": "x" * 9000}] * 50) or "") <= 500


def test_what_lies_ahead_is_not_clamped() -> None:
    found = read_happening({"startTime": "2099-01-01T10:00:00Z", "endTime": "x"}, type_="Event")
    assert found is not None
    assert (found.starts_at, found.ends_at) == (datetime(2099, 1, 1, 10, tzinfo=UTC), None)


def test_only_an_event_takes_place() -> None:
    assert read_happening({"startTime": "2027-01-01T10:00:00Z"}, type_="Note") is None
    assert read_happening({"startTime": "x", "location": []}, type_="Event") is None
