"""Like: somebody likes a post of ours. Likes of other servers' posts are their business."""

from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Result
from storage.blocks import is_blocked
from storage.database import Session
from storage.notifications import NotificationKind, insert_notification
from storage.posts import find_post
from storage.reactions import Like, insert_like
from storage.received import was_undone_before
from storage.visibility import is_visible


async def on_like(at: Gathering, received: In) -> Change | Result:
    """Counted once per actor; a like of a post that its sender cannot see looks like one of a post that does not
    exist.
    """
    hub, activity = at.hub, received.activity
    post_id = at.local_post_id(activity.object_id)
    if post_id is None:
        return Ignored("not_ours")
    sender = await at.sender(received)

    async def change(session: Session) -> Result:
        post = await find_post(session, post_id)
        if post is None or not await is_visible(session, post, viewer_id=sender.id):
            return Ignored("no_such_post")
        if await is_blocked(session, sender.id, post.author_id):
            return Ignored("not_welcome")
        if await was_undone_before(session, actor_uri=sender.uri, activity_uri=activity.id):
            return Ignored("undone_before")
        now = hub.clock.now()
        row = Like(id=hub.ids.next(), uri=activity.id, actor_id=sender.id, post_id=post.id, created_at=now)
        if not await insert_like(session, row):
            return Ignored("known")
        await insert_notification(
            session,
            id=hub.ids.next(),
            recipient_id=post.author_id,
            kind=NotificationKind.LIKE,
            actor_id=sender.id,
            post_id=post.id,
            now=now,
        )
        return Applied()

    return change
