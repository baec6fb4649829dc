"""Pictures, films and files beside a post, in the ways in which peers tell of them.

Mastodon and GoToSocial list them in `attachment`; of a Video (PeerTube), an Audio (Funkwhale) or an Image the post
itself is the file, whose addresses stand among its `url`s; an Article or Event has its picture in `image`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from federation.vocabulary.base import as_list, count_of, first_of, link_of, media_url_of, string_of, uri_of
from federation.vocabulary.parse import Json

MAX_ATTACHMENTS = 16
MAX_ALT_TEXT = 10_000
MAX_FILES = 100
TALLEST = 720
"""Of a film that comes in many sizes, the largest that a phone plays well."""

_ITSELF_A_FILE = {"Video": "video/", "Audio": "audio/", "Image": "image/"}
_NO_FILES = ("Link", "PropertyValue")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)
_BASE_83 = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,54}")
_DIGITS_83 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture, film or file beside a post. `alt` comes as `name` (Mastodon) or as `summary` (GoToSocial); `preview`
    is a picture of what is none.
    """

    url: str
    type: str | None
    media_type: str | None
    alt: str | None
    blurhash: str | None
    width: int | None
    height: int | None
    focus: tuple[float, float] | None
    preview: str | None = None


def read_attachments(document: Json, *, type_: str) -> tuple[Attachment, ...]:
    """The files of a post, each once and in their order; first the one that the post itself is."""
    itself = [_file_itself(document, type_)]
    listed = as_list(document.get("attachment"))[: 4 * MAX_ATTACHMENTS]
    beside = [_attachment(item) for item in listed if isinstance(item, Mapping) and item.get("type") not in _NO_FILES]
    once: dict[str, Attachment] = {}
    for each in (*itself, *beside):
        if each is not None:
            once.setdefault(each.url, each)
    return tuple(once.values() or _picture(document, type_))[:MAX_ATTACHMENTS]


def read_linked_pages(document: Json) -> tuple[str, ...]:
    """The pages that a post is about: Lemmy 0.19 attaches what a Page links to as a Link (FEP-8967)."""
    listed = [item for item in as_list(document.get("attachment"))[:MAX_ATTACHMENTS] if isinstance(item, Mapping)]
    links = (uri_of(item.get("href")) for item in listed if item.get("type") == "Link")
    return tuple(dict.fromkeys(link for link in links if link is not None))


def _attachment(item: Mapping[str, Any]) -> Attachment | None:
    url = media_url_of(item.get("url", item.get("href")))
    if url is None:
        return None
    alt = string_of(item.get("summary"), limit=MAX_ALT_TEXT) or string_of(item.get("name"), limit=MAX_ALT_TEXT)
    return Attachment(
        url=url,
        type=string_of(item.get("type"), limit=100),
        media_type=_media_type(item),
        alt=alt,
        blurhash=_blurhash(item.get("blurhash")),
        width=count_of(item.get("width")),
        height=count_of(item.get("height")),
        focus=_focus(item.get("focalPoint")),
        preview=media_url_of(item.get("icon")),
    )


def _file_itself(document: Json, type_: str) -> Attachment | None:
    """What a Video plays, an Audio sounds like, an Image shows."""
    wanted = _ITSELF_A_FILE.get(type_)
    if wanted is None:
        return None
    files = [(_media_type(link) or "", link) for link in _links(document)]
    fitting = [link for media_type, link in files if media_type.startswith(wanted)]
    if not fitting and (_media_type(document) or ("image/" if type_ == "Image" else "")).startswith(wanted):
        fitting = [{"href": link_of(document.get("url")), "mediaType": document.get("mediaType")}]
    chosen = min(fitting, key=_distance, default=None)
    if chosen is None or (url := uri_of(chosen.get("href", chosen.get("url")))) is None:
        return None
    return Attachment(
        url=url,
        type=type_,
        media_type=_media_type(chosen),
        alt=string_of(document.get("name"), limit=MAX_ALT_TEXT),
        blurhash=_blurhash(document.get("blurhash")),
        width=count_of(chosen.get("width", document.get("width"))),
        height=count_of(chosen.get("height", document.get("height"))),
        focus=_focus(document.get("focalPoint")),
        preview=media_url_of(document.get("icon")) if type_ != "Image" else None,
    )


def _links(document: Json) -> Iterator[Mapping[str, Any]]:
    """The Links of a file; PeerTube 6 hides the films themselves below the Link of their playlist."""
    for link in as_list(document.get("url"))[:MAX_FILES]:
        if isinstance(link, Mapping):
            yield link
            yield from (each for each in as_list(link.get("tag"))[:MAX_FILES] if isinstance(each, Mapping))


def _distance(link: Mapping[str, Any]) -> tuple[bool, int]:
    height = count_of(link.get("height")) or 0
    return height > TALLEST, abs(TALLEST - height)


def _picture(document: Json, type_: str) -> list[Attachment]:
    """The picture of an Article, Page or Event that has no other; Ghost 6 names it by its bare address."""
    image = document.get("image") if type_ in ("Article", "Page", "Event") else None
    first = first_of(image)
    found = _attachment(first if isinstance(first, Mapping) else {"url": first, "type": "Image"})
    return [found] if found is not None else []


def _media_type(item: Mapping[str, Any]) -> str | None:
    """A type and a subtype (RFC 6838, section 4.2), without parameters; whatever else is said is none."""
    said = string_of(item.get("mediaType", item.get("mimeType")), limit=100) or ""
    media_type = said.partition(";")[0].strip()
    return media_type if _MEDIA_TYPE.fullmatch(media_type) else None


def _blurhash(value: object) -> str | None:
    """A blurhash whose length is the one that it claims, at most 5 x 5 components as Mastodon 4.6 has it."""
    text = string_of(value, limit=200)
    if text is None or not _BASE_83.fullmatch(text):
        return None
    rows, columns = divmod(_DIGITS_83.index(text[0]), 9)
    return text if len(text) == 4 + 2 * (rows + 1) * (columns + 1) and rows < 5 and columns < 5 else None


def _focus(value: object) -> tuple[float, float] | None:
    point = as_list(value)
    if len(point) != 2 or not all(isinstance(part, int | float) and -1 <= part <= 1 for part in point):
        return None
    return float(point[0]), float(point[1])
