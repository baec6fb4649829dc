"""Accept and Reject: the answer to a follow of ours, or to our wish to quote something."""

from collections.abc import Mapping

from federation.vocabulary.base import id_of
from fedihub.inbox.gathering import Gathering, In
from fedihub.inbox.quote_answer import apply_no, apply_yes
from fedihub.inbox.results import Applied, Change, Ignored, Result
from storage.database import Session
from storage.deliveries import find_activity
from storage.follows import Follow, FollowState, accept_follow, find_follow, find_follow_by_uri
from storage.home import add_author_to_home, remove_author_from_home
from storage.unfollowing import remove_follow


async def on_accept(at: Gathering, received: In) -> Change | Result:
    """The followed actor agrees. Only somebody whom we asked, and who is still to answer, can."""
    sender = await at.sender(received)

    async def change(session: Session) -> Result:
        follow = await _answered_follow(session, at, received, sender_id=sender.id)
        if follow is None:
            return await apply_yes(session, at, received, sender=sender)
        if follow.state is not FollowState.REQUESTED:
            return Ignored("answered_before")
        now = at.hub.clock.now()
        await accept_follow(session, follower_id=follow.follower_id, followed_id=sender.id, now=now)
        await add_author_to_home(session, owner_id=follow.follower_id, author_id=sender.id)
        return Applied()

    return change


async def on_reject(at: Gathering, received: In) -> Change | Result:
    """The followed actor refuses, or no longer agrees: from that moment nothing of theirs that is for followers is
    shown.
    """
    sender = await at.sender(received)

    async def change(session: Session) -> Result:
        follow = await _answered_follow(session, at, received, sender_id=sender.id)
        if follow is None:
            return await apply_no(session, at, received, sender=sender)
        if _is_of_an_earlier(at, received, follow):
            return Ignored("ended_before")
        await remove_follow(session, follower_id=follow.follower_id, followed_id=sender.id)
        await remove_author_from_home(session, owner_id=follow.follower_id, author_id=sender.id)
        return Applied()

    return change


async def _answered_follow(session: Session, at: Gathering, received: In, *, sender_id: int) -> Follow | None:
    """The follow that is answered: by its id, or by the pair of actors where a peer made up an id of its own
    (GoToSocial, Takahē).

    Whatever the activity says, it must be a follow of the sender by one of us.
    """
    activity = received.activity
    follow = await find_follow_by_uri(session, activity.object_id) if activity.object_id else None
    if follow is None and activity.embedded is not None:
        follow = await _named_follow(session, at, activity.embedded, sender_id=sender_id)
    if follow is None:
        follow = await _asked_before(session, at, received, sender_id=sender_id)
    if follow is None or follow.followed_id != sender_id:
        return None
    return follow


def _is_of_an_earlier(at: Gathering, received: In, follow: Follow) -> bool:
    """Whether the answer names a Follow of ours from before this follow began: one that was ended since."""
    key = at.hub.uris.activity_key(received.activity.object_id or "")
    return key is not None and int(key) < follow.id


async def _asked_before(session: Session, at: Gathering, received: In, *, sender_id: int) -> Follow | None:
    """The follow whose Follow had this id before it was sent again (Takahē 0.11 answers to the first that it got)."""
    key = at.hub.uris.activity_key(received.activity.object_id or "")
    asked = await find_activity(session, int(key)) if key is not None else None
    if asked is None or asked.activity_type != "Follow" or asked.object_uri != received.actor:
        return None
    return await find_follow(session, follower_id=asked.actor_id, followed_id=sender_id)


async def _named_follow(
    session: Session, at: Gathering, inner: Mapping[str, object], *, sender_id: int
) -> Follow | None:
    follower_id = at.local_actor_id(id_of(inner.get("actor")))
    if inner.get("type") != "Follow" or follower_id is None:
        return None
    return await find_follow(session, follower_id=follower_id, followed_id=sender_id)
