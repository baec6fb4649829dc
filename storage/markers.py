"""How far a local actor has read, on whichever device: one marker for each timeline."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.columns import BigId, Instant
from storage.rows import table_of
from storage.statements import insert_into


class Marker(SQLModel, table=True):
    """The last entry that was read; `version` counts the writes, so that clients can tell which one is newer."""

    __tablename__ = "markers"

    actor_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="actors.id", ondelete="CASCADE")
    timeline: str = Field(primary_key=True)
    last_read_id: str
    version: int = 1
    updated_at: datetime = Field(sa_type=Instant)


async def list_markers(session: AsyncSession, *, actor_id: int, timelines: list[str]) -> list[Marker]:
    """The markers that an actor has set, of those asked for."""
    wanted = select(Marker).where(col(Marker.actor_id) == actor_id, col(Marker.timeline).in_(timelines))
    return list(await session.scalars(wanted))


async def set_marker(
    session: AsyncSession, *, actor_id: int, timeline: str, last_read_id: str, now: datetime
) -> Marker:
    """Write one marker; answers it as it is then."""
    table = table_of(Marker)
    changes = {"last_read_id": last_read_id, "version": table.c.version + 1, "updated_at": now}
    statement = (
        insert_into(session, Marker)
        .values(actor_id=actor_id, timeline=timeline, last_read_id=last_read_id, version=1, updated_at=now)
        .on_conflict_do_update(index_elements=["actor_id", "timeline"], set_=changes)
        .returning(*table.c)
    )
    return Marker(**(await session.execute(statement)).one()._asdict())
