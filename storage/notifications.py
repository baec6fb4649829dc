"""What a local actor should hear about."""

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum
from functools import cache

from sqlalchemy import Index, bindparam, delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col

from storage.actors import Actor
from storage.columns import BigId, Instant, Word, big_id_key
from storage.prepared import Change
from storage.rows import table_of
from storage.standing import heard_by
from storage.statements import changed


class NotificationKind(StrEnum):
    """Why somebody is told. A reply reaches its parent's author as a MENTION, as clients expect."""

    MENTION = "mention"
    LIKE = "like"
    BOOST = "boost"
    FOLLOW = "follow"
    FOLLOW_REQUEST = "follow_request"
    EDIT = "edit"
    MOVE = "move"
    """Somebody whom they follow has moved; they follow the new account already."""
    QUOTE = "quote"
    POLL = "poll"
    """A poll that they made, or voted in, has ended; the actor is its author."""


class Notification(SQLModel, table=True):
    """One event for one recipient; the same event twice makes one row (`dedupe` names it)."""

    __tablename__ = "notifications"
    __table_args__ = (
        Index("ix_notifications_recipient_id_id", "recipient_id", "id"),
        Index("uq_notifications_recipient_id_dedupe", "recipient_id", "dedupe", unique=True),
    )

    id: int = big_id_key()
    recipient_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE")
    kind: NotificationKind = Field(sa_type=Word(NotificationKind))
    actor_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE", index=True)
    post_id: int | None = Field(default=None, sa_type=BigId, foreign_key="posts.id", ondelete="CASCADE", index=True)
    dedupe: str
    """"kind:actor_id:post_id" for an event that may be told once."""
    created_at: datetime = Field(sa_type=Instant)


async def insert_notification(
    session: AsyncSession,
    *,
    id: int,
    recipient_id: int,
    kind: NotificationKind,
    actor_id: int,
    post_id: int | None = None,
    now: datetime,
) -> bool:
    """Tell a local actor what somebody did; False if they need not hear of it.

    That is: they heard of it before, did it themselves (but the end of their own poll is told), are no actor of ours,
    one of the two blocks the other, or who did it is hidden, or limited and not followed by them. Of several edits of a
    post the last one is told.
    """
    dedupe = _event(kind, actor_id, post_id)
    if kind is NotificationKind.EDIT:
        earlier = delete(Notification).where(col(Notification.recipient_id) == recipient_id)
        await session.execute(earlier.where(col(Notification.dedupe) == dedupe))
    values = {"id": id, "kind": kind, "actor_id": actor_id, "post_id": post_id, "dedupe": dedupe, "created_at": now}
    return await _telling().run(session, listener_id=recipient_id, **values) == 1


@cache
def _telling() -> Change:
    """A notification for a listener who is ours, did not do it, is not blocked by, or blocking, who did, and hears of
    them.
    """
    columns = table_of(Notification).columns
    value = {column.key: bindparam(column.key, type_=column.type) for column in columns}
    listener, actor, doer = bindparam("listener_id", type_=BigId), value["actor_id"], aliased(Actor)
    heard = exists().where(col(doer.id) == actor, heard_by(listener, doer))
    told = select(*(col(Actor.id) if name == "recipient_id" else value[name] for name in value)).where(
        col(Actor.id) == listener,
        col(Actor.host) == "",
        or_(col(Actor.id) != actor, value["kind"] == NotificationKind.POLL),
        heard,
    )
    return Change.upsert(Notification, lambda insert: insert.from_select(list(value), told).on_conflict_do_nothing())


async def withdraw_notification(session: AsyncSession, kind: NotificationKind, *, actor_id: int, post_id: int) -> None:
    """What somebody did to a post is undone: nobody need hear of it any more, whether they have or not."""
    await _WITHDRAW.run(session, kind=kind, undoer_id=actor_id, undone_post_id=post_id)


async def withdraw_from(
    session: AsyncSession, recipient_id: int, *, kinds: Iterable[NotificationKind], actor_id: int
) -> None:
    """The same for what somebody did to the recipient themselves."""
    for kind in kinds:
        await _WITHDRAW_FROM.run(session, recipient=recipient_id, event=_event(kind, actor_id))


def _event(kind: NotificationKind, actor_id: int, post_id: int | None = None) -> str:
    return f"{kind.value}:{actor_id}:{post_id or ''}"


_TOLD = table_of(Notification).c
_WITHDRAW_FROM = Change(
    delete(table_of(Notification)).where(
        _TOLD.recipient_id == bindparam("recipient", type_=BigId), _TOLD.dedupe == bindparam("event")
    )
)
_WITHDRAW = Change(
    delete(table_of(Notification)).where(
        _TOLD.post_id == bindparam("undone_post_id", type_=BigId),
        _TOLD.actor_id == bindparam("undoer_id", type_=BigId),
        _TOLD.kind == bindparam("kind", type_=_TOLD.kind.type),
    )
)


async def dismiss_notification(session: AsyncSession, id: int, *, recipient_id: int) -> bool:
    """Delete one notification; False if it is not there, or not this recipient's."""
    gone = delete(Notification).where(col(Notification.id) == id, col(Notification.recipient_id) == recipient_id)
    return changed(await session.execute(gone)) == 1


async def clear_notifications(session: AsyncSession, *, recipient_id: int) -> None:
    """Delete all that a recipient was told."""
    await session.execute(delete(Notification).where(col(Notification.recipient_id) == recipient_id))


async def count_notifications(
    session: AsyncSession, *, recipient_id: int, kinds: Collection[NotificationKind], above: int, limit: int
) -> int:
    """How many notifications of these kinds are newer than the one with the key `above`, counted up to the limit; of
    those whom the recipient (still) hears of.
    """
    doer = aliased(Actor)
    newer = select(col(Notification.id)).where(
        col(Notification.recipient_id) == recipient_id,
        col(Notification.id) > above,
        col(Notification.kind).in_(kinds),
        exists().where(col(doer.id) == col(Notification.actor_id), heard_by(recipient_id, doer)),
    )
    return await session.scalar(select(func.count()).select_from(newer.limit(limit).subquery())) or 0
