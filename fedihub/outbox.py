"""The only way out: what an actor of ours says is written here, with one delivery for each inbox, in the
transaction of its cause.

So a post without its deliveries, or the reverse, cannot exist, and a dead peer can never fail a member's request:
nobody is asked anything before the commit. The body is serialised once, and every inbox gets these bytes; who calls
wakes the delivery worker after the commit.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson

from federation.identifiers import host_of
from federation.ports import Received
from federation.proofs import add_proof
from federation.vocabulary.activities import Activity
from federation.vocabulary.base import id_of
from fedihub.hub import Hub
from fedihub.translate import activities
from storage.actors import Actor, ActorKey, find_keys, get_keys
from storage.database import Session
from storage.deliveries import OutgoingActivity, enqueue
from storage.posts import is_local_only
from storage.recipients import inboxes_of_followers, inboxes_that_know
from storage.rows import new_row

MOST_FORWARDED = 64 * 1024
"""So long (bytes) may be what others said for us to pass it on. No post is longer, and whoever makes us send one to
many shall not choose how much that is.
"""
FAREWELLS = frozenset({"Undo", "Reject"})
"""What may still be on its way to a host that was blocked: it ends what was between us."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One act of one of our actors.

    `order_key` names the story that one inbox must hear in order (a post, a relation); `is_public` acts can be
    fetched at their id; `post_id` is the post that the act is about, so that its deletion reaches whoever heard of
    it; `retired` are the old keys of an act that tells of new ones: they must sign and prove it; `even_blocked` ones
    go also to a host that is blocked (only `FAREWELLS` arrive there).
    """

    key: int
    actor_id: int
    document: dict[str, Any]
    order_key: str
    post_id: int | None = None
    is_public: bool = False
    retired: ActorKey | None = None
    even_blocked: bool = False


def new_activity(hub: Hub) -> tuple[int, str]:
    """The key and the id of an activity that is about to be made."""
    key = hub.ids.next()
    return key, hub.uris.activity(str(key))


async def publish(session: Session, hub: Hub, outgoing: Outgoing, *, inboxes: Iterable[str]) -> None:
    """Write an activity and its deliveries. Inboxes on our own host are left out, since we know already, and those of
    blocked hosts. Of a post that is local only nothing is said at all.
    """
    if outgoing.post_id is not None and await is_local_only(session, outgoing.post_id):
        return
    now, document = hub.clock.now(), await _with_proof(session, hub, outgoing)
    row = new_row(
        OutgoingActivity,
        id=outgoing.key,
        uri=document["id"],
        actor_id=outgoing.actor_id,
        activity_type=document["type"],
        object_uri=id_of(document.get("object")),
        post_id=outgoing.post_id,
        is_public=outgoing.is_public,
        signed_with_retired=outgoing.retired is not None,
        body=orjson.dumps(document),
        created_at=now,
    )
    await _enqueue(session, hub, row, inboxes, order_key=outgoing.order_key, even_blocked=outgoing.even_blocked)


async def forward(
    session: Session, hub: Hub, received: Received[Activity], *, actor_id: int, inboxes: Iterable[str]
) -> None:
    """Pass on what somebody elsewhere did, byte for byte; one of ours signs the requests, and nothing else. It names no
    post of its own: `storage.deliveries.speaks_of` finds it by the id of its object.
    """
    activity = received.activity
    key, uri = new_activity(hub)
    row = new_row(
        OutgoingActivity,
        id=key,
        uri=uri,  # it has one of its own, under which we serve nothing: this is only its place in our queue
        actor_id=actor_id,
        activity_type=activity.type,
        object_uri=activity.object_id,
        body=received.body,
        created_at=hub.clock.now(),
    )
    await _enqueue(session, hub, row, inboxes, order_key=activity.object_id or uri)


async def _enqueue(
    session: Session,
    hub: Hub,
    row: OutgoingActivity,
    inboxes: Iterable[str],
    *,
    order_key: str,
    even_blocked: bool = False,
) -> None:
    remote = [(inbox, host_of(inbox)) for inbox in dict.fromkeys(inboxes) if not hub.uris.is_local(inbox)]
    book = await hub.host_gate.book_in(session)
    open_to_us = [(inbox, host) for inbox, host in remote if even_blocked or not book.is_blocked(host)]
    deliveries = [(hub.ids.next(), inbox, str(host)) for inbox, host in open_to_us]
    await enqueue(session, row, deliveries, now=row.created_at, order_key=order_key)


async def _with_proof(session: Session, hub: Hub, outgoing: Outgoing) -> dict[str, Any]:
    """What is said to everybody carries its author's proof (FEP-8b32), so that others may pass it on and be believed.

    Not what is for few: they could prove to everybody what they were told in confidence (Mastodon 4.6 signs nothing
    there, either). The news of new keys is proved by the old one, which is the one that others know.
    """
    if not outgoing.is_public:
        return outgoing.document
    keys = outgoing.retired or await find_keys(session, outgoing.actor_id)
    if keys is None:
        return outgoing.document
    return add_proof(outgoing.document, hub.signers.proof_signer(keys), now=hub.clock.now())


async def publish_to(
    session: Session,
    hub: Hub,
    *,
    actor: Actor,
    target: Actor,
    document: dict[str, Any],
    order_key: str,
    even_blocked: bool = False,
) -> None:
    """Tell one remote actor, at their own inbox, something that concerns nobody else (a Follow, an Accept, a Like).

    Does nothing when the other is one of ours, for whom the rows speak.
    """
    if target.is_local:
        return
    key = hub.uris.activity_key(document["id"])
    number = int(key) if key else hub.ids.next()
    outgoing = Outgoing(number, actor.id, document, order_key, even_blocked=even_blocked)
    await publish(session, hub, outgoing, inboxes=[target.inbox_url])


async def publish_actor_update(session: Session, hub: Hub, *, actor: Actor) -> None:
    """Tell the followers that a profile of ours has changed."""
    outgoing = await _actor_update(session, hub, actor)
    await publish(session, hub, outgoing, inboxes=await inboxes_of_followers(session, actor.id))


async def publish_new_keys(session: Session, hub: Hub, *, actor: Actor, retired: ActorKey) -> None:
    """Tell everybody who may remember the old keys of an actor of ours that it has new ones, under the old ones."""
    outgoing = replace(await _actor_update(session, hub, actor), retired=retired)
    await publish(session, hub, outgoing, inboxes=await inboxes_that_know(session, actor.id))


async def _actor_update(session: Session, hub: Hub, actor: Actor) -> Outgoing:
    key, uri = new_activity(hub)
    keys = await get_keys(session, actor.id)
    document = activities.update_actor(uri, actor, keys=keys, uris=hub.uris)
    return Outgoing(key, actor.id, document, order_key=actor.uri, is_public=True)


def relation_key(actor_uri: str, target_uri: str) -> str:
    """The `order_key` of what goes on between two actors (Follow, Undo, Accept, Block): what was said last must
    arrive last.
    """
    return f"{actor_uri} {target_uri}"
