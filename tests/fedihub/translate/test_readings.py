"""What other kinds of servers make of our posts, by the rules that were seen in them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from federation.errors import BadDocument
from fedihub.translate.readings import PeerKind, Reading, reading

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
FOLLOWERS = "https://hub.example/ap/actors/7/followers"
EVERYBODY = list(PeerKind)


def note(**changes: Any) -> dict[str, Any]:
    """A public post of ours."""
    plain = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": "https://hub.example/ap/posts/42",
        "type": "Note",
        "attributedTo": "https://hub.example/ap/actors/7",
        "to": [PUBLIC],
        "cc": [FOLLOWERS],
        "published": "2026-11-20T10:00:00Z",
        "url": "https://hub.example/@acme/42",
        "content": "<p>The bench stands</p><p>It took a week.</p>",
        "context": "https://hub.example/ap/contexts/42",
        "hub:kind": "update",
        "tag": [],
        "attachment": [],
    }
    return {name: value for name, value in (plain | changes).items() if value is not None}


def read(peer: PeerKind, **changes: Any) -> Reading:
    return reading(note(**changes), peer, followers_uri=FOLLOWERS, now=NOW)


@pytest.mark.parametrize("peer", [PeerKind.MASTODON, PeerKind.GOTOSOCIAL, PeerKind.MISSKEY])
def test_a_plain_post_is_shown_whole(peer: PeerKind) -> None:
    found = read(peer)
    assert (found.shown_as, found.audience, found.warning, found.title) == ("post", "public", "", "")
    assert found.text.split() == ["The", "bench", "stands", "It", "took", "a", "week."]
    assert {"context", "hub:kind"} <= set(found.dropped)


@pytest.mark.parametrize(
    ("to", "cc", "audiences"),
    [
        ([FOLLOWERS], [PUBLIC], ("quiet public", "unlisted", "everybody", "home")),
        ([FOLLOWERS], [], ("followers", "followers-only", "nobody", "followers")),
        (["https://peer.example/users/rosa"], [], ("private mention", "direct", "nobody", "specified")),
    ],
)
def test_each_has_its_own_word_for_an_audience(to: list[str], cc: list[str], audiences: tuple[str, ...]) -> None:
    answering = "https://lemmy.example/comment/1"
    assert tuple(read(peer, to=to, cc=cc, inReplyTo=answering).audience for peer in EVERYBODY) == audiences


def test_lemmy_takes_only_what_is_in_a_community() -> None:
    assert read(PeerKind.LEMMY).shown_as == "nothing"
    group = {"type": "Mention", "href": "https://lemmy.example/c/boats", "name": "@boats@lemmy.example"}
    said = {"tag": [group], "cc": [FOLLOWERS, group["href"]], "summary": "wet paint"}
    assert read(PeerKind.LEMMY, **said).shown_as == "nothing"  # whoever is named there is a person
    assert any("addressed to no community" in text for text in read(PeerKind.LEMMY, **said).notes)
    opening = reading(note(**said), PeerKind.LEMMY, followers_uri=FOLLOWERS, now=NOW, communities=[group["href"]])
    assert (opening.shown_as, opening.title, opening.warning) == ("post in a community", "The bench stands", "")
    assert any("content warning is not shown" in text for text in opening.notes)
    assert read(PeerKind.LEMMY, inReplyTo="https://lemmy.example/post/1").shown_as == "comment"


def test_who_takes_a_name_for_what() -> None:
    found = {peer: read(peer, name="A bench") for peer in EVERYBODY}
    assert found[PeerKind.GOTOSOCIAL].warning == "A bench"
    assert found[PeerKind.MASTODON].warning == ""
    assert any("`name` is not shown" in text for text in found[PeerKind.MASTODON].notes)


def test_mastodon_shows_no_text_of_an_article() -> None:
    found = read(PeerKind.MASTODON, type="Article", name="A bench", summary="In short")
    assert found.text == "A bench\n\nIn short\n\nhttps://hub.example/@acme/42"
    assert "week" in read(PeerKind.GOTOSOCIAL, type="Article", name="A bench").text


def test_attachments_beyond_the_limit_are_told() -> None:
    files = [
        {"type": "Document", "url": f"https://hub.example/{n}.png", "mediaType": "image/png", "name": f"No. {n}"}
        for n in range(6)
    ]
    found = read(PeerKind.MASTODON, attachment=files)
    assert found.attachments[0] == "https://hub.example/0.png (No. 0)"
    assert len(found.attachments) == 4
    assert "only the first 4 of 6 attachments are shown" in found.notes
    paper = [{"type": "Document", "url": "https://hub.example/a.pdf", "mediaType": "application/pdf"}]
    notes = read(PeerKind.MASTODON, attachment=paper).notes
    assert {"an attachment has no description", "an attachment of this kind becomes a bare link"} <= set(notes)


def test_who_is_told_must_be_addressed_as_well() -> None:
    rosa = {"type": "Mention", "href": "https://peer.example/users/rosa", "name": "@rosa@peer.example"}
    assert read(PeerKind.MASTODON, tag=[rosa]).told == ()
    assert read(PeerKind.MASTODON, tag=[rosa], cc=[rosa["href"]]).told == ("@rosa@peer.example",)


def test_polls() -> None:
    options = [{"type": "Note", "name": name} for name in ("oak", "ash")]
    assert read(PeerKind.MASTODON, type="Question", oneOf=options).options == ("oak", "ash")
    assert read(PeerKind.LEMMY, type="Question", oneOf=options).shown_as == "nothing"


def test_misskey_keeps_what_came_first() -> None:
    assert any("edits" in text for text in read(PeerKind.MISSKEY, updated="2026-11-20T11:00:00Z").notes)


def test_what_is_no_post_is_no_reading() -> None:
    with pytest.raises(BadDocument):
        read(PeerKind.MASTODON, type="Person")
