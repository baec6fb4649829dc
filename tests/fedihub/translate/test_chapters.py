"""What a chapter passes on, in the shapes that Lemmy demands."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from federation.vocabulary.terms import PUBLIC
from fedihub.text.render import MOST_READ
from fedihub.translate.chapters import (
    LONGEST_TITLE,
    Saying,
    announce_activity,
    in_chapter,
    of_others,
    of_ours,
    removal,
    title_of,
)
from storage.actors import Actor, ActorKind
from storage.posts import Audience, Post

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CORPUS = Path(__file__).parents[2] / "corpus"
PUNE = Actor(
    id=1,
    uri="https://hub.example/ap/actors/1",
    kind=ActorKind.CHAPTER,
    username="pune",
    followers_url="https://hub.example/ap/actors/1/followers",
    created_at=NOW,
    updated_at=NOW,
)
ADA = Actor(
    id=2,
    uri="https://hub.example/ap/actors/2",
    kind=ActorKind.MEMBER,
    username="ada",
    display_name="Ada",
    created_at=NOW,
    updated_at=NOW,
)
ROSA = Actor(
    id=3,
    uri="https://peer.example/rosa",
    kind=ActorKind.REMOTE,
    username="rosa",
    host="peer.example",
    created_at=NOW,
    updated_at=NOW,
)


def post(html: str = "", **columns: Any) -> Post:
    row: dict[str, Any] = {"id": 5, "uri": "https://hub.example/ap/posts/5", "author_id": 2, "conversation_id": 9}
    row |= {"published_at": NOW, "created_at": NOW, "content_html": html, "audience": Audience.PUBLIC}
    return Post(**row | columns)


MENTION = '<span class="h-card"><a href="https://hub.example/@pune" class="u-url mention">@<span>pune</span></a></span>'


@pytest.mark.parametrize(
    ("html", "title"),
    [
        (f"<p>{MENTION} We need a welder</p><p>Two days.</p>", "We need a welder"),
        (f"<p>{MENTION}<br />We need<br />a welder</p>", "We need"),
        (f"<p>We need a welder {MENTION}</p>", "We need a welder"),
        (f"<p>Ask {MENTION} for help</p>", "Ask @pune for help"),
        (f"<p>{MENTION}</p>", "By Ada"),
        ("<p>Pumps &amp; pipes &lt;3</p>", "Pumps & pipes <3"),
        ("<p>@rosa@peer.example @pune <b>Look</b></p>", "Look"),
    ],
)
def test_a_title_is_the_first_line_that_says_something(html: str, title: str) -> None:
    assert title_of(post(html), ADA) == title


def test_a_long_title_is_cut_between_words() -> None:
    title = title_of(post(f"<p>{'word ' * 100}</p>"), ADA)
    assert len(title) <= LONGEST_TITLE
    assert title.endswith("word…")
    assert len(title_of(post(f"<p>{'x' * 500}</p>"), ADA)) == LONGEST_TITLE


def test_a_title_of_its_own_is_kept() -> None:
    assert title_of(post("<p>Text</p>", title="My pump"), ADA) == "My pump"


def test_what_begins_here_becomes_a_page_and_loses_what_would_make_it_a_comment() -> None:
    note = {"id": post().uri, "type": "Note", "attributedTo": ADA.uri, "inReplyTo": None, "content": "<p>Hi</p>"}
    create = {"@context": ["x"], "id": "https://hub.example/ap/activities/1", "type": "Create", "object": note}
    page = in_chapter(create, PUNE, post("<p>Hi</p>"), author=ADA)
    assert page["object"] == {
        "id": post().uri,
        "type": "Page",
        "attributedTo": ADA.uri,
        "content": "<p>Hi</p>",
        "name": "Hi",
        "audience": PUNE.uri,
    }
    assert page["audience"] == PUNE.uri
    assert "@context" not in page
    assert note["type"] == "Note"  # what was sent before stays what it was


def test_an_answer_stays_a_note() -> None:
    note = {"id": post().uri, "type": "Note", "inReplyTo": "https://peer.example/1"}
    answer = post("<p>Hi</p>", in_reply_to_uri="https://peer.example/1")
    told = in_chapter({"type": "Create", "object": note}, PUNE, answer, author=ADA)
    assert told["object"] == note | {"audience": PUNE.uri}


def test_what_is_told_otherwise_than_it_was_signed_carries_no_proof() -> None:
    said = {"type": "Create", "object": {"id": post().uri, "type": "Note"}, "proof": {"type": "DataIntegrityProof"}}
    like = {"type": "Like", "object": post().uri, "proof": {"type": "DataIntegrityProof"}}
    for activity in (said, like):
        assert "proof" not in in_chapter(activity, PUNE, post("<p>Hi</p>"), author=ADA)
        assert in_chapter(activity, PUNE, post("<p>Hi</p>"), author=ROSA)["proof"]  # it came so


def test_what_others_said_goes_on_as_it_came() -> None:
    said = {"@context": ["y"], "type": "Create", "object": {"type": "Note", "id": "https://peer.example/1"}}
    assert in_chapter(said, PUNE, post("<p>Hi</p>"), author=ROSA) is said
    like = {"type": "Like", "object": "https://hub.example/ap/posts/5"}
    assert in_chapter(like, PUNE, post(), author=ROSA) is like


@pytest.mark.parametrize("name", ["create-page", "create-comment"])
def test_what_lemmy_says_goes_on_with_its_source(name: str) -> None:
    said = json.loads((CORPUS / "lemmy" / f"{name}.json").read_text())
    assert "source" in said["object"]
    assert in_chapter(said, PUNE, post(), author=ROSA) is said


MARKDOWN = {"mediaType": "text/markdown"}


@pytest.mark.parametrize(
    "source",
    [
        {"content": "NASTY"} | MARKDOWN,
        {"content": "kind **words** ![](https://nasty.example/a.png)"} | MARKDOWN,
        {"content": "kind **words**" + " " * MOST_READ + "NASTY"} | MARKDOWN,
        {"content": ["kind **words**"]},
        "kind **words**",
        None,
    ],
)
def test_a_source_that_says_something_else_does_not_go_on(source: object) -> None:
    note = {"type": "Note", "id": "https://peer.example/1", "content": "<p>kind <strong>words</strong></p>"}
    said = {"type": "Create", "object": note | {"source": source}, "proof": {"type": "DataIntegrityProof"}}
    assert in_chapter(said, PUNE, post(), author=ROSA) == {"type": "Create", "object": note}


def test_a_source_that_says_the_same_goes_on() -> None:
    source = {"content": "kind **words**"} | MARKDOWN
    note: dict[str, Any] = {"type": "Note", "id": "https://peer.example/1", "source": source}
    note |= {"content": "<p>kind <strong>words</strong></p>"}
    said = {"type": "Update", "object": note, "proof": {"type": "DataIntegrityProof"}}
    assert in_chapter(said, PUNE, post(), author=ROSA) is said


def test_an_announced_activity_is_for_everybody() -> None:
    like = {"id": "https://peer.example/l", "type": "Like", "actor": ROSA.uri, "object": post().uri}
    announce = announce_activity("https://hub.example/ap/activities/7", PUNE, like, published=NOW)
    assert (announce["type"], announce["actor"], announce["object"]) == ("Announce", PUNE.uri, like)
    assert (announce["to"], announce["cc"]) == ([PUBLIC], [PUNE.followers_url])


def test_a_removal_is_a_delete_with_a_summary_be_it_empty() -> None:
    gone = removal("https://hub.example/ap/activities/8", ADA, PUNE, post_uri="https://peer.example/1", reason="")
    assert (gone["type"], gone["actor"], gone["summary"], gone["to"]) == ("Delete", ADA.uri, "", [PUBLIC])


def test_a_post_is_shown_as_it_is_by_now() -> None:
    create, edit, later = ({"type": t, "object": o} for t, o in (("Create", "1"), ("Update", "2"), ("Update", "3")))
    assert of_ours([create, edit, later]) == [{"type": "Create", "object": "3"}]
    assert of_ours([]) == []


def _said(*, of: str, text: str, shown: bool, applied: bool = True) -> Saying:
    return Saying({"type": of, "object": text}, is_shown=shown, was_applied=applied)


def test_of_others_goes_on_what_says_what_is_shown() -> None:
    create, edit = _said(of="Create", text="1", shown=False), _said(of="Update", text="2", shown=False)
    later = _said(of="Update", text="3", shown=True)
    assert of_others([create, edit, later]) == [create.activity, later.activity]
    assert of_others([later]) == []  # nothing shows what is new
    assert of_others([create, edit]) == []
    known = _said(of="Create", text="1", shown=True, applied=False)
    other = _said(of="Create", text="4", shown=False, applied=False)
    assert of_others([known, other, edit]) == [known.activity]
    assert of_others([other, later]) == []
