"""Following again whom we follow already: for servers that may have forgotten it."""

from fedihub.hub import Hub
from fedihub.outbox import new_activity, publish_to, relation_key
from fedihub.translate import activities
from fedihub.translate.activities import FollowParts
from storage.actors import Actor
from storage.database import Session
from storage.follows import find_follow, list_local_followers
from storage.unanswered import note_asked


async def follow_anew(session: Session, hub: Hub, *, followed: Actor) -> None:
    """Send the Follow of each of ours who follows this actor once more. Here nothing changes before there is an answer:
    an Accept says what we knew, a Reject ends it.
    """
    for follower in await list_local_followers(session, followed.id):
        known = await find_follow(session, follower_id=follower.id, followed_id=followed.id)
        if known is None or follower.suspended_at is not None:
            continue
        _, uri = new_activity(hub)
        await note_asked(session, known.id, uri=uri, now=hub.clock.now())
        document = activities.follow(FollowParts(uri, follower=follower.uri, followed=followed.uri))
        order_key = relation_key(follower.uri, followed.uri)
        await publish_to(session, hub, actor=follower, target=followed, document=document, order_key=order_key)
