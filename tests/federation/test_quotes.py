"""What a document says that it quotes, who may quote it, and what a stamp proves."""

from typing import Any

import pytest

from federation.errors import BadDocument
from federation.vocabulary.activities import read_activity
from federation.vocabulary.quotes import QuotingAllowed, Stamp, claimed_stamp, quoted_post, quoting_allowed, read_stamp

QUOTED = "https://peer.example/notes/1"
OTHER = "https://peer.example/notes/2"
AUTHOR = "https://peer.example/users/ada"
FOLLOWERS = f"{AUTHOR}/followers"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
LINK = {
    "type": "Link",
    "href": QUOTED,
    "rel": "https://misskey-hub.net/ns#_misskey_quote",
    "mediaType": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
}
STAMP: dict[str, Any] = {
    "id": "https://peer.example/stamps/1",
    "type": "QuoteAuthorization",
    "attributedTo": AUTHOR,
    "interactingObject": OTHER,
    "interactionTarget": QUOTED,
}


@pytest.mark.parametrize("word", ["quote", "_misskey_quote", "quoteUrl", "quoteUri"])
def test_all_words_for_a_quote_are_known(word: str) -> None:
    assert quoted_post({word: QUOTED}) == QUOTED


def test_the_standards_word_counts_first() -> None:
    assert quoted_post({"quoteUrl": OTHER, "quote": QUOTED}) == QUOTED
    assert quoted_post({"quote": {"id": QUOTED, "type": "Note"}, "tag": [LINK | {"href": OTHER}]}) == QUOTED


def test_what_is_shown_to_be_gone_is_no_quote() -> None:
    assert quoted_post({"quote": {"type": "Tombstone"}, "quoteUri": QUOTED}) is None


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, QUOTED),
        ({"rel": ["x", "https://w3id.org/fep/044f#quote"]}, QUOTED),
        ({"mediaType": "application/activity+json"}, QUOTED),
        ({"mediaType": "text/html"}, None),
        ({"mediaType": None}, None),
        ({"rel": None}, None),
        ({"rel": [{"odd": 1}]}, None),
        ({"href": "javascript:alert(1)"}, None),
        ({"type": "Mention"}, None),
    ],
)
def test_an_object_link_is_a_quote_when_it_says_so(changed: dict[str, Any], expected: str | None) -> None:
    assert quoted_post({"tag": [None, "x", LINK | changed]}) == expected


@pytest.mark.parametrize("value", [None, 7, [], {}, "not a uri", "javascript:x", {"id": None}])
def test_odd_values_are_no_quote(value: object) -> None:
    assert quoted_post({"quote": value}) is None
    assert claimed_stamp({"quoteAuthorization": value}) is None


def test_a_stamp_is_read() -> None:
    assert read_stamp(STAMP) == Stamp(
        STAMP["id"], STAMP["attributedTo"], quoting=STAMP["interactingObject"], quoted=STAMP["interactionTarget"]
    )
    assert read_stamp(STAMP | {"interactionTarget": {"id": QUOTED, "type": "Note"}}) == read_stamp(STAMP)


@pytest.mark.parametrize("name", list(STAMP))
def test_a_stamp_must_say_everything_once(name: str) -> None:
    assert read_stamp({key: value for key, value in STAMP.items() if key != name}) is None
    if name not in ("id", "type"):
        assert read_stamp(STAMP | {name: [STAMP[name], "https://peer.example/more"]}) is None


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"automaticApproval": [PUBLIC]}, QuotingAllowed.ANYONE),
        ({"automaticApproval": "as:Public"}, QuotingAllowed.ANYONE),
        ({"automaticApproval": FOLLOWERS}, QuotingAllowed.FOLLOWERS),
        ({"automaticApproval": [FOLLOWERS], "manualApproval": [PUBLIC]}, QuotingAllowed.FOLLOWERS),
        ({"manualApproval": [PUBLIC]}, QuotingAllowed.ASK),
        ({"automaticApproval": [f"{AUTHOR}/following"]}, QuotingAllowed.ASK),
        ({"automaticApproval": [AUTHOR]}, QuotingAllowed.NOBODY),
        ({"automaticApproval": []}, QuotingAllowed.NOBODY),
        ({}, QuotingAllowed.NOBODY),
    ],
)
def test_a_policy_is_read(rule: dict[str, Any], expected: QuotingAllowed) -> None:
    document = {"attributedTo": AUTHOR, "interactionPolicy": {"canQuote": rule}}
    assert quoting_allowed(document, followers=FOLLOWERS) is expected


@pytest.mark.parametrize("policy", [None, "x", [], {}, {"canReply": {"automaticApproval": [PUBLIC]}}])
def test_nothing_said_is_nothing_known(policy: object) -> None:
    assert quoting_allowed({"interactionPolicy": policy}, followers=FOLLOWERS) is None


def test_who_signed_a_request_without_an_actor_is_its_actor() -> None:
    request = {"id": "https://peer.example/requests/1", "type": "FeatureRequest", "object": "https://hub.example/1"}
    assert read_activity(request, signer=AUTHOR).actor == AUTHOR
    assert read_activity(request | {"actor": AUTHOR}, signer="https://evil.example/eve").actor == AUTHOR
    with pytest.raises(BadDocument):
        read_activity(request)
    with pytest.raises(BadDocument):
        read_activity(request | {"type": "Follow"}, signer=AUTHOR)
