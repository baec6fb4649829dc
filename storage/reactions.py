"""Likes and boosts."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.actors import Actor
from storage.columns import BigId, Instant, Word, big_id_key
from storage.notifications import NotificationKind, withdraw_notification
from storage.posts import Audience, add_to_post_counts
from storage.prepared import Change, Query
from storage.rows import table_of
from storage.statements import insert_new, insert_under_free_key


class Like(SQLModel, table=True):
    """An actor likes a post; `uri` is the activity that said so (a peer may leave it out)."""

    __tablename__ = "likes"
    __table_args__ = (UniqueConstraint("actor_id", "post_id"), Index("ix_likes_post_id_id", "post_id", "id"))

    id: int = big_id_key()
    uri: str | None = Field(default=None, index=True)
    actor_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE")
    post_id: int = Field(sa_type=BigId, foreign_key="posts.id", ondelete="CASCADE")
    created_at: datetime = Field(sa_type=Instant)


class Boost(SQLModel, table=True):
    """An actor passes a post on; shown in timelines under its own id."""

    __tablename__ = "boosts"
    __table_args__ = (
        UniqueConstraint("actor_id", "post_id"),
        Index("ix_boosts_post_id_id", "post_id", "id"),
        Index("ix_boosts_actor_id_id", "actor_id", "id"),
    )

    id: int = big_id_key()
    uri: str | None = Field(default=None, unique=True)
    actor_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE")
    post_id: int = Field(sa_type=BigId, foreign_key="posts.id", ondelete="CASCADE")
    audience: Audience = Field(default=Audience.PUBLIC, sa_type=Word(Audience))
    published_at: datetime = Field(sa_type=Instant)


_IS_LIKE = (col(Like.actor_id) == bindparam("liker"), col(Like.post_id) == bindparam("liked"))
_RENAME_LIKE = Change(update(table_of(Like)).where(*_IS_LIKE).values(uri=bindparam("new_uri")))
_BOOST_BY_URI = Query.rows(Boost, col(Boost.uri) == bindparam("uri"))


async def insert_like(session: AsyncSession, like: Like) -> bool:
    """Store a like and count it; False if this actor likes the post already."""
    new = await insert_new(session, like)
    if new:
        await add_to_post_counts(session, like.post_id, likes_count=1)
    return new


async def rename_like(session: AsyncSession, like: Like) -> None:
    """The like that is there already takes the uri of this one, which came again: the next Undo will name that."""
    if like.uri is not None:
        await _RENAME_LIKE.run(session, liker=like.actor_id, liked=like.post_id, new_uri=like.uri)


async def delete_like(session: AsyncSession, *, actor_id: int, post_id: int) -> Like | None:
    """Take a like back; answers the row that was there."""
    gone = delete(Like).where(col(Like.actor_id) == actor_id, col(Like.post_id) == post_id).returning(Like)
    like: Like | None = await session.scalar(gone)
    if like is not None:
        await add_to_post_counts(session, post_id, likes_count=-1)
        await withdraw_notification(session, NotificationKind.LIKE, actor_id=actor_id, post_id=post_id)
    return like


async def find_like(session: AsyncSession, *, actor_id: int, post_id: int) -> Like | None:
    """The like of an actor for a post."""
    like: Like | None = await session.scalar(
        select(Like).where(col(Like.actor_id) == actor_id, col(Like.post_id) == post_id)
    )
    return like


async def find_like_by_uri(session: AsyncSession, uri: str, *, actor_id: int) -> Like | None:
    """The like that this activity of this actor gave; others can use its id as well."""
    wanted = select(Like).where(col(Like.uri) == uri, col(Like.actor_id) == actor_id).limit(1)
    like: Like | None = await session.scalar(wanted)
    return like


_IS_BOOST = (col(Boost.actor_id) == bindparam("booster"), col(Boost.post_id) == bindparam("boosted"))
_RENAME_BOOST = Change(update(table_of(Boost)).where(*_IS_BOOST).values(uri=bindparam("new_uri")))


async def insert_boost(session: AsyncSession, boost: Boost) -> bool:
    """Store a boost and count it; False if this actor has boosted the post already.

    A uri that another boost has is left out: or somebody could take the id of a neighbour's boost before it comes.
    """
    if await _is_taken(session, boost):
        boost.uri = None
    new = await insert_under_free_key(session, boost, is_there=lambda: _is_boosted(session, boost))
    if new:
        await add_to_post_counts(session, boost.post_id, boosts_count=1)
    return new


async def _is_boosted(session: AsyncSession, boost: Boost) -> bool:
    return await find_boost(session, actor_id=boost.actor_id, post_id=boost.post_id) is not None


async def rename_boost(session: AsyncSession, boost: Boost) -> None:
    """The boost that is there already takes the uri of this one, which came again: the next Undo will name that."""
    if boost.uri is not None and not await _is_taken(session, boost):
        await _RENAME_BOOST.run(session, booster=boost.actor_id, boosted=boost.post_id, new_uri=boost.uri)


async def _is_taken(session: AsyncSession, boost: Boost) -> bool:
    """Whether another boost has its uri."""
    known = await find_boost_by_uri(session, boost.uri) if boost.uri is not None else None
    return known is not None and (known.actor_id, known.post_id) != (boost.actor_id, boost.post_id)


async def delete_boost(session: AsyncSession, *, actor_id: int, post_id: int) -> Boost | None:
    """Take a boost back, also from the home timelines; answers the row that was there."""
    gone = delete(Boost).where(col(Boost.actor_id) == actor_id, col(Boost.post_id) == post_id).returning(Boost)
    boost: Boost | None = await session.scalar(gone)
    if boost is not None:
        await add_to_post_counts(session, post_id, boosts_count=-1)
        await withdraw_notification(session, NotificationKind.BOOST, actor_id=actor_id, post_id=post_id)
    return boost


async def find_boost(session: AsyncSession, *, actor_id: int, post_id: int) -> Boost | None:
    """The boost of a post by an actor."""
    boost: Boost | None = await session.scalar(
        select(Boost).where(col(Boost.actor_id) == actor_id, col(Boost.post_id) == post_id)
    )
    return boost


async def find_boost_by_id(session: AsyncSession, id: int) -> Boost | None:
    """The boost with this key."""
    return await session.get(Boost, id)


async def find_boost_by_uri(session: AsyncSession, uri: str) -> Boost | None:
    """The boost that this activity made."""
    return await _BOOST_BY_URI.first(session, uri=uri)


async def local_boosters(session: AsyncSession, post_id: int, *, limit: int = 50) -> list[int]:
    """Our own actors who have boosted a post: they want to know when it changes."""
    wanted = select(col(Boost.actor_id)).join(Actor, col(Actor.id) == col(Boost.actor_id)).where(col(Actor.host) == "")
    return list(await session.scalars(wanted.where(col(Boost.post_id) == post_id).limit(limit)))
