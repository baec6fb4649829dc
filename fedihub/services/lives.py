"""What may befall one of our own actors: silence for a time, new keys, an end.

Suspension is reversible and says so: the actor stays, its document tells nothing but that it is suspended, and whoever
acted as it is signed out. An end is for good: everything goes, the whole world is told, the handle is never given
again. The keys outlive their actor, because they sign that news.
"""

from dataclasses import dataclass

from fedihub.errors import Conflict, Missing, NotAllowed
from fedihub.hub import Hub
from fedihub.outbox import Outgoing, new_activity, publish, publish_actor_update, publish_new_keys
from fedihub.services.actors import key_row
from fedihub.services.media import remove_superfluous
from fedihub.services.passing_on import take_back_all_of
from fedihub.translate import activities
from storage.access import delete_access_of_actor
from storage.actors import Actor, ActorKind, find_actor, get_keys, hold_actor, replace_keys, update_actor
from storage.chapters import chapters_only_owned_by
from storage.database import Session
from storage.erasure import erase_local_actor
from storage.keeping_back import resume_deliveries_of, suspend_deliveries_of
from storage.members import HubRole, count_hub_owners, find_member
from storage.projects import only_owned_by
from storage.recipients import inboxes_of_everybody

_PEOPLE = {ActorKind.MEMBER, ActorKind.PROJECT, ActorKind.CHAPTER}


@dataclass(frozen=True, slots=True)
class End:
    """What the end of an actor takes along, and how many servers will be told."""

    posts: int
    followers: int
    following: int
    servers: int


async def suspend_actor(hub: Hub, *, actor_id: int) -> None:
    """Silence one of ours until `unsuspend_actor`: hidden, signed out everywhere, the followers' servers told, and what
    it said before is not sent any more where it did not arrive yet. Nothing happens to who is suspended already. Raises
    Missing, and NotAllowed for the server's own actor.
    """

    async def unit(session: Session) -> None:
        actor = await _hold(session, actor_id)
        if actor.suspended_at is None:
            await delete_access_of_actor(session, actor_id=actor_id)
            await suspend_deliveries_of(session, actor_id)
            await _set_suspended(session, hub, actor, suspended=True)

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def unsuspend_actor(hub: Hub, *, actor_id: int) -> None:
    """Let one of ours be seen and heard again; they have to sign in anew. What was kept back goes out, as far as
    it is still true, to whoever may read it now. Raises Missing.
    """

    async def unit(session: Session) -> None:
        actor = await _hold(session, actor_id)
        if actor.suspended_at is not None:
            await _set_suspended(session, hub, actor, suspended=False)
            await resume_deliveries_of(session, actor_id, now=hub.clock.now())

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def change_keys(hub: Hub, *, actor_id: int) -> None:
    """Give one of ours, or the server's actor, new keys. The old ones sign the news and prove it, the new ones
    everything after it. Raises Missing.
    """
    keys = await hub.make_keys()

    async def unit(session: Session) -> None:
        actor = await hold_actor(session, actor_id)
        if actor is None or not actor.is_local or actor.gone_at is not None:
            raise Missing("there is no such account here")
        actor.updated_at = hub.clock.now()
        await update_actor(session, actor)
        retired = await get_keys(session, actor_id)
        await replace_keys(session, key_row(actor_id, keys), now=hub.clock.now())
        await publish_new_keys(session, hub, actor=actor, retired=retired)

    await hub.database.write(unit)
    hub.signers.forget(actor_id)
    hub.wake.outbound.set()


async def foresee_end(hub: Hub, *, actor_id: int) -> End:
    """What `end_actor` would do. Raises as it does."""

    async def unit(session: Session) -> End:
        actor = await _get(session, actor_id)
        await _check_dispensable(session, actor)
        return _end(actor, await inboxes_of_everybody(session))

    return await hub.database.read(unit)


async def end_actor(hub: Hub, *, actor_id: int) -> End:
    """Delete a member or project with everything of theirs, for good, and tell every server that we know: posts travel
    with boosts, so nobody can say who has them.

    Raises Missing for who is gone already, NotAllowed for the server's own actor, and Conflict for somebody without
    whom a project, a chapter or the hub would have no owner.
    """

    async def unit(session: Session) -> End:
        actor = await _hold(session, actor_id)
        await _check_dispensable(session, actor)
        inboxes = await inboxes_of_everybody(session)
        end = _end(actor, inboxes)
        key, uri = new_activity(hub)
        document = activities.delete_actor(uri, actor.uri)
        await take_back_all_of(session, hub, actor)
        await erase_local_actor(session, actor_id, now=hub.clock.now())
        outgoing = Outgoing(key, actor_id, document, order_key=actor.uri, is_public=True)
        await publish(session, hub, outgoing, inboxes=inboxes)
        return end

    end = await hub.database.write(unit)
    hub.wake.outbound.set()
    await remove_superfluous(hub)
    return end


async def _set_suspended(session: Session, hub: Hub, actor: Actor, *, suspended: bool) -> None:
    now = hub.clock.now()
    actor.suspended_at, actor.updated_at = now if suspended else None, now
    await update_actor(session, actor)
    await publish_actor_update(session, hub, actor=actor)


async def _hold(session: Session, actor_id: int) -> Actor:
    """The same, from its first statement on: what they say at this moment comes before it, and is seen."""
    return _checked(await hold_actor(session, actor_id))


async def _get(session: Session, actor_id: int) -> Actor:
    return _checked(await find_actor(session, actor_id))


def _checked(actor: Actor | None) -> Actor:
    if actor is None or not actor.is_local or actor.gone_at is not None:
        raise Missing("there is no such account here")
    if actor.kind not in _PEOPLE:
        raise NotAllowed("the hub cannot be without its own actor")
    return actor


async def _check_dispensable(session: Session, actor: Actor) -> None:
    member = await find_member(session, actor.id)
    if member is None:
        return
    if member.role is HubRole.OWNER and await count_hub_owners(session) <= 1:
        raise Conflict(f"{actor.username} is the hub's only owner: create another owner first")
    owned = [*await only_owned_by(session, actor.id), *await chapters_only_owned_by(session, actor.id)]
    if owned:
        names = ", ".join(f"@{each.username}" for each in owned)
        raise Conflict(f"{actor.username} is the only owner of {names}: give them another owner, or delete them, first")


def _end(actor: Actor, inboxes: list[str]) -> End:
    servers = len({inbox.split("/")[2] for inbox in inboxes})
    return End(actor.posts_count, actor.followers_count, actor.following_count, servers)
