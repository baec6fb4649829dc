"""What somebody told the operator about an actor, with copies of the posts it is about.

The copies stay when the posts are deleted: else whoever is reported could take away what they are reported for.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.columns import BigId, Instant, Json, big_id_key


class Report(SQLModel, table=True):
    """One report, open until an operator closes it. `reporter_uri` may be a whole server's actor."""

    __tablename__ = "reports"
    __table_args__ = (
        UniqueConstraint("reporter_uri", "uri"),
        Index("ix_reports_closed_at_id", "closed_at", "id"),
    )

    id: int = big_id_key()
    uri: str | None = None
    reporter_uri: str
    actor_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE", index=True)
    comment: str = ""
    posts: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    """[{"uri", "content_html", "content_warning", "published_at"}], as they were when the report came."""
    created_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_by: str = ""
    outcome: str = ""
