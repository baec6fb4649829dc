"""When an actor elsewhere ends: everything of theirs goes, and every counter that it had raised comes down. The row
stays, marked as gone.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col

from storage.actors import Actor
from storage.blocks import Block
from storage.columns import Instant
from storage.follows import remove_follows_of
from storage.notifications import Notification
from storage.posts import OPEN, Mention, Post, Tombstone
from storage.reactions import Boost, Like
from storage.statements import change, insert_into
from storage.visibility import is_open


async def erase_remote_actor(session: AsyncSession, actor_id: int, *, now: datetime) -> None:
    """Delete what a remote actor said and did here; tombstones stand for what they said."""
    await remove_follows_of(session, actor_id)
    await _uncount_reactions(session, actor_id)
    await _uncount_replies(session, actor_id)
    for table in (Like, Boost, Mention, Notification):
        await _delete_all(session, table, table.actor_id == actor_id)
    await _bury_posts(session, actor_id, now=now)
    await _delete_all(session, Block, or_(col(Block.blocker_id) == actor_id, col(Block.blocked_id) == actor_id))
    await _delete_all(session, Post, col(Post.author_id) == actor_id)
    empty: dict[str, Any] = {
        "display_name": "",
        "bio_html": "",
        "fields": [],
        "avatar_url": None,
        "header_url": None,
        "posts_count": 0,
    }
    await change(session, update(Actor).where(col(Actor.id) == actor_id).values(gone_at=now, **empty))


async def _uncount_reactions(session: AsyncSession, actor_id: int) -> None:
    liked = select(col(Like.post_id)).where(col(Like.actor_id) == actor_id)
    await change(session, update(Post).where(col(Post.id).in_(liked)).values(likes_count=Post.likes_count - 1))
    boosted = select(col(Boost.post_id)).where(col(Boost.actor_id) == actor_id)
    await change(session, update(Post).where(col(Post.id).in_(boosted)).values(boosts_count=Post.boosts_count - 1))


async def _uncount_replies(session: AsyncSession, actor_id: int) -> None:
    reply = aliased(Post)
    theirs = (col(reply.author_id) == actor_id) & col(reply.audience).in_(OPEN)
    count = select(func.count()).where(col(reply.in_reply_to_id) == col(Post.id), theirs).scalar_subquery()
    answered = select(col(reply.in_reply_to_id)).where(theirs, col(reply.in_reply_to_id).is_not(None))
    await change(
        session, update(Post).where(col(Post.id).in_(answered)).values(replies_count=Post.replies_count - count)
    )


async def _bury_posts(session: AsyncSession, actor_id: int, *, now: datetime) -> None:
    """A tombstone for each post: what was deleted never comes back, not even if its author does."""
    theirs = (
        select(col(Post.uri), col(Actor.uri), is_open(), literal(now, Instant()))
        .join(Actor, col(Actor.id) == col(Post.author_id))
        .where(col(Post.author_id) == actor_id)
    )
    columns = ["uri", "actor_uri", "was_public", "deleted_at"]
    buried = insert_into(session, Tombstone).from_select(columns, theirs).on_conflict_do_nothing()
    await session.execute(buried)


async def _delete_all(session: AsyncSession, table: type[SQLModel], which: object) -> None:
    await session.execute(delete(table).where(which), execution_options={"synchronize_session": False})  # type: ignore[arg-type]
