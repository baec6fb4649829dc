"""A post of ours that has news but no new text: it is sent again to everybody who has it, as an Update with the same
time, which peers take for what it is (Mastodon 4.6: tallies, consent to a quote, who may quote it).
"""

from fedihub.hub import Hub
from fedihub.outbox import Outgoing, new_activity, publish
from fedihub.services.readers import readers_of
from fedihub.translate import activities
from fedihub.translate.actors import is_silenced
from fedihub.translate.posts import parts_of
from storage.database import Session
from storage.posts import OPEN, find_post
from storage.views.collections import load_wire_posts


async def retell(session: Session, hub: Hub, post_id: int) -> None:
    """Tell how a post of ours stands now; nothing happens if it is gone, or not ours, or its author is suspended."""
    post = await find_post(session, post_id)
    if post is None or not post.is_local or post.is_local_only:
        return
    parts = parts_of((await load_wire_posts(session, [post]))[0], hub.uris, now=hub.clock.now())
    if is_silenced(parts.author):
        return
    key, uri = new_activity(hub)
    document = activities.update(uri, parts, hub.uris)
    outgoing = Outgoing(key, post.author_id, document, post.uri, post_id=post.id, is_public=post.audience in OPEN)
    inboxes = await readers_of(session, post, author=parts.author, mentions=parts.mentions)
    await publish(session, hub, outgoing, inboxes=inboxes)
