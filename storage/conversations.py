"""Threads: every post belongs to one conversation, wherever its parts live."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col

from storage.columns import Instant, big_id_key
from storage.errors import NotFound
from storage.posts import OPEN, Audience, Post, add_to_post_counts
from storage.statements import change, insert_row
from storage.visibility import visible_to


class Conversation(SQLModel, table=True):
    """One thread. `uri` is our own collection for threads that began here, the peer's name for it otherwise (or
    None).
    """

    __tablename__ = "conversations"

    id: int = big_id_key()
    uri: str | None = Field(default=None, unique=True)
    created_at: datetime = Field(sa_type=Instant)


_BY_URI = select(Conversation).where(col(Conversation.uri) == bindparam("uri"))


async def insert_conversation(session: AsyncSession, conversation: Conversation) -> None:
    """Store a new thread."""
    await insert_row(session, conversation)


async def find_conversation(session: AsyncSession, id: int) -> Conversation | None:
    """The thread with this key."""
    return await session.get(Conversation, id)


async def get_conversation(session: AsyncSession, id: int) -> Conversation:
    """The thread with this key. Raises NotFound."""
    conversation = await session.get(Conversation, id)
    if conversation is None:
        raise NotFound("there is no such conversation")
    return conversation


async def find_conversation_by_uri(session: AsyncSession, uri: str) -> Conversation | None:
    """The thread that bears this name."""
    conversation: Conversation | None = await session.scalar(_BY_URI, {"uri": uri})
    return conversation


async def merge_conversations(session: AsyncSession, id: int, *, into: int) -> None:
    """Move all posts of a thread into another, which inherits the thread's name if it had none itself."""
    await change(session, update(Post).where(col(Post.conversation_id) == id).values(conversation_id=into))
    gone = delete(Conversation).where(col(Conversation.id) == id).returning(col(Conversation.uri))
    name = await session.scalar(gone, execution_options={"synchronize_session": False})
    if name is not None:
        nameless = update(Conversation).where(col(Conversation.id) == into, col(Conversation.uri).is_(None))
        await change(session, nameless.values(uri=name))


async def attach_orphans(session: AsyncSession, post: Post) -> list[int]:
    """Set the replies that came before this (stored) post under it, and take them into its conversation; answers their
    ids.

    Only those whose authors may see the post: whoever answers what they must not know attaches to nothing.
    """
    orphans = await _orphans_of(session, post.uri)
    if not orphans:
        return []
    ids = [orphan.id for orphan in orphans]
    found = update(Post).where(col(Post.id).in_(ids))
    await change(session, found.values(in_reply_to_id=post.id, in_reply_to_author_id=post.author_id))
    await add_to_post_counts(session, post.id, replies_count=sum(orphan.audience in OPEN for orphan in orphans))
    for conversation_id in {orphan.conversation_id for orphan in orphans} - {post.conversation_id}:
        await merge_conversations(session, conversation_id, into=post.conversation_id)
    return ids


async def _orphans_of(session: AsyncSession, uri: str) -> Sequence[Row[int, int, Audience]]:
    return (await session.execute(_ORPHANS, {"uri": uri})).all()


_REPLY = aliased(Post)
_ORPHANS = (
    select(col(_REPLY.id), col(_REPLY.conversation_id), col(_REPLY.audience))
    .join(Post, col(Post.uri) == col(_REPLY.in_reply_to_uri))
    .where(col(_REPLY.in_reply_to_uri) == bindparam("uri"), col(_REPLY.in_reply_to_id).is_(None))
    .where(visible_to(col(_REPLY.author_id)))
)
