"""What the operator decided about whole hosts: which are blocked, which are limited, and why.

A policy covers a host and all that lie below it (`evil.example` also covers `a.evil.example`, whatever the port); of
several the nearest counts. Processes keep them in memory and look at one fact, the version, to know whether they
changed (`fedihub.host_gate`).
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.columns import Instant, Word
from storage.hub_facts import HubFact, set_fact
from storage.prepared import Query
from storage.rows import values_of
from storage.statements import changed, insert_into

VERSION = "host_policies_version"


class HostLevel(StrEnum):
    """BLOCKED: nothing in, nothing out. LIMITED: seen only by those who follow somebody there. OPEN: only its media are
    left out.
    """

    OPEN = "open"
    LIMITED = "limited"
    BLOCKED = "blocked"


class HostPolicy(SQLModel, table=True):
    """The decision about one host."""

    __tablename__ = "host_policies"

    host: str = Field(primary_key=True)
    level: HostLevel = Field(sa_type=Word(HostLevel))
    rejects_media: bool = False
    reason: str = ""
    """For everybody to read."""
    note: str = ""
    """For the operator alone."""
    created_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)


async def list_policies(session: AsyncSession) -> list[HostPolicy]:
    """All of them, by host."""
    return list(await session.scalars(select(HostPolicy).order_by(col(HostPolicy.host))))


async def find_policy(session: AsyncSession, host: str) -> HostPolicy | None:
    """What was decided about exactly this host."""
    return await session.get(HostPolicy, host)


async def put_policy(session: AsyncSession, policy: HostPolicy, *, version: int) -> None:
    """Store a decision, in place of the one there was about this host."""
    values = values_of(policy)
    changes = {name: value for name, value in values.items() if name not in ("host", "created_at")}
    insert = insert_into(session, HostPolicy).values(values)
    await session.execute(insert.on_conflict_do_update(index_elements=["host"], set_=changes))
    await set_fact(session, VERSION, str(version))


async def delete_policy(session: AsyncSession, host: str, *, version: int) -> bool:
    """Forget a decision; False if there was none."""
    gone = changed(await session.execute(delete(HostPolicy).where(col(HostPolicy.host) == host))) == 1
    await set_fact(session, VERSION, str(version))
    return gone


async def policies_version(session: AsyncSession) -> str:
    """Another text after each change; empty before the first."""
    return await _READ_VERSION.first(session, name=VERSION) or ""


_READ_VERSION = Query.values(select(col(HubFact.value)).where(col(HubFact.name) == bindparam("name")))
