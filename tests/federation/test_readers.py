"""Reading documents, whoever wrote them: the whole corpus, and everything else that could stand in its places."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.errors import BadDocument, ProtocolError
from federation.vocabulary.activities import read_activity
from federation.vocabulary.actors import read_actor
from federation.vocabulary.collections import read_collection
from federation.vocabulary.objects import read_object
from federation.vocabulary.parse import parse_document
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
        assert activity.object is not None
        if activity.type in ("Create", "Update") and activity.object_id == activity.actor:
            assert activity.embedded is not None
            assert read_actor(activity.embedded, now=NOW).uri == activity.actor
        elif activity.type in ("Create", "Update"):
            assert activity.embedded is not None
            if activity.embedded["type"] == "ChatMessage":
                return  # no post, and never shown as one
            post = read_object(activity.embedded, now=NOW)
            assert post.author == activity.actor
    elif "inbox" in loaded:
        assert read_actor(loaded, now=NOW).keys


# Anything else in their places.

ACTOR_FIELDS = sorted(
    set(document("mastodon/actor")) | {"image", "movedTo", "assertionMethod", "sharedInbox", "suspended"}
)
NOTE_FIELDS = sorted(
    set(document("mastodon/create-note")["object"]) | {"oneOf", "anyOf", "quote", "endTime", "closed", "updated"}
)


@pytest.mark.parametrize("field", ACTOR_FIELDS)
def test_junk_in_an_actor_is_absent_or_refused(field: str) -> None:
    for junk in JUNK:
        try:
            found = read_actor(document("mastodon/actor") | {field: junk}, now=NOW)
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
    st.sampled_from(JUNK)
    | st.text(max_size=12)
    | st.floats()
    | st.sampled_from(["https://m.example/x", PUBLIC, "as:Public"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "type",
                    "href",
                    "url",
                    "name",
                    "items",
                    "first",
                    "totalItems",
                    "mediaType",
                    "publicKeyPem",
                    "owner",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_readers_raise_nothing_but_protocol_errors(data: st.DataObject) -> None:
    fields = data.draw(
        st.dictionaries(
            st.sampled_from(sorted({*ACTOR_FIELDS, *NOTE_FIELDS, "actor", "object", "target"})), json_values, max_size=8
        )
    )
    for base in (
        document("mastodon/actor"),
        document("mastodon/create-note"),
        document("mastodon/create-note")["object"],
    ):
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
    like = read_activity(
        {"type": ["Like"], "actor": ["https://m.example/a"], "object": ["https://hub.example/ap/posts/1"]}
    )
    assert (like.type, like.actor, like.object) == ("Like", "https://m.example/a", "https://hub.example/ap/posts/1")
    assert read_activity({"type": ["Like", "x:Other"], "actor": "https://m.example/a"}).type == "Like"
    assert read_activity({"type": "Like", "actor": {"id": "https://m.example/a"}}).actor == "https://m.example/a"
