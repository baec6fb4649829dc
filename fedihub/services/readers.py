"""Who is told of what becomes of a post: servers, and our own people who are named in it."""

from collections.abc import Sequence

from fedihub.hub import Hub
from storage.actors import Actor
from storage.database import Session
from storage.notifications import NotificationKind, insert_notification
from storage.posts import OPEN, Audience, Post
from storage.recipients import inboxes_of, inboxes_of_followers, inboxes_of_interactors, inboxes_told_of


async def reached(session: Session, post: Post, *, author: Actor, mentions: Sequence[Actor]) -> list[str]:
    """Everyone who ever got a post or has reacted to it: for news that say nothing but that it is gone."""
    told = await inboxes_told_of(session, post.id)
    return told + await readers_of(session, post, author=author, mentions=mentions)


async def readers_of(session: Session, post: Post, *, author: Actor, mentions: Sequence[Actor]) -> list[str]:
    """Everyone for whom a post is now: whoever follows no longer, or was blocked since, is not told what it says.

    An open post is nobody's secret: those who got it once, or have reacted to it, are told as well.
    """
    inboxes = await inboxes_told_of(session, post.id) if post.audience in OPEN else []
    inboxes += await inboxes_of(session, [actor.id for actor in mentions], sender_id=author.id)
    if post.audience is not Audience.MENTIONED:
        inboxes += await inboxes_of_followers(session, author.id)
    if post.audience in OPEN:
        inboxes += await inboxes_of_interactors(session, post.id)
    return inboxes


async def tell_mentioned(session: Session, hub: Hub, post: Post, *, actors: Sequence[Actor]) -> None:
    """Notify those of these actors who are ours that a post names them."""
    for actor in actors:
        if actor.is_local:
            await insert_notification(
                session,
                id=hub.ids.next(),
                recipient_id=actor.id,
                kind=NotificationKind.MENTION,
                actor_id=post.author_id,
                post_id=post.id,
                now=hub.clock.now(),
            )
