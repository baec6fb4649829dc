"""Whom of ours a post from elsewhere is news for: whoever it names and addresses, and whose post it answers.

They are told when the post is stored, however it came: by itself, as what an answer answers, as what somebody boosts,
pins or quotes. So the order in which things arrive decides nothing; a post that was known when its Create came would
tell nobody otherwise.
"""

from datetime import timedelta

from federation.vocabulary.objects import RemoteObject
from fedihub.hub import Hub
from fedihub.services.remote_versions import MOST_TOLD, named_and_addressed
from storage.database import Session
from storage.notifications import NotificationKind, insert_notification
from storage.posts import Post

OLD = timedelta(days=2)
"""What is older than this is no news, as when old conversations are completed."""


async def tell_of(
    session: Session, hub: Hub, post: Post, *, found: RemoteObject, addressed_ids: frozenset[int] = frozenset()
) -> None:
    """A remote post was stored. `addressed_ids` are those of ours for whom it is beside those in its own lists."""
    if hub.clock.now() - post.published_at > OLD:
        return
    mentioned = [hub.uris.actor_key(mention.href) for mention in found.mentions]
    told = [*named_and_addressed(hub, found), *(int(key) for key in mentioned if key and int(key) in addressed_ids)]
    if post.in_reply_to_author_id is not None:
        told.append(post.in_reply_to_author_id)
    for recipient_id in list(dict.fromkeys(told))[:MOST_TOLD]:
        await insert_notification(
            session,
            id=hub.ids.next(),
            recipient_id=recipient_id,
            kind=NotificationKind.MENTION,
            actor_id=post.author_id,
            post_id=post.id,
            now=hub.clock.now(),
        )
