"""Reading single properties and collections."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from federation.errors import BadDocument
from federation.vocabulary.base import (
    addresses_of,
    as_list,
    count_of,
    id_of,
    instant_of,
    language_of,
    link_of,
    media_url_of,
    string_of,
    time_of,
    type_of,
)
from federation.vocabulary.collections import read_collection, write_collection, write_page
from tests.support.corpus import document

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HUB_ACTOR = "https://hub.example/ap/actors/7"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"

JUNK: list[Any] = [
    None, True, 0, -1, 1.5, "", "x", "javascript:alert(1)", "data:,x", [], {}, [[]], [None], {"id": 7}, {"href": []},
    {"id": {"id": "https://evil.example/"}}, ["https://evil.example/a", 7], {"@list": 7}, "https://", "\ud800",
]  # fmt: skip


# Single properties.


def test_one_or_many() -> None:
    assert as_list(None) == []
    assert as_list("x") == ["x"]
    assert as_list(["x"]) == ["x"]
    assert as_list({"@list": [1, 2]}) == [1, 2]
    assert as_list({"@set": 1}) == [1]
    assert as_list({"id": "x"}) == [{"id": "x"}]


@pytest.mark.parametrize("junk", JUNK)
def test_junk_is_absent(junk: object) -> None:
    evil = (None, "https://evil.example/a", "https://evil.example/")
    assert id_of(junk) in evil
    assert link_of(junk) in evil
    assert media_url_of(junk) in evil
    assert time_of(junk, now=NOW) is None
    string_of(junk), count_of(junk), addresses_of(junk), type_of({"type": junk}, ["Note"])


def test_addresses_keep_the_names_of_everybody() -> None:
    assert addresses_of("as:Public") == ("as:Public",)
    assert addresses_of(["Public", PUBLIC, "https://m.example/a", {"id": "https://m.example/b"}, "everyone", 7]) == (
        "Public",
        PUBLIC,
        "https://m.example/a",
        "https://m.example/b",
    )
    assert len(addresses_of([f"https://m.example/{number}" for number in range(10_000)])) == 1000


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-23T01:00:21Z", datetime(2026, 11, 23, 1, 0, 21, tzinfo=UTC)),
        ("2026-11-23T01:00:21.5+02:00", datetime(2026, 11, 22, 23, 0, 21, 500000, tzinfo=UTC)),
        ("2026-11-23T01:00:21", datetime(2026, 11, 23, 1, 0, 21, tzinfo=UTC)),
        ("2099-01-01T00:00:00Z", NOW + timedelta(minutes=10)),
        ("9999-12-31T23:59:59-12:00", None),
        ("0001-01-01T00:00:00+12:00", None),
        ("1900-01-01T00:00:00Z", datetime(2000, 1, 1, tzinfo=UTC)),
        ("99999-01-01T00:00:00Z", None),
        ("2026-06-30T23:59:60Z", None),
        ("yesterday", None),
        (1700000000, None),
    ],
)
def test_times_are_clamped(value: object, expected: datetime | None) -> None:
    assert time_of(value, now=NOW) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3),
        (-3, 0),
        (3.9, 3),
        (2**63, 2**31 - 1),
        (float("inf"), None),
        (float("nan"), None),
        (True, None),
        ("3", None),
        (None, None),
    ],
)
def test_counts_are_clamped(value: object, expected: int | None) -> None:
    assert count_of(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://m.example/@a", "https://m.example/@a"),
        (
            [
                {"type": "Link", "mediaType": "application/json", "href": "https://m.example/j"},
                {"type": "Link", "mediaType": "text/html", "href": "https://m.example/h"},
            ],
            "https://m.example/h",
        ),
        ([{"type": "Link", "mediaType": "video/mp4", "href": "https://m.example/v"}], "https://m.example/v"),
        ({"type": "Link", "href": "https://m.example/h"}, "https://m.example/h"),
        (["javascript:x", "https://m.example/h"], "https://m.example/h"),
    ],
)  # fmt: skip
def test_the_page_is_picked(value: object, expected: str) -> None:
    assert link_of(value) == expected


def test_languages_are_tags() -> None:
    assert language_of({"contentMap": {"<b>": "x", "en-GB": "y"}}, "content") == "en-GB"
    assert language_of({"contentMap": {"": "x"}}, "content") is None
    assert language_of({"contentMap": "en"}, "content") is None


# Collections.


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ({"identifier": "fr", "name": "French"}, "fr"),
        ("de", "de"),
        (["pt-BR"], "pt-BR"),
        ("<b>", None),
        ({}, None),
        (7, None),
    ],
)
def test_a_language_without_a_map(language: object, expected: str | None) -> None:
    """PeerTube and Lemmy."""
    assert language_of({"content": "x", "language": language}, "content") == expected
    assert language_of({"contentMap": {"en": "x"}, "language": language}, "content") == "en"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2099-01-01T10:00:00Z", datetime(2099, 1, 1, 10, tzinfo=UTC)),
        ("2027-01-01T10:00:00", datetime(2027, 1, 1, 10, tzinfo=UTC)),
        ("9999-12-31T23:59:59-14:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("x", None),
        (7, None),
    ],
)
def test_what_lies_ahead_is_read_as_it_is_told(value: object, expected: datetime | None) -> None:
    assert instant_of(value) == expected


def test_a_collection_goes_on_only_on_its_own_host() -> None:
    page = read_collection(
        {
            "type": "CollectionPage",
            "items": "https://m.example/1",
            "next": "https://victim.example/2",
            "first": "https://victim.example/1",
        },
        origin="https://m.example/c",
    )
    assert (page.items, page.next, page.first) == (("https://m.example/1",), None, None)
    embedded = read_collection(document("mastodon/create-note")["object"]["replies"], origin="https://m.example/")
    assert isinstance(embedded.first, dict)
    first = read_collection(embedded.first, origin="https://m.example/")
    assert first.next is not None
    assert first.items == ()


def test_what_is_no_collection() -> None:
    with pytest.raises(BadDocument, match="not_a_collection"):
        read_collection({"type": "Note"}, origin="https://m.example/")


def test_collections_are_written_as_mastodon_reads_them() -> None:
    """`first` is there even for the empty ones (its absence means "hidden"), and a page always has its list."""
    assert write_collection("https://hub.example/c", total=0, first="https://hub.example/c?page=1") == {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": "https://hub.example/c",
        "type": "OrderedCollection",
        "totalItems": 0,
        "first": "https://hub.example/c?page=1",
    }
    page = write_page(
        "https://hub.example/c?page=1", part_of="https://hub.example/c", items=[], ordered=False, next="n", total=0
    )
    assert (page["type"], page["items"], page["next"], page["totalItems"]) == ("CollectionPage", [], "n", 0)
    assert "first" not in write_collection("https://hub.example/c", total=3, first=None)
