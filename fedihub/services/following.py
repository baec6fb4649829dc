"""Following, being followed, and wanting nothing to do with somebody."""

from datetime import timedelta
from functools import partial

from fedihub.errors import Invalid, Missing, NotAllowed
from fedihub.hub import Hub
from fedihub.outbox import new_activity, publish_to, relation_key
from fedihub.services.acting import check_acting
from fedihub.translate import activities
from fedihub.translate.activities import FollowParts
from storage.actors import Actor, ActorKind, find_actor, hold_actor
from storage.blocks import Block, delete_block, find_block, insert_block, is_blocked
from storage.database import Session
from storage.follows import (
    Follow,
    FollowState,
    accept_follow,
    find_follow,
    list_requesters,
    request_follow,
    set_follow_options,
)
from storage.home import add_author_to_home, remove_author_from_home
from storage.notifications import NotificationKind, insert_notification
from storage.unanswered import list_unanswered, list_wanted_anew, note_asked
from storage.unfollowing import remove_follow as remove

ASKED_AGAIN_AFTER = (
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=3),
    timedelta(days=4),
    timedelta(days=5),
)
"""How long a request waits before it is sent for the second time, the third …; seven times in all."""
APPROVERS_HAVE = timedelta(days=7)
"""So long who approves followers by hand may take: there no answer mostly means that nobody has looked yet."""
ASKED_AT_A_TIME = 100


async def follow(
    hub: Hub, *, actor_id: int, target_id: int, show_boosts: bool = True, notify: bool = False
) -> FollowState:
    """Follow somebody, or change how; a remote actor is asked, and so is one of ours who approves followers.

    Raises Missing, Invalid (oneself), and NotAllowed when the target does not want it.
    """

    async def unit(session: Session) -> FollowState:
        actor, target = await _pair(session, actor_id, target_id)
        if target.is_hidden:
            raise Missing("there is no such account")
        if target.kind is ActorKind.SERVER:
            raise NotAllowed("a server cannot be followed")
        if await is_blocked(session, actor_id, target_id):
            raise NotAllowed("this account does not want to be followed by you")
        known = await find_follow(session, follower_id=actor_id, followed_id=target_id)
        if known is None and target.moved_to_uri is not None:
            raise NotAllowed(f"this account has moved to {target.moved_to_uri}: follow that one")
        if known is None:
            known = await _ask(session, hub, actor, target)
        await set_follow_options(session, known.id, show_boosts=show_boosts, notify=notify)
        return known.state

    state = await hub.database.write(unit)
    hub.wake.outbound.set()
    return state


async def ask_again(hub: Hub) -> int:
    """Send requests once more that nobody answered, and follows of who has lost their keys and perhaps forgotten them:
    an Accept gets lost, and a server that was set up anew knows nothing. How many were sent.

    Each goes out under a new id, since many servers drop an id that they have seen (Lemmy, FediHub), and Mastodon,
    GoToSocial and Takahē recognise the pair. After a fortnight it is left alone, and stays a request.
    """
    now = hub.clock.now()
    before = [now - pause for pause in ASKED_AGAIN_AFTER]

    async def unit(session: Session) -> int:
        due = await list_unanswered(
            session, asked_before=before, approvers_before=now - APPROVERS_HAVE, limit=ASKED_AT_A_TIME
        )
        due += await list_wanted_anew(session, limit=ASKED_AT_A_TIME)
        for request, follower, followed in due:
            _, uri = new_activity(hub)
            await note_asked(session, request.id, uri=uri, now=now)
            document = activities.follow(FollowParts(uri, follower=follower.uri, followed=followed.uri))
            await _send(session, hub, document, actor=follower, target=followed)
        return len(due)

    total = 0
    while number := await hub.database.write(unit):
        total += number
    hub.wake.outbound.set()
    return total


async def unfollow(hub: Hub, *, actor_id: int, target_id: int) -> None:
    """Follow somebody no longer, or take the request back. Raises Missing."""

    async def unit(session: Session) -> None:
        actor, target = await _pair(session, actor_id, target_id, even_suspended=True)
        known = await find_follow(session, follower_id=actor_id, followed_id=target_id)
        if known is not None:
            await _leave(session, hub, known, follower=actor, followed=target)

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def follow_instead(session: Session, hub: Hub, follower: Actor, *, old: Actor, new: Actor) -> None:
    """One of ours leaves an account that has moved and follows its new home, with the same wishes; nobody is made to
    follow themselves, or somebody who blocks them.
    """
    known = await find_follow(session, follower_id=follower.id, followed_id=old.id)
    if known is None:
        return
    wishes = {"show_boosts": known.show_boosts, "notify": known.notify}
    await _leave(session, hub, known, follower=follower, followed=old)
    if follower.id == new.id or new.is_hidden or await is_blocked(session, follower.id, new.id):
        return
    if await find_follow(session, follower_id=follower.id, followed_id=new.id) is None:
        asked = await _ask(session, hub, follower, new)
        await set_follow_options(session, asked.id, **wishes)


