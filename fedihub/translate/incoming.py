"""What peers send, as values for rows: every text cleaned, every list bounded.

Nothing here decides whether it may be believed; that has happened before (`federation.trust`,
`federation.dereference`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from federation.identifiers import ObjectUri, same_origin
from federation.uris import LocalUris
from federation.vocabulary.actors import RemoteActor
from federation.vocabulary.attachments import Attachment
from federation.vocabulary.objects import RemoteObject
from federation.vocabulary.tags import Emoji
from federation.webfinger import Handle
from fedihub.text.clean import clean_html, clean_name, clean_text
from fedihub.text.find import fold_tag
from fedihub.translate.contents import SHOWN_AS_THEY_ARE, content_of, title_of

LONGEST_NAME = 200
LONGEST_WARNING = 2_000
LONGEST_ALT_TEXT = 10_000
MOST_FIELDS = 20
MOST_ATTACHMENTS = 8
MOST_EMOJIS = 50
_GUESSED = {"Image": "image/*", "Video": "video/*", "Audio": "audio/*"}
"""What a file is whose media type is not told."""


@dataclass(frozen=True, slots=True)
class IncomingPost:
    """The content of a remote post. `tags` are (folded name, as written)."""

    wire_type: str
    url: str | None
    title: str | None
    content_html: str
    content_warning: str
    sensitive: bool
    language: str | None
    attachments: list[dict[str, Any]]
    emojis: list[dict[str, Any]]
    links: list[dict[str, Any]]
    tags: list[tuple[str, str]]
    published_at: datetime
    edited_at: datetime | None


def actor_values(remote: RemoteActor, handle: Handle, *, now: datetime) -> dict[str, Any]:
    """The columns of a remote actor's row. `handle` is the confirmed one."""
    return {
        "uri": remote.uri,
        "wire_type": remote.type,
        "username": handle.username,
        "host": handle.host,
        "display_name": clean_name(remote.name or "", limit=LONGEST_NAME),
        "bio_html": clean_html(remote.summary or ""),
        "url": _page(remote),
        "avatar_url": remote.icon,
        "header_url": remote.image,
        "avatar_description": clean_text(remote.icon_alt or "", limit=LONGEST_ALT_TEXT),
        "header_description": clean_text(remote.image_alt or "", limit=LONGEST_ALT_TEXT),
        "emojis": emoji_values(remote.emojis),
        "fields": [
            {"name": clean_name(field.name, limit=LONGEST_NAME), "value": clean_html(field.value)}
            for field in remote.fields[:MOST_FIELDS]
        ],
        "inbox_url": remote.inbox,
        "shared_inbox_url": remote.shared_inbox,
        "followers_url": remote.followers,
        "following_url": remote.following,
        "outbox_url": remote.outbox,
        "featured_url": remote.featured,
        "also_known_as": list(remote.also_known_as),
        "moved_to_uri": remote.moved_to,
        "approves_followers": remote.is_locked,
        "discoverable": remote.is_discoverable,
        "indexable": remote.is_indexable,
        "created_at": remote.published or now,
        "updated_at": now,
        "fetched_at": now,
    }


def post_values(found: RemoteObject, *, now: datetime) -> IncomingPost:
    """The content of a post, as it will be stored and shown."""
    warning = clean_text(found.summary or "", limit=LONGEST_WARNING) if found.type in SHOWN_AS_THEY_ARE else ""
    published = min(found.published or now, now)
    return IncomingPost(
        wire_type=found.type,
        url=found.url or found.uri,
        title=title_of(found),
        content_html=content_of(found),
        content_warning=warning,
        sensitive=found.is_sensitive or bool(warning),
        language=found.language,
        attachments=[_attachment(each) for each in found.attachments[:MOST_ATTACHMENTS]],
        emojis=emoji_values(found.emojis),
        links=[{"url": each.href, "name": clean_name(each.name or "", limit=LONGEST_NAME)} for each in found.links],
        tags=[(fold_tag(tag), tag) for tag in found.hashtags],
        published_at=published,
        edited_at=found.updated if found.updated and found.updated > published else None,
    )


def count_values(found: RemoteObject) -> dict[str, int]:
    """What the post's own server counts, as far as it says so; Mastodon 4.6 believes no more than 2^31 of it either."""
    counts = {"origin_likes": found.likes, "origin_boosts": found.shares}
    return {name: value for name, value in counts.items() if value is not None}


def emoji_values(emojis: Iterable[Emoji]) -> list[dict[str, Any]]:
    """Custom emoji as posts and actors keep them."""
    return [{"shortcode": each.shortcode, "url": each.url} for each in islice(emojis, MOST_EMOJIS)]


def by_our_ids(found: RemoteObject, uris: LocalUris) -> RemoteObject:
    """The same post, which names what it answers and quotes by its id, where it named the page of a post of ours."""
    answered = uris.by_post_id(found.in_reply_to) if found.in_reply_to is not None else None
    quoted = uris.by_post_id(found.quote) if found.quote is not None else None
    if (answered, quoted) == (found.in_reply_to, found.quote):
        return found
    return replace(
        found,
        in_reply_to=ObjectUri(answered) if answered is not None else None,
        quote=ObjectUri(quoted) if quoted is not None else None,
    )


def is_vote(found: RemoteObject) -> bool:
    """A vote in a poll: a Note with a name, no content, and something that it answers. It must never be shown as a
    reply.
    """
    return found.type == "Note" and found.name is not None and found.content is None and found.in_reply_to is not None


def _page(remote: RemoteActor) -> str:
    """The page for people, if it is on the actor's own host; else a link could lead anywhere under the actor's name."""
    return remote.url if remote.url is not None and same_origin(remote.url, remote.uri) else remote.uri


def _attachment(attachment: Attachment) -> dict[str, Any]:
    return {
        "url": attachment.url,
        "media_type": attachment.media_type or _GUESSED.get(attachment.type or "", ""),
        "description": clean_text(attachment.alt or "", limit=LONGEST_ALT_TEXT),
        "blurhash": attachment.blurhash,
        "width": attachment.width,
        "height": attachment.height,
        "focal_point": list(attachment.focus) if attachment.focus else None,
        "preview_url": attachment.preview,
    }
