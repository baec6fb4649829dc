"""Posts that their authors show first on their profile."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.columns import BigId, Instant
from storage.posts import Post
from storage.prepared import Query
from storage.rows import row_reader, table_of
from storage.statements import changed, insert_all, insert_new
from storage.visibility import open_to_world


class Pin(SQLModel, table=True):
    """One pinned post of its author's."""

    __tablename__ = "pins"

    actor_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="actors.id", ondelete="CASCADE")
    post_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="posts.id", ondelete="CASCADE", index=True)
    created_at: datetime = Field(sa_type=Instant)


async def insert_pin(session: AsyncSession, pin: Pin) -> bool:
    """Pin a post; False if it is pinned already."""
    return await insert_new(session, pin)


async def delete_pin(session: AsyncSession, *, actor_id: int, post_id: int) -> bool:
    """Take a pin away; False if there was none."""
    gone = delete(Pin).where(col(Pin.actor_id) == actor_id, col(Pin.post_id) == post_id)
    return changed(await session.execute(gone, execution_options={"synchronize_session": False})) == 1


async def count_pins(session: AsyncSession, actor_id: int) -> int:
    """How many posts an actor has pinned."""
    return await session.scalar(select(func.count()).where(col(Pin.actor_id) == actor_id)) or 0


async def list_pinned(session: AsyncSession, actor_id: int, *, only_open: bool = False) -> list[Post]:
    """The pinned posts of an actor, what was pinned last first; with `only_open` those that all the world may read."""
    return await (_OPEN_PINNED if only_open else _PINNED).all(session, actor_id=actor_id)


async def replace_pins(session: AsyncSession, actor_id: int, post_ids: Sequence[int], *, now: datetime) -> None:
    """These are the pinned posts of an actor, and no others."""
    gone = delete(Pin).where(col(Pin.actor_id) == actor_id, col(Pin.post_id).not_in(post_ids))
    await session.execute(gone, execution_options={"synchronize_session": False})
    rows = [{"actor_id": actor_id, "post_id": post_id, "created_at": now} for post_id in post_ids]
    await insert_all(session, Pin, rows)


_THEIRS = (
    select(*table_of(Post).columns)
    .join(Pin, col(Pin.post_id) == col(Post.id))
    .where(col(Pin.actor_id) == bindparam("actor_id"))
    .order_by(col(Pin.created_at).desc(), col(Post.id).desc())
)
_PINNED: Query[Post] = Query(_THEIRS, row_reader(Post))
_OPEN_PINNED: Query[Post] = Query(_THEIRS.where(open_to_world()), row_reader(Post))
