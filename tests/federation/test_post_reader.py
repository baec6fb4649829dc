"""Reading posts: real dialects, and what must not get in."""

from datetime import UTC, datetime
from typing import Any

import pytest

from federation.addressing import Audience, audience_of
from federation.errors import BadDocument
from federation.vocabulary.attachments import MAX_ATTACHMENTS
from federation.vocabulary.objects import read_object
from federation.vocabulary.tags import MAX_HASHTAGS, MAX_MENTIONS
from tests.support.corpus import document

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HUB_ACTOR = "https://hub.example/ap/actors/7"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def test_mastodons_note() -> None:
    post = read_object(document("mastodon/create-note")["object"], now=NOW)
    assert post.in_reply_to == "https://hub.example/ap/posts/42"
    assert post.context == post.conversation == "https://hub.example/ap/contexts/42"
    assert (post.summary, post.is_sensitive) == (None, False)
    assert post.language == "en", "the language whose text is the content, not the first of the map"
    assert [mention.href for mention in post.mentions] == [HUB_ACTOR]
    assert post.hashtags == ("Bridge",)
    picture = post.attachments[0]
    assert (picture.alt, picture.focus, picture.width, picture.height) == ("A bridge", (0.0, 0.2), 1200, 800)
    assert (post.likes, post.shares) == (3, 0)
    assert post.replies == "https://m.example/users/alice/statuses/116001/replies"
    assert audience_of(post.to, post.cc, followers_uri="https://m.example/users/alice/followers") is Audience.PUBLIC


def test_gotosocials_notes() -> None:
    picture = read_object(document("gotosocial/create-note-image")["object"], now=NOW)
    assert picture.attachments[0].alt == "a blue square"
    assert picture.to == (PUBLIC,)
    assert picture.summary is None
    reply = read_object(document("gotosocial/create-note-reply")["object"], now=NOW)
    assert [mention.name for mention in reply.mentions] == ["@acme@hub.example"]
    vote = read_object(document("gotosocial/create-poll-vote")["object"], now=NOW)
    assert (vote.name, vote.content, vote.published) == ("blue", None, None)


def test_takahes_notes() -> None:
    followers = "https://takahe.example/@bob@takahe.example/followers/"
    public = read_object(document("takahe/create-note")["object"], now=NOW)
    assert audience_of(public.to, public.cc, followers_uri=followers) is Audience.PUBLIC
    private = read_object(document("takahe/create-note-followers-only")["object"], now=NOW)
    assert audience_of(private.to, private.cc, followers_uri=followers) is Audience.FOLLOWERS
    assert public.published == datetime(2026, 11, 23, 0, 59, 4, 746000, tzinfo=UTC)


def test_a_poll() -> None:
    poll = read_object(document("gotosocial/update-question")["object"], now=NOW).poll
    assert poll is not None
    assert [(option.title, option.votes) for option in poll.options] == [("tea", 1), ("coffee", 0)]
    assert (poll.is_multiple, poll.voters, poll.is_closed) == (False, 1, False)
    assert poll.ends_at == datetime(2026, 11, 23, 2, 0, 22, tzinfo=UTC)


def note(**changes: Any) -> dict[str, Any]:
    base = {"id": "https://m.example/1", "type": "Note", "attributedTo": "https://m.example/users/alice"}
    return base | changes


@pytest.mark.parametrize(
    ("value", "author"),
    [
        ("https://m.example/users/alice", "https://m.example/users/alice"),
        (["https://m.example/users/alice"], "https://m.example/users/alice"),
        ({"id": "https://m.example/users/alice", "type": "Person"}, "https://m.example/users/alice"),
        (["https://m.example/users/alice", "https://m.example/users/bob"], "https://m.example/users/alice"),
        (["https://m.example/users/alice", "https://n.example/users/bob"], None),
        (
            ["https://m.example/users/bob", {"type": "Group", "id": "https://m.example/g"}],
            "https://m.example/users/bob",
        ),
        (
            [{"type": "Group", "id": "https://pt.example/c"}, {"type": "Person", "id": "https://pt.example/p"}],
            "https://pt.example/p",
        ),
        (1, None),
        ("1", None),
        (None, None),
        ([], None),
    ],
)
def test_a_post_has_one_author_or_none(value: object, author: str | None) -> None:
    assert read_object(note(attributedTo=value), now=NOW).author == author


@pytest.mark.parametrize(
    "changes", [{"id": None}, {"id": 7}, {"type": "Person"}, {"type": "note"}, {"type": ["Note", "Article"]}]
)
def test_what_is_no_post(changes: dict[str, Any]) -> None:
    with pytest.raises(BadDocument, match="not_a_post"):
        read_object(note(**changes), now=NOW)


def test_a_post_has_bounds() -> None:
    post = read_object(
        note(
            content="c" * 999_999,
            attachment=[{"type": "Image", "url": f"https://m.example/{number}.png"} for number in range(999)],
            tag=[{"type": "Mention", "href": f"https://m.example/{number}"} for number in range(5000)]
            + [{"type": "Hashtag", "name": f"#t{number}"} for number in range(5000)],
        ),
        now=NOW,
    )
    assert len(post.content or "") == 200_000
    assert len(post.attachments) == MAX_ATTACHMENTS
    assert len(post.mentions) == MAX_MENTIONS
    tagged = read_object(note(tag=[{"type": "Hashtag", "name": f"#t{number}"} for number in range(5000)]), now=NOW)
    assert len(tagged.hashtags) == MAX_HASHTAGS


def test_hashtags_are_words() -> None:
    tags = ["#Bridge", "bridge", "#", "##x", "two words", "<b>", 7, None, "#ｆｕｌｌ", "#a_b", "#日本"]
    post = read_object(note(tag=[{"type": "Hashtag", "name": name} for name in tags]), now=NOW)
    assert post.hashtags == ("Bridge", "x", "full", "a_b", "日本")


def test_titles_and_texts_by_language() -> None:
    post = read_object(note(contentMap={"de": "<p>Hallo</p>"}, nameMap={"de": "Titel"}), now=NOW)
    assert (post.content, post.name, post.language) == ("<p>Hallo</p>", "Titel", "de")
