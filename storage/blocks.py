"""Who blocks whom: neither sees the other's posts (`storage.visibility`), follows the other, or is told of what the
other does.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import UniqueConstraint, and_, bindparam, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Field, SQLModel, col

from storage.columns import BigId, Instant, big_id_key
from storage.prepared import Query
from storage.statements import change, changed, insert_new


class Block(SQLModel, table=True):
    """One actor wants nothing to do with another."""

    __tablename__ = "blocks"
    __table_args__ = (UniqueConstraint("blocker_id", "blocked_id"),)

    id: int = big_id_key()
    uri: str | None = Field(default=None, index=True)
    blocker_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE")
    blocked_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE", index=True)
    created_at: datetime = Field(sa_type=Instant)


async def insert_block(session: AsyncSession, block: Block) -> bool:
    """Store a block; False if it was there. The follows between the two are the caller's business."""
    return await insert_new(session, block)


async def rename_block(session: AsyncSession, block: Block) -> None:
    """The block that is there already takes the uri of this one, which came again: the next Undo will name that."""
    here = (col(Block.blocker_id) == block.blocker_id, col(Block.blocked_id) == block.blocked_id)
    if block.uri is not None:
        await change(session, update(Block).where(*here).values(uri=block.uri))


async def delete_block(session: AsyncSession, *, blocker_id: int, blocked_id: int) -> bool:
    """End a block; False if there was none."""
    gone = delete(Block).where(col(Block.blocker_id) == blocker_id, col(Block.blocked_id) == blocked_id)
    return changed(await session.execute(gone)) == 1


async def find_block(session: AsyncSession, *, blocker_id: int, blocked_id: int) -> Block | None:
    """The block of one actor against another."""
    wanted = select(Block).where(col(Block.blocker_id) == blocker_id, col(Block.blocked_id) == blocked_id)
    block: Block | None = await session.scalar(wanted)
    return block


async def find_block_by_uri(session: AsyncSession, uri: str, *, blocker_id: int) -> Block | None:
    """The block that this activity of this actor asked for; others can use its id as well."""
    wanted = select(Block).where(col(Block.uri) == uri, col(Block.blocker_id) == blocker_id).limit(1)
    block: Block | None = await session.scalar(wanted)
    return block


async def is_blocked(session: AsyncSession, one: int, other: int) -> bool:
    """Whether one of two actors blocks the other."""
    return bool(await _BLOCKED.first(session, one=one, other=other))


async def blocked_among(session: AsyncSession, viewer_id: int, actor_ids: Collection[int]) -> set[int]:
    """Those of these actors who block the viewer, or whom the viewer blocks."""
    there = and_(col(Block.blocker_id) == viewer_id, col(Block.blocked_id).in_(actor_ids))
    back = and_(col(Block.blocked_id) == viewer_id, col(Block.blocker_id).in_(actor_ids))
    rows = await session.execute(select(col(Block.blocker_id), col(Block.blocked_id)).where(or_(there, back)))
    return {one if other == viewer_id else other for one, other in rows}


Party = int | ColumnElement[int] | Mapped[int]


def blocked_between(one: Party, other: Party) -> ColumnElement[bool]:
    """The condition that one of two actors (ids, or columns with ids) blocks the other."""
    return exists().where(
        or_(
            and_(col(Block.blocker_id) == one, col(Block.blocked_id) == other),
            and_(col(Block.blocker_id) == other, col(Block.blocked_id) == one),
        )
    )


_BLOCKED = Query.values(select(blocked_between(bindparam("one", type_=BigId), bindparam("other", type_=BigId))))
