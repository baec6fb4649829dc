"""Our own URIs, written and read back."""

import pytest

from federation.errors import BadUri
from federation.uris import LocalUris

URIS = LocalUris("https://ap.hub.example/", "hub.example")


def test_they_are_written_in_one_place() -> None:
    assert URIS.actor("7") == "https://ap.hub.example/ap/actors/7"
    assert [URIS.inbox("7"), URIS.outbox("7"), URIS.followers("7"), URIS.following("7"), URIS.featured("7")] == [
        f"https://ap.hub.example/ap/actors/7/{name}"
        for name in ("inbox", "outbox", "followers", "following", "featured")
    ]
    assert URIS.shared_inbox() == "https://ap.hub.example/ap/inbox"
    assert URIS.rsa_key_id("7") == "https://ap.hub.example/ap/actors/7#main-key"
    assert URIS.ed25519_key_id("7") == "https://ap.hub.example/ap/actors/7#ed25519-key"
    assert [URIS.replies("9"), URIS.likes("9"), URIS.shares("9")] == [
        f"https://ap.hub.example/ap/posts/9/{name}" for name in ("replies", "likes", "shares")
    ]
    assert URIS.page("ada") == "https://ap.hub.example/@ada"
    assert URIS.post_page("ada", "9") == "https://ap.hub.example/@ada/9"
    assert URIS.handle("ada") == "ada@hub.example"


def test_they_are_read_back() -> None:
    for key in ("1", "7", "123456789012345678"):
        assert URIS.actor_key(URIS.actor(key)) == key
        assert URIS.post_key(URIS.post(key)) == key
        assert URIS.context_key(URIS.context(key)) == key
        assert URIS.activity_key(URIS.activity(key)) == key


@pytest.mark.parametrize(
    "uri",
    [
        "https://ap.hub.example/ap/actors/07",
        "https://ap.hub.example/ap/actors/0",
        "https://ap.hub.example/ap/actors/-7",
        "https://ap.hub.example/ap/actors/７",
        "https://ap.hub.example/ap/actors/7/",
        "https://ap.hub.example/ap/actors/7#main-key",
        "https://ap.hub.example/ap/actors/7?x",
        "https://ap.hub.example/ap/actors/%37",
        "https://ap.hub.example/ap/actors/7\n",
        "https://AP.hub.example/ap/actors/7",
        "http://ap.hub.example/ap/actors/7",
        "https://hub.example/ap/actors/7",
        "https://ap.hub.example/ap/posts/7",
        "https://apxhub.example/ap/actors/7",
        "https://ap.hub.example/ap/actors/" + "7" * 20,
        "",
    ],
)
def test_there_are_no_aliases(uri: str) -> None:
    assert URIS.actor_key(uri) is None


def test_what_is_ours_is_ours_in_any_spelling() -> None:
    for uri in (
        "https://ap.hub.example/x",
        "http://AP.hub.example",
        "https://ap.hub.example.:443/@ada",
        "https://ap.hub.example#x",
    ):
        assert URIS.is_local(uri)
    for uri in ("https://hub.example/x", "https://ap.hub.example:8443/", "https://x.ap.hub.example/", "nonsense", ""):
        assert not URIS.is_local(uri)


def test_handles_live_on_our_host_unless_said_otherwise() -> None:
    assert LocalUris("http://localhost:8080").handle("ada") == "ada@localhost:8080"


@pytest.mark.parametrize(
    "base", ["hub.example", "https://hub.example/path", "https://hub.example?x", "ftp://hub.example", ""]
)
def test_a_base_is_a_scheme_and_a_host(base: str) -> None:
    with pytest.raises(BadUri):
        LocalUris(base)
