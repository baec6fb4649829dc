"""What a document is tagged with: mentions, hashtags and custom emoji."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from federation.identifiers import ActorUri
from federation.vocabulary.base import as_list, media_url_of, string_of, uri_of
from federation.vocabulary.parse import Json

MAX_TAGS = 200
MAX_MENTIONS = 50
MAX_HASHTAGS = 50
MAX_EMOJIS = 100
MAX_TAG_NAME = 200


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


def read_mentions(document: Json) -> tuple[Mention, ...]:
    """The mentioned actors, each once."""
    found: dict[str, Mention] = {}
    for tag in _tags(document, "Mention"):
        href = uri_of(tag.get("href"))
        if href is not None:
            found.setdefault(href, Mention(ActorUri(href), string_of(tag.get("name"), limit=MAX_TAG_NAME)))
    return tuple(found.values())[:MAX_MENTIONS]


def read_hashtags(document: Json) -> tuple[str, ...]:
    """The hashtags without `#`, normalised (NFKC) but in the author's capitals, each once however it is written."""
    found: dict[str, str] = {}
    for tag in _tags(document, "Hashtag"):
        name = unicodedata.normalize("NFKC", string_of(tag.get("name"), limit=MAX_TAG_NAME) or "").lstrip("#").strip()
        if name and all(character.isalnum() or character in "_·" for character in name):
            found.setdefault(name.casefold(), name)
    return tuple(found.values())[:MAX_HASHTAGS]


def read_emojis(document: Json) -> tuple[Emoji, ...]:
    """The custom emoji, without the colons around their names."""
    found: dict[str, Emoji] = {}
    for tag in _tags(document, "Emoji"):
        shortcode = (string_of(tag.get("name"), limit=MAX_TAG_NAME) or "").strip(":")
        url = media_url_of(tag.get("icon"))
        if url is not None and shortcode.replace("_", "").replace("-", "").isalnum():
            found.setdefault(shortcode, Emoji(shortcode, url))
    return tuple(found.values())[:MAX_EMOJIS]


def _tags(document: Json, type_: str) -> list[Mapping[str, object]]:
    tags = as_list(document.get("tag"))[:MAX_TAGS]
    return [tag for tag in tags if isinstance(tag, Mapping) and tag.get("type") == type_]
