"""Reading documents: real dialects, and everything else that could stand in their places."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.addressing import Audience, audience_of
from federation.errors import BadDocument, ProtocolError
from federation.vocabulary.activities import read_activity
from federation.vocabulary.actors import MAX_FIELDS, MAX_KEYS, read_actor, read_keys
from federation.vocabulary.base import (
    addresses_of,
    as_list,
    count_of,
    id_of,
    language_of,
    link_of,
    media_url_of,
    string_of,
    time_of,
    type_of,
)
from federation.vocabulary.collections import read_collection, write_collection, write_page
from federation.vocabulary.objects import MAX_ATTACHMENTS, read_object
from federation.vocabulary.parse import parse_document
from federation.vocabulary.tags import MAX_HASHTAGS, MAX_MENTIONS
from tests.support.corpus import document, names

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HUB_ACTOR = "https://hub.example/ap/actors/7"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"

JUNK: list[Any] = [
    None, True, 0, -1, 1.5, "", "x", "javascript:alert(1)", "data:,x", [], {}, [[]], [None], {"id": 7}, {"href": []},
    {"id": {"id": "https://evil.example/"}}, ["https://evil.example/a", 7], {"@list": 7}, "https://", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("name", names())
def test_the_corpus_is_readable(name: str) -> None:
    """Every document of every dialect, as bytes, by the reader for its kind."""
    loaded = parse_document(json.dumps(document(name)).encode())
    if "orderedItems" in loaded:
        assert read_collection(loaded, origin="https://takahe.example/").total == 1
    elif "actor" in loaded:
        activity = read_activity(loaded)
        assert activity.object_id is not None
        if activity.type in ("Create", "Update"):
            assert activity.embedded is not None
            post = read_object(activity.embedded, now=NOW)
            assert post.author == activity.actor
    elif "inbox" in loaded:
        assert read_actor(loaded, now=NOW).keys


# Actors.


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
    assert [(emoji.shortcode, emoji.url) for emoji in alice.emojis] == [("blobcat", "https://files.m.example/blobcat.png")]
    assert alice.also_known_as == ("https://old.example/users/alice",)
    assert alice.published == datetime(2026, 1, 5, tzinfo=UTC)


ELSEWHERE = "https://victim.example/inbox"


def actor(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in (document("mastodon/actor") | changes).items() if value is not ...}


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"type": "Note"}, "not_an_actor"),
        ({"type": "Collection"}, "not_an_actor"),
        ({"type": ["Person", "Group"]}, "not_an_actor"),
        ({"type": "person"}, "not_an_actor"),
        ({"id": ...}, "not_an_actor"),
        ({"id": "acct:alice@m.example"}, "not_an_actor"),
        ({"inbox": ...}, "inbox_missing"),
        ({"inbox": ELSEWHERE}, "inbox_missing"),
        ({"inbox": "http://m.example/inbox"}, "inbox_missing"),
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
    listed = [key | {"owner": "https://m.example/ap/users/116"}, key | {"id": 7}, key | {"publicKeyPem": None}, "https://x.example/"]
    assert read_keys(actor(publicKey=listed), now=NOW) == ()
    assert len(read_keys(actor(publicKey=[*listed, key]), now=NOW)) == 1


# Posts.


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
    "value, author",
    [
        ("https://m.example/users/alice", "https://m.example/users/alice"),
        (["https://m.example/users/alice"], "https://m.example/users/alice"),
        ({"id": "https://m.example/users/alice", "type": "Person"}, "https://m.example/users/alice"),
        (["https://m.example/users/alice", "https://m.example/users/bob"], None),
        ([{"type": "Group", "id": "https://pt.example/c"}, {"type": "Person", "id": "https://pt.example/p"}], "https://pt.example/p"),
        (1, None),
        ("1", None),
        (None, None),
        ([], None),
    ],
)
def test_a_post_has_one_author_or_none(value: object, author: str | None) -> None:
    assert read_object(note(attributedTo=value), now=NOW).author == author


@pytest.mark.parametrize("changes", [{"id": None}, {"id": 7}, {"type": "Person"}, {"type": "note"}, {"type": ["Note", "Article"]}])
def test_what_is_no_post(changes: dict[str, Any]) -> None:
    with pytest.raises(BadDocument, match="not_a_post"):
        read_object(note(**changes), now=NOW)


def test_a_post_has_bounds() -> None:
    post = read_object(
        note(
            content="c" * 999_999,
            attachment=[{"type": "Image", "url": "https://m.example/1.png"}] * 999,
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


# Anything else in their places.

ACTOR_FIELDS = sorted(set(document("mastodon/actor")) | {"image", "movedTo", "assertionMethod", "sharedInbox", "suspended"})
NOTE_FIELDS = sorted(set(document("mastodon/create-note")["object"]) | {"oneOf", "anyOf", "quote", "endTime", "closed", "updated"})


@pytest.mark.parametrize("field", ACTOR_FIELDS)
def test_junk_in_an_actor_is_absent_or_refused(field: str) -> None:
    for junk in JUNK:
        try:
            found = read_actor(actor(**{field: junk}), now=NOW)
        except BadDocument:
            continue
        for uri in (found.url, found.icon, found.image, found.moved_to, found.inbox, found.outbox):
            assert uri is None or uri.startswith(("https://", "http://"))


@pytest.mark.parametrize("field", NOTE_FIELDS)
@pytest.mark.parametrize("type_", ["Note", "Question", "Video"])
def test_junk_in_a_post_is_absent_or_refused(field: str, type_: str) -> None:
    for junk in JUNK:
        try:
            read_object(document("mastodon/create-note")["object"] | {"type": type_} | {field: junk}, now=NOW)
        except BadDocument:
            continue


json_values = st.recursive(
    st.sampled_from(JUNK) | st.text(max_size=12) | st.floats() | st.sampled_from(["https://m.example/x", PUBLIC, "as:Public"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["id", "type", "href", "url", "name", "items", "first", "totalItems", "mediaType", "publicKeyPem", "owner"]),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_readers_raise_nothing_but_protocol_errors(data: st.DataObject) -> None:
    fields = data.draw(st.dictionaries(st.sampled_from(sorted({*ACTOR_FIELDS, *NOTE_FIELDS, "actor", "object", "target"})), json_values, max_size=8))
    for base in (document("mastodon/actor"), document("mastodon/create-note"), document("mastodon/create-note")["object"]):
        changed = base | fields
        for read in (
            lambda it: read_activity(it).object_ids,
            lambda it: read_actor(it, now=NOW),
            lambda it: read_object(it, now=NOW),
            lambda it: read_object(it | {"type": "Question"}, now=NOW),
            lambda it: read_collection(it | {"type": "OrderedCollection"}, origin="https://m.example/"),
        ):
            try:
                read(changed)
            except ProtocolError:
                continue


# Activities.


def test_an_activity_without_an_id() -> None:
    add = read_activity(document("mastodon/add"))
    assert (add.id, add.type) == (None, "Add")
    assert add.target == "https://m.example/users/alice/collections/featured"


def test_a_flag_names_several() -> None:
    flag = read_activity(document("gotosocial/flag"))
    assert flag.object_ids == (HUB_ACTOR, "https://hub.example/ap/posts/42")
    assert flag.object_id == HUB_ACTOR
    assert flag.embedded is None


def test_an_object_may_be_embedded() -> None:
    delete = read_activity(document("takahe/delete-note"))
    assert delete.embedded is not None
    assert delete.object_id == delete.embedded["id"]
    accept = read_activity(document("gotosocial/accept-follow"))
    assert accept.embedded is not None
    assert accept.embedded["actor"] == HUB_ACTOR


def test_a_list_of_one_is_that_one() -> None:
    like = read_activity({"type": ["Like"], "actor": ["https://m.example/a"], "object": ["https://hub.example/ap/posts/1"]})
    assert (like.type, like.actor, like.object) == ("Like", "https://m.example/a", "https://hub.example/ap/posts/1")
    assert read_activity({"type": ["Like", "x:Other"], "actor": "https://m.example/a"}).type == "Like"
    assert read_activity({"type": "Like", "actor": {"id": "https://m.example/a"}}).actor == "https://m.example/a"


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
    "value, expected",
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
    "value, expected",
    [(3, 3), (-3, 0), (3.9, 3), (2**63, 2**31 - 1), (float("inf"), None), (float("nan"), None), (True, None), ("3", None), (None, None)],
)
def test_counts_are_clamped(value: object, expected: int | None) -> None:
    assert count_of(value) == expected


@pytest.mark.parametrize(
    "value, expected",
    [
        ("https://m.example/@a", "https://m.example/@a"),
        ([{"type": "Link", "mediaType": "application/json", "href": "https://m.example/j"}, {"type": "Link", "mediaType": "text/html", "href": "https://m.example/h"}], "https://m.example/h"),
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


def test_a_collection_goes_on_only_on_its_own_host() -> None:
    page = read_collection(
        {"type": "CollectionPage", "items": "https://m.example/1", "next": "https://victim.example/2", "first": "https://victim.example/1"},
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
    page = write_page("https://hub.example/c?page=1", part_of="https://hub.example/c", items=[], ordered=False, next="n", total=0)
    assert (page["type"], page["items"], page["next"], page["totalItems"]) == ("CollectionPage", [], "n", 0)
    assert "first" not in write_collection("https://hub.example/c", total=3, first=None)
