"""Threads: every post belongs to one conversation, wherever its parts live."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col

from storage.columns import Instant, big_id_key
from storage.posts import OPEN, Audience, Post, add_to_post_counts
from storage.prepared import Query
from storage.statements import change, insert_row
from storage.visibility import readable_by


class Conversation(SQLModel, table=True):
    """One thread. `uri` is our own collection for threads that began here, the peer's name for it otherwise (or
    None).
    """

    __tablename__ = "conversations"

    id: int = big_id_key()
    uri: str | None = Field(default=None, unique=True)
    created_at: datetime = Field(sa_type=Instant)
    checked_at: datetime | None = Field(default=None, sa_type=Instant)
    """When it was last looked for elsewhere; `check_after` says when that may be done again."""
    check_after: datetime | None = Field(default=None, sa_type=Instant)
    check_wanted_at: datetime | None = Field(default=None, sa_type=Instant, index=True)
    """When it shall be looked for (again); None while nobody asks. See `storage.conversation_checks`."""
    checks: int = 0
    """How often in a row nothing new was found."""
    missing: int | None = None
    """How many of its posts are known to exist, but could not be had; None while nobody has looked."""


_BY_ID = Query.rows(Conversation, col(Conversation.id) == bindparam("id"))
_BY_URI = Query.rows(Conversation, col(Conversation.uri) == bindparam("uri"))


async def insert_conversation(session: AsyncSession, conversation: Conversation) -> None:
    """Store a new thread."""
    await insert_row(session, conversation)


async def find_conversation(session: AsyncSession, id: int) -> Conversation | None:
    """The thread with this key."""
    return await _BY_ID.first(session, id=id)


async def get_conversation(session: AsyncSession, id: int) -> Conversation:
    """The thread with this key. Raises NotFound."""
    return await _BY_ID.get(session, "there is no such conversation", id=id)


async def find_conversation_by_uri(session: AsyncSession, uri: str) -> Conversation | None:
    """The thread that bears this name."""
    return await _BY_URI.first(session, uri=uri)


async def attach_orphans(session: AsyncSession, post: Post) -> list[int]:
    """Set the replies that came before this (stored) post under it, and take them into its conversation; answers their
    ids.

    Only those whose authors may see the post: whoever answers what they must not know attaches to nothing. Nor does
    an answer to what somebody else once said under its id, nor a post that this one answers itself, in whatever number
    of steps: no circle is closed.
    """
    orphans = await _ORPHANS.all(session, uri=post.uri)
    if orphans and post.in_reply_to_id is not None:
        above = await _ancestors(session, post.id)
        orphans = [orphan for orphan in orphans if orphan[0] not in above]
    if not orphans:
        return []
    ids = [id for id, _, _ in orphans]
    found = update(Post).where(col(Post.id).in_(ids))
    await change(session, found.values(in_reply_to_id=post.id, in_reply_to_author_id=post.author_id))
    await add_to_post_counts(session, post.id, replies_count=sum(audience in OPEN for _, _, audience in orphans))
    await _take_in(session, ids, into=post.conversation_id)
    await _close_empty(session, {conversation_id for _, conversation_id, _ in orphans}, heir_id=post.conversation_id)
    return ids


async def _ancestors(session: AsyncSession, post_id: int) -> set[int]:
    """The keys of all posts above a post, and its own."""
    own: Any = select(col(Post.id).label("id"), col(Post.in_reply_to_id).label("parent_id"))
    above = own.where(col(Post.id) == post_id).cte("above", recursive=True)
    parent = aliased(Post)
    parents = select(col(parent.id), col(parent.in_reply_to_id)).join(above, col(parent.id) == above.c.parent_id)
    above = above.union(parents)
    return set(await session.scalars(select(above.c.id)))


async def _take_in(session: AsyncSession, ids: list[int], *, into: int) -> None:
    """Move posts, with all that answers them, into a conversation; and nothing else.

    A stranger may have set an answer into any conversation that they could name: what others said there stays there.
    """
    branch = select(col(Post.id).label("id")).where(col(Post.id).in_(ids)).cte("branch", recursive=True)
    answer = aliased(Post)
    answers = select(col(answer.id)).join(branch, col(answer.in_reply_to_id) == branch.c.id)
    branch = branch.union(answers)  # no UNION ALL: it ends even where posts answer each other in a circle
    moved = update(Post).where(col(Post.id).in_(select(branch.c.id))).values(conversation_id=into)
    await change(session, moved)


async def _close_empty(session: AsyncSession, ids: set[int], *, heir_id: int) -> None:
    """Delete those conversations in which nothing is left; the heir takes a name of theirs if it had none itself."""
    has_posts = exists().where(col(Post.conversation_id) == col(Conversation.id))
    empty = col(Conversation.id).in_(ids - {heir_id}) & ~has_posts
    gone = delete(Conversation).where(empty).returning(col(Conversation.uri))
    found = await session.scalars(gone, execution_options={"synchronize_session": False})
    names = sorted(name for name in found if name is not None)
    if names:
        nameless = update(Conversation).where(col(Conversation.id) == heir_id, col(Conversation.uri).is_(None))
        await change(session, nameless.values(uri=names[0]))


_REPLY = aliased(Post)
_ANSWERED_ID = func.coalesce(col(_REPLY.in_reply_to_author_id), col(Post.author_id))
_ORPHANS: Query[tuple[int, int, Audience]] = Query(
    select(col(_REPLY.id), col(_REPLY.conversation_id), col(_REPLY.audience))
    .join(Post, col(Post.uri) == col(_REPLY.in_reply_to_uri))
    .where(col(_REPLY.in_reply_to_uri) == bindparam("uri"), col(_REPLY.in_reply_to_id).is_(None))
    .where(col(Post.author_id) == _ANSWERED_ID, readable_by(col(_REPLY.author_id))),
    tuple,
)
