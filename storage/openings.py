"""Openings: posts in a chapter. A post is submitted by mentioning the chapter; what a moderator approves is passed on
to all who follow the chapter, by a boost, and its conversation is the chapter's from then on.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Select, UniqueConstraint, bindparam, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col

from storage.actors import Actor, ActorKind
from storage.chapters import ChapterBan
from storage.columns import BigId, Instant, Word, big_id_key
from storage.deliveries import OutgoingActivity
from storage.posts import Post
from storage.prepared import Query
from storage.rows import table_of
from storage.standing import is_hidden, is_limited
from storage.statements import Values, change, insert_new
from storage.visibility import is_open

DEEPEST = 100
"""So many answers above each other are followed; Lemmy holds 50."""


class OpeningState(StrEnum):
    """What became of a post that was submitted."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    DECLINED = "declined"
    REMOVED = "removed"


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


async def insert_opening(session: AsyncSession, opening: Opening) -> bool:
    """Submit a post; False if it is in the chapter already, whatever became of it."""
    return await insert_new(session, opening)


async def find_opening(session: AsyncSession, id: int) -> Opening | None:
    """The opening with this key."""
    opening: Opening | None = await session.scalar(
        select(Opening).where(col(Opening.id) == id).execution_options(populate_existing=True)
    )
    return opening


async def find_opening_of(session: AsyncSession, *, chapter_id: int, post_id: int) -> Opening | None:
    """What became of a post in a chapter."""
    wanted = select(Opening).where(col(Opening.chapter_id) == chapter_id, col(Opening.post_id) == post_id)
    opening: Opening | None = await session.scalar(wanted.execution_options(populate_existing=True))
    return opening


async def update_opening(session: AsyncSession, id: int, values: Values, *, was: Collection[OpeningState]) -> bool:
    """Decide about an opening that is in one of these states; False if somebody else has decided meanwhile."""
    which = update(Opening).where(col(Opening.id) == id, col(Opening.state).in_(was))
    return await change(session, which.values(dict(values))) == 1


async def decline_all_of(session: AsyncSession, values: Values, *, chapter_id: int, author_id: int) -> int:
    """Decide alike about everything of one author that waits in a chapter; how many that were."""
    theirs = select(col(Post.id)).where(col(Post.author_id) == author_id)
    waiting = update(Opening).where(
        col(Opening.chapter_id) == chapter_id,
        col(Opening.state) == OpeningState.SUBMITTED,
        col(Opening.post_id).in_(theirs),
    )
    return await change(session, waiting.values(dict(values)))


async def count_waiting_of(session: AsyncSession, *, chapter_id: int, author_id: int) -> int:
    """How many posts of one author wait for a moderator of a chapter."""
    waiting = (
        select(func.count())
        .select_from(Opening)
        .join(Post, col(Post.id) == col(Opening.post_id))
        .where(
            col(Opening.chapter_id) == chapter_id,
            col(Opening.state) == OpeningState.SUBMITTED,
            col(Post.author_id) == author_id,
        )
    )
    return await session.scalar(waiting) or 0


async def approved_openings_around(session: AsyncSession, post_uri: str) -> list[Opening]:
    """The approved openings that the post with this id on the wire answers, over at most DEEPEST others (it may be one
    itself). To stand in the same conversation is not enough: whoever knows its name can say so.
    """
    return await _AROUND.all(session, uri=post_uri)


async def is_about_opening(session: AsyncSession, post_uri: str) -> bool:
    """Whether the post with this id on the wire is an opening that is approved or waits, or answers one, over at most
    DEEPEST others.
    """
    return await _ABOUT.first(session, uri=post_uri) is not None


