"""Later versions of a remote post: what an edit replaces, what leaves a mark, and what is only counted.

Mastodon 4.6 tells two kinds of Update apart (`app/services/activitypub/process_status_update_service.rb`), and so do
we: a version with a newer `updated` is an edit; any other says nothing but how things stand: counts. Only an edit that
people can see (text, warning, media, the answers of a poll) marks the post as edited, keeps what it said before, and is
told.
"""

from collections.abc import Mapping
from typing import Any

from federation.vocabulary.objects import RemoteObject
from fedihub.hub import Hub
from fedihub.services.rejected_media import allowed_parts
from fedihub.services.remote_polls import ask_anew, count_anew
from fedihub.translate.incoming import IncomingPost, count_values, post_values
from fedihub.translate.polls import poll_values
from storage.actors import find_actor_ids
from storage.database import Session
from storage.notifications import NotificationKind, insert_notification
from storage.polls import find_titles
from storage.posts import Post, find_mentioned, update_post
from storage.reactions import local_boosters
from storage.revisions import keep_revision

MOST_TOLD = 20
"""Members whom one post may notify."""
MOST_STRANGERS = 50
"""Actors of other servers who are remembered as named by one post; of our own, everybody who is named."""
_SEEN = ("title", "content_html", "content_warning", "attachments")


async def apply_version(session: Session, hub: Hub, post: Post, *, found: RemoteObject) -> bool:
    """Bring a remote post up to what its author says now; False if that is nothing new. By whom it is has been looked
    at before; for whom it is, when it was said and what it answers never change.
    """
    if is_older(found, post):
        return False
    counts = {name: value for name, value in count_values(found).items() if getattr(post, name) != value}
    values = allowed_parts(hub, post_values(found, now=hub.clock.now()), uri=found.uri)
    columns = _columns(values)
    if not _is_edit(post, found, columns):
        if counts:
            await update_post(session, post.id, counts)
        return await count_anew(session, post.id, found, now=hub.clock.now()) or bool(counts)
    asked = await find_titles(session, post.id)
    is_seen = await ask_anew(session, post.id, found, now=hub.clock.now()) or _differ(post, columns, _SEEN)
    if is_seen:
        await keep_revision(session, post, id=hub.ids.next(), poll_options=asked)
        columns["edited_at"] = found.updated
    before = {actor.id for actor in await find_mentioned(session, post.id)}
    named = await find_named_ids(session, hub, found)
    await update_post(session, post.id, columns | counts, mentioned_ids=named, tags=values.tags)
    await _tell(session, hub, post, found=found, before=before, is_seen=is_seen)
    return True


def is_older(found: RemoteObject, post: Post) -> bool:
    """Whether this is a version before the one that we have: one that tells no time was never edited."""
    return (found.updated or post.published_at) < (post.edited_at or post.published_at)


async def is_shown(session: Session, hub: Hub, post: Post, *, found: RemoteObject) -> bool:
    """Whether a document says what people see of a post here, where they see it, be it the newest of its versions or
    not.
    """
    now = hub.clock.now()
    values = allowed_parts(hub, post_values(found, now=now), uri=found.uri)
    is_there = (found.uri, found.in_reply_to) == (post.uri, post.in_reply_to_uri)
    if not is_there or _differ(post, _columns(values), (*_SEEN, "links")):
        return False
    if found.poll is None:
        return True
    return poll_values(found.poll, now=now).titles == await find_titles(session, post.id)


async def find_named_ids(session: Session, hub: Hub, found: RemoteObject) -> list[int]:
    """Those whom a post names and who are known: all of ours, and as many others as are worth remembering."""
    named = [mention.href for mention in found.mentions]
    ours = [uri for uri in named if hub.uris.is_local(uri)]
    others = [uri for uri in named if not hub.uris.is_local(uri)]
    return sorted(await find_actor_ids(session, [*ours, *others[:MOST_STRANGERS]]))


def named_and_addressed(hub: Hub, found: RemoteObject) -> list[int]:
    """The ids of our actors whom a post both names and addresses: whom it is news for. Who only stands in one of the
    two lists is not told, as Mastodon has it.
    """
    addressed = {*found.to, *found.cc}
    keys = [hub.uris.actor_key(mention.href) for mention in found.mentions if mention.href in addressed]
    return [int(key) for key in keys if key is not None][:MOST_TOLD]


def _is_edit(post: Post, found: RemoteObject, columns: Mapping[str, Any]) -> bool:
    """Whether this is a later edit than the last.

    Peers tell whole seconds (GoToSocial 0.20), in which a post can be edited twice: of two edits of one second that
    differ the one that came last is taken, since one actor's activities on one post are applied in their order.
    """
    if found.updated is None or found.updated == post.published_at:
        return False
    return found.updated != post.edited_at or _differ(post, columns, _SEEN)


def _differ(post: Post, columns: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    return any(getattr(post, name) != columns[name] for name in names)


async def _tell(
    session: Session, hub: Hub, post: Post, *, found: RemoteObject, before: set[int], is_seen: bool
) -> None:
    """An edit is told to those of ours who boosted the post, and to whom it names for the first time."""
    new = [actor_id for actor_id in named_and_addressed(hub, found) if actor_id not in before]
    told = [(actor_id, NotificationKind.MENTION) for actor_id in new]
    if is_seen:
        told += [(actor_id, NotificationKind.EDIT) for actor_id in await local_boosters(session, post.id)]
    for recipient_id, kind in told:
        await insert_notification(
            session,
            id=hub.ids.next(),
            recipient_id=recipient_id,
            kind=kind,
            actor_id=post.author_id,
            post_id=post.id,
            now=hub.clock.now(),
        )


def _columns(values: IncomingPost) -> dict[str, Any]:
    return {
        "title": values.title,
        "content_html": values.content_html,
        "content_warning": values.content_warning,
        "sensitive": values.sensitive,
        "language": values.language,
        "attachments": values.attachments,
        "emojis": values.emojis,
        "links": values.links,
        "url": values.url,
    }
