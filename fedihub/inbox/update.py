"""Update: a profile or a post has changed.

Only by its author, only forwards in time, and never for whom it is: the audience of a post stays what it was when it
was first said.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from federation.trust import check_fetched
from federation.vocabulary.base import type_of
from federation.vocabulary.objects import RemoteObject, read_object
from federation.vocabulary.terms import ACTOR_TYPES
from fedihub.inbox.create import object_of, plan_post
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Refused, Result
from fedihub.services.remote_actors import dereference_actor, store_actor
from fedihub.translate.incoming import IncomingPost, post_values
from storage.actors import find_actors_by_uri
from storage.database import Session
from storage.notifications import NotificationKind, insert_notification
from storage.posts import Post, find_post_by_uri, update_post
from storage.reactions import local_boosters

YOUNG = timedelta(days=1)


async def on_update(at: Gathering, received: In) -> Change | Result:
    """A profile is replaced as a whole, a post gets its new text."""
    activity = received.activity
    document = activity.embedded or {}
    if activity.object_id == received.actor or type_of(document, ACTOR_TYPES) in ACTOR_TYPES:
        return await _update_actor(at, received)
    found = await object_of(at, received)
    if not isinstance(found, RemoteObject):
        return found
    sender = await at.sender(received)
    known = await at.hub.database.read(lambda session: find_post_by_uri(session, found.uri))
    if known is None:
        return await _first_seen(at, received, found)
    if known.author_id != sender.id:
        return Refused("author_changed", f"{found.uri} belongs to another actor")
    return lambda session: apply_edit(session, at, found)


async def _update_actor(at: Gathering, received: In) -> Result:
    """What an actor says of itself it may say in the Update; a bare id is fetched."""
    activity = received.activity
    if activity.object_id != received.actor:
        return Refused("not_the_actor", str(activity.object_id))
    if activity.embedded is not None and "inbox" in activity.embedded:
        actor = await store_actor(at.hub, activity.embedded)
    else:
        actor = await dereference_actor(at.hub, received.actor, budget=at.budget)
    at.senders[received.actor] = actor
    return Applied()


async def _first_seen(at: Gathering, received: In, found: RemoteObject) -> Change | Result:
    """An edit of a post that never reached us: if it is young, it is taken from its origin as if it were new."""
    now = at.hub.clock.now()
    if found.published is None or now - found.published > YOUNG:
        return Ignored("unknown_post")
    document = await at.hub.dereferencer.document(found.uri, budget=at.budget)
    fetched = check_fetched(read_object(document, now=now))
    if fetched.author != received.actor:
        return Refused("author_is_not_sender", str(fetched.author))
    return await plan_post(at, received, fetched)


async def apply_edit(session: Session, at: Gathering, found: RemoteObject) -> Result:
    """Replace what a post says, if this is newer; whose it is has been looked at before."""
    post = await find_post_by_uri(session, found.uri)
    if post is None:
        return Ignored("deleted_before")
    values = post_values(found, now=at.hub.clock.now())
    columns = _columns(values) | {"edited_at": found.updated}
    if not _is_newer(found, post, columns):
        return Ignored("not_newer")
    mentioned = await find_actors_by_uri(session, [mention.href for mention in found.mentions])
    named = sorted(actor.id for actor in mentioned.values())
    await update_post(session, post.id, columns, mentioned_ids=named, tags=values.tags)
    for recipient_id in await local_boosters(session, post.id):
        await insert_notification(
            session,
            id=at.hub.ids.next(),
            recipient_id=recipient_id,
            kind=NotificationKind.EDIT,
            actor_id=post.author_id,
            post_id=post.id,
            now=at.hub.clock.now(),
        )
    return Applied()


def _is_newer(found: RemoteObject, post: Post, columns: Mapping[str, Any]) -> bool:
    """Whether an edit is later than what we have.

    Peers tell whole seconds (Mastodon, GoToSocial), in which a post can be written and changed twice; of two versions
    from the same second the one that came last is taken. One actor's activities on one post are applied in their order.
    """
    known = post.edited_at or post.published_at
    if found.updated is None or found.updated != known:
        return found.updated is not None and found.updated > known
    return any(getattr(post, name) != value for name, value in columns.items() if name != "edited_at")


def _columns(values: IncomingPost) -> dict[str, Any]:
    return {
        "title": values.title,
        "content_html": values.content_html,
        "content_warning": values.content_warning,
        "sensitive": values.sensitive,
        "language": values.language,
        "attachments": values.attachments,
        "url": values.url,
    }
