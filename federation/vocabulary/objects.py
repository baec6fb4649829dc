"""What people publish: Note, Article, Question, Page, Event, pictures and films, read into one value.

The type stays visible; the rest is the same for all of them: some text, some media, some addresses. `content`,
`summary` and `name` are HTML or text of a stranger and go nowhere without being cleaned. Times are clamped, lists are
capped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation.errors import BadDocument
from federation.identifiers import ActorUri, ObjectUri
from federation.vocabulary.base import (
    addresses_of,
    as_list,
    bool_of,
    count_of,
    id_of,
    ids_of,
    language_of,
    link_of,
    media_url_of,
    string_of,
    text_of,
    time_of,
    type_of,
    uri_of,
)
from federation.vocabulary.parse import Json
from federation.vocabulary.tags import Emoji, Mention, read_emojis, read_hashtags, read_mentions
from federation.vocabulary.terms import POST_TYPES

MAX_CONTENT = 200_000
MAX_TITLE = 2048
MAX_ATTACHMENTS = 16
MAX_ALT_TEXT = 10_000
MAX_OPTIONS = 500
MAX_AUTHORS = 10


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture, film or file beside a post. `alt` comes as `name` (Mastodon) or as `summary` (GoToSocial)."""

    url: str
    type: str | None
    media_type: str | None
    alt: str | None
    blurhash: str | None
    width: int | None
    height: int | None
    focus: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class PollOption:
    """One answer and, where its server tells, how many chose it."""

    title: str
    votes: int | None


@dataclass(frozen=True, slots=True)
class Poll:
    """The answers of a Question; `is_multiple` where several may be chosen (`anyOf`)."""

    options: tuple[PollOption, ...]
    is_multiple: bool
    ends_at: datetime | None
    is_closed: bool
    voters: int | None


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """A post document. `author` is None where the document does not name exactly one."""

    uri: ObjectUri
    type: str
    author: ActorUri | None
    name: str | None
    summary: str | None
    content: str | None
    language: str | None
    is_sensitive: bool
    published: datetime | None
    updated: datetime | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    in_reply_to: ObjectUri | None
    context: str | None
    conversation: str | None
    url: str | None
    mentions: tuple[Mention, ...]
    hashtags: tuple[str, ...]
    emojis: tuple[Emoji, ...]
    attachments: tuple[Attachment, ...]
    poll: Poll | None
    quote: ObjectUri | None
    replies: str | None
    likes: int | None
    shares: int | None
    raw: Json


def read_object(document: Json, *, now: datetime) -> RemoteObject:
    """Raises `BadDocument` for what has no id or is not one of the types that we show."""
    type_ = type_of(document, POST_TYPES)
    uri = uri_of(document.get("id"))
    if uri is None or type_ not in POST_TYPES:
        raise BadDocument("the document is not a post", reason="not_a_post")
    in_reply_to, quote = id_of(document.get("inReplyTo")), _quote(document)
    return RemoteObject(
        uri=ObjectUri(uri),
        type=type_,
        author=_author(document.get("attributedTo")),
        name=text_of(document, "name", limit=MAX_TITLE),
        summary=text_of(document, "summary", limit=MAX_CONTENT),
        content=text_of(document, "content", limit=MAX_CONTENT),
        language=language_of(document, "content", "name", "summary"),
        is_sensitive=bool_of(document.get("sensitive")) or False,
        published=time_of(document.get("published"), now=now),
        updated=time_of(document.get("updated"), now=now),
        to=addresses_of(document.get("to")),
        cc=addresses_of(document.get("cc")),
        in_reply_to=ObjectUri(in_reply_to) if in_reply_to not in (None, uri) else None,
        context=id_of(document.get("context")),
        conversation=string_of(document.get("conversation"), limit=MAX_TITLE),
        url=link_of(document.get("url")),
        mentions=read_mentions(document),
        hashtags=read_hashtags(document),
        emojis=read_emojis(document),
        attachments=_attachments(document),
        poll=_poll(document, now=now),
        quote=ObjectUri(quote) if quote else None,
        replies=id_of(document.get("replies")),
        likes=_total(document.get("likes")),
        shares=_total(document.get("shares")),
        raw=document,
    )


def _author(value: object) -> ActorUri | None:
    """The one author. PeerTube names a Person and a Group: then it is the Person."""
    authors = ids_of(value, limit=MAX_AUTHORS)
    if len(authors) > 1:
        people = [item for item in as_list(value) if isinstance(item, Mapping) and item.get("type") == "Person"]
        authors = ids_of(people, limit=MAX_AUTHORS)
    return ActorUri(authors[0]) if len(authors) == 1 else None


def _quote(document: Json) -> str | None:
    """The quoted post: FEP-044f's word first, then the older ones, in Mastodon 4.6's order."""
    for name in ("quote", "_misskey_quote", "quoteUrl", "quoteUri"):
        if (uri := id_of(document.get(name))) is not None:
            return uri
    return None


def _attachments(document: Json) -> tuple[Attachment, ...]:
    items = [item for item in as_list(document.get("attachment"))[: 4 * MAX_ATTACHMENTS] if isinstance(item, Mapping)]
    found = [attachment for attachment in map(_attachment, items) if attachment is not None]
    return tuple(found[:MAX_ATTACHMENTS])


def _attachment(item: Mapping[str, Any]) -> Attachment | None:
    url = media_url_of(item.get("url", item.get("href")))
    if url is None:
        return None
    alt = string_of(item.get("summary"), limit=MAX_ALT_TEXT) or string_of(item.get("name"), limit=MAX_ALT_TEXT)
    return Attachment(
        url=url,
        type=string_of(item.get("type"), limit=100),
        media_type=string_of(item.get("mediaType"), limit=100),
        alt=alt,
        blurhash=string_of(item.get("blurhash"), limit=200),
        width=count_of(item.get("width")),
        height=count_of(item.get("height")),
        focus=_focus(item.get("focalPoint")),
    )


def _focus(value: object) -> tuple[float, float] | None:
    point = as_list(value)
    if len(point) != 2 or not all(isinstance(part, int | float) and -1 <= part <= 1 for part in point):
        return None
    return float(point[0]), float(point[1])


def _poll(document: Json, *, now: datetime) -> Poll | None:
    is_multiple = "anyOf" in document
    listed = as_list(document.get("anyOf" if is_multiple else "oneOf"))[:MAX_OPTIONS]
    options = [_option(item) for item in listed if isinstance(item, Mapping)]
    if document.get("type") != "Question" or not options:
        return None
    closed = document.get("closed")
    closed_at = time_of(closed, now=now)
    return Poll(
        options=tuple(options),
        is_multiple=is_multiple,
        ends_at=time_of(document.get("endTime"), now=now) or closed_at,
        is_closed=closed is True or (closed_at is not None and closed_at <= now),
        voters=count_of(document.get("votersCount")),
    )


def _option(item: Mapping[str, Any]) -> PollOption:
    title = string_of(item.get("name"), limit=MAX_TITLE) or string_of(item.get("content"), limit=MAX_TITLE) or ""
    return PollOption(title, _total(item.get("replies")))


def _total(value: object) -> int | None:
    """How many items a collection says it has; a stranger's figure, good for showing only."""
    return count_of(value.get("totalItems")) if isinstance(value, Mapping) else None
