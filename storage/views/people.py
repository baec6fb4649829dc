"""Lists of actors, paged by the row that put them on the list: a follow, a block, a like, a boost."""

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Mapped
from sqlmodel import col

from storage.actors import Actor
from storage.blocks import Block
from storage.database import Session
from storage.follows import Follow, FollowState
from storage.paging import Window, rows_within
from storage.reactions import Boost, Like
from storage.standing import is_hidden
from storage.visibility import boost_visible_to

People = list[tuple[int, Actor]]
"""The key of the row that lists them, and the actor; newest row first."""


_ACCEPTED = col(Follow.state) == FollowState.ACCEPTED
_REQUESTED = col(Follow.state) == FollowState.REQUESTED


async def list_followers(session: Session, actor_id: int, *, window: Window) -> People:
    """Who follows this actor."""
    theirs = col(Follow.followed_id) == actor_id
    return await _people(session, col(Follow.id), who=col(Follow.follower_id), where=theirs & _ACCEPTED, window=window)


async def list_following(session: Session, actor_id: int, *, window: Window) -> People:
    """Whom this actor follows."""
    theirs = col(Follow.follower_id) == actor_id
    return await _people(session, col(Follow.id), who=col(Follow.followed_id), where=theirs & _ACCEPTED, window=window)


async def list_follow_requests(session: Session, actor_id: int, *, window: Window) -> People:
    """Who has asked to follow this actor and waits for the answer."""
    theirs = col(Follow.followed_id) == actor_id
    return await _people(session, col(Follow.id), who=col(Follow.follower_id), where=theirs & _REQUESTED, window=window)


async def list_blocked(session: Session, actor_id: int, *, window: Window) -> People:
    """Whom this actor blocks."""
    theirs = col(Block.blocker_id) == actor_id
    return await _people(session, col(Block.id), who=col(Block.blocked_id), where=theirs, window=window)


async def list_likers(session: Session, post_id: int, *, window: Window) -> People:
    """Who likes this post."""
    of_post = col(Like.post_id) == post_id
    return await _people(session, col(Like.id), who=col(Like.actor_id), where=of_post, window=window)


async def list_boosters(session: Session, post_id: int, *, window: Window) -> People:
    """Who has passed this post on to everybody."""
    of_post = and_(col(Boost.post_id) == post_id, boost_visible_to(None))
    return await _people(session, col(Boost.id), who=col(Boost.actor_id), where=of_post, window=window)


async def _people(
    session: Session, key: Mapped[int], *, who: Mapped[int], where: ColumnElement[bool], window: Window
) -> People:
    """Those whom the column `who` names, in the rows that are meant; without those who are gone or hidden."""
    there = (col(Actor.gone_at).is_(None), ~is_hidden())
    wanted = select(key, Actor).join(Actor, col(Actor.id) == who).where(where, *there)
    return [(row_key, actor) for row_key, actor in await rows_within(session, wanted, key, window=window)]