async def accept_request(hub: Hub, *, actor_id: int, follower_id: int) -> None:
    """Let somebody follow who asked. Raises Missing when nobody asked."""

    async def unit(session: Session) -> None:
        actor, follower = await _pair(session, actor_id, follower_id)
        await _accept(session, hub, follower, actor)

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def accept_all_requests(session: Session, hub: Hub, actor: Actor) -> None:
    """Let everybody follow who asked, because an actor of ours approves its followers no longer (as Mastodon does).
    Who would wait for an answer all the same, because they are limited here, goes on waiting.
    """
    for follower in await list_requesters(session, actor.id):
        if not (follower.is_limited or follower.is_hidden):
            await _accept(session, hub, follower, actor)


async def reject_request(hub: Hub, *, actor_id: int, follower_id: int) -> None:
    """Refuse somebody who asked to follow. Raises Missing when nobody asked."""

    async def unit(session: Session) -> None:
        actor, follower = await _pair(session, actor_id, follower_id, even_suspended=True)
        request = await _request(session, follower_id=follower_id, followed_id=actor_id)
        await _reject(session, hub, request, follower=follower, followed=actor)

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def remove_follower(hub: Hub, *, actor_id: int, follower_id: int) -> None:
    """Let somebody follow no longer; nothing happens if they don't. Raises Missing."""

    async def unit(session: Session) -> None:
        actor, follower = await _pair(session, actor_id, follower_id, even_suspended=True)
        known = await find_follow(session, follower_id=follower_id, followed_id=actor_id)
        if known is not None:
            await _reject(session, hub, known, follower=follower, followed=actor)

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def block(hub: Hub, *, actor_id: int, target_id: int) -> None:
    """Have nothing to do with somebody any more: follows end in both directions, and each is hidden from the other.
    Their end is told before the block, as Mastodon does: not everybody takes a block for it (Takahē 0.11).
    Raises Missing.
    """

    async def unit(session: Session) -> None:
        actor, target = await _pair(session, actor_id, target_id)
        if await find_block(session, blocker_id=actor_id, blocked_id=target_id) is not None:
            return
        key, uri = new_activity(hub)
        row = Block(id=key, uri=uri, blocker_id=actor_id, blocked_id=target_id, created_at=hub.clock.now())
        await insert_block(session, row)
        await _leave_each_other(session, hub, actor, target)
        await part(session, actor_id, target_id)
        await _send(session, hub, activities.block(uri, actor.uri, target.uri), actor=actor, target=target)

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def unblock(hub: Hub, *, actor_id: int, target_id: int) -> None:
    """Lift a block; the follows do not come back. Raises Missing."""

    async def unit(session: Session) -> None:
        actor, target = await _pair(session, actor_id, target_id, even_suspended=True)
        known = await find_block(session, blocker_id=actor_id, blocked_id=target_id)
        if known is None:
            return
        block_uri = known.uri
        await delete_block(session, blocker_id=actor_id, blocked_id=target_id)
        _, uri = new_activity(hub)
        document = activities.undo_block(uri, actor.uri, target.uri, block_uri=block_uri)
        await _send(session, hub, document, actor=actor, target=target)

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def part(session: Session, one: int, other: int) -> None:
    """End the follows between two actors in both directions, and clear each one's posts out of the other's home
    timeline.
    """
    for follower_id, followed_id in ((one, other), (other, one)):
        await remove(session, follower_id=follower_id, followed_id=followed_id)
        await remove_author_from_home(session, owner_id=follower_id, author_id=followed_id)


async def say_farewell(session: Session, hub: Hub, *, follower_id: int, followed_id: int) -> None:
    """End a follow between one of ours and somebody whose host was blocked, and tell them of it: the last that goes
    there, as with Mastodon. Else they would go on believing in it, also when the host is opened again.
    """
    follower, followed = await find_actor(session, follower_id), await find_actor(session, followed_id)
    known = await find_follow(session, follower_id=follower_id, followed_id=followed_id)
    if known is None or follower is None or followed is None:
        return
    end = _leave if follower.is_local else _reject
    await end(session, hub, known, follower=follower, followed=followed, even_blocked=True)


async def _leave_each_other(session: Session, hub: Hub, actor: Actor, target: Actor) -> None:
    known = await find_follow(session, follower_id=actor.id, followed_id=target.id)
    if known is not None:
        await _leave(session, hub, known, follower=actor, followed=target)
    known = await find_follow(session, follower_id=target.id, followed_id=actor.id)
    if known is not None:
        await _reject(session, hub, known, follower=target, followed=actor)


