"""The only way out: what an actor of ours says is written here, with one delivery for each inbox, in the
transaction of its cause.

So a post without its deliveries, or the reverse, cannot exist, and a dead peer can never fail a member's request:
nobody is asked anything before the commit. The body is serialised once, and every inbox gets these bytes; who calls
wakes the delivery worker after the commit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from federation.identifiers import host_of
from federation.vocabulary.base import id_of
from fedihub.hub import Hub
from fedihub.translate import activities
from storage.actors import Actor, get_keys
from storage.database import Session
from storage.deliveries import OutgoingActivity, enqueue
from storage.recipients import inboxes_of_followers
from storage.rows import new_row


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One act of one of our actors.

    `order_key` names the story that one inbox must hear in order (a post, a relation); `is_public` acts can be
    fetched at their id; `post_id` is the post that the act is about, so that its deletion reaches whoever heard of
    it.
    """

    key: int
    actor_id: int
    document: dict[str, Any]
    order_key: str
    post_id: int | None = None
    is_public: bool = False


def new_activity(hub: Hub) -> tuple[int, str]:
    """The key and the id of an activity that is about to be made."""
    key = hub.ids.next()
    return key, hub.uris.activity(str(key))


async def publish(session: Session, hub: Hub, outgoing: Outgoing, *, inboxes: Iterable[str]) -> None:
    """Write an activity and its deliveries; inboxes on our own host are left out, since we know already."""
    now, document = hub.clock.now(), outgoing.document
    row = new_row(
        OutgoingActivity,
        id=outgoing.key,
        uri=document["id"],
        actor_id=outgoing.actor_id,
        activity_type=document["type"],
        object_uri=id_of(document.get("object")),
        post_id=outgoing.post_id,
        is_public=outgoing.is_public,
        body=orjson.dumps(document),
        created_at=now,
    )
    remote = (inbox for inbox in dict.fromkeys(inboxes) if not hub.uris.is_local(inbox))
    deliveries = [(hub.ids.next(), inbox, str(host_of(inbox))) for inbox in remote]
    await enqueue(session, row, deliveries, now=now, order_key=outgoing.order_key)


async def publish_to(
    session: Session, hub: Hub, *, actor: Actor, target: Actor, document: dict[str, Any], order_key: str
) -> None:
    """Tell one remote actor, at their own inbox, something that concerns nobody else (a Follow, an Accept, a Like).

    Does nothing when the other is one of ours, for whom the rows speak.
    """
    if target.is_local:
        return
    key = hub.uris.activity_key(document["id"])
    outgoing = Outgoing(int(key) if key else hub.ids.next(), actor.id, document, order_key)
    await publish(session, hub, outgoing, inboxes=[target.inbox_url])


async def publish_actor_update(session: Session, hub: Hub, *, actor: Actor) -> None:
    """Tell the followers that a profile of ours has changed."""
    key, uri = new_activity(hub)
    keys = await get_keys(session, actor.id)
    document = activities.update_actor(uri, actor, keys=keys, uris=hub.uris)
    outgoing = Outgoing(key, actor.id, document, order_key=actor.uri, is_public=True)
    await publish(session, hub, outgoing, inboxes=await inboxes_of_followers(session, actor.id))


def relation_key(actor_uri: str, target_uri: str) -> str:
    """The `order_key` of what goes on between two actors (Follow, Undo, Accept, Block): what was said last must
    arrive last.
    """
    return f"{actor_uri} {target_uri}"
