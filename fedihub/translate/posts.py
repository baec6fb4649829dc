"""Our posts as peers see them: always a Note, or a Question where there is a poll.

Mastodon shows the text of an Article nowhere, and takes `summary` for a content warning (GoToSocial even `name`); so a
post is a Note with its whole text in `content`, and has a `summary` only when it really has a content warning.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation.addressing import Audience, address
from federation.uris import LocalUris
from federation.vocabulary.context import POST_CONTEXT
from federation.vocabulary.terms import AS_CONTEXT
from fedihub.translate.polls import PollParts, question
from fedihub.translate.quotes import interaction_policy, object_link, with_quote
from fedihub.translate.times import precise_wire_time, wire_time
from storage.actors import Actor
from storage.posts import Post, PostKind
from storage.quotes import QuoteLink
from storage.views.collections import WirePost

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PostParts:
    """A local post with everything its document names. `tags` are (folded name, as written), `replies` the first
    public ones; `replies_cursor` is where the others begin, None where there are no others;
    `replies_total` how many there are, where they were counted for this document. `groups` hold the
    conversation together elsewhere.
    """

    post: Post
    author: Actor
    conversation_uri: str
    mentions: Sequence[Actor] = ()
    groups: Sequence[Actor] = ()
    tags: Sequence[tuple[str, str]] = ()
    writer_uri: str | None = None
    replies: Sequence[str] = ()
    replies_cursor: int | None = 0
    replies_total: int | None = None
    poll: PollParts | None = None
    quote: QuoteLink | None = None


def parts_of(found: WirePost, uris: LocalUris, *, now: datetime) -> PostParts:
    """What a stored post's document names."""
    return PostParts(
        post=found.post,
        author=found.author,
        conversation_uri=found.conversation_uri or uris.context(str(found.conversation_id)),
        mentions=found.mentions,
        groups=found.groups,
        tags=found.tags,
        writer_uri=found.writer_uri,
        poll=PollParts(found.poll, found.poll.is_over(now)) if found.poll else None,
        quote=found.quote,
    )


def post_document(parts: PostParts, uris: LocalUris) -> Json:
    """The document behind a post's id."""
    return {"@context": POST_CONTEXT} | embedded_post(parts, uris)


def embedded_post(parts: PostParts, uris: LocalUris) -> Json:
    """The same without `@context`, to stand inside an activity."""
    post, key = parts.post, str(parts.post.id)
    to, cc = recipients_of(post, parts.author, mentions=parts.mentions, groups=parts.groups)
    document: Json = {
        "id": post.uri,
        "type": "Note",
        "attributedTo": parts.author.uri,
        "to": to,
        "cc": cc,
        "published": wire_time(post.published_at),
        "url": post.url,
        "content": post.content_html,
        "sensitive": post.sensitive,
        "conversation": parts.conversation_uri,
        "context": parts.conversation_uri,
        "inReplyTo": post.in_reply_to_uri,
        "tag": _tags(parts, uris),
        "attachment": [_attachment(each) for each in post.attachments],
        "replies": _replies(parts, uris),
        "likes": {"id": uris.likes(key), "type": "Collection", "totalItems": post.likes_count},
        "shares": {"id": uris.shares(key), "type": "Collection", "totalItems": post.boosts_count},
    }
    return with_quote(document | _optional(parts), parts.quote)


def recipients_of(
    post: Post, author: Actor, *, mentions: Sequence[Actor], groups: Sequence[Actor] = ()
) -> tuple[list[str], list[str]]:
    """`to` and `cc` of a local post."""
    named = [actor.uri for actor in (*mentions, *groups)]
    return address(Audience(post.audience.value), author.followers_url, mentioned=named)


def tombstone_document(uri: str) -> Json:
    """What remains of a deleted post."""
    return {"@context": AS_CONTEXT, "id": uri, "type": "Tombstone"}


def handle_of(actor: Actor, uris: LocalUris) -> str:
    """`name@host` of any actor, ours or a peer's."""
    return uris.handle(actor.username) if actor.is_local else f"{actor.username}@{actor.host}"


def _optional(parts: PostParts) -> Json:
    post = parts.post
    found: Json = {"interactionPolicy": interaction_policy(post, parts.author)}
    if post.language:
        found["contentMap"] = {post.language: post.content_html}
    if post.content_warning:
        found["summary"] = post.content_warning
    if post.edited_at is not None:
        found["updated"] = precise_wire_time(post.edited_at)
    if post.kind is not PostKind.TALK:
        found["hub:kind"] = post.kind.value
    if parts.groups:
        found["audience"] = parts.groups[0].uri  # Lemmy takes one
    if parts.writer_uri is not None:
        found["hub:writer"] = parts.writer_uri
    if parts.poll is not None:
        found |= question(parts.poll)
    return found


def _tags(parts: PostParts, uris: LocalUris) -> list[Json]:
    """Whom the text names, its hashtags, and the posts that it links to."""
    named = [_mention(actor, uris) for actor in parts.mentions]
    links = [object_link(each["url"], name=each["name"]) for each in parts.post.links]
    return [*named, *(_hashtag(tag, uris) for tag in parts.tags), *links]


def _attachment(file: Json) -> Json:
    """A file, as Mastodon 4.6 writes it: of whatever kind it is a Document, and `name` says what it shows."""
    found: Json = {
        "type": "Document",
        "mediaType": file["media_type"],
        "url": file["url"],
        "name": file.get("description") or None,
    }
    known = {"blurhash": "blurhash", "width": "width", "height": "height", "focalPoint": "focal_point"}
    return found | {word: file[name] for word, name in known.items() if file.get(name) is not None}


def _mention(actor: Actor, uris: LocalUris) -> Json:
    """`href` is the actor's id, never its page: that is how peers know whom to tell."""
    return {"type": "Mention", "href": actor.uri, "name": f"@{handle_of(actor, uris)}"}


def _hashtag(tag: tuple[str, str], uris: LocalUris) -> Json:
    name, display = tag
    return {"type": "Hashtag", "href": uris.tag_page(name), "name": f"#{display}"}


def _replies(parts: PostParts, uris: LocalUris) -> Json:
    """The first page is part of the document: GoToSocial reads only that one. `next` goes on behind it, so that who
    walks through all of it (Fedify) meets every reply once.
    """
    collection = uris.replies(str(parts.post.id))
    page: Json = {"type": "CollectionPage", "partOf": collection, "items": list(parts.replies)}
    if parts.replies_cursor is not None:
        page["next"] = f"{collection}?page={parts.replies_cursor}"
    total = parts.post.replies_count if parts.replies_total is None else parts.replies_total
    return {"id": collection, "type": "Collection", "totalItems": total, "first": page}
