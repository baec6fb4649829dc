"""Pinning one's own posts to one's profile: they stand first there, and in the `featured` collection for peers."""

from fedihub.errors import Invalid, Missing, NotAllowed
from fedihub.hub import Hub
from fedihub.outbox import Outgoing, new_activity, publish
from fedihub.services.acting import get_acting
from fedihub.translate.activities import add_pin, remove_pin
from storage.actors import Actor
from storage.database import Session
from storage.pins import Pin, count_pins, delete_pin, insert_pin
from storage.posts import OPEN, Audience, Post, find_post
from storage.recipients import inboxes_of_followers
from storage.visibility import is_visible

MOST_PINNED = 5
"""As many as Mastodon 4.6 allows."""


async def pin(hub: Hub, *, actor_id: int, post_id: int) -> None:
    """Pin one's own post; pinning it twice changes nothing. Raises Missing, NotAllowed, Invalid."""

    async def unit(session: Session) -> None:
        actor = await get_acting(session, actor_id)
        post = await _own(session, post_id, actor_id)
        if post.audience is Audience.MENTIONED:
            raise Invalid("a post for the people it names alone can't be pinned", field="post")
        if await count_pins(session, actor_id) >= MOST_PINNED:
            raise Invalid(f"you can pin {MOST_PINNED} posts: take another pin away first", field="post")
        if await insert_pin(session, Pin(actor_id=actor_id, post_id=post.id, created_at=hub.clock.now())):
            await _publish(session, hub, post, actor=actor, is_pinned=True)

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def unpin(hub: Hub, *, actor_id: int, post_id: int) -> None:
    """Take a pin away; nothing happens where there is none. Raises Missing and NotAllowed."""

    async def unit(session: Session) -> None:
        actor = await get_acting(session, actor_id, even_suspended=True)
        post = await _own(session, post_id, actor_id)
        if await delete_pin(session, actor_id=actor_id, post_id=post.id):
            await _publish(session, hub, post, actor=actor, is_pinned=False)

    await hub.database.write(unit)
    hub.wake.outbound.set()


async def _own(session: Session, post_id: int, actor_id: int) -> Post:
    post = await find_post(session, post_id)
    if post is None or not await is_visible(session, post, viewer_id=actor_id):
        raise Missing("there is no such post")
    if post.author_id != actor_id:
        raise NotAllowed("only your own posts can be pinned to your profile")
    return post


async def _publish(session: Session, hub: Hub, post: Post, *, actor: Actor, is_pinned: bool) -> None:
    """The followers hear of it, where the post is one that their servers may show to everybody."""
    if post.audience not in OPEN or post.is_local_only:
        return
    key, uri = new_activity(hub)
    document = (add_pin if is_pinned else remove_pin)(uri, actor, post.uri)
    outgoing = Outgoing(key, actor.id, document, post.uri, post_id=post.id, is_public=True)
    await publish(session, hub, outgoing, inboxes=await inboxes_of_followers(session, actor.id))
