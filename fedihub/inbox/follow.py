"""Follow: somebody wants to follow a member or a project."""

from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Result
from fedihub.outbox import new_activity, publish_to, relation_key
from fedihub.translate import activities
from fedihub.translate.activities import FollowParts
from storage.actors import Actor, ActorKind, hold_actor
from storage.blocks import is_blocked
from storage.database import Session
from storage.follows import Follow, FollowState, accept_follow, find_follow, request_follow
from storage.notifications import NotificationKind, insert_notification
from storage.received import was_undone_before
from storage.rows import new_row


async def on_follow(at: Gathering, received: In) -> Change | Result:
    """Accepted at once, or a request for those who approve their followers, and of those who are limited here.

    A repeated Follow is answered again, under its new id: a peer that repeats it has lost our answer (Mastodon, Takahē
    0.11). The answer says what stands here: a follow of before goes on when whom it follows is suspended, or has moved.
    """
    hub, activity = at.hub, received.activity
    target_uri = await at.own_id(activity.object_id)
    target_id = at.local_actor_id(target_uri)
    if target_id is None:
        return Ignored("not_ours")
    sender = await at.sender(received)
    parts = FollowParts(activity.id, follower=sender.uri, followed=target_uri or "")

    async def change(session: Session) -> Result:
        target = await hold_actor(session, target_id)  # who ends at this moment is not followed any more
        if target is None or target.gone_at is not None:
            return Ignored("no_such_actor")
        if await was_undone_before(session, actor_uri=sender.uri, activity_uri=activity.id):
            return Ignored("undone_before")
        known = await find_follow(session, follower_id=sender.id, followed_id=target.id)
        if await is_blocked(session, sender.id, target.id) or (known is None and not _is_open(target)):
            await _answer(session, at, parts, target=target, sender=sender, accepted=False)
            return Ignored("not_welcome")
        follow = await request_follow(session, _row(at, received, follower_id=sender.id, followed_id=target.id))
        if follow.state is FollowState.REQUESTED and _must_wait(target, sender):
            await _tell(session, at, NotificationKind.FOLLOW_REQUEST, target=target, sender=sender)
            return Applied()
        if await accept_follow(session, follower_id=sender.id, followed_id=target.id, now=hub.clock.now()):
            await _tell(session, at, NotificationKind.FOLLOW, target=target, sender=sender)
        await _answer(session, at, parts, target=target, sender=sender, accepted=True)
        return Applied()

    return change


def _must_wait(target: Actor, sender: Actor) -> bool:
    """Whether somebody has to decide about a request. One of before goes on waiting for who is not open any more."""
    return target.approves_followers or sender.is_limited or not _is_open(target)


def _is_open(target: Actor) -> bool:
    """Nobody follows a server, somebody who lives elsewhere now, or who is suspended."""
    return target.kind is not ActorKind.SERVER and target.moved_to_uri is None and target.suspended_at is None


def _row(at: Gathering, received: In, *, follower_id: int, followed_id: int) -> Follow:
    return new_row(
        Follow,
        id=at.hub.ids.next(),
        uri=received.activity.id,
        follower_id=follower_id,
        followed_id=followed_id,
        state=FollowState.REQUESTED,
        created_at=at.hub.clock.now(),
    )


async def _tell(session: Session, at: Gathering, kind: NotificationKind, *, target: Actor, sender: Actor) -> None:
    await insert_notification(
        session, id=at.hub.ids.next(), recipient_id=target.id, kind=kind, actor_id=sender.id, now=at.hub.clock.now()
    )


async def _answer(
    session: Session, at: Gathering, parts: FollowParts, *, target: Actor, sender: Actor, accepted: bool
) -> None:
    _, uri = new_activity(at.hub)
    document = activities.accept_follow(uri, parts) if accepted else activities.reject_follow(uri, parts)
    order_key = relation_key(target.uri, sender.uri)
    await publish_to(session, at.hub, actor=target, target=sender, document=document, order_key=order_key)
