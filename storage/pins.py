"""Posts that their authors show first on their profile."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.columns import BigId, Instant


class Pin(SQLModel, table=True):
    """One pinned post of its author's."""

    __tablename__ = "pins"

    actor_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="actors.id", ondelete="CASCADE")
    post_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="posts.id", ondelete="CASCADE", index=True)
    created_at: datetime = Field(sa_type=Instant)
