"""What came to our inboxes and what became of it, for `fedihub inbox log`: proved activities and refused requests,
newest first.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlmodel import col

from storage.database import Session
from storage.received import ReceivedActivity, ReceivedState, RefusedRequest


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """One request to an inbox. `next_try_at` is set while it waits; `status` is the answer to a request that was
    not taken.
    """

    id: int
    received_at: datetime
    state: ReceivedState
    activity_type: str | None
    actor_uri: str | None
    activity_uri: str | None
    object_uri: str | None
    attempts: int
    next_try_at: datetime | None
    status: int | None
    reason: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """Which entries are wanted; what is None does not matter."""

    state: ReceivedState | None = None
    host: str | None = None
    activity_type: str | None = None


async def list_inbox(session: Session, wanted: InboxFilter, *, limit: int) -> list[InboxEntry]:
    """The newest entries. REFUSED has both kinds: requests that were not taken, and activities that turned out to
    be wrong.
    """
    received = [_of_received(row) for row in await session.scalars(_received(wanted).limit(limit))]
    refused: list[InboxEntry] = []
    if wanted.state in (None, ReceivedState.REFUSED):
        refused = [_of_refused(row) for row in await session.scalars(_refused(wanted).limit(limit))]
    return sorted([*received, *refused], key=lambda entry: (entry.received_at, entry.id), reverse=True)[:limit]


async def latest_received(session: Session) -> ReceivedActivity | None:
    """The activity that was accepted last."""
    return (await session.scalars(_received(InboxFilter()).limit(1))).first()


def _received(wanted: InboxFilter) -> Select[ReceivedActivity]:
    rows = select(ReceivedActivity).order_by(col(ReceivedActivity.id).desc())
    if wanted.state is not None:
        rows = rows.where(col(ReceivedActivity.state) == wanted.state)
    if wanted.host is not None:
        rows = rows.where(col(ReceivedActivity.actor_uri).contains(f"://{wanted.host}/", autoescape=True))
    return _of_type(rows, ReceivedActivity.activity_type, wanted)


def _refused(wanted: InboxFilter) -> Select[RefusedRequest]:
    rows = select(RefusedRequest).order_by(col(RefusedRequest.id).desc())
    if wanted.host is not None:
        rows = rows.where(col(RefusedRequest.host) == wanted.host)
    return _of_type(rows, RefusedRequest.activity_type, wanted)


def _of_type(rows: Select[Any], column: Any, wanted: InboxFilter) -> Select[Any]:
    return rows if wanted.activity_type is None else rows.where(col(column) == wanted.activity_type)


def _of_received(row: ReceivedActivity) -> InboxEntry:
    return InboxEntry(
        id=row.id,
        received_at=row.received_at,
        state=row.state,
        activity_type=row.activity_type,
        actor_uri=row.actor_uri,
        activity_uri=row.activity_uri,
        object_uri=row.object_uri,
        attempts=row.attempts,
        next_try_at=row.run_at if row.state is ReceivedState.WAITING else None,
        status=None,
        reason=row.reason,
        detail=row.detail,
    )


def _of_refused(row: RefusedRequest) -> InboxEntry:
    return InboxEntry(
        id=row.id,
        received_at=row.received_at,
        state=ReceivedState.REFUSED,
        activity_type=row.activity_type,
        actor_uri=row.actor_uri or row.key_id,
        activity_uri=None,
        object_uri=None,
        attempts=0,
        next_try_at=None,
        status=row.status,
        reason=row.reason,
        detail=row.detail,
    )
