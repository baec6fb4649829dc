"""Questions with answers to choose from: a poll belongs to its post, and so do the votes.

Of a local poll every vote is a row, and the counters move with it. Of a remote poll only our members' votes are rows;
the counters are what its server says.
"""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storage.columns import BigId, Instant, big_id_key


class Poll(SQLModel, table=True):
    """The poll of a post."""

    __tablename__ = "polls"
    __table_args__ = (Index("ix_polls_told_at_ends_at", "told_at", "ends_at"),)

    post_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="posts.id", ondelete="CASCADE")
    is_multiple: bool = False
    ends_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    """When its server closed it, perhaps before `ends_at`."""
    voters_count: int | None = None
    told_at: datetime | None = Field(default=None, sa_type=Instant)
    """When its end was told to those who took part."""
    checked_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the results of a remote poll were last asked for."""


class PollOption(SQLModel, table=True):
    """One answer; positions count from 0."""

    __tablename__ = "poll_options"

    post_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="polls.post_id", ondelete="CASCADE")
    position: int = Field(primary_key=True)
    title: str
    votes_count: int | None = None


class PollVote(SQLModel, table=True):
    """One actor chose one answer."""

    __tablename__ = "poll_votes"
    __table_args__ = (Index("uq_poll_votes_post_id_actor_id_position", "post_id", "actor_id", "position", unique=True),)

    id: int = big_id_key()
    post_id: int = Field(sa_type=BigId, foreign_key="polls.post_id", ondelete="CASCADE")
    actor_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE", index=True)
    position: int
    uri: str | None = None
    created_at: datetime = Field(sa_type=Instant)
