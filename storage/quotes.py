"""Quotes with consent (FEP-044f): which post quotes which, and what the quoted author said to it.

A quote is shown as one only while its state is ACCEPTED. Our own answers are stamps: documents that anybody can fetch
as long as they are not revoked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BindParameter, UniqueConstraint, bindparam, case, delete, exists, null, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.columns import BigId, Instant, Word, big_id_key
from storage.posts import Post
from storage.prepared import Change, Query
from storage.rows import table_of, values_of
from storage.statements import insert_new, is_sqlite, upsert_into


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


@dataclass(frozen=True, slots=True)
class QuoteLink:
    """A quote as the document of the post that quotes names it; `url` is the quoted post's page, where it is known."""

    uri: str
    url: str | None
    state: QuoteState
    approval_uri: str | None

    @property
    def stands(self) -> bool:
        """Whether it is said at all: what was refused or taken back is not."""
        return self.state in (QuoteState.PENDING, QuoteState.ACCEPTED)


async def find_quote(session: AsyncSession, post_id: int) -> Quote | None:
    """What a post quotes."""
    return await _BY_POST.first(session, post_id=post_id)


async def find_quote_by_request(session: AsyncSession, uri: str) -> Quote | None:
    """The quote for which this QuoteRequest of ours asks."""
    return await _BY_REQUEST.first(session, request_uri=uri)


async def find_quotes_by_approval(session: AsyncSession, uri: str) -> list[Quote]:
    """The quotes that rest on this stamp."""
    return await _BY_APPROVAL.all(session, approval_uri=uri)


async def save_quote(session: AsyncSession, quote: Quote) -> None:
    """Say what a post quotes, in place of what was known of it before."""
    values = values_of(quote)
    kept = {name: value for name, value in values.items() if name not in ("post_id", "created_at")}
    statement = upsert_into(Quote, is_sqlite(session)).values(values)
    await session.execute(statement.on_conflict_do_update(index_elements=["post_id"], set_=kept))


async def delete_quote(session: AsyncSession, post_id: int) -> bool:
    """A post quotes nothing (any more); False if it never did."""
    return await _DELETE.run(session, key=post_id) == 1


async def set_quote_state(
    session: AsyncSession, post_id: int, state: QuoteState, *, approval_uri: str | None, now: datetime
) -> None:
    """What the quoted author says now."""
    await _SET_STATE.run(session, key=post_id, new_state=state, new_approval=approval_uri, moment=now)


async def attach_quotes(session: AsyncSession, post: Post) -> None:
    """A post is there: quotes of it that came earlier lead to it from now on, and those by its own author stand.

    One that stood already was of another post with this id, which was deleted: what its author agreed to ended with it.
    """
    await _ATTACH.run(session, quoted=post.uri, quoted_id=post.id, author=post.author_id)


async def load_quote_links(session: AsyncSession, post_ids: Sequence[int]) -> dict[int, QuoteLink]:
    """What these posts quote, for their documents, by the id of the post that quotes."""
    rows = (await session.execute(_LINKS, {"ids": list(post_ids)})).all() if post_ids else []
    return {row[0]: QuoteLink(*row[1:]) for row in rows}


async def find_stamp(session: AsyncSession, id: int) -> QuoteStamp | None:
    """A stamp of ours, revoked or not."""
    return await _STAMP.first(session, id=id)


async def find_stamp_for(session: AsyncSession, *, quoted_post_id: int, quoting_uri: str) -> QuoteStamp | None:
    """What we said to a quote of a post of ours, if anything."""
    return await _STAMP_FOR.first(session, quoted_post_id=quoted_post_id, quoting_uri=quoting_uri)


async def insert_stamp(session: AsyncSession, stamp: QuoteStamp) -> bool:
    """Allow a quote; False if something was said to it before."""
    return await insert_new(session, stamp)


async def revoke_stamp(session: AsyncSession, id: int, *, now: datetime) -> bool:
    """Take the consent back; False if it was taken back before."""
    return await _REVOKE.run(session, key=id, moment=now) == 1


_BY_POST = Query.rows(Quote, col(Quote.post_id) == bindparam("post_id"))
_BY_REQUEST = Query.rows(Quote, col(Quote.request_uri) == bindparam("request_uri"))
_BY_APPROVAL = Query.rows(Quote, col(Quote.approval_uri) == bindparam("approval_uri"))
_STAMP = Query.rows(QuoteStamp, col(QuoteStamp.id) == bindparam("id"))
_STAMP_FOR = Query.rows(
    QuoteStamp,
    col(QuoteStamp.quoted_post_id) == bindparam("quoted_post_id"),
    col(QuoteStamp.quoting_uri) == bindparam("quoting_uri"),
)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_LINKS = (
    select(col(Quote.post_id), col(Quote.quoted_uri), col(Post.url), col(Quote.state), col(Quote.approval_uri))
    .outerjoin(Post, col(Post.id) == col(Quote.quoted_post_id))
    .where(col(Quote.post_id).in_(_IDS))
)

_QUOTES, _POSTS, _STAMPS = table_of(Quote), table_of(Post), table_of(QuoteStamp)
_DELETE = Change(delete(_QUOTES).where(_QUOTES.c.post_id == bindparam("key")))
_SET_STATE = Change(
    update(_QUOTES)
    .where(_QUOTES.c.post_id == bindparam("key"))
    .values(state=bindparam("new_state"), approval_uri=bindparam("new_approval"), updated_at=bindparam("moment"))
)
_BY_ITSELF = exists().where(_POSTS.c.id == _QUOTES.c.post_id, _POSTS.c.author_id == bindparam("author"))
_STOOD = _QUOTES.c.state == QuoteState.ACCEPTED
_ATTACH = Change(
    update(_QUOTES)
    .where(_QUOTES.c.quoted_uri == bindparam("quoted"), _QUOTES.c.quoted_post_id.is_(None))
    .values(
        quoted_post_id=bindparam("quoted_id"),
        state=case((_BY_ITSELF, QuoteState.ACCEPTED.value), (_STOOD, QuoteState.PENDING.value), else_=_QUOTES.c.state),
        approval_uri=case((_STOOD, null()), else_=_QUOTES.c.approval_uri),
    )
)
_REVOKE = Change(
    update(_STAMPS)
    .where(_STAMPS.c.id == bindparam("key"), _STAMPS.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("moment"))
)
