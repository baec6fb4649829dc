"""What peers send, as values for rows: every text cleaned, every list bounded.

Nothing here decides whether it may be believed; that has happened before (`federation.trust`,
`federation.dereference`).
"""

from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from federation.identifiers import same_origin
from federation.vocabulary.actors import RemoteActor
from federation.vocabulary.objects import Attachment, Poll, RemoteObject
from federation.webfinger import Handle
from fedihub.text.clean import clean_html, clean_name, clean_text
from fedihub.text.find import fold_tag
from fedihub.text.render import link_to

LONGEST_NAME = 200
LONGEST_WARNING = 2_000
LONGEST_ALT_TEXT = 10_000
MOST_FIELDS = 20
MOST_ATTACHMENTS = 8
_SHOWN_AS_THEY_ARE = ("Note", "Question")


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
        "approves_followers": remote.is_locked,
        "discoverable": remote.is_discoverable,
        "indexable": remote.is_indexable,
        "created_at": remote.published or now,
        "updated_at": now,
        "fetched_at": now,
    }


def post_values(found: RemoteObject, *, now: datetime) -> IncomingPost:
    """The content of a post, as it will be stored and shown."""
    is_plain = found.type in _SHOWN_AS_THEY_ARE
    warning = clean_text(found.summary or "", limit=LONGEST_WARNING) if is_plain else ""
    published = min(found.published or now, now)
    return IncomingPost(
        wire_type=found.type,
        url=found.url or found.uri,
        title=clean_name(found.name, limit=LONGEST_NAME) if found.name and not is_plain else None,
        content_html=clean_html(_content(found, is_plain=is_plain)),
        content_warning=warning,
        sensitive=found.is_sensitive or bool(warning),
        language=found.language,
        attachments=[_attachment(each) for each in found.attachments[:MOST_ATTACHMENTS]],
        tags=[(fold_tag(tag), tag) for tag in found.hashtags],
        published_at=published,
        edited_at=found.updated if found.updated and found.updated > published else None,
    )


def is_vote(found: RemoteObject) -> bool:
    """A vote in a poll: a Note with a name, no content, and something that it answers. It must never be shown as a
    reply.
    """
    return found.type == "Note" and found.name is not None and found.content is None and found.in_reply_to is not None


def _page(remote: RemoteActor) -> str:
    """The page for people, if it is on the actor's own host; else a link could lead anywhere under the actor's name."""
    return remote.url if remote.url is not None and same_origin(remote.url, remote.uri) else remote.uri


def _content(found: RemoteObject, *, is_plain: bool) -> str:
    """Titles and summaries of articles, films and events become part of the text; a poll shows its options."""
    parts = []
    if found.name and not is_plain:
        parts.append(f"<p><strong>{escape(found.name)}</strong></p>")
    parts.append(found.content or (found.summary if not is_plain else None) or "")
    if not is_plain and not found.content:
        parts.append(f"<p>{link_to(found.url or found.uri)}</p>")
    return "".join([*parts, _options(found.poll)])


def _options(poll: Poll | None) -> str:
    if poll is None:
        return ""
    return "<ul>" + "".join(f"<li>{escape(option.title)}</li>" for option in poll.options[:50]) + "</ul>"


def _attachment(attachment: Attachment) -> dict[str, Any]:
    return {
        "url": attachment.url,
        "media_type": attachment.media_type or "",
        "description": clean_text(attachment.alt or "", limit=LONGEST_ALT_TEXT),
        "blurhash": attachment.blurhash,
        "width": attachment.width,
        "height": attachment.height,
        "focal_point": list(attachment.focus) if attachment.focus else None,
    }
