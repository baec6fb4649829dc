"""Quotes with consent (FEP-044f): which post quotes which, and what the quoted author said to it.

A quote is shown as one only while its state is ACCEPTED. Our own answers are stamps: documents that anybody can fetch
as long as they are not revoked.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.columns import BigId, Instant, Word, big_id_key


class QuotePolicy(StrEnum):
    """Who may quote a post: everybody, the author's followers, whoever asks and is allowed, nobody."""

    ANYONE = "anyone"
    FOLLOWERS = "followers"
    ASK = "ask"
    NOBODY = "nobody"


class QuoteState(StrEnum):
    """What the quoted author said: nothing yet, yes, no, no longer."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REVOKED = "revoked"


class Quote(SQLModel, table=True):
    """A post quotes another, known here or not."""

    __tablename__ = "quotes"

    post_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="posts.id", ondelete="CASCADE")
    quoted_uri: str = Field(index=True)
    quoted_post_id: int | None = Field(
        default=None, sa_type=BigId, foreign_key="posts.id", ondelete="SET NULL", index=True
    )
    state: QuoteState = Field(default=QuoteState.PENDING, sa_type=Word(QuoteState))
    request_uri: str | None = Field(default=None, index=True)
    """The QuoteRequest that asked for consent."""
    approval_uri: str | None = Field(default=None, index=True)
    """The stamp (QuoteAuthorization) of the quoted author."""
    created_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)


class QuoteStamp(SQLModel, table=True):
    """One of our authors allowed that a post quotes theirs; served under its id until it is revoked."""

    __tablename__ = "quote_stamps"
    __table_args__ = (UniqueConstraint("quoted_post_id", "quoting_uri"),)

    id: int = big_id_key()
    quoted_post_id: int = Field(sa_type=BigId, foreign_key="posts.id", ondelete="CASCADE")
    quoting_uri: str
    quoting_actor_uri: str
    created_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
