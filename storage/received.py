"""The durable inbound log: every proved activity, written before the peer hears 202, applied later by a worker, once.

Which two requests are the same activity is harder than it looks. Peers leave ids out (Mastodon's Add and Remove), reuse
them (GoToSocial sends each edit of a post under one id), or come back to them (Misskey's Follow, Undo, Follow again are
byte for byte the first Follow). So:

* `signature_hash` is unique: the very same signed request, replayed, is never taken twice.
* `dedupe_key` is unique per actor: SHA-256 over activity id and body, so one activity sent to two inboxes is taken
  once, and a changed body under an old id is taken as new. Activities without an id have none (their effects are
  idempotent), and neither has a Follow: it may end by our own doing, and is answered each time that it comes.
* When an activity is undone, its own `dedupe_key` is released, and when it is done again, its Undo's is: so it may
  come back.

A worker claims rows under a lease. Of one story (what one actor says of one object) only one is claimed at a time, so
that an edit is looked at after its post was stored; for this, two processes never claim at once. `attempts` counts the
claims, before anything else can go wrong, and is the fencing token: whoever lost the lease records nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Index,
    Integer,
    LargeBinary,
    Select,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col

from storage.columns import BigId, Instant, Word, big_id_key
from storage.prepared import Change, Query
from storage.rows import row_reader, table_of, values_of
from storage.statements import changed, insert_all, is_sqlite, take_turn, upsert_into

MOST_REFUSED = 10_000
"""Refused requests that are kept; nobody can fill the disk with more."""
NOTHING_TO_UNDO = "nothing_to_undo"
"""The reason of an Undo that found nothing: if its activity comes later, it was undone before."""
UNDO = "Undo"
_TURN = 0x_FED1_50


class ReceivedState(StrEnum):
    """WAITING is to be applied (perhaps again); the others are final: APPLIED, IGNORED (rightly without effect),
    REFUSED (wrong), GAVE_UP.
    """

    WAITING = "waiting"
    APPLIED = "applied"
    IGNORED = "ignored"
    REFUSED = "refused"
    GAVE_UP = "gave_up"


class ReceivedActivity(SQLModel, table=True):
    """One proved inbox request."""

    __tablename__ = "received_activities"
    __table_args__ = (
        UniqueConstraint("actor_uri", "dedupe_key"),
        Index("ix_received_activities_state_run_at_id", "state", "run_at", "id"),
        Index("ix_received_activities_actor_uri_activity_uri", "actor_uri", "activity_uri"),
        Index("ix_received_activities_actor_uri_object_uri", "actor_uri", "object_uri"),
        Index("ix_received_activities_finished_at", "finished_at"),
        # What is in work: few, whatever waits.
        Index(
            "ix_received_activities_in_work",
            "locked_until",
            sqlite_where=text("state = 'waiting' AND locked_until IS NOT NULL"),
            postgresql_where=text("state = 'waiting' AND locked_until IS NOT NULL"),
        ),
    )

    id: int = big_id_key()
    actor_uri: str
    activity_uri: str | None = None
    activity_type: str
    object_uri: str | None = None
    key_id: str
    inbox_actor_id: int | None = Field(default=None, sa_type=BigId)
    """Whose personal inbox it came to; None for the shared inbox."""
    signature_hash: str = Field(unique=True)
    followers_header: str | None = None
    """What the sender said, beside the activity, of who follows it here (FEP-8fcf)."""
    dedupe_key: str | None = None
    body: bytes = Field(sa_type=LargeBinary)
    state: ReceivedState = Field(default=ReceivedState.WAITING, sa_type=Word(ReceivedState))
    reason: str | None = None
    detail: str | None = None
    attempts: int = 0
    run_at: datetime = Field(sa_type=Instant)
    locked_until: datetime | None = Field(default=None, sa_type=Instant)
    received_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)


class RefusedRequest(SQLModel, table=True):
    """An inbox request that was not taken: kept (bounded) so that the operator can see why."""

    __tablename__ = "refused_requests"

    id: int = big_id_key()
    host: str = ""
    key_id: str | None = None
    actor_uri: str | None = None
    activity_type: str | None = None
    status: int
    reason: str
    detail: str = ""
    received_at: datetime = Field(sa_type=Instant)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a claimed activity. With `state` WAITING it is to be tried again at `run_at`."""

    id: int
    attempts: int
    state: ReceivedState
    reason: str | None = None
    detail: str | None = None
    run_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What an actor said of an object, as it came, and whether it had its effect here."""

    actor_uri: str
    object_uri: str
    body: bytes
    was_applied: bool


_LOG = table_of(ReceivedActivity).c
_BY_UNDOER = _LOG.actor_uri == bindparam("undoer")
_UNDO = and_(_BY_UNDOER, _LOG.activity_type == UNDO, _LOG.object_uri == bindparam("undone"))
_HEARD = (_LOG.actor_uri, _LOG.object_uri, _LOG.body, _LOG.state)
_LAST_FEW = 5
_UNDOS = Query.values(select(_LOG.reason).where(_UNDO))
_UNDONE = and_(_BY_UNDOER, _LOG.activity_uri == bindparam("undone"))
_STATES = Query.values(select(_LOG.state).where(_UNDONE))
_KEYS = Query.values(select(_LOG.id).where(_UNDONE))
_OBJECT = Query.values(select(_LOG.object_uri).where(_UNDONE, _LOG.activity_type == bindparam("type")))

_FORGET_SAMENESS = update(table_of(ReceivedActivity)).where(_LOG.dedupe_key.is_not(None)).values(dedupe_key=None)
_RELEASE_UNDO = Change(_FORGET_SAMENESS.where(_UNDO))
_RELEASE = Change(_FORGET_SAMENESS.where(_UNDONE))


async def accept_batch(session: AsyncSession, rows: Sequence[ReceivedActivity]) -> list[bool]:
    """Write proved activities down; for each whether it is new (False: the same request or activity is there)."""
    if not rows:
        return []
    inserted = await session.execute(_accepting(is_sqlite(session)), [values_of(row) for row in rows])
    new = set(inserted.scalars())
    return [row.id in new for row in rows]


@cache
def _accepting(on_sqlite: bool) -> Any:  # noqa: FBT001 - a key of the cache
    return upsert_into(ReceivedActivity, on_sqlite).on_conflict_do_nothing().returning(_LOG.id)


async def claim_received(
    session: AsyncSession, *, now: datetime, limit: int, lease: timedelta
) -> list[ReceivedActivity]:
    """What is due, oldest first, for this caller alone until the lease ends; each was counted as an attempt."""
    await take_turn(session, _TURN)
    ids = await _choose(session, now=now, limit=limit)
    if not ids:
        return []
    claimed = await session.execute(_CLAIM, {"ids": ids, "now": now, "leased_until": now + lease})
    return sorted(map(_READ, claimed), key=lambda row: ids.index(row.id))


async def record_verdicts(session: AsyncSession, verdicts: Sequence[Verdict], *, now: datetime) -> None:
    """Write down what became of claimed activities; a verdict of somebody who lost the lease changes nothing."""
    await _RECORD.run_all(session, [_recorded(verdict, now) for verdict in verdicts])


_RECORD = Change(
    update(table_of(ReceivedActivity))
    .where(_LOG.id == bindparam("key"), _LOG.attempts == bindparam("claim"), _LOG.state == ReceivedState.WAITING)
    .values(
        locked_until=None,
        **{name: bindparam(f"new_{name}") for name in ("state", "reason", "detail", "run_at", "finished_at")},
    )
)


def _recorded(verdict: Verdict, now: datetime) -> dict[str, Any]:
    return {
        "key": verdict.id,
        "claim": verdict.attempts,
        "new_state": verdict.state,
        "new_reason": verdict.reason,
        "new_detail": verdict.detail,
        "new_run_at": verdict.run_at or now,
        "new_finished_at": None if verdict.state is ReceivedState.WAITING else now,
    }


async def release(session: AsyncSession, *, actor_uri: str, activity_uri: str | None) -> None:
    """An activity was undone: should the same come again, it is new."""
    await _RELEASE.run(session, undoer=actor_uri, undone=activity_uri)


async def ended_before(session: AsyncSession, *, actor_uri: str, activity_uri: str | None) -> bool:
    """Whether this activity had its effect, and none under its id waits: an Undo that finds nothing comes after the
    end that we made of it (of a follow by a Reject or a block), and is not for one that comes later.
    """
    states = await _STATES.all(session, undoer=actor_uri, undone=activity_uri)
    return ReceivedState.APPLIED in states and ReceivedState.WAITING not in states


async def was_renewed(session: AsyncSession, *, actor_uri: str, activity_uri: str | None, held: str | None) -> bool:
    """Whether what is held here of this actor was done after that activity, and not undone since: then an Undo of the
    activity was overtaken, and is not for what is held. An id that never came (GoToSocial makes up one for the Undo)
    says nothing about the order.
    """
    if activity_uri is None or held is None or activity_uri == held:
        return False
    earlier = await _KEYS.all(session, undoer=actor_uri, undone=activity_uri)
    later = await _KEYS.all(session, undoer=actor_uri, undone=held) if earlier else []
    if not later or max(later) < max(earlier):
        return False
    return not await _UNDOS.all(session, undoer=actor_uri, undone=held)


async def find_object(session: AsyncSession, *, actor_uri: str, activity_uri: str, type: str) -> str | None:
    """What an activity of this type, by this actor, was about, as far as the log still has it."""
    return await _OBJECT.first(session, undoer=actor_uri, undone=activity_uri, type=type)


async def count_received(session: AsyncSession, *, actor_uri: str, object_uri: str, type: str, since: datetime) -> int:
    """How often an actor has said something of this type about this object."""
    same = (_LOG.actor_uri == actor_uri, _LOG.object_uri == object_uri, _LOG.activity_type == type)
    return await session.scalar(select(func.count()).where(*same, _LOG.received_at >= since)) or 0


async def was_undone_before(session: AsyncSession, *, actor_uri: str, activity_uri: str | None) -> bool:
    """Whether an Undo of this activity came first, and found nothing.

    If not, the activity is done now (perhaps again), and an Undo of it from an earlier time is released: it may come
    again, too.
    """
    if activity_uri is None:
        return False
    reasons = await _UNDOS.all(session, undoer=actor_uri, undone=activity_uri)
    if NOTHING_TO_UNDO in reasons:
        return True
    if reasons:
        await _RELEASE_UNDO.run(session, undoer=actor_uri, undone=activity_uri)
    return False


async def list_received(
    session: AsyncSession, *, limit: int, states: Iterable[ReceivedState] | None = None
) -> list[ReceivedActivity]:
    """The newest activities that were accepted, all or those in these states."""
    wanted = select(ReceivedActivity).order_by(col(ReceivedActivity.id).desc()).limit(limit)
    if states is not None:
        wanted = wanted.where(col(ReceivedActivity.state).in_(list(states)))
    return list(await session.scalars(wanted))


async def find_heard_about(
    session: AsyncSession,
    *,
    actor_uris: Iterable[str],
    object_uris: Iterable[str],
    types: Iterable[str],
    longest: int,
) -> list[Heard]:
    """What these actors have said of these objects in activities of these types, as far as it is still kept, in the
    order in which it was heard: the last few of each, not what was refused, nor what is longer than so many bytes.
    """
    story = (_LOG.actor_uri, _LOG.object_uri, _LOG.activity_type)
    newness = func.row_number().over(partition_by=story, order_by=_LOG.id.desc()).label("newness")
    said = (
        select(*_HEARD, _LOG.id, newness)
        .where(_LOG.actor_uri.in_(list(actor_uris)), _LOG.object_uri.in_(list(object_uris)))
        .where(_LOG.activity_type.in_(list(types)), _LOG.state != ReceivedState.REFUSED)
        .where(func.length(_LOG.body) <= longest)
        .subquery()
        .c
    )
    wanted = select(said.actor_uri, said.object_uri, said.body, said.state).where(said.newness <= _LAST_FEW)
    return [
        Heard(actor_uri, object_uri or "", body, was_applied=state is ReceivedState.APPLIED)
        for actor_uri, object_uri, body, state in await session.execute(wanted.order_by(said.id))
    ]


async def delete_finished_received(session: AsyncSession, *, before: datetime, limit: int) -> int:
    """Forget what was finished long ago, so much at a time; answers how much that was."""
    key = col(ReceivedActivity.id)
    old = select(key).where(col(ReceivedActivity.finished_at) < before).limit(limit).subquery()
    gone = delete(ReceivedActivity).where(key.in_(old.select()))
    return changed(await session.execute(gone, execution_options={"synchronize_session": False}))


async def insert_refused(session: AsyncSession, rows: Sequence[RefusedRequest]) -> None:
    """Keep refused requests for the operator, and let go of those that are too many."""
    if not rows:
        return
    await insert_all(session, RefusedRequest, [values_of(row) for row in rows])
    oldest = select(col(RefusedRequest.id)).order_by(col(RefusedRequest.id).desc()).offset(MOST_REFUSED).limit(1)
    gone = delete(RefusedRequest).where(col(RefusedRequest.id) <= oldest.scalar_subquery())
    await session.execute(gone, execution_options={"synchronize_session": False})


async def list_refused(session: AsyncSession, *, limit: int) -> list[RefusedRequest]:
    """The newest requests that were refused."""
    return list(await session.scalars(select(RefusedRequest).order_by(col(RefusedRequest.id).desc()).limit(limit)))


_NOW = bindparam("now", type_=Instant())
_IS_FREE = (_LOG.state == ReceivedState.WAITING) & or_(_LOG.locked_until.is_(None), _LOG.locked_until <= _NOW)
_CLAIM = (
    update(table_of(ReceivedActivity))
    .where(_LOG.id.in_(bindparam("ids", expanding=True)), _IS_FREE)
    .values(attempts=_LOG.attempts + 1, locked_until=bindparam("leased_until"))
    .returning(*_LOG)
)
_READ = row_reader(ReceivedActivity)
_ROUNDS = 4
_NOBODYS = 0
"""No row has this key: a list that is looked for, and is not, must not be empty."""
_SEEN: BindParameter[Any] = bindparam("seen", expanding=True)


async def _choose(session: AsyncSession, *, now: datetime, limit: int) -> list[int]:
    """Up to `limit` of what is due, one of each story. Where that leaves room, their stories are left out, and more of
    the rest is looked at: thousands about one object don't stand in the way of others.
    """
    ids: list[int] = []
    stories: set[tuple[str, str | None]] = set()
    for wanted in (2 * limit * 4**each for each in range(_ROUNDS)):
        due = (await session.execute(_due(), {"now": now, "seen": [_NOBODYS, *ids], "wanted": wanted})).all()
        for key, actor_uri, object_uri in due:
            if object_uri is None or (actor_uri, object_uri) not in stories:
                stories.add((actor_uri, object_uri))
                ids.append(key)
        if len(due) < wanted or len(ids) >= limit:
            break
    return ids[:limit]


@cache
def _due() -> Select[int, str, str | None]:
    """What is due and nobody works on, nor on another activity of the same story; nor was that seen before.

    What to leave out is asked for once, not for each row: PostgreSQL, which makes a join of an EXISTS, would take
    seconds where it knows nothing of the table yet. No row is locked, since nobody else claims meanwhile.
    """
    other = aliased(ReceivedActivity)
    in_work = (col(other.state) == literal_column("'waiting'")) & (col(other.locked_until) > _NOW)  # see the index
    story = select(col(other.actor_uri), col(other.object_uri)).where(col(other.object_uri).is_not(None))
    left_out = story.where(in_work).union_all(story.where(col(other.id).in_(_SEEN)))
    is_new = or_(_LOG.object_uri.is_(None), tuple_(_LOG.actor_uri, _LOG.object_uri).not_in(left_out))
    due = select(_LOG.id, _LOG.actor_uri, _LOG.object_uri).where(_IS_FREE, _LOG.run_at <= _NOW)
    due = due.where(is_new, _LOG.id.not_in(_SEEN)).order_by(_LOG.run_at, _LOG.id)
    return due.limit(bindparam("wanted", type_=Integer))
