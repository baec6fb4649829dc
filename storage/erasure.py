"""When an actor ends, here or elsewhere: everything of theirs goes, and every counter that it had raised comes down.

The row stays, marked as gone; of one of ours it keeps the handle, so that nobody is ever taken for them, and the keys,
which sign the news of the end.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col

from storage.access import AccessToken, AuthorizationCode
from storage.actors import Actor
from storage.blocks import Block
from storage.chapters import Chapter
from storage.columns import Instant
from storage.deliveries import drop_deliveries_of
from storage.features import FeatureStamp
from storage.forgetting import forget_words_of
from storage.home import HomeEntry
from storage.markers import Marker
from storage.media import let_go_of_media
from storage.members import Member
from storage.notifications import Notification
from storage.polls import remove_votes_of
from storage.posts import OPEN, Mention, Post, Tombstone
from storage.projects import Project
from storage.reactions import Boost, Like
from storage.statements import change, insert_into
from storage.unfollowing import remove_follows_of
from storage.visibility import is_open

_NAMED_IN: tuple[tuple[type[SQLModel], str], ...] = (
    (Post, "writer_id"),
    (Project, "founder_id"),
    (Chapter, "founder_id"),
)
"""Where what others have names an actor."""


async def erase_remote_actor(session: AsyncSession, actor_id: int, *, now: datetime) -> None:
    """Delete what a remote actor said and did here; tombstones stand for what they said."""
    await _erase(session, actor_id, now=now)


async def erase_local_actor(session: AsyncSession, actor_id: int, *, now: datetime) -> None:
    """Delete a member or project of ours with all that belongs to them, and give up what of theirs is still on its
    way. That they are still needed (as the only owner of something) is the caller's to rule out.
    """
    await drop_deliveries_of(session, actor_id, now=now)
    await _erase(session, actor_id, now=now)
    await let_go_of_media(session, actor_id, now=now)
    for model, name in _NAMED_IN:
        await change(session, update(model).where(getattr(model, name) == actor_id).values({name: None}))
    own = ((Notification, Notification.recipient_id), (HomeEntry, HomeEntry.owner_id), (Marker, Marker.actor_id))
    given = ((AccessToken, AccessToken.actor_id), (AuthorizationCode, AuthorizationCode.actor_id))
    more = ((FeatureStamp, FeatureStamp.actor_id), (Member, Member.actor_id))  # with sessions and roles
    groups = ((Project, Project.actor_id), (Chapter, Chapter.actor_id))  # with teams, openings and bans
    for table, whose in (*own, *given, *more, *groups):
        await _delete_all(session, table, whose == actor_id)


async def _erase(session: AsyncSession, actor_id: int, *, now: datetime) -> None:
    await forget_words_of(session, actor_id, now=now)
    await remove_follows_of(session, actor_id)
    await _uncount_reactions(session, actor_id)
    await _uncount_replies(session, actor_id)
    await remove_votes_of(session, actor_id)
    for table in (Like, Boost, Mention, Notification):
        await _delete_all(session, table, table.actor_id == actor_id)
    await _bury_posts(session, actor_id, now=now)
    await _delete_all(session, Block, or_(col(Block.blocker_id) == actor_id, col(Block.blocked_id) == actor_id))
    await _delete_all(session, Post, col(Post.author_id) == actor_id)
    empty: dict[str, Any] = {
        "display_name": "",
        "bio_html": "",
        "bio_source": None,
        "emojis": [],
        "also_known_as": [],
        "moved_to_uri": None,
        "fields": [],
        "avatar_url": None,
        "header_url": None,
        "avatar_description": "",
        "header_description": "",
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
    was_public = and_(is_open(), col(Post.is_local_only).is_(False))
    theirs = (
        select(col(Post.uri), col(Actor.uri), was_public, literal(now, Instant()))
        .join(Actor, col(Actor.id) == col(Post.author_id))
        .where(col(Post.author_id) == actor_id)
    )
    columns = ["uri", "actor_uri", "was_public", "deleted_at"]
    buried = insert_into(session, Tombstone).from_select(columns, theirs).on_conflict_do_nothing()
    await session.execute(buried)


async def _delete_all(session: AsyncSession, table: type[SQLModel], which: object) -> None:
    await session.execute(delete(table).where(which), execution_options={"synchronize_session": False})  # type: ignore[arg-type]
