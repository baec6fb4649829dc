"""Moving house (FEP-7628): the aliases that let an account come here, going away, and taking followers along.

A move is believed when both ends say so: the old account announces it, the new one names the old one among its aliases.
It is made once a week at most, as Mastodon has it, and never to an account that has moved on itself, so that nobody's
followers are sent round in circles.
"""

from datetime import timedelta

from federation.errors import ProtocolError
from fedihub.errors import Conflict, Invalid, Missing, NotAllowed, Unreachable
from fedihub.hub import Hub
from fedihub.outbox import Outgoing, new_activity, publish, publish_actor_update
from fedihub.services.acting import get_acting
from fedihub.services.following import follow_instead
from fedihub.services.remote_actors import dereference_actor
from fedihub.services.resolving import resolve_handle
from fedihub.translate import activities
from storage.actors import Actor, ActorKind, find_actor, find_actors_by_uri, update_actor
from storage.database import Session
from storage.follows import list_local_followers
from storage.notifications import NotificationKind, insert_notification
from storage.recipients import inboxes_of_followers

PAUSE = timedelta(days=7)
"""Between two moves of one account."""
MOST_ALIASES = 20
"""GoToSocial reads no more."""


async def add_alias(hub: Hub, *, actor_id: int, handle: str) -> Actor:
    """Say that another account is the same person's, so that it may move here; gives that account.

    Raises Missing, Unreachable, Invalid (oneself, or too many).
    """
    other = await resolve_handle(hub, handle)

    async def unit(session: Session) -> None:
        actor = await get_acting(session, actor_id)
        if other.id == actor.id:
            raise Invalid("an account is no alias of itself")
        if other.uri in actor.also_known_as:
            return
        if len(actor.also_known_as) >= MOST_ALIASES:
            raise Invalid(f"an account has at most {MOST_ALIASES} aliases: remove one first")
        actor.also_known_as = [*actor.also_known_as, other.uri]
        await _store(session, hub, actor)

    await hub.database.write(unit)
    hub.wake.outbound.set()
    return other


async def remove_alias(hub: Hub, *, actor_id: int, alias: str) -> str:
    """Take an alias back, named by its id or its handle; gives its id. Raises Missing if it is none."""
    known = await list_aliases(hub, actor_id=actor_id)
    wanted = alias.strip().removeprefix("acct:").removeprefix("@").lower()
    uri = next((uri for uri, handle in known if wanted in (uri.lower(), handle.lower())), None)
    if uri is None:
        raise Missing(f"{alias} is no alias of this account")

    async def unit(session: Session) -> None:
        actor = await get_acting(session, actor_id, even_suspended=True)
        actor.also_known_as = [each for each in actor.also_known_as if each != uri]
        await _store(session, hub, actor)

    await hub.database.write(unit)
    hub.wake.outbound.set()
    return uri


async def list_aliases(hub: Hub, *, actor_id: int) -> list[tuple[str, str]]:
    """The aliases of one of ours: id and handle (the id again, where we know no handle). Raises Missing."""

    async def unit(session: Session) -> list[tuple[str, str]]:
        actor = await _own(session, actor_id)
        found = await find_actors_by_uri(session, actor.also_known_as)
        return [(uri, _handle(hub, found[uri]) if uri in found else uri) for uri in actor.also_known_as]

    return await hub.database.read(unit)


async def move_away(hub: Hub, *, actor_id: int, handle: str) -> Actor:
    """Leave for another account: followers everywhere are told to follow that one instead. Gives the new account.

    Raises as `check_move` does.
    """
    new = await check_move(hub, actor_id=actor_id, handle=handle)

    async def unit(session: Session) -> None:
        leaving = await get_acting(session, actor_id)
        _check_pause(hub, leaving)
        leaving.moved_to_uri, leaving.moved_at = new.uri, hub.clock.now()
        await _store(session, hub, leaving)
        key, uri = new_activity(hub)
        document = activities.move(uri, leaving, new.uri)
        outgoing = Outgoing(key, leaving.id, document, order_key=leaving.uri, is_public=True)
        await publish(session, hub, outgoing, inboxes=await inboxes_of_followers(session, leaving.id))
        await bring_followers(session, hub, old=leaving, new=new)

    await hub.database.write(unit)
    hub.wake.outbound.set()
    return new


