"""Local or topical communities: groups that pass on a few good openings.

A post becomes an opening when it is submitted (by mentioning the chapter); what a moderator approves is passed on to
all who follow the chapter.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.columns import BigId, Instant, Word, big_id_key


class ChapterRole(StrEnum):
    """A moderator decides about openings and people; an owner also chooses the moderators and edits the chapter."""

    OWNER = "owner"
    MODERATOR = "moderator"


class OpeningState(StrEnum):
    """What became of a post that was submitted."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    DECLINED = "declined"
    REMOVED = "removed"


class Chapter(SQLModel, table=True):
    """What the actor row of a chapter does not say."""

    __tablename__ = "chapters"

    actor_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="actors.id", ondelete="CASCADE")
    place: str = ""
    rules: str = ""
    trusts_members: bool = False
    """Whether openings by members of this hub pass without a moderator."""
    founder_id: int | None = Field(default=None, sa_type=BigId, foreign_key="actors.id", ondelete="SET NULL")
    created_at: datetime = Field(sa_type=Instant)


class ChapterModerator(SQLModel, table=True):
    """One member's part in running one chapter."""

    __tablename__ = "chapter_moderators"
    __table_args__ = (UniqueConstraint("chapter_id", "member_id"),)

    id: int = big_id_key()
    chapter_id: int = Field(sa_type=BigId, foreign_key="chapters.actor_id", ondelete="CASCADE")
    member_id: int = Field(sa_type=BigId, foreign_key="members.actor_id", ondelete="CASCADE", index=True)
    role: ChapterRole = Field(sa_type=Word(ChapterRole))
    created_at: datetime = Field(sa_type=Instant)


class Opening(SQLModel, table=True):
    """A post in a chapter: `boost_id` is the boost by which the chapter passed it on."""

    __tablename__ = "openings"
    __table_args__ = (
        UniqueConstraint("chapter_id", "post_id"),
        Index("ix_openings_chapter_id_state_id", "chapter_id", "state", "id"),
    )

    id: int = big_id_key()
    chapter_id: int = Field(sa_type=BigId, foreign_key="chapters.actor_id", ondelete="CASCADE")
    post_id: int = Field(sa_type=BigId, foreign_key="posts.id", ondelete="CASCADE", index=True)
    state: OpeningState = Field(default=OpeningState.SUBMITTED, sa_type=Word(OpeningState))
    reason: str = ""
    decided_by_id: int | None = Field(default=None, sa_type=BigId, foreign_key="actors.id", ondelete="SET NULL")
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    boost_id: int | None = Field(default=None, sa_type=BigId)
    created_at: datetime = Field(sa_type=Instant)


class ChapterBan(SQLModel, table=True):
    """An actor may not take part in a chapter."""

    __tablename__ = "chapter_bans"

    chapter_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="chapters.actor_id", ondelete="CASCADE")
    actor_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="actors.id", ondelete="CASCADE", index=True)
    reason: str = ""
    banned_by_id: int | None = Field(default=None, sa_type=BigId, foreign_key="actors.id", ondelete="SET NULL")
    created_at: datetime = Field(sa_type=Instant)
