"""Consent to be listed in somebody's collection of accounts (FEP-7aa9)."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.columns import BigId, Instant, big_id_key


class FeatureStamp(SQLModel, table=True):
    """One of our actors agreed to stand in one collection; served under its id until it is revoked."""

    __tablename__ = "feature_stamps"
    __table_args__ = (UniqueConstraint("actor_id", "collection_uri"),)

    id: int = big_id_key()
    actor_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE")
    collection_uri: str
    requester_uri: str
    request_uri: str | None = None
    created_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
