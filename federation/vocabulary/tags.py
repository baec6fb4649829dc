"""What a document is tagged with: mentions, hashtags, custom emoji and links to objects."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from federation.identifiers import ActorUri, ObjectUri
from federation.media_types import is_activity_type
from federation.vocabulary.base import as_list, media_url_of, string_of, uri_of
from federation.vocabulary.hashtags import MAX_TAG_NAME, hashtag_of
from federation.vocabulary.parse import Json

MAX_TAGS = 1000
MAX_MENTIONS = 1000
"""Whom a post may name: as many as may be addressed, or somebody who is named late would not be told."""
MAX_HASHTAGS = 50
MAX_EMOJIS = 100
MAX_LINKS = 20

_SHORTCODE = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True, slots=True)
class Mention:
    """An actor who is named; `name` is what the author's server calls them and proves nothing."""

    href: ActorUri
    name: str | None


@dataclass(frozen=True, slots=True)
class Emoji:
    """A picture for `:shortcode:`."""

    shortcode: str
    url: str


@dataclass(frozen=True, slots=True)
class ObjectLink:
    """A link to an object (FEP-e232): its id, and how the text writes it."""

    href: ObjectUri
    name: str | None


def read_mentions(document: Json) -> tuple[Mention, ...]:
    """The mentioned actors, each once."""
    found: dict[str, Mention] = {}
    for tag in _tags(document, "Mention"):
        href = uri_of(tag.get("href"))
        if href is not None:
            found.setdefault(href, Mention(ActorUri(href), string_of(tag.get("name"), limit=MAX_TAG_NAME)))
    return tuple(found.values())[:MAX_MENTIONS]


def read_hashtags(document: Json) -> tuple[str, ...]:
    """The hashtags without `#`, normalised but in the author's capitals, each once however it is written."""
    found: dict[str, str] = {}
    for tag in _tags(document, "Hashtag"):
        name = hashtag_of(string_of(tag.get("name"), limit=MAX_TAG_NAME) or "")
        if name is not None:
            found.setdefault(name.casefold(), name)
    return tuple(found.values())[:MAX_HASHTAGS]


def read_emojis(document: Json) -> tuple[Emoji, ...]:
    """The custom emoji, without the colons around their names."""
    found: dict[str, Emoji] = {}
    for tag in _tags(document, "Emoji"):
        shortcode = (string_of(tag.get("name"), limit=MAX_TAG_NAME) or "").strip(":")
        url = media_url_of(tag.get("icon"))
        if url is not None and _SHORTCODE.fullmatch(shortcode):
            found.setdefault(shortcode, Emoji(shortcode, url))
    return tuple(found.values())[:MAX_EMOJIS]


def read_links(document: Json) -> tuple[ObjectLink, ...]:
    """The objects that the text links to: Links whose media type is one of ActivityPub's (FEP-e232), each once."""
    found: dict[str, ObjectLink] = {}
    for tag in _tags(document, "Link"):
        href = uri_of(tag.get("href"))
        if href is not None and is_activity_type(string_of(tag.get("mediaType"), limit=MAX_TAG_NAME)):
            found.setdefault(href, ObjectLink(ObjectUri(href), string_of(tag.get("name"), limit=MAX_TAG_NAME)))
    return tuple(found.values())[:MAX_LINKS]


def _tags(document: Json, type_: str) -> list[Mapping[str, object]]:
    tags = as_list(document.get("tag"))[:MAX_TAGS]
    return [tag for tag in tags if isinstance(tag, Mapping) and tag.get("type") == type_]
