"""Our documents, in the shapes that peers need (each test names the peer that would stumble)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from federation.uris import LocalUris
from federation.vocabulary.actors import read_actor
from federation.vocabulary.objects import read_object
from federation.vocabulary.terms import PUBLIC
from fedihub.translate import activities
from fedihub.translate.actors import actor_document
from fedihub.translate.discovery import jrd
from fedihub.translate.posts import PostParts, post_document
from storage.actors import Actor, ActorKey, ActorKind
from storage.posts import Audience, Post, PostKind

URIS = LocalUris("https://hub.example")
NOW = datetime(2026, 11, 24, 12, 0, 0, 123_456, tzinfo=UTC)


ACME = Actor(
    id=42,
    uri=URIS.actor("42"),
    kind=ActorKind.PROJECT,
    wire_type="Organization",
    username="acme",
    display_name="Acme",
    url=URIS.page("acme"),
    inbox_url=URIS.inbox("42"),
    outbox_url=URIS.outbox("42"),
    followers_url=URIS.followers("42"),
    following_url=URIS.following("42"),
    featured_url=URIS.featured("42"),
    created_at=NOW,
    updated_at=NOW,
)


REMOTE = Actor(
    id=7,
    uri="https://peer.example/users/bob",
    kind=ActorKind.REMOTE,
    username="bob",
    host="peer.example",
    url="https://peer.example/@bob",
    inbox_url="https://peer.example/users/bob/inbox",
    created_at=NOW,
    updated_at=NOW,
)
KEYS = ActorKey(
    actor_id=42,
    rsa_private_pem="PRIVATE",
    rsa_public_pem="-----BEGIN PUBLIC KEY-----",
    ed25519_private_pem="PRIVATE",
    ed25519_public_multibase="z6Mk",
)


def parts(audience: Audience = Audience.PUBLIC, **more: Any) -> PostParts:
    post = Post(
        id=9,
        uri=URIS.post("9"),
        url=URIS.post_page("acme", "9"),
        author_id=ACME.id,
        is_local=True,
        content_html="<p>Hi</p>",
        audience=audience,
        conversation_id=5,
        published_at=NOW,
        created_at=NOW,
    )
    for name, value in more.items():
        setattr(post, name, value)
    return PostParts(
        post=post,
        author=ACME,
        conversation_uri=URIS.context("5"),
        mentions=[REMOTE],
        tags=[("fedihub", "FediHub")],
    )


def test_an_actor_has_what_every_peer_asks_for() -> None:
    document = actor_document(ACME, KEYS, URIS)
    actor = read_actor(document, now=NOW)
    assert actor.uri == document["id"] == document["publicKey"]["owner"]
    assert document["publicKey"]["id"] == f"{actor.uri}#main-key"
    assert document["type"] == "Organization"
    assert document["webfinger"] == "acme@hub.example"
    assert {key.multibase for key in actor.keys} == {None, "z6Mk"}
    assert actor.shared_inbox == URIS.shared_inbox()


AS_WORDS = {
    "id", "type", "name", "summary", "url", "attachment", "published", "endpoints", "icon", "image", "inbox", "outbox",
    "followers", "following", "preferredUsername", "@context", "content", "contentMap", "attributedTo", "to", "cc",
    "updated", "inReplyTo", "context", "replies", "tag", "likes", "shares",
}  # fmt: skip
"""The words of ours that the context of ActivityStreams itself defines."""
BUILT_IN = {"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"}
"""The contexts that every reader of JSON-LD has; apkit 0.3 sees nothing of a document that names another."""


@pytest.mark.parametrize("audience", list(Audience))
def test_every_word_is_defined_in_the_context(audience: Audience) -> None:
    """For a reader of JSON-LD a word that is not defined is not there: Fedify 2.3 once saw no `assertionMethod`."""
    spoken = parts(audience, content_warning="Beware", language="en", edited_at=NOW, kind=PostKind.UPDATE)
    for document in (actor_document(ACME, KEYS, URIS), post_document(spoken, URIS)):
        terms = [term for context in document["@context"] if isinstance(context, dict) for term in context]
        undefined = {word.partition(":")[0] for word in document} - AS_WORDS - {"publicKey"} - set(terms)
        assert not undefined
        assert {context for context in document["@context"] if isinstance(context, str)} <= BUILT_IN


def test_no_document_ever_carries_a_private_key() -> None:
    document = actor_document(ACME, KEYS, URIS)
    assert "PRIVATE" not in json.dumps([document, activities.update_actor("https://x", ACME, keys=KEYS, uris=URIS)])


def test_an_actor_is_found_under_its_canonical_handle() -> None:
    document = jrd(ACME, LocalUris("https://ap.hub.example", "hub.example"))
    assert document["subject"] == "acct:acme@hub.example"
    assert {"rel": "self", "type": "application/activity+json", "href": URIS.actor("42")} in document["links"]


@pytest.mark.parametrize(
    ("audience", "to", "cc"),
    [
        (Audience.PUBLIC, [PUBLIC], [URIS.followers("42"), REMOTE.uri]),
        (Audience.QUIET, [URIS.followers("42")], [PUBLIC, REMOTE.uri]),
        (Audience.FOLLOWERS, [URIS.followers("42")], [REMOTE.uri]),
        (Audience.MENTIONED, [REMOTE.uri], []),
    ],
)
def test_the_four_audiences(audience: Audience, to: list[str], cc: list[str]) -> None:
    created = activities.create(URIS.activity("1"), parts(audience), URIS)
    assert (created["to"], created["cc"]) == (to, cc)
    assert (created["object"]["to"], created["object"]["cc"]) == (to, cc)


def test_a_post_names_its_actors_by_id_and_its_page_by_url() -> None:
    document = post_document(parts(), URIS)
    assert document["tag"][0] == {"type": "Mention", "href": REMOTE.uri, "name": "@bob@peer.example"}
    assert document["tag"][1]["name"] == "#FediHub"
    assert document["url"] == "https://hub.example/@acme/9"
    assert document["context"] == document["conversation"] == URIS.context("5")
    assert read_object(document, now=NOW).author == URIS.actor("42")


def test_a_post_without_a_warning_has_no_summary_or_name() -> None:
    """Mastodon and GoToSocial would fold the text away."""
    document = post_document(parts(), URIS)
    assert "summary" not in document
    assert "name" not in document
    assert post_document(parts(content_warning="careful"), URIS)["summary"] == "careful"


def test_the_language_is_the_key_of_the_content_map() -> None:
    assert post_document(parts(language="de"), URIS)["contentMap"] == {"de": "<p>Hi</p>"}


def test_an_edit_tells_its_time_to_the_millisecond() -> None:
    document = post_document(parts(edited_at=NOW), URIS)
    assert document["published"] == "2026-11-24T12:00:00Z"
    assert document["updated"] == "2026-11-24T12:00:00.123Z"


def test_what_a_post_is_to_the_hub_stands_in_our_own_words() -> None:
    document = post_document(parts(kind=PostKind.UPDATE), URIS)
    assert document["hub:kind"] == "update"
    assert document["type"] == "Note"


@pytest.mark.parametrize("audience", list(Audience))
def test_nobody_is_addressed_in_secret(audience: Audience) -> None:
    text = json.dumps(activities.create(URIS.activity("1"), parts(audience), URIS))
    assert '"bto"' not in text
    assert '"bcc"' not in text


def test_an_accept_embeds_the_follow_with_plain_ids() -> None:
    """Takahē ignores an Accept whose Follow has its actor embedded."""
    follow = activities.FollowParts("https://peer.example/f/1", follower=REMOTE.uri, followed=URIS.actor("42"))
    accept = activities.accept_follow(URIS.activity("1"), follow)
    assert accept["object"] == {
        "id": "https://peer.example/f/1",
        "type": "Follow",
        "actor": REMOTE.uri,
        "object": URIS.actor("42"),
    }
    assert accept["actor"] == URIS.actor("42")


def test_an_undo_embeds_what_it_undoes() -> None:
    """GoToSocial ignores an Undo that only names an id."""
    undo = activities.undo_like(
        URIS.activity("2"), URIS.actor("42"), "https://peer.example/1", like_uri="https://x/1", to="y"
    )
    assert undo["object"]["type"] == "Like"
    assert undo["object"]["object"] == "https://peer.example/1"
    assert "@context" not in undo["object"]
