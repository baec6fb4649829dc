"""Like: somebody likes a post of ours. Likes of other servers' posts are their business."""

from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.results import Applied, Change, Ignored, Result
from storage.database import Session
from storage.notifications import NotificationKind, insert_notification
from storage.reactions import Like, insert_like, rename_like
from storage.received import was_undone_before
from storage.rows import new_row
from storage.visibility import find_visible_post


async def on_like(at: Gathering, received: In) -> Change | Result:
    """Counted once per actor; a like of a post that its sender cannot see looks like one of a post that does not
    exist.
    """
    hub, activity, uri = at.hub, received.activity, await at.own_id(received.activity.object_id)
    if uri is None or at.local_post_id(uri) is None:
        return Ignored("not_ours")
    sender = await at.sender(received)

    async def change(session: Session) -> Result:
        post = await find_visible_post(session, uri, viewer_id=sender.id)
        if post is None:
            return Ignored("no_such_post")
        if await was_undone_before(session, actor_uri=sender.uri, activity_uri=activity.id):
            return Ignored("undone_before")
        now = hub.clock.now()
        row = new_row(Like, id=hub.ids.next(), uri=activity.id, actor_id=sender.id, post_id=post.id, created_at=now)
        if not await insert_like(session, row):
            await rename_like(session, row)
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
