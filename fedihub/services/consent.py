"""Whether somebody may quote a post, and our yes to a quote of ours: a stamp that everybody can fetch (FEP-044f).

The policy decides once. A stamp that was given holds whatever the policy says later, until the author takes it back;
and what was taken back is not given again.
"""

from fedihub.hub import Hub
from fedihub.translate.quotes import policy_of
from storage.actors import Actor
from storage.blocks import is_blocked
from storage.database import Session
from storage.follows import FollowState, find_follow
from storage.notifications import NotificationKind, insert_notification
from storage.posts import OPEN, Post
from storage.quotes import QuotePolicy, QuoteStamp, find_stamp_for, insert_stamp


async def may_quote(session: Session, quoted: Post, *, by: Actor) -> bool:
    """Whether the author's policy lets this actor quote an open post without being asked."""
    if quoted.audience not in OPEN or by.is_hidden or await is_blocked(session, by.id, quoted.author_id):
        return False
    if by.id == quoted.author_id:
        return True
    if quoted.is_local_only and not by.is_local:
        return False
    match policy_of(quoted):
        case QuotePolicy.ANYONE:
            return True
        case QuotePolicy.FOLLOWERS:
            follow = await find_follow(session, follower_id=by.id, followed_id=quoted.author_id)
            return follow is not None and follow.state is FollowState.ACCEPTED
        case _:
            return False


async def consent(session: Session, hub: Hub, quoted: Post, *, quoting_uri: str, by: Actor) -> str | None:
    """The address of our author's consent to a quote, given now if the policy says so; None where there is none."""
    known = await find_stamp_for(session, quoted_post_id=quoted.id, quoting_uri=quoting_uri)
    if known is not None:
        return hub.uris.quote_stamp(str(known.id)) if known.revoked_at is None else None
    if not await may_quote(session, quoted, by=by):
        return None
    stamp = QuoteStamp(
        id=hub.ids.next(),
        quoted_post_id=quoted.id,
        quoting_uri=quoting_uri,
        quoting_actor_uri=by.uri,
        created_at=hub.clock.now(),
    )
    if await insert_stamp(session, stamp):
        return hub.uris.quote_stamp(str(stamp.id))
    return await consent(session, hub, quoted, quoting_uri=quoting_uri, by=by)  # another process was faster


async def tell_quoted(session: Session, hub: Hub, *, quoted: Post, quoting: Post) -> None:
    """The author of a post of ours hears that it was quoted."""
    await insert_notification(
        session,
        id=hub.ids.next(),
        recipient_id=quoted.author_id,
        kind=NotificationKind.QUOTE,
        actor_id=quoting.author_id,
        post_id=quoting.id,
        now=hub.clock.now(),
    )
