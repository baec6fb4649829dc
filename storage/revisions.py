"""What a post said before it was edited."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.columns import BigId, Instant, Json, big_id_key
from storage.posts import Post
from storage.statements import insert_row

MOST_REVISIONS = 100
"""Of a post that is edited without end, the versions before its last hundred are forgotten."""


class PostRevision(SQLModel, table=True):
    """One earlier version of a post, and when it was said."""

    __tablename__ = "post_revisions"
    __table_args__ = (Index("ix_post_revisions_post_id_id", "post_id", "id"),)

    id: int = big_id_key()
    post_id: int = Field(sa_type=BigId, foreign_key="posts.id", ondelete="CASCADE")
    title: str | None = None
    content_html: str = ""
    source_text: str | None = None
    content_warning: str = ""
    sensitive: bool = False
    attachments: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    emojis: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    poll_options: list[str] | None = Field(default=None, sa_type=Json)
    said_at: datetime = Field(sa_type=Instant)


async def keep_revision(
    session: AsyncSession, post: Post, *, id: int, poll_options: Sequence[str] | None = None
) -> None:
    """Remember what a post says now, before it is changed; `poll_options` are what it lets people choose from."""
    revision = PostRevision(
        id=id,
        post_id=post.id,
        title=post.title,
        content_html=post.content_html,
        source_text=post.source_text,
        content_warning=post.content_warning,
        sensitive=post.sensitive,
        attachments=post.attachments,
        emojis=post.emojis,
        poll_options=list(poll_options) if poll_options is not None else None,
        said_at=post.edited_at or post.published_at,
    )
    await insert_row(session, revision)
    await _forget_oldest(session, post.id)


async def list_revisions(session: AsyncSession, post_id: int) -> list[PostRevision]:
    """The earlier versions of a post, oldest first; none of a post that was never edited."""
    wanted = select(PostRevision).where(col(PostRevision.post_id) == post_id)
    return list(await session.scalars(wanted.order_by(col(PostRevision.id))))


async def _forget_oldest(session: AsyncSession, post_id: int) -> None:
    own = select(col(PostRevision.id)).where(col(PostRevision.post_id) == post_id)
    too_old = own.order_by(col(PostRevision.id).desc()).offset(MOST_REVISIONS).limit(MOST_REVISIONS).subquery()
    gone = delete(PostRevision).where(col(PostRevision.id).in_(too_old.select()))
    await session.execute(gone, execution_options={"synchronize_session": False})
