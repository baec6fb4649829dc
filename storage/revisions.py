"""What a post said before it was edited."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.columns import BigId, Instant, Json, big_id_key


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
