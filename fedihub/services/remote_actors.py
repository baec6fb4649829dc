"""Actors of other servers: found here, or fetched, confirmed and stored.

A remote actor's identity is the URI of its document. Its handle is only believed when the host in the handle says the
same (WebFinger), because a handle is what people see and trust.
"""

from datetime import timedelta

from federation.dereference import Budget
from federation.errors import ProtocolError, ResolveFailed
from federation.identifiers import Host, host_of
from federation.vocabulary.actors import RemoteActor, read_actor
from federation.vocabulary.parse import Json
from federation.webfinger import Handle
from fedihub.hub import Hub
from fedihub.translate.incoming import actor_values
from storage.actors import Actor, find_actor_by_uri, upsert_remote_actor

FRESH = timedelta(days=1)
STALE = timedelta(days=7)
_SOMEBODY_ELSES = {"handle_of_another", "handle_disputed"}


async def known_actor(hub: Hub, uri: str, *, budget: Budget | None = None) -> Actor:
    """The actor with this URI: from the database, or else from its server. Raises ProtocolError."""
    actor = await hub.database.read(lambda session: find_actor_by_uri(session, uri))
    if actor is not None and (actor.is_local or actor.gone_at is None):
        return actor
    return await dereference_actor(hub, uri, budget=budget)


async def dereference_actor(hub: Hub, uri: str, *, budget: Budget | None = None) -> Actor:
    """Fetch an actor, confirm its handle, store it. Raises ProtocolError; then nothing was stored."""
    document = await hub.dereferencer.document(uri, budget=budget)
    return await store_actor(hub, document)


async def store_actor(hub: Hub, document: Json) -> Actor:
    """Store an actor from a document whose `id` is proved, be it fetched or sent by the actor itself. Raises
    ProtocolError.
    """
    remote = read_actor(document, now=hub.clock.now())
    known = await hub.database.read(lambda session: find_actor_by_uri(session, remote.uri))
    handle = await _confirmed(hub, remote, known)
    values = actor_values(remote, handle, now=hub.clock.now())
    key = known.id if known is not None else hub.ids.next()
    return await hub.database.write(lambda session: upsert_remote_actor(session, values, id=key))


def is_fresh(hub: Hub, actor: Actor, *, age: timedelta = FRESH) -> bool:
    """Whether what we know of a remote actor is young enough."""
    return actor.is_local or (actor.fetched_at is not None and hub.clock.now() - actor.fetched_at < age)


async def _confirmed(hub: Hub, remote: RemoteActor, known: Actor | None) -> Handle:
    """The handle to store; asked for again only when the actor claims another one than we know.

    Where the host answers no WebFinger at all, the name on the actor's own host will do: nobody but that host could
    contradict it.
    """
    own = Handle(remote.username, host_of(remote.uri))
    if known is not None and known.gone_at is None and remote.username.lower() == known.username.lower():
        return Handle(known.username, Host(known.host))
    try:
        return await hub.webfinger.confirm_handle(remote)
    except ResolveFailed as error:
        if error.temporary or error.reason in _SOMEBODY_ELSES:
            raise
        return own


def is_gone(error: ProtocolError) -> bool:
    """Whether a fetch failed because what was asked for is gone for good."""
    return bool(getattr(error, "gone", False))
