"""Quotes with consent (FEP-044f): what a post quotes, who may quote it, and the stamp that proves that the quoted
author agreed.

Seven ways to name a quoted post are in use; a policy is advice for buttons and proves nothing; a stamp proves
something only when it was fetched from its own address.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from federation.identifiers import ActorUri, ObjectUri
from federation.media_types import is_activity_type
from federation.vocabulary.base import as_list, id_of, ids_of, string_of, uri_of
from federation.vocabulary.parse import Json
from federation.vocabulary.terms import is_public

MISSKEY_QUOTE = "https://misskey-hub.net/ns#_misskey_quote"
QUOTE = "https://w3id.org/fep/044f#quote"
QUOTE_RELATIONS = frozenset({MISSKEY_QUOTE, "https://misskey-hub.net/ns/#_misskey_quote", QUOTE})
"""What `rel` says in an object link (FEP-e232) that is a quote; FEP-044f spells Misskey's with a slash."""

QUOTE_AUTHORIZATION = "QuoteAuthorization"
FEATURE_AUTHORIZATION = "FeatureAuthorization"

_WORDS = ("quote", "_misskey_quote", "quoteUrl", "quoteUri")
_MOST_LINKS = 200
_MOST_ALLOWED = 20


class QuotingAllowed(StrEnum):
    """Who may quote a post, by its `interactionPolicy.canQuote`; ASK: its author's server decides each time."""

    ANYONE = "anyone"
    FOLLOWERS = "followers"
    ASK = "ask"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A QuoteAuthorization: `author` allows that `quoting` quotes `quoted`."""

    uri: str
    author: ActorUri
    quoting: ObjectUri
    quoted: ObjectUri


def quoted_post(document: Mapping[str, Any]) -> ObjectUri | None:
    """The post that a post quotes: FEP-044f's word first, then the older ones, in Mastodon 4.6's order, then an object
    link. None also where the quoted post is only shown to be gone (Mastodon's `{"type": "Tombstone"}`).
    """
    for name in _WORDS:
        value = document.get(name)
        if isinstance(value, Mapping) and value.get("type") == "Tombstone":
            return None
        if (uri := id_of(value)) is not None:
            return ObjectUri(uri)
    return _linked(document)


def claimed_stamp(document: Mapping[str, Any]) -> str | None:
    """Where the consent to a quote is said to be found."""
    return id_of(document.get("quoteAuthorization"))


def read_stamp(document: Json) -> Stamp | None:
    """A stamp; None for any other document, and for one that names not exactly one of each."""
    if string_of(document.get("type"), limit=100) != QUOTE_AUTHORIZATION:
        return None
    uri = uri_of(document.get("id"))
    author, quoting, quoted = (_only(document.get(name)) for name in ("attributedTo", *STAMPED))
    if uri is None or author is None or quoting is None or quoted is None:
        return None
    return Stamp(uri, ActorUri(author), ObjectUri(quoting), ObjectUri(quoted))


STAMPED = ("interactingObject", "interactionTarget")


def quoting_allowed(document: Mapping[str, Any], *, followers: str | None) -> QuotingAllowed | None:
    """Who may quote a post; None where it says nothing about it, which Mastodon 4.6 takes for nobody.

    An automatic approval for others than everybody or the author's followers (single actors, `following`) is for the
    author's server to give.
    """
    policy = document.get("interactionPolicy")
    rule = policy.get("canQuote") if isinstance(policy, Mapping) else None
    if not isinstance(rule, Mapping):
        return None
    automatic, manual = (_allowed(rule.get(name)) for name in ("automaticApproval", "manualApproval"))
    if any(is_public(uri) for uri in automatic):
        return QuotingAllowed.ANYONE
    if followers is not None and followers in automatic:
        return QuotingAllowed.FOLLOWERS
    author = id_of(document.get("attributedTo"))
    return QuotingAllowed.ASK if [uri for uri in (*automatic, *manual) if uri != author] else QuotingAllowed.NOBODY


def _allowed(value: object) -> list[str]:
    items = as_list(value)[:_MOST_ALLOWED]
    return [uri for item in items if (uri := item if item in ("as:Public", "Public") else id_of(item)) is not None]


def _only(value: object) -> str | None:
    found = ids_of(value, limit=2)
    return found[0] if len(found) == 1 else None


def _linked(document: Mapping[str, Any]) -> ObjectUri | None:
    """An object link whose `rel` says that it is a quote."""
    for tag in as_list(document.get("tag"))[:_MOST_LINKS]:
        if not isinstance(tag, Mapping) or tag.get("type") != "Link":
            continue
        relations = {relation for relation in as_list(tag.get("rel")) if isinstance(relation, str)}
        href, media_type = uri_of(tag.get("href")), string_of(tag.get("mediaType"), limit=200)
        if href is not None and relations & QUOTE_RELATIONS and is_activity_type(media_type):
            return ObjectUri(href)
    return None
