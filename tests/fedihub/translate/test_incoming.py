"""What peers send, as it will be stored."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from federation.vocabulary.actors import read_actor
from federation.vocabulary.objects import RemoteObject, read_object
from federation.webfinger import Handle
from fedihub.translate.incoming import actor_values, is_vote, post_values

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def read(**properties: Any) -> RemoteObject:
    document = {
        "id": "https://peer.example/notes/1",
        "type": "Note",
        "attributedTo": "https://peer.example/users/ana",
        "content": "<p>Hello</p>",
        "published": "2026-11-24T11:00:00Z",
    }
    return read_object(document | properties, now=NOW)


def test_a_note() -> None:
    post = post_values(
        read(
            content='<p>Hi <script>alert(1)</script><a href="https://x.example">x</a></p>',
            contentMap={"de": "…"},
            summary="careful",
            updated="2026-11-24T11:30:00Z",
            tag=[{"type": "Hashtag", "name": "#FediHub"}, {"type": "Hashtag"}],
            attachment=[
                {"type": "Document", "mediaType": "image/png", "url": "https://peer.example/1.png", "name": "alt"}
            ],
        ),
        now=NOW,
    )
    assert "script" not in post.content_html
    assert post.content_warning == "careful"
    assert post.sensitive
    assert post.tags == [("fedihub", "FediHub")]
    assert post.attachments[0]["description"] == "alt"
    assert post.edited_at == datetime(2026, 11, 24, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize("type", ["Article", "Page", "Event", "Video"])
def test_what_is_no_note_shows_its_title_and_is_no_warning(type: str) -> None:
    post = post_values(read(type=type, name="A <bridge>", summary="About it", content="<p>Long</p>"), now=NOW)
    assert post.title == "A <bridge>"
    assert post.content_html.startswith("<p><strong>A &lt;bridge&gt;</strong></p>")
    assert "<p>Long</p>" in post.content_html
    assert post.content_warning == ""


def test_what_has_no_text_links_to_its_page() -> None:
    post = post_values(read(type="Video", name="Film", content=None, url="https://peer.example/w/1"), now=NOW)
    assert 'href="https://peer.example/w/1"' in post.content_html


def test_the_options_of_a_poll_are_no_part_of_its_text() -> None:
    post = post_values(read(type="Question", oneOf=[{"name": "Red"}, {"name": "<b>"}]), now=NOW)
    assert "Red" not in post.content_html


def test_a_vote_is_told_from_a_reply() -> None:
    assert is_vote(read(name="Red", content=None, inReplyTo="https://hub.example/ap/posts/1"))
    assert not is_vote(read(inReplyTo="https://hub.example/ap/posts/1"))


@pytest.mark.parametrize("published", [None, "nonsense", "9999-01-01T00:00:00Z", {"a": 1}])
def test_a_strange_time_becomes_now(published: Any) -> None:
    assert post_values(read(published=published), now=NOW).published_at == NOW


def test_an_edit_at_the_time_of_publishing_is_none() -> None:
    assert post_values(read(updated="2026-11-24T11:00:00Z"), now=NOW).edited_at is None


def actor(**properties: Any) -> dict[str, Any]:
    document = {
        "id": "https://peer.example/users/ana",
        "type": "Person",
        "preferredUsername": "ana",
        "inbox": "https://peer.example/users/ana/inbox",
    }
    remote = read_actor(document | properties, now=NOW)
    return actor_values(remote, Handle.parse("ana@peer.example"), now=NOW + timedelta(hours=1))


def test_a_profile_is_cleaned() -> None:
    values = actor(
        name="Ana\u202e\n!",
        summary="<p onclick=x>Hi</p><script>x</script>",
        attachment=[{"type": "PropertyValue", "name": "Web", "value": '<a href="javascript:x">x</a>'}],
    )
    assert values["display_name"] == "Ana !"
    assert values["bio_html"] == "<p>Hi</p>"
    assert "javascript" not in values["fields"][0]["value"]


@pytest.mark.parametrize("url", ["https://evil.example/@ana", "javascript:alert(1)", {"a": 1}, None, 7])
def test_a_page_elsewhere_is_not_linked(url: Any) -> None:
    assert actor(url=url)["url"] == "https://peer.example/users/ana"


def test_addresses_elsewhere_are_not_used() -> None:
    values = actor(endpoints={"sharedInbox": "https://victim.example/inbox"}, followers="https://victim.example/f")
    assert values["shared_inbox_url"] is None
    assert values["followers_url"] is None
