"""Handles, hashtags and links in a text."""

import time

import pytest

from fedihub.text.find import Found, Handle, find_entities, find_handles, fold_tag


def found(text: str) -> list[tuple[str, str, str | None]]:
    return [(each.kind, each.value, each.host) for each in find_entities(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hi @ana!", [("mention", "ana", None)]),
        ("(@ana)", [("mention", "ana", None)]),
        ("@ana@peer.example.", [("mention", "ana", "peer.example")]),
        ("@ana.b-c@peer.example: hi", [("mention", "ana.b-c", "peer.example")]),
        ("@ana@localhost:8080", [("mention", "ana", "localhost:8080")]),
        ("mail ana@peer.example", []),
        ("#Brücke and #x_1", [("tag", "Brücke", None), ("tag", "x_1", None)]),
        (
            "#cafe\u0301, #\u0939\u093f\u0928\u094d\u0926",
            [("tag", "cafe\u0301", None), ("tag", "\u0939\u093f\u0928\u094d\u0926", None)],
        ),
        ("#1 is no tag, nor is a#b or &#39;", []),
        ("https://peer.example/@ana#top", [("link", "https://peer.example/@ana#top", None)]),
        ("(see https://a.example/b_(c)).", [("link", "https://a.example/b_(c)", None)]),
        ("example.com javascript://x ftp://x.example mailto:a@b.example", []),
    ],
)
def test_what_is_found(text: str, expected: list[tuple[str, str, str | None]]) -> None:
    assert found(text) == expected


def test_positions_are_those_of_the_text() -> None:
    assert find_entities("ä @ana") == [Found("mention", 2, 6, "ana")]


def test_each_handle_counts_once_in_whatever_case() -> None:
    assert find_handles("@Ana @ana @ana@Peer.Example @ANA@peer.example") == [
        Handle("ana"),
        Handle("ana", "peer.example"),
    ]


def test_tags_are_folded() -> None:
    assert fold_tag("#FediHub") == "fedihub"
    assert fold_tag("CAFE\u0301") == fold_tag("#caf\u00e9") == "caf\u00e9"


@pytest.mark.parametrize(
    "text", ["@a.a" * 25_000, "#" * 100_000, "#" + "1\u00b7" * 50_000, "@x@" + "a." * 50_000, "http://" + "a(" * 40_000]
)
def test_hostile_text_costs_little(text: str) -> None:
    began = time.process_time()
    find_entities(text)
    assert time.process_time() - began < 5