async def find_open_answers(
    session: AsyncSession, opening: Post, *, chapter_id: int, limit: int
) -> list[tuple[Post, Actor]]:
    """The first answers to an opening, and to those, for everybody, with their authors; without those of who may take
    no part in the chapter, or is hidden or limited on this hub.
    """
    banned = exists().where(col(ChapterBan.chapter_id) == chapter_id, col(ChapterBan.actor_id) == col(Post.author_id))
    wanted = (
        select(Post, Actor)
        .join(Actor, col(Actor.id) == col(Post.author_id))
        .where(col(Post.id).in_(_below(opening.id)), is_open())
        .where(col(Actor.gone_at).is_(None), ~is_hidden(), ~is_limited(), ~banned)
        .order_by(col(Post.id))
        .limit(limit)
    )
    return [(post, author) for post, author in await session.execute(wanted)]


async def find_passed_on_of(session: AsyncSession, author_id: int, *, limit: int) -> list[tuple[Actor, Post, Post]]:
    """What chapters have passed on of one author and still stand for, newest first: the chapter, the post, and the
    opening to whose conversation it belongs (perhaps itself).
    """
    root = aliased(Post)
    told = exists().where(
        col(OutgoingActivity.post_id) == col(Post.id), col(OutgoingActivity.actor_id) == col(Opening.chapter_id)
    )
    wanted = (
        select(Actor, Post, root)
        .join(root, col(root.conversation_id) == col(Post.conversation_id))
        .join(Opening, col(Opening.post_id) == col(root.id))
        .join(Actor, col(Actor.id) == col(Opening.chapter_id))
        .where(col(Post.author_id) == author_id, is_open(), col(root.in_reply_to_uri).is_(None))
        .where(col(Opening.state) == OpeningState.APPROVED, col(Actor.gone_at).is_(None), told)
        .order_by(col(Post.id).desc())
        .limit(limit)
    )
    return [(chapter, post, opening) for chapter, post, opening in await session.execute(wanted)]


def posts_above() -> Select[Any]:
    """The keys of the post with a certain id on the wire (`uri`), and of those that it answers, up to where a thread
    begins, over at most DEEPEST others.
    """
    own: Any = select(col(Post.id).label("id"), col(Post.in_reply_to_id).label("parent_id"), literal(0).label("height"))
    line = own.where(col(Post.uri) == bindparam("uri")).cte("line", recursive=True)
    parent = aliased(Post)
    step = select(col(parent.id), col(parent.in_reply_to_id), line.c.height + 1).join(
        line, col(parent.id) == line.c.parent_id
    )
    return select(line.union_all(step.where(line.c.height < DEEPEST)).c.id)


def _below(post_id: int) -> Select[Any]:
    """The keys of the posts that answer a post, and of those that answer them."""
    answers: Any = select(col(Post.id).label("id"), literal(1).label("depth"))
    tree = answers.where(col(Post.in_reply_to_id) == post_id).cte("tree", recursive=True)
    child = aliased(Post)
    step = select(col(child.id), tree.c.depth + 1).join(tree, col(child.in_reply_to_id) == tree.c.id)
    return select(tree.union_all(step.where(tree.c.depth < DEEPEST)).c.id)


_OPENINGS = table_of(Opening).c
_AROUND = Query.rows(Opening, _OPENINGS.state == OpeningState.APPROVED, _OPENINGS.post_id.in_(posts_above()))
_STANDS = or_(_OPENINGS.state == OpeningState.APPROVED, _OPENINGS.state == OpeningState.SUBMITTED)
_ABOUT = Query.values(select(_OPENINGS.id).where(_STANDS, _OPENINGS.post_id.in_(posts_above())).limit(1))


async def find_local_chapters(session: AsyncSession, ids: Collection[int]) -> list[Actor]:
    """Those of these actors that are chapters of ours and still here."""
    if not ids:
        return []
    wanted = select(Actor).where(
        col(Actor.id).in_(ids), col(Actor.kind) == ActorKind.CHAPTER, col(Actor.gone_at).is_(None)
    )
    return list(await session.scalars(wanted.order_by(col(Actor.id))))