async def check_move(hub: Hub, *, actor_id: int, handle: str) -> Actor:
    """The account to which one of ours may move, asked this moment.

    Raises Missing, Unreachable, Invalid, and Conflict when the new account does not name the old one as its alias, has
    moved on itself, or the last move is too young.
    """
    actor = await hub.database.read(lambda session: _own(session, actor_id))
    _check_pause(hub, actor)
    new = await fresh(hub, await resolve_handle(hub, handle))
    _check_target(hub, actor, new)
    return new


async def come_back(hub: Hub, *, actor_id: int) -> None:
    """Be at home here again: the page no longer points elsewhere, and new followers are welcome. Those who have left do
    not come back by themselves. Raises Missing, and Conflict for who never moved.
    """

    async def unit(session: Session) -> None:
        actor = await get_acting(session, actor_id, even_suspended=True)
        if actor.moved_to_uri is None:
            raise Conflict("this account has not moved")
        actor.moved_to_uri = None
        await _store(session, hub, actor)

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def bring_followers(session: Session, hub: Hub, *, old: Actor, new: Actor) -> int:
    """Our own followers of one account follow the other instead, as far as it lets them, and are told; how many."""
    every = await list_local_followers(session, old.id)
    followers = [follower for follower in every if follower.suspended_at is None]  # who is suspended does nothing
    for follower in followers:
        await follow_instead(session, hub, follower, old=old, new=new)
        await _tell(session, hub, follower, moved=old)
    return len(followers)


async def fresh(hub: Hub, actor: Actor) -> Actor:
    """An account as its server describes it this moment; ours as it is. Raises Missing and Unreachable."""
    try:
        return actor if actor.is_local else await dereference_actor(hub, actor.uri)
    except ProtocolError as error:
        raise Unreachable(f"the server of {_handle(hub, actor)} does not answer: try again later") from error


def moved_lately(hub: Hub, actor: Actor) -> bool:
    """Whether an account, ours or a peer's, moved within the last week."""
    return actor.moved_at is not None and hub.clock.now() - actor.moved_at < PAUSE


def doubt(actor: Actor, target: Actor) -> str | None:
    """Why a move from one account to the other is not to be believed, in one word; None if it is."""
    if target.id == actor.id:
        return "moved_to_itself"
    if actor.uri not in target.also_known_as:
        return "alias_missing"
    if target.moved_to_uri is not None:
        return "target_moved_on"
    if target.gone_at is not None or target.is_hidden or target.kind is ActorKind.SERVER:
        return "target_unavailable"
    return None


def _check_target(hub: Hub, actor: Actor, target: Actor) -> None:
    handle = _handle(hub, target)
    match doubt(actor, target):
        case None:
            return
        case "moved_to_itself":
            raise Invalid("an account cannot move to itself")
        case "alias_missing":
            ours = hub.uris.handle(actor.username)
            raise Conflict(f"{handle} does not name @{ours} as an alias yet: add that in its own settings first")
        case "target_moved_on":
            raise Conflict(f"{handle} has moved away itself")
        case _:
            raise NotAllowed(f"{handle} is not available")


def _check_pause(hub: Hub, actor: Actor) -> None:
    if moved_lately(hub, actor):
        raise Conflict(f"this account moved less than {PAUSE.days} days ago, and peers would not follow it so soon")


async def _own(session: Session, actor_id: int) -> Actor:
    actor = await find_actor(session, actor_id)
    if actor is None or not actor.is_local or actor.gone_at is not None or actor.kind is ActorKind.SERVER:
        raise Missing("there is no such account here")
    return actor


async def _store(session: Session, hub: Hub, actor: Actor) -> None:
    actor.updated_at = hub.clock.now()
    await update_actor(session, actor)
    await publish_actor_update(session, hub, actor=actor)


async def _tell(session: Session, hub: Hub, follower: Actor, *, moved: Actor) -> None:
    await insert_notification(
        session,
        id=hub.ids.next(),
        recipient_id=follower.id,
        kind=NotificationKind.MOVE,
        actor_id=moved.id,
        now=hub.clock.now(),
    )


def _handle(hub: Hub, actor: Actor) -> str:
    return f"{actor.username}@{actor.host or hub.uris.handle_domain}"
