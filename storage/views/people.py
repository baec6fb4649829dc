"""Lists of actors, paged by the row that put them on the list: a follow, a block, a like, a boost."""

from sqlalchemy import select
from sqlmodel import col

from storage.actors import Actor
from storage.blocks import Block
from storage.database import Session
from storage.follows import Follow, FollowState
from storage.paging import Key, Rows, Window, rows_within
from storage.reactions import Boost, Like

People = list[tuple[int, Actor]]
"""The key of the row that lists them, and the actor; newest row first."""


async def list_followers(session: Session, actor_id: int, *, window: Window) -> People:
    """Who follows this actor."""
    key, accepted = col(Follow.id), col(Follow.state) == FollowState.ACCEPTED
    wanted = (
        _listed(key)
        .join(Follow, col(Follow.follower_id) == col(Actor.id))
        .where(col(Follow.followed_id) == actor_id, accepted)
    )
    return await _people(session, wanted, key, window=window)


async def list_following(session: Session, actor_id: int, *, window: Window) -> People:
    """Whom this actor follows."""
    key, accepted = col(Follow.id), col(Follow.state) == FollowState.ACCEPTED
    wanted = (
        _listed(key)
        .join(Follow, col(Follow.followed_id) == col(Actor.id))
        .where(col(Follow.follower_id) == actor_id, accepted)
    )
    return await _people(session, wanted, key, window=window)


async def list_follow_requests(session: Session, actor_id: int, *, window: Window) -> People:
    """Who has asked to follow this actor and waits for the answer."""
    key, waiting = col(Follow.id), col(Follow.state) == FollowState.REQUESTED
    wanted = (
        _listed(key)
        .join(Follow, col(Follow.follower_id) == col(Actor.id))
        .where(col(Follow.followed_id) == actor_id, waiting)
    )
    return await _people(session, wanted, key, window=window)


async def list_blocked(session: Session, actor_id: int, *, window: Window) -> People:
    """Whom this actor blocks."""
    key = col(Block.id)
    wanted = _listed(key).join(Block, col(Block.blocked_id) == col(Actor.id)).where(col(Block.blocker_id) == actor_id)
    return await _people(session, wanted, key, window=window)


async def list_likers(session: Session, post_id: int, *, window: Window) -> People:
    """Who likes this post."""
    key = col(Like.id)
    wanted = _listed(key).join(Like, col(Like.actor_id) == col(Actor.id)).where(col(Like.post_id) == post_id)
    return await _people(session, wanted, key, window=window)


async def list_boosters(session: Session, post_id: int, *, window: Window) -> People:
    """Who has passed this post on."""
    key = col(Boost.id)
    wanted = _listed(key).join(Boost, col(Boost.actor_id) == col(Actor.id)).where(col(Boost.post_id) == post_id)
    return await _people(session, wanted, key, window=window)


def _listed(key: Key) -> Rows:
    return select(key, Actor).select_from(Actor).where(col(Actor.gone_at).is_(None))


async def _people(session: Session, wanted: Rows, key: Key, *, window: Window) -> People:
    return [(row_key, actor) for row_key, actor in await rows_within(session, wanted, key, window=window)]
