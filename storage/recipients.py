"""Which inboxes must hear of something: each address once, a shared inbox in place of all who share it.

Only remote actors that are still there, and not hidden here, have inboxes to deliver to (but for the news that an
account of ours has ended); our own people are told by rows, not by requests.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped
from sqlmodel import col

from storage.actors import Actor
from storage.blocks import blocked_between
from storage.deliveries import Delivery, OutgoingActivity
from storage.follows import Follow, FollowState
from storage.polls import PollVote
from storage.posts import Audience, Mention, Post
from storage.quotes import Quote
from storage.reactions import Boost, Like
from storage.standing import is_hidden

_INBOX = func.coalesce(Actor.shared_inbox_url, Actor.inbox_url)


async def inboxes_of_followers(session: AsyncSession, actor_id: int) -> list[str]:
    """The inboxes of everyone remote who follows this actor, and was accepted."""
    statement = _remote_inboxes().join(Follow, col(Follow.follower_id) == col(Actor.id))
    statement = statement.where(col(Follow.followed_id) == actor_id, col(Follow.state) == FollowState.ACCEPTED)
    return await _texts(session, statement)


async def inboxes_of(session: AsyncSession, actor_ids: Iterable[int], *, sender_id: int) -> list[str]:
    """The inboxes of these actors, as far as they are remote; who blocks the sender, or is blocked by them, is left
    out.
    """
    wanted = list(actor_ids)
    if not wanted:
        return []
    statement = _remote_inboxes().where(col(Actor.id).in_(wanted), ~blocked_between(sender_id, col(Actor.id)))
    return await _texts(session, statement)


async def inboxes_that_know(session: AsyncSession, actor_id: int) -> list[str]:
    """The inboxes of everyone remote who ever dealt with this actor: followers, whom it follows, and whoever was sent
    something of it that is still remembered.
    """
    partners = union(
        select(col(Follow.follower_id)).where(col(Follow.followed_id) == actor_id),
        select(col(Follow.followed_id)).where(col(Follow.follower_id) == actor_id),
    )
    told = (
        select(col(Delivery.inbox_url))
        .join(OutgoingActivity, col(OutgoingActivity.id) == col(Delivery.activity_id))
        .where(col(OutgoingActivity.actor_id) == actor_id)
    )
    was_told = or_(col(Actor.inbox_url).in_(told), col(Actor.shared_inbox_url).in_(told))
    dealt = col(Actor.id).in_(partners.subquery().select())
    return await _texts(session, _remote_inboxes().where(or_(dealt, was_told)))


async def inboxes_of_everybody(session: AsyncSession) -> list[str]:
    """The inboxes of all remote actors that are known, also of who is hidden here, for news that say nothing: one for
    each server that has a shared inbox.
    """
    everybody = select(_INBOX).distinct().where(col(Actor.host) != "", col(Actor.gone_at).is_(None))
    return await _texts(session, everybody)


async def inboxes_of_interactors(session: AsyncSession, post_id: int) -> list[str]:
    """The inboxes of everyone remote who liked, boosted, answered or quoted a post, voted in its poll, or is
    named in it.
    """
    interactors = union(
        select(col(Like.actor_id)).where(col(Like.post_id) == post_id),
        select(col(Boost.actor_id)).where(col(Boost.post_id) == post_id),
        select(col(PollVote.actor_id)).where(col(PollVote.post_id) == post_id),
        select(col(Post.author_id)).where(col(Post.in_reply_to_id) == post_id),
        select(col(Post.author_id)).join(Quote, col(Quote.post_id) == col(Post.id)).where(_quotes(post_id)),
        select(col(Mention.actor_id)).where(col(Mention.post_id) == post_id),
    )
    return await _texts(session, _remote_inboxes().where(col(Actor.id).in_(interactors.subquery().select())))


def _quotes(post_id: int) -> ColumnElement[bool]:
    return col(Quote.quoted_post_id) == post_id


async def inboxes_told_of(session: AsyncSession, post_id: int) -> list[str]:
    """The inboxes to which anything about a post was ever on its way."""
    statement = (
        select(col(Delivery.inbox_url))
        .distinct()
        .join(OutgoingActivity, col(OutgoingActivity.id) == col(Delivery.activity_id))
        .where(col(OutgoingActivity.post_id) == post_id)
    )
    return await _texts(session, statement)


def reads_at(inbox: Mapped[str], *, author_id: int) -> ColumnElement[bool]:
    """The condition that somebody remote may read a post (`Post`) by this author who has this inbox (a column), as
    their own or as one that they share: they are named in it or, where it is for followers, follow the author.
    """
    follow = and_(col(Follow.followed_id) == author_id, col(Follow.state) == FollowState.ACCEPTED)
    followers = select(col(Actor.id)).join(Follow, col(Follow.follower_id) == col(Actor.id)).where(follow, _is_there())
    theirs = (followers.with_only_columns(column) for column in (_INBOX, col(Actor.inbox_url)))
    follows = or_(*(inbox.in_(each) for each in theirs))
    is_named = exists().where(
        col(Mention.post_id) == col(Post.id),
        col(Actor.id) == col(Mention.actor_id),
        or_(col(Actor.inbox_url) == inbox, col(Actor.shared_inbox_url) == inbox),
        _is_there(),
        ~blocked_between(author_id, col(Actor.id)),
    )
    is_named = is_named.correlate_except(Mention, Actor)  # the inbox may be of a statement further out
    return or_(and_(col(Post.audience) != Audience.MENTIONED, follows), is_named)


def _remote_inboxes() -> Select[Any]:
    return select(_INBOX).distinct().where(_is_there())


def _is_there() -> ColumnElement[bool]:
    return and_(col(Actor.host) != "", col(Actor.gone_at).is_(None), ~is_hidden())


async def _texts(session: AsyncSession, statement: Select[Any]) -> list[str]:
    return [str(text) for text in (await session.execute(statement)).scalars() if text]
