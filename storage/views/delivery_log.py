"""What was said to whom and whether it arrived, for `fedihub delivery list`, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlmodel import col

from storage.actors import Actor
from storage.database import Session
from storage.deliveries import Delivery, DeliveryState, OutgoingActivity
from storage.hosts import HostState


@dataclass(frozen=True, slots=True)
class DeliveryEntry:
    """One activity on its way to one inbox. `next_try_at` is set while it waits; `held_until` while its host is left alone."""

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
    next_try_at: datetime | None
    held_until: datetime | None
    last_status: int | None
    last_error: str | None
    created_at: datetime
    finished_at: datetime | None
