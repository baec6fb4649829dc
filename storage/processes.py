"""The processes that share a database: each takes a slot (so that their ids differ) and beats, so that readiness can be
judged.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.columns import Instant
from storage.errors import NoFreeSlot
from storage.ids import SLOTS
from storage.statements import change, insert_into


class Process(SQLModel, table=True):
    """One running process; its slot is free again when the heart has not beaten for a while."""

    __tablename__ = "processes"

    slot: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    token: str
    role: str
    started_at: datetime = Field(sa_type=Instant)
    beat_at: datetime = Field(sa_type=Instant)


SILENT_FOR = timedelta(seconds=60)
"""A process that has not beaten for so long has lost its slot."""


async def claim_slot(session: AsyncSession, *, token: str, role: str, now: datetime) -> int:
    """Take the first slot that is free, or whose process is silent. `token` is the process's own secret name.

    Raises NoFreeSlot when there are as many processes as slots.
    """
    row = {"token": token, "role": role, "started_at": now, "beat_at": now}
    silent = col(Process.beat_at) < now - SILENT_FOR
    alive = set(await session.scalars(select(col(Process.slot)).where(~silent)))
    for slot in (slot for slot in range(SLOTS) if slot not in alive):
        insert = insert_into(session, Process).values(slot=slot, **row)
        claim = insert.on_conflict_do_update(index_elements=["slot"], set_=row, where=silent)
        # Of two who come for the same slot, the second finds it beating, and goes on to the next.
        if await session.scalar(claim.returning(col(Process.slot))) is not None:
            return slot
    raise NoFreeSlot(f"{SLOTS} processes are running on this database: no more can join")


async def count_alive(session: AsyncSession, *, now: datetime) -> int:
    """How many processes have beaten a short while ago."""
    alive = select(func.count()).where(col(Process.beat_at) >= now - SILENT_FOR)
    return await session.scalar(alive) or 0


async def beat(session: AsyncSession, slot: int, *, token: str, now: datetime) -> bool:
    """Say that this process lives. False if another has its slot now: then it must not make ids any more."""
    own = update(Process).where(col(Process.slot) == slot, col(Process.token) == token)
    return await change(session, own.values(beat_at=now)) == 1


async def release_slot(session: AsyncSession, slot: int, *, token: str) -> None:
    """Leave; the slot is free at once."""
    await session.execute(delete(Process).where(col(Process.slot) == slot, col(Process.token) == token))


async def list_processes(session: AsyncSession) -> list[Process]:
    """Every process that has a slot, silent ones too."""
    return list(await session.scalars(select(Process).order_by(col(Process.slot))))
