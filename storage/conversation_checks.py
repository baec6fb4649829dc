"""When a conversation shall be looked for elsewhere, and what was found out about it: a queue in the conversations' own
rows.

`check_wanted_at` is when the next look is due, `check_after` the earliest moment at which anybody may cause one. Who
claims a conversation moves both behind the end of the lease, so that neither a second worker nor a member who opens
the page meanwhile begins another; should the worker die, it is due again by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, case, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.columns import BigId, Instant
from storage.conversations import Conversation
from storage.openings import Opening, OpeningState
from storage.posts import Post
from storage.prepared import Query
from storage.rows import table_of
from storage.statements import change, is_sqlite, locking
from storage.visibility import is_open

MOST_POSTS = 1_000
"""Posts of one conversation whose answers are asked for."""

_TABLE = table_of(Conversation)
_PART = aliased(Post)
_HAS_REMOTE = exists().where(col(_PART.conversation_id) == col(Conversation.id), col(_PART.is_local).is_(False))
_NOW = bindparam("now", type_=Instant())
_MAY_BE_CHECKED = or_(col(Conversation.check_after).is_(None), col(Conversation.check_after) <= _NOW)
_NOT_DUE = or_(col(Conversation.check_wanted_at).is_(None), col(Conversation.check_wanted_at) > _NOW)


@dataclass(frozen=True, slots=True)
class Member:
    """An open post of a conversation, as far as looking for its answers asks. `parent_is_known`: what it answers is
    here, or it answers nothing.
    """

    id: int
    uri: str
    is_local: bool
    parent_uri: str | None
    parent_is_known: bool
    replies_uri: str | None
    replies_checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConversationState:
    """A conversation, as far as looking for the rest of it asks."""

    id: int
    uri: str | None
    checks: int
    members: tuple[Member, ...]
    joined_at: datetime | None
    """When one of ours last said something in it, or one of our chapters passed on an opening in it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look has shown; `wanted_at` is when the next one is due without anybody asking."""

    missing: int
    checks: int
    check_after: datetime
    wanted_at: datetime | None


_WANTED = Query.values(
    select(col(Conversation.id))
    .join(Post, col(Post.conversation_id) == col(Conversation.id))
    .where(col(Post.id) == bindparam("post_id", type_=BigId), _MAY_BE_CHECKED, _NOT_DUE, _HAS_REMOTE)
)


async def find_checkable(session: AsyncSession, post_id: int, *, now: datetime) -> int | None:
    """The conversation of a post, if it has parts elsewhere and may be looked for now, and nobody has asked for that
    yet.
    """
    id: int | None = await _WANTED.first(session, post_id=post_id, now=now)
    return id


async def want_check(session: AsyncSession, id: int, *, now: datetime) -> None:
    """Have a conversation looked for now."""
    wanted = update(_TABLE).where(_TABLE.c.id == id, _MAY_BE_CHECKED, _NOT_DUE).values(check_wanted_at=_NOW)
    await change(session, wanted, {"now": now})


async def claim_checks(session: AsyncSession, *, now: datetime, limit: int, leased_until: datetime) -> list[int]:
    """Conversations to look for, those that have waited longest first: for each the id of one post in it.

    A post, because the conversation itself may become part of another while it is looked for.
    """
    due = select(col(Conversation.id)).where(col(Conversation.check_wanted_at) <= now)
    due = due.order_by(col(Conversation.check_wanted_at)).limit(limit)
    ids = list(await session.scalars(locking(due, Conversation, on_sqlite=is_sqlite(session))))
    if not ids:
        return []
    claimed = update(_TABLE).where(_TABLE.c.id.in_(ids))
    await change(session, claimed.values(check_wanted_at=leased_until, check_after=leased_until))
    anchors = select(func.min(col(Post.id))).where(col(Post.conversation_id).in_(ids))
    found = list(await session.scalars(anchors.group_by(col(Post.conversation_id))))
    await _forget_empty(session, ids)
    return found


async def load_state(session: AsyncSession, post_id: int) -> ConversationState | None:
    """The conversation that a post is in now, with its newest open posts."""
    wanted = select(Conversation).join(Post, col(Post.conversation_id) == col(Conversation.id))
    row = await session.scalar(wanted.where(col(Post.id) == post_id))
    if row is None:
        return None
    inside = (
        select(
            col(Post.id),
            col(Post.uri),
            col(Post.is_local),
            col(Post.in_reply_to_uri),
            case((col(Post.in_reply_to_uri).is_(None), True), else_=col(Post.in_reply_to_id).is_not(None)),
            col(Post.replies_uri),
            col(Post.replies_checked_at),
        )
        .where(col(Post.conversation_id) == row.id, is_open())
        .order_by(col(Post.id).desc())
        .limit(MOST_POSTS)
    )
    members = tuple(Member(*values) for values in await session.execute(inside))
    here = col(Post.conversation_id) == row.id
    said = await session.scalar(select(func.max(col(Post.created_at))).where(here, col(Post.is_local)))
    approved = select(func.max(col(Opening.decided_at))).join(Post, col(Post.id) == col(Opening.post_id))
    passed_on = await session.scalar(approved.where(here, col(Opening.state) == OpeningState.APPROVED))
    joined_at = max((each for each in (said, passed_on) if each is not None), default=None)
    return ConversationState(row.id, row.uri, row.checks, members, joined_at)


async def find_known(session: AsyncSession, uris: Sequence[str]) -> set[str]:
    """Those of these ids on the wire that need not be fetched: posts that are here."""
    return set(await session.scalars(select(col(Post.uri)).where(col(Post.uri).in_(uris)))) if uris else set()


async def find_conversation_id(session: AsyncSession, post_id: int) -> int | None:
    """The conversation that a post is in now."""
    id: int | None = await session.scalar(select(col(Post.conversation_id)).where(col(Post.id) == post_id))
    return id


async def is_awaited(session: AsyncSession, conversation_id: int, uris: Sequence[str]) -> bool:
    """Whether a post of the conversation answers one of these, which were not here until now."""
    waiting = select(col(Post.id)).where(
        col(Post.conversation_id) == conversation_id,
        col(Post.in_reply_to_uri).in_(uris),
        col(Post.in_reply_to_id).is_(None),
    )
    return await session.scalar(waiting.limit(1)) is not None


async def record_replies_checked(session: AsyncSession, post_id: int, *, now: datetime) -> None:
    """The answers to a post were just asked for."""
    await change(session, update(table_of(Post)).where(table_of(Post).c.id == post_id).values(replies_checked_at=now))


async def record_check(session: AsyncSession, post_id: int, checked: Checked, *, now: datetime) -> None:
    """Write down what a look has shown, at the conversation that the post is in now."""
    here = select(col(Post.conversation_id)).where(col(Post.id) == post_id).scalar_subquery()
    found = update(_TABLE).where(_TABLE.c.id == here)
    values = {"checked_at": now, "missing": checked.missing, "checks": checked.checks}
    await change(session, found.values(**values, check_after=checked.check_after, check_wanted_at=checked.wanted_at))


async def postpone_check(session: AsyncSession, post_id: int, *, until: datetime) -> None:
    """A look that has failed by our own fault would fail again: not before this moment."""
    here = select(col(Post.conversation_id)).where(col(Post.id) == post_id).scalar_subquery()
    await change(session, update(_TABLE).where(_TABLE.c.id == here).values(check_after=until, check_wanted_at=until))


async def _forget_empty(session: AsyncSession, ids: Sequence[int]) -> None:
    """A conversation from which all posts have gone is not asked for again."""
    empty = ~exists().where(col(Post.conversation_id) == _TABLE.c.id)
    await change(session, update(_TABLE).where(_TABLE.c.id.in_(ids), empty).values(check_wanted_at=None))
