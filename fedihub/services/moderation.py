"""What the operator decides about single actors, here or elsewhere: hidden from everybody, or from all but those who
follow them. Both can be taken back, and nothing is lost meanwhile.

Whoever is hidden is not heard either (`fedihub.inbox.admission`). Somebody elsewhere is not told: follows stay, but
nothing of ours goes there.
"""

from federation.errors import ProtocolError
from federation.webfinger import Handle
from fedihub.errors import Invalid, Missing, NotAllowed
from fedihub.hub import Hub
from fedihub.services import lives
from storage.actors import Actor, ActorKind, find_actor, find_by_handle
from storage.database import Session
from storage.keeping_back import resume_deliveries_of, suspend_deliveries_of
from storage.standing import set_limited, set_suspended


async def find_anybody(hub: Hub, handle: str) -> Actor:
    """Who has this handle, of those that we know; of ours also by the name alone. No server is asked.

    Raises Invalid for what is no handle, Missing for somebody who is not known here (any more).
    """
    name, _, host = handle.strip().removeprefix("@").partition("@")
    if host:
        try:
            parsed = Handle.parse(handle)
        except ProtocolError as error:
            raise Invalid(f"{handle} is no handle like @name@host", field="handle") from error
        name, host = parsed.username, parsed.host
    here = {"", hub.uris.host, hub.uris.handle_domain}
    actor = await hub.database.read(lambda session: find_by_handle(session, name, host="" if host in here else host))
    if actor is None or actor.gone_at is not None:
        raise Missing(f"nobody known here is called {handle}")
    return actor


async def suspend_actor(hub: Hub, *, actor_id: int) -> None:
    """Hide somebody from everybody. One of ours is signed out, too, and their followers' servers are told.

    Raises Missing, and NotAllowed for the server's own actor.
    """
    actor = await _get(hub, actor_id)
    if actor.is_local:
        await lives.suspend_actor(hub, actor_id=actor_id)
    elif actor.suspended_at is None:
        now = hub.clock.now()

        async def unit(session: Session) -> None:
            await set_suspended(session, actor_id, at=now)
            await suspend_deliveries_of(session, actor_id)

        await hub.database.write(unit)


async def unsuspend_actor(hub: Hub, *, actor_id: int) -> None:
    """Show somebody again, with all that they said. Raises Missing, NotAllowed."""
    actor = await _get(hub, actor_id)
    if actor.is_local:
        await lives.unsuspend_actor(hub, actor_id=actor_id)
        return
    now = hub.clock.now()

    async def unit(session: Session) -> None:
        await set_suspended(session, actor_id, at=None)
        await resume_deliveries_of(session, actor_id, now=now)

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def limit_actor(hub: Hub, *, actor_id: int) -> None:
    """Let only those hear of somebody who follow them; whom they want to follow is asked first. Raises Missing,
    NotAllowed.
    """
    actor, now = await _get(hub, actor_id), hub.clock.now()
    if actor.limited_at is None:
        await hub.database.write(lambda session: set_limited(session, actor_id, at=now))


async def unlimit_actor(hub: Hub, *, actor_id: int) -> None:
    """Let everybody hear of somebody again. Raises Missing, NotAllowed."""
    await _get(hub, actor_id)
    await hub.database.write(lambda session: set_limited(session, actor_id, at=None))


async def _get(hub: Hub, actor_id: int) -> Actor:
    async def unit(session: Session) -> Actor:
        actor = await find_actor(session, actor_id)
        if actor is None or actor.gone_at is not None:
            raise Missing("there is no such account")
        if actor.kind is ActorKind.SERVER:
            raise NotAllowed("the hub itself can't be hidden")
        return actor

    return await hub.database.read(unit)
