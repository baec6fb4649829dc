"""Which inboxes must hear of something: each address once, a shared inbox in place of all who share it.

Only remote actors that are still there have inboxes to deliver to; our own people are told by rows, not by requests.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, func, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.actors import Actor
from storage.deliveries import Delivery, OutgoingActivity
from storage.follows import Follow, FollowState
from storage.posts import Mention, Post
from storage.reactions import Boost, Like

_INBOX = func.coalesce(Actor.shared_inbox_url, Actor.inbox_url)


async def inboxes_of_followers(session: AsyncSession, actor_id: int) -> list[str]:
    """The inboxes of everyone remote who follows this actor, and was accepted."""
    statement = _remote_inboxes().join(Follow, col(Follow.follower_id) == col(Actor.id))
    statement = statement.where(col(Follow.followed_id) == actor_id, col(Follow.state) == FollowState.ACCEPTED)
    return await _texts(session, statement)


async def inboxes_of(session: AsyncSession, actor_ids: Iterable[int]) -> list[str]:
    """The inboxes of these actors, as far as they are remote."""
    wanted = list(actor_ids)
    if not wanted:
        return []
    return await _texts(session, _remote_inboxes().where(col(Actor.id).in_(wanted)))


async def inboxes_of_interactors(session: AsyncSession, post_id: int) -> list[str]:
    """The inboxes of everyone remote who liked, boosted or answered a post, or is named in it."""
    interactors = union(
        select(col(Like.actor_id)).where(col(Like.post_id) == post_id),
        select(col(Boost.actor_id)).where(col(Boost.post_id) == post_id),
        select(col(Post.author_id)).where(col(Post.in_reply_to_id) == post_id),
        select(col(Mention.actor_id)).where(col(Mention.post_id) == post_id),
    )
    return await _texts(session, _remote_inboxes().where(col(Actor.id).in_(interactors.subquery().select())))


async def inboxes_told_of(session: AsyncSession, post_id: int) -> list[str]:
    """The inboxes to which anything about a post was ever on its way."""
    statement = (
        select(col(Delivery.inbox_url))
        .distinct()
        .join(OutgoingActivity, col(OutgoingActivity.id) == col(Delivery.activity_id))
        .where(col(OutgoingActivity.post_id) == post_id)
    )
    return await _texts(session, statement)


def _remote_inboxes() -> Select[Any]:
    return select(_INBOX).distinct().where(col(Actor.host) != "", col(Actor.gone_at).is_(None))


async def _texts(session: AsyncSession, statement: Select[Any]) -> list[str]:
    return [str(text) for text in (await session.execute(statement)).scalars() if text]
