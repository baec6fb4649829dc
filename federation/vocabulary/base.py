"""Readers of single properties, in all the shapes that peers send.

JSON-LD lets one value stand for a list of one, an object for its id and a map of languages for a text; GoToSocial and
Takahē really do. These functions never raise for odd input: what cannot be understood reads as absent, and what a
document cannot do without is demanded by the reader of that document.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from federation.errors import BadUri
from federation.identifiers import MAX_URI_LENGTH, parse_uri

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
FUTURE_TOLERATED = timedelta(minutes=10)
MAX_COUNT = 2**31 - 1


def as_list(value: object) -> list[Any]:
    """One or many: a list as it is, None as nothing, anything else as a list of one. JSON-LD's `@list` and `@set` are
    opened.
    """
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping) and len(value) == 1:
        value = value.get("@list", value.get("@set", value))
    return list(value) if isinstance(value, list) else [value]


def first_of(value: object) -> Any:
    """The first of one or many, None of nothing."""
    values = as_list(value)
    return values[0] if values else None


def uri_of(value: object) -> str | None:
    """An http(s) URI in its one spelling, or None. Plain http passes: whom to *ask* is the transport's decision."""
    return _spelling(value) if isinstance(value, str) and len(value) <= MAX_URI_LENGTH else None


@lru_cache(maxsize=1024)
def _spelling(text: str) -> str | None:
    """Remembered, because reading one activity asks for the same few URIs again and again."""
    try:
        return parse_uri(text, http_allowed=True)
    except BadUri:
        return None


def id_of(value: object) -> str | None:
    """The id of a reference: the URI itself, or the `id` of an object (of the first, where there are many)."""
    value = first_of(value)
    if isinstance(value, Mapping):
        value = value.get("id", value.get("@id"))
    return uri_of(value)


def ids_of(value: object, *, limit: int) -> tuple[str, ...]:
    """The ids of one or many references, each once, at most `limit`."""
    found = (id_of(item) for item in as_list(value)[: limit * 4])
    return tuple(dict.fromkeys(uri for uri in found if uri is not None))[:limit]


def addresses_of(value: object, *, limit: int = 1000) -> tuple[str, ...]:
    """`to` and `cc`: URIs, and Public in any of its spellings (kept as it came)."""
    found: dict[str, None] = {}
    for item in as_list(value)[:limit]:
        address = item if item in ("as:Public", "Public") else id_of(item)
        if address is not None:
            found[address] = None
    return tuple(found)


def string_of(value: object, *, limit: int = 100_000) -> str | None:
    """A text, cut at `limit`; None for anything else and for the empty text. NUL never gets through."""
    value = first_of(value)
    if not isinstance(value, str):
        return None
    return value[:limit].replace("\x00", "") or None


def text_of(document: Mapping[str, Any], name: str, *, limit: int = 100_000) -> str | None:
    """A text that may come as `name` or by language as `nameMap`; of several languages the first."""
    plain = string_of(document.get(name), limit=limit)
    return plain if plain is not None else next(iter(_language_map(document, name, limit=limit).values()), None)


def language_of(document: Mapping[str, Any], *names: str) -> str | None:
    """The language of a document: the key of the first map, preferring the one whose text equals the plain property.

    Mastodon 4.6 reads the first key of `contentMap`, else of `nameMap`, else of `summaryMap`. PeerTube and Lemmy have
    no maps and say `language: {identifier, name}`.
    """
    for name in names:
        languages = _language_map(document, name)
        same = [tag for tag, text in languages.items() if text == document.get(name)]
        for tag in [*same, *languages]:
            if _is_language(tag):
                return tag
    named = first_of(document.get("language"))
    said = named.get("identifier") if isinstance(named, Mapping) else named
    return said if isinstance(said, str) and _is_language(said) else None


def type_of(document: Mapping[str, Any], known: Iterable[str]) -> str | None:
    """The type of a document: a single text, or the only one of a list that is `known`; None if that is not clear."""
    types = [item for item in as_list(document.get("type", document.get("@type"))) if isinstance(item, str)]
    if len(types) == 1:
        return types[0][:100]
    candidates = set(types) & set(known)
    return candidates.pop() if len(candidates) == 1 else None


def bool_of(value: object) -> bool | None:
    """True or False; None for everything that is neither, also for "true" as a text."""
    return value if isinstance(value, bool) else None


def count_of(value: object) -> int | None:
    """A number of things, clamped to 0 .. 2^31-1; None for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return max(0, min(int(value), MAX_COUNT))


def time_of(value: object, *, now: datetime) -> datetime | None:
    """An instant, in UTC, clamped to the years that make sense (2000 until ten minutes from `now`); None if unreadable.

    Clamping the future keeps a post "from 2099" from sitting on top of every list for ever.
    """
    instant = instant_of(value)
    return min(max(instant.astimezone(UTC), EARLIEST), now + FUTURE_TOLERATED) if instant is not None else None


def instant_of(value: object) -> datetime | None:
    """An instant of any year, in the zone in which it was told (UTC where none was); None if unreadable. For what lies
    ahead: the end of a poll, the beginning of an event.
    """
    text = string_of(value, limit=64)
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
        instant = instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
        instant.astimezone(UTC)  # the first and last hours of time have no UTC
    except (ValueError, OverflowError):
        return None
    return instant


def link_of(value: object, *, media_types: tuple[str, ...] = ("text/html",)) -> str | None:
    """The best of the `url`s: a plain URI, or a Link whose media type is in `media_types` or absent; never
    `javascript:`.
    """
    best: str | None = None
    for item in as_list(value)[:50]:
        if isinstance(item, Mapping):
            uri = uri_of(item.get("href", item.get("url")))
            media_type = item.get("mediaType")
            if uri is not None and (media_type is None or media_type in media_types):
                return uri
            best = best or uri
        elif (uri := uri_of(item)) is not None:
            return uri
    return best


def media_url_of(value: object) -> str | None:
    """The address of an image: a URI, an Image with `url`, a Link with `href`, or a list of those."""
    for item in as_list(value)[:50]:
        inner = item.get("url", item.get("href")) if isinstance(item, Mapping) else item
        if isinstance(inner, list | Mapping):
            inner = link_of(inner)
        if (uri := uri_of(inner)) is not None:
            return uri
    return None


def _is_language(tag: str) -> bool:
    return 2 <= len(tag) <= 35 and tag.replace("-", "").isalnum() and tag.isascii()


def _language_map(document: Mapping[str, Any], name: str, *, limit: int = 100_000) -> dict[str, str]:
    """The texts by their languages, in the author's order, without what is no text."""
    languages = document.get(f"{name}Map")
    if not isinstance(languages, Mapping):
        return {}
    texts = {tag: string_of(text, limit=limit) for tag, text in list(languages.items())[:50]}
    return {tag: text for tag, text in texts.items() if text is not None}