async def _accept(session: Session, hub: Hub, follower: Actor, actor: Actor) -> None:
    request = await _request(session, follower_id=follower.id, followed_id=actor.id)
    await accept_follow(session, follower_id=follower.id, followed_id=actor.id, now=hub.clock.now())
    await add_author_to_home(session, owner_id=follower.id, author_id=actor.id)
    await _notify(session, hub, NotificationKind.FOLLOW, recipient=actor, actor=follower)
    _, uri = new_activity(hub)
    document = activities.accept_follow(uri, _parts(request, follower, actor))
    await _send(session, hub, document, actor=actor, target=follower)


async def _ask(session: Session, hub: Hub, actor: Actor, target: Actor) -> Follow:
    """A new follow: a request that goes out to a remote target, decided at once for one of ours that is open to all."""
    key, uri = new_activity(hub)
    row = Follow(
        id=key,
        uri=uri,
        follower_id=actor.id,
        followed_id=target.id,
        state=FollowState.REQUESTED,
        created_at=hub.clock.now(),
        asked_at=hub.clock.now(),
        asks=1,
    )
    if target.is_local and not target.approves_followers:
        row.state, row.accepted_at = FollowState.ACCEPTED, row.created_at
    asked = await request_follow(session, row)
    if not target.is_local:
        await _send(session, hub, activities.follow(_parts(asked, actor, target)), actor=actor, target=target)
    elif target.approves_followers:
        await _notify(session, hub, NotificationKind.FOLLOW_REQUEST, recipient=target, actor=actor)
    else:
        await add_author_to_home(session, owner_id=actor.id, author_id=target.id)
        await _notify(session, hub, NotificationKind.FOLLOW, recipient=target, actor=actor)
    return asked


async def _leave(
    session: Session, hub: Hub, known: Follow, *, follower: Actor, followed: Actor, even_blocked: bool = False
) -> None:
    parts = _parts(known, follower, followed)
    await remove(session, follower_id=follower.id, followed_id=followed.id)
    await remove_author_from_home(session, owner_id=follower.id, author_id=followed.id)
    _, uri = new_activity(hub)
    document = activities.undo_follow(uri, parts)
    await _send(session, hub, document, actor=follower, target=followed, even_blocked=even_blocked)


async def _reject(
    session: Session, hub: Hub, known: Follow, *, follower: Actor, followed: Actor, even_blocked: bool = False
) -> None:
    """The original Follow goes back with the refusal, so that any peer recognises it."""
    parts = _parts(known, follower, followed)
    await remove(session, follower_id=follower.id, followed_id=followed.id)
    await remove_author_from_home(session, owner_id=follower.id, author_id=followed.id)
    _, uri = new_activity(hub)
    document = activities.reject_follow(uri, parts)
    await _send(session, hub, document, actor=followed, target=follower, even_blocked=even_blocked)


async def _send(
    session: Session,
    hub: Hub,
    document: activities.Json,
    *,
    actor: Actor,
    target: Actor,
    even_blocked: bool = False,
) -> None:
    key = relation_key(actor.uri, target.uri)
    publish = partial(publish_to, session, hub, actor=actor, target=target)
    await publish(document=document, order_key=key, even_blocked=even_blocked)


async def _notify(session: Session, hub: Hub, kind: NotificationKind, *, recipient: Actor, actor: Actor) -> None:
    await insert_notification(
        session, id=hub.ids.next(), recipient_id=recipient.id, kind=kind, actor_id=actor.id, now=hub.clock.now()
    )


async def _pair(
    session: Session, actor_id: int, target_id: int, *, even_suspended: bool = False
) -> tuple[Actor, Actor]:
    """Who acts and whom it concerns; neither ends meanwhile. Raises as `check_acting`, and Missing."""
    if actor_id == target_id:
        raise Invalid("that cannot be done to oneself")
    # In one order, so that two who follow each other do not wait for each other.
    held = {each: await hold_actor(session, each) for each in sorted((actor_id, target_id))}
    actor, target = check_acting(held[actor_id], even_suspended=even_suspended), held[target_id]
    if target is None or target.gone_at is not None:
        raise Missing("there is no such account")
    return actor, target


async def _request(session: Session, *, follower_id: int, followed_id: int) -> Follow:
    request = await find_follow(session, follower_id=follower_id, followed_id=followed_id)
    if request is None or request.state is not FollowState.REQUESTED:
        raise Missing("there is no such request")
    return request


def _parts(known: Follow, follower: Actor, followed: Actor) -> FollowParts:
    return FollowParts(known.uri, follower=follower.uri, followed=followed.uri)
