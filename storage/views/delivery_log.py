"""What was said to whom and whether it arrived, for `fedihub delivery …`, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select, true
from sqlmodel import col

from storage.actors import Actor
from storage.database import Session
from storage.deliveries import Delivery, DeliveryState, OutgoingActivity
from storage.hosts import HostState


@dataclass(frozen=True, slots=True)
class DeliveryEntry:
    """One activity on its way to one inbox. `held_until` is set while its host is left alone."""

    id: int
    state: DeliveryState
    activity_type: str
    sender: str
    host: str
    inbox_url: str
    activity_uri: str
    object_uri: str | None
    post_id: int | None
    attempts: int
    next_try_at: datetime
    held_until: datetime | None
    last_status: int | None
    last_error: str | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries are wanted; what is empty does not matter."""

    ids: Sequence[int] = ()
    states: Sequence[DeliveryState] = ()
    host: str | None = None
    post_id: int | None = None


async def list_delivery_entries(session: Session, wanted: DeliveryFilter, *, limit: int) -> list[DeliveryEntry]:
    """The newest deliveries that the filter lets through."""
    columns: tuple[Any, ...] = (
        Delivery.id,
        Delivery.state,
        OutgoingActivity.activity_type,
        Actor.username,
        Delivery.host,
        Delivery.inbox_url,
        OutgoingActivity.uri,
        OutgoingActivity.object_uri,
        OutgoingActivity.post_id,
        Delivery.attempts,
        Delivery.run_at,
        HostState.held_until,
        Delivery.last_status,
        Delivery.last_error,
        Delivery.created_at,
        Delivery.finished_at,
    )
    rows = (
        _filtered(select(*columns), wanted)
        .join(Actor, col(Actor.id) == col(OutgoingActivity.actor_id))
        .outerjoin(HostState, col(HostState.host) == col(Delivery.host))
    )
    found = await session.execute(rows.order_by(col(Delivery.id).desc()).limit(limit))
    return [DeliveryEntry(*row) for row in found]


async def find_delivery_ids(session: Session, wanted: DeliveryFilter) -> list[int]:
    """The keys of all deliveries that the filter lets through."""
    return list(await session.scalars(_filtered(select(col(Delivery.id)), wanted)))


def _filtered(rows: Select[Any], wanted: DeliveryFilter) -> Select[Any]:
    joined = rows.join(OutgoingActivity, col(OutgoingActivity.id) == col(Delivery.activity_id))
    return joined.where(and_(true(), *_conditions(wanted)))


def _conditions(wanted: DeliveryFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.ids:
        conditions.append(col(Delivery.id).in_(wanted.ids))
    if wanted.states:
        conditions.append(col(Delivery.state).in_(wanted.states))
    if wanted.host is not None:
        conditions.append(col(Delivery.host) == wanted.host)
    if wanted.post_id is not None:
        conditions.append(col(OutgoingActivity.post_id) == wanted.post_id)
    return conditions
