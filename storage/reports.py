"""What somebody told the operator about an actor, with copies of the posts it is about.

The copies stay when the posts are deleted: else whoever is reported could take away what they are reported for.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.actors import Actor
from storage.columns import BigId, Instant, Json, big_id_key
from storage.follows import Follow, FollowState
from storage.posts import Audience, Mention, Post
from storage.statements import change, insert_new
from storage.visibility import is_open


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


async def insert_report(session: AsyncSession, report: Report) -> bool:
    """Store a report; False if the same one is there already."""
    return await insert_new(session, report)


async def find_report(session: AsyncSession, id: int) -> Report | None:
    """The report with this key."""
    return await session.get(Report, id)


async def list_reports(session: AsyncSession, *, with_closed: bool, limit: int) -> list[tuple[Report, Actor]]:
    """Reports with whom they are about, the oldest open ones first; closed ones after them, the newest first."""
    pairs = select(Report, Actor).join(Actor, col(Actor.id) == col(Report.actor_id))
    is_open = col(Report.closed_at).is_(None)
    found = list(await session.execute(pairs.where(is_open).order_by(col(Report.id)).limit(limit)))
    if with_closed and len(found) < limit:
        closed = pairs.where(~is_open).order_by(col(Report.id).desc())
        found += list(await session.execute(closed.limit(limit - len(found))))
    return [(report, actor) for report, actor in found]


async def count_open_reports(session: AsyncSession, *, of_server: str | None = None) -> int:
    """How many reports wait for an operator: all, or those from one server (its origin: `https://peer.example`)."""
    waiting = select(func.count()).select_from(Report).where(col(Report.closed_at).is_(None))
    if of_server is not None:
        waiting = waiting.where(col(Report.reporter_uri).startswith(f"{of_server}/", autoescape=True))
    return await session.scalar(waiting) or 0


async def close_report(session: AsyncSession, id: int, *, by: str, outcome: str, now: datetime) -> bool:
    """Note that an operator has dealt with a report; False if there is no open one with this key."""
    waiting = update(Report).where(col(Report.id) == id, col(Report.closed_at).is_(None))
    return await change(session, waiting.values(closed_at=now, closed_by=by, outcome=outcome)) == 1


async def list_reportable(session: AsyncSession, uris: Iterable[str], *, of_server: str) -> list[Post]:
    """Those of these posts of ours that a server may know (`of_server` is its origin): open ones, and others that were
    for somebody there. It shall not learn from a report what it could not see.
    """
    there = col(Actor.uri).startswith(f"{of_server}/", autoescape=True)
    named = exists().where(col(Mention.post_id) == col(Post.id), col(Mention.actor_id) == col(Actor.id), there)
    accepted = col(Follow.state) == FollowState.ACCEPTED
    follower = exists().where(
        col(Follow.followed_id) == col(Post.author_id), col(Follow.follower_id) == col(Actor.id), accepted, there
    )
    known = or_(is_open(), named, and_(col(Post.audience) == Audience.FOLLOWERS, follower))
    wanted = select(Post).where(col(Post.uri).in_(list(uris)), col(Post.is_local), known)
    return list(await session.scalars(wanted.where(col(Post.is_local_only).is_(False)).order_by(col(Post.id))))


def copy_of(post: Post) -> dict[str, Any]:
    """A post as a report keeps it."""
    return {
        "uri": post.uri,
        "content_html": post.content_html,
        "content_warning": post.content_warning,
        "published_at": post.published_at.isoformat(),
    }
