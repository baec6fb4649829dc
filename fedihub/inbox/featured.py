"""Add and Remove: somebody pins one of their posts to their profile, or takes the pin away.

Mastodon sends both without an id. Only one's own collection counts, and only one's own posts in it. Featured hashtags
are added to the same collection (Mastodon 4.6); we show none.
"""

from federation.trust import speaks_for
from federation.vocabulary.base import type_of
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Refused, Result
from fedihub.services.remote_pins import MOST_PINNED
from fedihub.services.remote_posts import dereference_post
from storage.actors import Actor
from storage.database import Session
from storage.follows import has_local_followers
from storage.pins import Pin, count_pins, delete_pin, insert_pin
from storage.posts import OPEN, Post, find_post_by_uri


async def on_add(at: Gathering, received: In) -> Change | Result:
    """Pin a post. One that is not known is fetched, if anybody here follows its author."""
    sender, refusal = await _owner(at, received)
    if refusal is not None:
        return refusal
    uri = received.activity.object_id or ""
    post = await at.hub.database.read(lambda session: find_post_by_uri(session, uri))
    if post is None and await at.hub.database.read(lambda session: has_local_followers(session, sender.id)):
        post = await dereference_post(at.hub, uri, budget=at.budget)
    if post is None:
        return Ignored("unknown_post")
    return lambda session: _pin(session, at, post, sender=sender)


async def on_remove(at: Gathering, received: In) -> Change | Result:
    """Take a pin away."""
    sender, refusal = await _owner(at, received)
    if refusal is not None:
        return refusal

    async def change(session: Session) -> Result:
        post = await find_post_by_uri(session, received.activity.object_id or "")
        if post is None or not await delete_pin(session, actor_id=sender.id, post_id=post.id):
            return Ignored("not_pinned")
        return Applied()

    return change


async def _owner(at: Gathering, received: In) -> tuple[Actor, Result | None]:
    """The sender, and why this is not about a pin of theirs, if so."""
    activity, sender = received.activity, await at.sender(received)
    if activity.target is None or activity.target != sender.featured_url:
        return sender, Ignored("other_collection")
    if activity.embedded is not None and type_of(activity.embedded, {"Hashtag"}) == "Hashtag":
        return sender, Ignored("hashtag")
    if activity.object_id is None:
        return sender, Ignored("no_object")
    if not speaks_for(sender.uri, activity.object_id):
        return sender, Refused("object_elsewhere", activity.object_id)
    return sender, None


async def _pin(session: Session, at: Gathering, post: Post, *, sender: Actor) -> Result:
    if post.author_id != sender.id:
        return Refused("author_is_not_sender", post.uri)
    if post.audience not in OPEN or await find_post_by_uri(session, post.uri) is None:
        return Ignored("not_public")
    if await count_pins(session, sender.id) >= MOST_PINNED:
        return Ignored("too_many_pins")
    pin = Pin(actor_id=sender.id, post_id=post.id, created_at=at.hub.clock.now())
    return Applied() if await insert_pin(session, pin) else Ignored("known")
