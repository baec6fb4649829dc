"""Passing answers on (ActivityPub 7.1.2): who follows one of ours on another server hears what strangers answer them.

What somebody elsewhere answers to a post of ours, how they change it and that they delete it, goes on byte for byte to
the servers of our author's followers, over our author's signature. Only what is open; and only what carries something
by which those servers can prove who wrote it: our signature is no proof of that, so without it they could only look at
its origin, if they look at all. An integrity proof must be right; a Linked Data signature we can't judge, so there it
is enough that there is one, as with Mastodon. It goes on when it is applied here, and that is once; of the edits of one
answer a few an hour, since each goes to many.

Like what our chapters do, it stands around the handlers of the table.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from federation.forwarding import can_be_proved
from federation.identifiers import same_origin
from federation.vocabulary.base import id_of
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Result
from fedihub.outbox import MOST_FORWARDED, forward
from storage.actors import Actor, find_actor
from storage.blocks import is_blocked
from storage.database import Session
from storage.deliveries import count_said_of
from storage.posts import OPEN, Post, find_post, find_post_by_uri
from storage.recipients import inboxes_of_followers

MOST_EDITS = 5
"""Edits of one answer that go on within an hour."""

Handler = Callable[[Gathering, In], Awaitable[Change | Result]]


def forwards(handle: Handler) -> Handler:
    """Around what an actor does to a post of theirs, which was proved to be that actor's own doing."""

    async def handler(at: Gathering, received: In) -> Change | Result:
        outcome, uri = await handle(at, received), received.activity.object_id
        if uri is None or not callable(outcome) or not await _proves_itself(at, received):
            return outcome

        async def change(session: Session) -> Result:
            before = await find_post_by_uri(session, uri)  # a Delete leaves nothing to look at
            result = await outcome(session)
            if isinstance(result, Applied):
                post = await find_post_by_uri(session, uri) or before
                if post is not None:
                    await _forward(session, at, received, post)
            return result

        return change

    return handler


async def _proves_itself(at: Gathering, received: In) -> bool:
    """Whether others can prove who wrote it. The keys of who answers none of ours need not be looked for."""
    raw, embedded = received.activity.raw, received.activity.embedded or {}
    if embedded and received.activity.type != "Delete" and at.local_post_id(id_of(embedded.get("inReplyTo"))) is None:
        return False
    gate = at.hub.gate
    return await can_be_proved(raw, received.actor, gate.keys, now=at.hub.clock.now(), window=gate.window)


async def _forward(session: Session, at: Gathering, received: In, post: Post) -> None:
    author, sender = await _answered(session, post), await find_actor(session, post.author_id)
    if author is None or sender is None or len(received.body) > MOST_FORWARDED:
        return
    if sender.is_hidden or sender.is_limited or await is_blocked(session, author.id, sender.id):
        return
    if received.activity.type == "Update" and await _was_edited_often(session, at, post, author=author):
        return
    inboxes = await inboxes_of_followers(session, author.id)
    elsewhere = [inbox for inbox in inboxes if not same_origin(inbox, received.actor)]
    await forward(session, at.hub, received, actor_id=author.id, inboxes=elsewhere)


async def _was_edited_often(session: Session, at: Gathering, post: Post, *, author: Actor) -> bool:
    since = at.hub.clock.now() - timedelta(hours=1)
    edits = await count_said_of(session, author.id, object_uri=post.uri, type="Update", since=since)
    return edits >= MOST_EDITS


async def _answered(session: Session, post: Post) -> Actor | None:
    """The one of ours whom an open post answers, where everybody may read what it answers."""
    if post.in_reply_to_id is None or post.audience not in OPEN:
        return None
    parent = await find_post(session, post.in_reply_to_id)
    if parent is None or not parent.is_local or parent.is_local_only or parent.audience not in OPEN:
        return None
    author = await find_actor(session, parent.author_id)
    return author if author is not None and author.gone_at is None and not author.is_hidden else None
