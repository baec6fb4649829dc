"""What we know of each peer host: does it answer, when may it be asked again, which signatures does it read.

A host that fails is held: until `held_until` nothing is sent to it, whatever waits. Everything that waits for it is
moved behind that moment, so that claiming need not look at it again and again; when the host is heard of, it is moved
back. A host is proven while its last answer was one; only proven hosts may use all slots (see `storage.deliveries`).

A host that has failed on seven different days is unavailable (as in Mastodon 4.6): nothing new is written for it, but
for one delivery at a time that asks whether it is back. One answer, or one activity of its own, and all is well again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import String, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.columns import Instant
from storage.prepared import Query
from storage.rows import table_of
from storage.statements import insert_into, is_sqlite, upsert_into

DEFAULT_SIGNATURE = "draft-cavage"


class HostState(SQLModel, table=True):
    """One peer host (with its port, where not the usual one)."""

    __tablename__ = "hosts"

    host: str = Field(primary_key=True)
    software: str | None = None
    software_version: str | None = None
    software_checked_at: datetime | None = Field(default=None, sa_type=Instant)
    signature_kind: str = DEFAULT_SIGNATURE
    """What it was last seen to accept: draft-cavage or rfc9421."""
    failures: int = 0
    """Failed attempts since the last success; each one lengthens `held_until`."""
    held_until: datetime | None = Field(default=None, sa_type=Instant)
    last_success_at: datetime | None = Field(default=None, sa_type=Instant)
    last_failure_at: datetime | None = Field(default=None, sa_type=Instant)
    last_error: str | None = None
    failed_days: int = 0
    """On how many different days in a row of failures it failed (`last_failure_at` is the last of them)."""
    unavailable_at: datetime | None = Field(default=None, sa_type=Instant)
    """Since when nothing new is written for it, because it has failed on too many days."""

    @property
    def is_proven(self) -> bool:
        """It answered when it was last asked."""
        return self.failures == 0 and self.last_success_at is not None


@dataclass(frozen=True, slots=True)
class HostFailure:
    """A host did not answer, or asked us to wait: nothing is sent to it before `held_until`."""

    held_until: datetime
    error: str
    failed_days: int = 1
    unavailable_at: datetime | None = None


async def find_hosts(session: AsyncSession, hosts: Iterable[str]) -> dict[str, HostState]:
    """Those of these hosts that we have dealt with."""
    wanted = set(hosts)
    if not wanted:
        return {}
    return {row.host: row for row in await _BY_NAMES.all(session, hosts=list(wanted))}


_BY_NAMES = Query.rows(HostState, col(HostState.host).in_(bindparam("hosts", expanding=True)))


async def list_hosts(session: AsyncSession, *, limit: int) -> list[HostState]:
    """The hosts that have failed, those that have for the longest first."""
    failing = select(HostState).where(col(HostState.failures) > 0)
    return list(
        await session.scalars(failing.order_by(col(HostState.failures).desc(), col(HostState.host)).limit(limit))
    )


async def store_successes(session: AsyncSession, kinds: Mapping[str, str | None], *, now: datetime) -> None:
    """These hosts have answered, each perhaps to a signature of this kind, which is what they read then."""
    rows = [{"host": host, "kind": kind, "moment": now} for host, kind in sorted(kinds.items())]
    if rows:
        await session.execute(_success(is_sqlite(session)), rows)


async def store_failures(session: AsyncSession, failures: Mapping[str, HostFailure], *, now: datetime) -> None:
    """These hosts have not answered; each has failed once more since its last success."""
    rows = [
        {
            "host": host,
            "until": failure.held_until,
            "error": failure.error,
            "days": failure.failed_days,
            "given_up": failure.unavailable_at,
            "moment": now,
        }
        for host, failure in sorted(failures.items())
    ]
    if rows:
        await session.execute(_failure(is_sqlite(session)), rows)


async def store_software(
    session: AsyncSession, host: str, *, name: str | None, version: str | None, now: datetime
) -> None:
    """What a host said that it runs; without a name it said nothing, and what it said before stands."""
    said = {} if name is None else {"software": name, "software_version": version}
    insert = insert_into(session, HostState).values(host=host, software_checked_at=now, **said, **_FRESH)
    known = said | {"software_checked_at": now}
    await session.execute(insert.on_conflict_do_update(index_elements=["host"], set_=known))


_FRESH = {"signature_kind": DEFAULT_SIGNATURE, "failures": 0, "failed_days": 0}


@cache
def _success(on_sqlite: bool) -> Any:  # noqa: FBT001 - a key of the cache
    table, kind, moment = table_of(HostState), bindparam("kind", type_=String), bindparam("moment", type_=Instant)
    known: dict[str, Any] = {"failures": 0, "held_until": None, "last_success_at": moment, "last_error": None}
    known |= {"failed_days": 0, "unavailable_at": None}
    insert = upsert_into(HostState, on_sqlite).values(
        host=bindparam("host"), signature_kind=func.coalesce(kind, DEFAULT_SIGNATURE), **known
    )
    known |= {"signature_kind": func.coalesce(kind, table.c.signature_kind)}
    return insert.on_conflict_do_update(index_elements=["host"], set_=known)


@cache
def _failure(on_sqlite: bool) -> Any:  # noqa: FBT001 - a key of the cache
    table, until, moment = table_of(HostState), bindparam("until", type_=Instant), bindparam("moment", type_=Instant)
    known = {"held_until": until, "last_failure_at": moment, "last_error": bindparam("error", type_=String)}
    known |= {"failed_days": bindparam("days"), "unavailable_at": bindparam("given_up", type_=Instant)}
    insert = upsert_into(HostState, on_sqlite).values(
        host=bindparam("host"), signature_kind=DEFAULT_SIGNATURE, failures=1, **known
    )
    return insert.on_conflict_do_update(index_elements=["host"], set_=known | {"failures": table.c.failures + 1})
