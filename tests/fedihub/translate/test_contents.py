"""The text of a remote post, whatever kind of thing it is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from federation.vocabulary.objects import read_object
from fedihub.translate.contents import content_of, title_of

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LINK = '<p><a href="https://peer.example/1"'


def text(type_: str = "Article", **properties: Any) -> str:
    document = {"id": "https://peer.example/1", "type": type_, "attributedTo": "https://peer.example/ana"}
    return content_of(read_object(document | properties, now=NOW))


def test_a_title_that_the_text_repeats_stands_once() -> None:
    assert text(name="On bridges", content="<h1>On bridges</h1><p>Long.</p>").count("On bridges") == 1


def test_a_summary_that_the_text_repeats_stands_once() -> None:
    assert text(summary="They stand …", content="<p>They stand for long.</p>").count("They stand") == 1
    assert text(summary="They stand …", content="<p>Other.</p>").startswith("<p>They stand …</p><p>Other.</p>")


def test_the_page_is_linked_unless_the_text_leads_there() -> None:
    assert LINK in text(content="<p>Hi</p>")
    with_link = text(content='<p><a href="https://peer.example/1">more</a></p>')
    assert with_link.count("https://peer.example/1") == 1


def test_a_long_article_without_a_short_form_is_shown_whole() -> None:
    assert "the end" in text(content="<p>" + "word " * 1000 + "the end</p>")


def test_a_long_page_is_shown_whole_beside_its_summary() -> None:
    long = text("Page", summary="short", content="<p>" + "word " * 1000 + "the end</p>")
    assert "<p>short</p>" in long
    assert "the end" in long


@pytest.mark.parametrize(
    ("media_type", "content", "expected"),
    [
        ("text/markdown", "**a** <b>\n\nb", "<p><strong>a</strong> &lt;b&gt;</p>\n<p>b</p>"),
        ("text/markdown", "![x](https://x.example/1.png)", "<p>!<a "),
        ("text/plain", "a <b>\nc\n\nd", "<p>a &lt;b&gt;<br>c</p><p>d</p>"),
        ("text/html", "<p>a</p>", "<p>a</p>"),
        ("application/x", "<p>a</p>", "<p>a</p>"),
    ],
)
def test_the_text_may_be_no_html(media_type: str, content: str, expected: str) -> None:
    shown = text("Note", mediaType=media_type, content=content)
    assert shown.startswith(expected)
    assert "<img" not in shown


@pytest.mark.parametrize("open_end", ["<!--", "<script>", "<blockquote>", "<math>", '<a href="x'])
def test_no_part_swallows_the_next(open_end: str) -> None:
    shown = text(name="Title", summary=f"<p>One{open_end}", content=f"<p>Two</p>{open_end}")
    assert "<p>Two</p>" in shown
    assert LINK in shown


def test_an_endless_text_leaves_room_for_the_link() -> None:
    assert LINK in text(content="word " * 40_000)


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", '<img src="x" onerror="alert(1)">'])
@pytest.mark.parametrize("field", ["name", "summary", "content"])
def test_nothing_gets_in_by_any_of_the_texts(field: str, evil: str) -> None:
    for type_ in ("Article", "Note", "Event"):
        shown = text(type_, **{"content": "<p>x</p>", field: evil})
        assert "<script" not in shown
        assert "<img" not in shown


def test_a_place_is_no_html() -> None:
    shown = text("Event", startTime="2027-01-01T10:00:00Z", location={"name": "<script>x</script>"})
    assert "1 January 2027, 10:00 (UTC)" in shown
    assert "<script" not in shown


def test_a_title_is_one_line_of_plain_text() -> None:
    found = read_object({"id": "https://peer.example/1", "type": "Page", "name": "A\n\u202e<b>" + "x" * 999}, now=NOW)
    title = title_of(found)
    assert title is not None
    assert title.startswith("A <b>x")
    assert len(title) == 200
