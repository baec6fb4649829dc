"""Reading actors: real dialects, and what must not get in."""

from datetime import UTC, datetime
from typing import Any

import pytest

from federation.errors import BadDocument
from federation.vocabulary.actors import MAX_FIELDS, MAX_KEYS, read_actor, read_keys
from tests.support.corpus import document

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HUB_ACTOR = "https://hub.example/ap/actors/7"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def test_gotosocials_actor() -> None:
    ada = read_actor(document("gotosocial/actor"), now=NOW)
    assert ada.uri == "https://gts.example/users/ada"
    assert (ada.type, ada.username, ada.name) == ("Person", "ada", "Ada L.")
    assert ada.shared_inbox is None
    assert ada.keys[0].id == "https://gts.example/users/ada/main-key"
    assert [field.name for field in ada.fields] == ["site"]
    assert ada.is_discoverable
    assert not ada.is_locked


def test_takahes_actor() -> None:
    bob = read_actor(document("takahe/actor"), now=NOW)
    assert bob.uri == "https://takahe.example/@bob@takahe.example/"
    assert bob.shared_inbox == "https://takahe.example/inbox/"
    assert bob.is_discoverable


def test_mastodons_actor() -> None:
    alice = read_actor(document("mastodon/actor"), now=NOW)
    assert alice.webfinger == "alice@m.example"
    assert alice.is_locked
    assert (alice.icon, alice.icon_alt) == ("https://files.m.example/a.png", "Alice smiling")
    assert [(emoji.shortcode, emoji.url) for emoji in alice.emojis] == [
        ("blobcat", "https://files.m.example/blobcat.png")
    ]
    assert alice.also_known_as == ("https://old.example/users/alice",)
    assert alice.published == datetime(2026, 1, 5, tzinfo=UTC)


ELSEWHERE = "https://victim.example/inbox"


def actor(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in (document("mastodon/actor") | changes).items() if value is not ...}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "Note"}, "not_an_actor"),
        ({"type": "Collection"}, "not_an_actor"),
        ({"type": ["Person", "Group"]}, "not_an_actor"),
        ({"type": "person"}, "not_an_actor"),
        ({"id": ...}, "not_an_actor"),
        ({"id": "acct:alice@m.example"}, "not_an_actor"),
        ({"inbox": ...}, "inbox_missing"),
        ({"inbox": ELSEWHERE}, "inbox_elsewhere"),
        ({"inbox": "http://m.example/inbox"}, "inbox_elsewhere"),
        ({"inbox": {}}, "inbox_missing"),
        ({"preferredUsername": ...}, "username_unusable"),
        ({"preferredUsername": "a b"}, "username_unusable"),
        ({"preferredUsername": "<b>"}, "username_unusable"),
        ({"preferredUsername": "alice@m.example"}, "username_unusable"),
        ({"preferredUsername": "a" * 300}, "username_unusable"),
        ({"preferredUsername": "аlice"}, "username_unusable"),
        ({"preferredUsername": 7}, "username_unusable"),
    ],
)
def test_what_is_no_actor(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadDocument) as caught:
        read_actor(actor(**changes), now=NOW)
    assert caught.value.reason == reason


def test_an_actor_cannot_aim_deliveries_at_somebody_else() -> None:
    """A reflection: our deliveries would go to whomever the actor names (security of `sharedInbox` and collections)."""
    found = read_actor(
        actor(
            endpoints={"sharedInbox": ELSEWHERE},
            followers="https://victim.example/followers",
            outbox="https://victim.example/outbox",
            featured=HUB_ACTOR,
        ),
        now=NOW,
    )
    assert (found.shared_inbox, found.followers, found.outbox, found.featured) == (None, None, None, None)


def test_links_are_web_addresses() -> None:
    found = read_actor(
        actor(url="javascript:alert(1)", icon={"type": "Image", "url": "data:image/png,x"}, image="file:///etc/passwd"),
        now=NOW,
    )
    assert (found.url, found.icon, found.image) == (None, None, None)


def test_an_actor_has_bounds() -> None:
    field = {"type": "PropertyValue", "name": "n" * 9999, "value": "v" * 9999}
    key = document("mastodon/actor")["publicKey"]
    found = read_actor(
        actor(
            name="n" * 99_999,
            summary="s" * 99_999,
            attachment=[field] * 999,
            publicKey=[key] * 99,
            alsoKnownAs=[f"https://m.example/{number}" for number in range(9999)],
        ),
        now=NOW,
    )
    assert len(found.name or "") == 2048
    assert len(found.summary or "") == 20_000
    assert len(found.fields) == MAX_FIELDS
    assert len(found.fields[0].value) == 2047
    assert len(found.keys) == MAX_KEYS
    assert len(found.also_known_as) == 50


def test_keys_of_others_do_not_count() -> None:
    key = document("mastodon/actor")["publicKey"]
    listed = [
        key | {"owner": "https://m.example/ap/users/116"},
        key | {"id": 7},
        key | {"publicKeyPem": None},
        "https://x.example/",
    ]
    assert read_keys(actor(publicKey=listed), now=NOW) == ()
    assert len(read_keys(actor(publicKey=[*listed, key]), now=NOW)) == 1
