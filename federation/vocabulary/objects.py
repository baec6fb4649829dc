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
from federation.identifiers import ActorUri, ObjectUri, same_origin
from federation.vocabulary.attachments import Attachment, read_attachments, read_linked_pages
from federation.vocabulary.base import (
    addresses_of,
    as_list,
    bool_of,
    count_of,
    first_of,
    id_of,
    ids_of,
    instant_of,
    language_of,
    link_of,
    string_of,
    text_of,
    time_of,
    type_of,
    uri_of,
)
from federation.vocabulary.happenings import Happening, read_happening
from federation.vocabulary.parse import Json
from federation.vocabulary.quotes import quoted_post
from federation.vocabulary.tags import (
    Emoji,
    Mention,
    ObjectLink,
    read_emojis,
    read_hashtags,
    read_links,
    read_mentions,
)
from federation.vocabulary.terms import POST_TYPES

MAX_CONTENT = 200_000
MAX_TITLE = 2048
MAX_OPTIONS = 500
MAX_AUTHORS = 10


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


_KEPT = ("to", "cc", "audience", "attributedTo", "interactionPolicy", "quoteAuthorization")


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """A post document. `author` is None where the document does not name exactly one.

    `content` is HTML, unless `media_type` says that it is Markdown or plain text. `preview` is the HTML of a shorter
    form for those who show no long texts (FEP-b2b8); `pages` are addresses that the post is about. `raw` holds the few
    properties that are read later, when more is known: a thread of documents is kept while it is gathered, and
    whatever else a stranger puts into them is not.
    """

    uri: ObjectUri
    type: str
    author: ActorUri | None
    name: str | None
    summary: str | None
    content: str | None
    media_type: str | None
    preview: str | None
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
    links: tuple[ObjectLink, ...]
    attachments: tuple[Attachment, ...]
    pages: tuple[str, ...]
    happening: Happening | None
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
    in_reply_to, quote = id_of(document.get("inReplyTo")), quoted_post(document)
    return RemoteObject(
        uri=ObjectUri(uri),
        type=type_,
        author=_author(document.get("attributedTo")),
        name=text_of(document, "name", limit=MAX_TITLE),
        summary=text_of(document, "summary", limit=MAX_CONTENT),
        content=text_of(document, "content", limit=MAX_CONTENT),
        media_type=string_of(document.get("mediaType"), limit=100),
        preview=_preview(document.get("preview")),
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
        links=read_links(document),
        attachments=read_attachments(document, type_=type_),
        pages=read_linked_pages(document),
        happening=read_happening(document, type_=type_),
        poll=_poll(document, now=now),
        quote=quote if quote != uri else None,
        replies=id_of(document.get("replies")),
        likes=_total(document.get("likes")),
        shares=_total(document.get("shares")),
        raw={name: document[name] for name in _KEPT if name in document},
    )


def _author(value: object) -> ActorUri | None:
    """The one author. PeerTube names a Person and a Group: then it is the Person. Of several of one origin it is the
    first, as for Mastodon (`first_of_value`), so that a post has the same author whether it was sent or fetched.
    Nobody is named as an author by another server.
    """
    people = [item for item in as_list(value) if isinstance(item, Mapping) and item.get("type") == "Person"]
    every = ids_of(value, limit=MAX_AUTHORS)
    authors = ids_of(people, limit=MAX_AUTHORS) or every
    is_one_origin = all(same_origin(each, authors[0]) for each in every)
    return ActorUri(authors[0]) if authors and is_one_origin else None


def _preview(value: object) -> str | None:
    """FEP-b2b8: WordPress and Ghost add a short Note to a long Article."""
    preview = first_of(value)
    return text_of(preview, "content", limit=MAX_CONTENT) if isinstance(preview, Mapping) else None


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
        ends_at=instant_of(document.get("endTime")) or closed_at,
        is_closed=closed is True or (closed_at is not None and closed_at <= now),
        voters=count_of(document.get("votersCount")),
    )


def _option(item: Mapping[str, Any]) -> PollOption:
    title = string_of(item.get("name"), limit=MAX_TITLE) or string_of(item.get("content"), limit=MAX_TITLE) or ""
    return PollOption(title, _total(item.get("replies")))


def _total(value: object) -> int | None:
    """How many items a collection says it has; a stranger's figure, good for showing only."""
    return count_of(value.get("totalItems")) if isinstance(value, Mapping) else None
