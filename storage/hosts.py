"""What we know of each peer host: does it answer, when may it be asked again, which signatures does it read.

A host that fails is held: until `held_until` nothing is sent to it, whatever waits. Everything that waits for it is
moved behind that moment, so that claiming need not look at it again and again; when the host is heard of, it is moved
back. A host is proven while its last answer was one; only proven hosts may use all slots (see `storage.deliveries`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.columns import Instant
from storage.statements import insert_into

DEFAULT_SIGNATURE = "draft-cavage"


class HostState(SQLModel, table=True):
    """One peer host (with its port, where not the usual one)."""

    __tablename__ = "hosts"

    host: str = Field(primary_key=True)
    software: str | None = None
    signature_kind: str = DEFAULT_SIGNATURE
    """What it was last seen to accept: draft-cavage or rfc9421."""
    failures: int = 0
    """Failed attempts since the last success; each one lengthens `held_until`."""
    held_until: datetime | None = Field(default=None, sa_type=Instant)
    last_success_at: datetime | None = Field(default=None, sa_type=Instant)
    last_failure_at: datetime | None = Field(default=None, sa_type=Instant)
    last_error: str | None = None

    @property
    def is_proven(self) -> bool:
        """It answered when it was last asked."""
        return self.failures == 0 and self.last_success_at is not None


@dataclass(frozen=True, slots=True)
class HostFailure:
    """A host did not answer, or asked us to wait: nothing is sent to it before `held_until`."""

    held_until: datetime
    error: str


async def find_hosts(session: AsyncSession, hosts: Iterable[str]) -> dict[str, HostState]:
    """Those of these hosts that we have dealt with."""
    wanted = set(hosts)
    if not wanted:
        return {}
    return {row.host: row for row in await session.scalars(select(HostState).where(col(HostState.host).in_(wanted)))}


async def list_hosts(session: AsyncSession, *, limit: int) -> list[HostState]:
    """The hosts that have failed, those that have for the longest first."""
    failing = select(HostState).where(col(HostState.failures) > 0)
    return list(
        await session.scalars(failing.order_by(col(HostState.failures).desc(), col(HostState.host)).limit(limit))
    )


async def store_success(session: AsyncSession, host: str, *, signature_kind: str | None, now: datetime) -> None:
    """The host has answered. `signature_kind` is the signature that it accepted, if it was about that."""
    known: dict[str, Any] = {"failures": 0, "held_until": None, "last_success_at": now, "last_error": None}
    if signature_kind is not None:
        known["signature_kind"] = signature_kind
    await _upsert(session, host, known)


async def store_failure(session: AsyncSession, host: str, failure: HostFailure, *, now: datetime) -> None:
    """The host has not answered; one more failure since its last success."""
    known = {"held_until": failure.held_until, "last_failure_at": now, "last_error": failure.error}
    await _upsert(session, host, known, first={"failures": 1}, then={"failures": col(HostState.failures) + 1})


async def _upsert(
    session: AsyncSession,
    host: str,
    known: Mapping[str, Any],
    *,
    first: Mapping[str, Any] | None = None,
    then: Mapping[str, Any] | None = None,
) -> None:
    fresh = {"host": host, "signature_kind": DEFAULT_SIGNATURE, "failures": 0, **known, **(first or {})}
    insert = insert_into(session, HostState).values(fresh)
    await session.execute(insert.on_conflict_do_update(index_elements=["host"], set_={**known, **(then or {})}))
