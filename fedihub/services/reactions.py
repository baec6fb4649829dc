"""Likes and boosts by members and projects."""

from federation.addressing import Audience as WireAudience
from fedihub.errors import Missing, NotAllowed
from fedihub.hub import Hub
from fedihub.outbox import Outgoing, new_activity, publish, publish_to
from fedihub.services.acting import get_acting
from fedihub.services.passing_on import pass_on_own
from fedihub.services.threads import want_rest
from fedihub.translate import activities
from storage.actors import Actor, get_actor
from storage.blocks import is_blocked
from storage.database import Session
from storage.home import add_boost_to_homes
from storage.notifications import NotificationKind, insert_notification
from storage.posts import OPEN, Post, find_post
from storage.reactions import Boost, Like, delete_boost, delete_like, find_boost, insert_boost, insert_like
from storage.recipients import inboxes_of, inboxes_of_followers
from storage.visibility import is_visible


async def like(hub: Hub, *, actor_id: int, post_id: int) -> None:
    """Like a post; its author is told. Liking it twice changes nothing. Raises Missing and NotAllowed."""

    async def unit(session: Session) -> None:
        actor, post, author = await _reacting(session, actor_id, post_id)
        key, uri = new_activity(hub)
        row = Like(id=key, uri=uri, actor_id=actor_id, post_id=post_id, created_at=hub.clock.now())
        if not await insert_like(session, row):
            return
        await _tell(session, hub, post, kind=NotificationKind.LIKE, actor=actor, author=author)
        await want_rest(session, hub, post.id)
        document = activities.like(uri, actor.uri, post.uri, to=author.uri)
        await publish_to(session, hub, actor=actor, target=author, document=document, order_key=_like_key(actor, post))
        await pass_on_own(session, hub, document, by=actor, about=post)

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def unlike(hub: Hub, *, actor_id: int, post_id: int) -> None:
    """Take a like back; nothing happens where there is none. Raises Missing."""

    async def unit(session: Session) -> None:
        actor, post, author = await _reacting(session, actor_id, post_id, taking_back=True)
        known = await delete_like(session, actor_id=actor_id, post_id=post_id)
        if known is None:
            return
        _, uri = new_activity(hub)
        document = activities.undo_like(uri, actor.uri, post.uri, like_uri=known.uri, to=author.uri)
        await publish_to(session, hub, actor=actor, target=author, document=document, order_key=_like_key(actor, post))
        await pass_on_own(session, hub, document, by=actor, about=post)

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def boost(hub: Hub, *, actor_id: int, post_id: int) -> int:
    """Pass a post on to one's followers; gives the boost's id (the earlier one, when it was boosted before).

    Raises Missing, and NotAllowed for a post that is not open to everybody.
    """

    async def unit(session: Session) -> int:
        actor, post, author = await _reacting(session, actor_id, post_id)
        if post.audience not in OPEN or post.is_local_only:
            raise NotAllowed("only posts that are open to everybody can be boosted")
        known = await find_boost(session, actor_id=actor_id, post_id=post_id)
        if known is not None:
            return known.id
        key, uri = new_activity(hub)
        boost = Boost(id=key, uri=uri, actor_id=actor_id, post_id=post_id, published_at=hub.clock.now())
        await insert_boost(session, boost)
        await add_boost_to_homes(session, boost, post)
        await _tell(session, hub, post, kind=NotificationKind.BOOST, actor=actor, author=author)
        await want_rest(session, hub, post.id)
        document = _announced(boost, actor=actor, post=post, author=author)
        outgoing = Outgoing(key, actor_id, document, _boost_key(actor, post), is_public=True)
        await publish(session, hub, outgoing, inboxes=await _audience(session, actor, author))
        return key

    boost_id = await hub.database.write(unit)
    hub.wake.outbound.set()
    return boost_id


async def unboost(hub: Hub, *, actor_id: int, post_id: int) -> None:
    """Take a boost back; nothing happens where there is none. Raises Missing."""

    async def unit(session: Session) -> None:
        actor, post, author = await _reacting(session, actor_id, post_id, taking_back=True)
        known = await delete_boost(session, actor_id=actor_id, post_id=post_id)
        if known is None:
            return
        key, uri = new_activity(hub)
        document = activities.undo_announce(uri, _announced(known, actor=actor, post=post, author=author))
        outgoing = Outgoing(key, actor_id, document, _boost_key(actor, post), is_public=True)
        await publish(session, hub, outgoing, inboxes=await _audience(session, actor, author))

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def _reacting(
    session: Session, actor_id: int, post_id: int, *, taking_back: bool = False
) -> tuple[Actor, Post, Actor]:
    """Who reacts, to what, and whose it is. What one may not see does not exist; taking back is always allowed."""
    actor = await get_acting(session, actor_id, even_suspended=taking_back)
    post = await find_post(session, post_id)
    if post is None or not (taking_back or await is_visible(session, post, viewer_id=actor_id)):
        raise Missing("there is no such post")
    if not taking_back and await is_blocked(session, actor_id, post.author_id):
        raise NotAllowed("the author of this post does not want to hear from you")
    return actor, post, await get_actor(session, post.author_id)


async def _tell(session: Session, hub: Hub, post: Post, *, kind: NotificationKind, actor: Actor, author: Actor) -> None:
    if author.is_local:
        await insert_notification(
            session,
            id=hub.ids.next(),
            recipient_id=author.id,
            kind=kind,
            actor_id=actor.id,
            post_id=post.id,
            now=hub.clock.now(),
        )


def _announced(boost: Boost, *, actor: Actor, post: Post, author: Actor) -> activities.Json:
    return activities.announce(
        boost.uri or "",
        actor,
        post.uri,
        author=author.uri,
        audience=WireAudience(boost.audience.value),
        published=boost.published_at,
    )


async def _audience(session: Session, actor: Actor, author: Actor) -> list[str]:
    return [*await inboxes_of_followers(session, actor.id), *await inboxes_of(session, [author.id], sender_id=actor.id)]


def _like_key(actor: Actor, post: Post) -> str:
    return f"{actor.uri} likes {post.uri}"


def _boost_key(actor: Actor, post: Post) -> str:
    return f"{actor.uri} boosts {post.uri}"
