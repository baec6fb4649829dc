"""Giving back what was claimed and not finished, where it is certain that nobody works on it any more.

A lease runs out by itself; this is for whoever need not wait for that: the one server of an SQLite file, when it
starts. (It may have been killed, or its clock may have been far ahead.) On PostgreSQL other processes have leases of
their own, so there nothing but time ends them.
"""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.deliveries import Delivery
from storage.received import ReceivedActivity
from storage.statements import change


async def return_leases(session: AsyncSession) -> int:
    """Let everything that is claimed be claimed again at once; how much that was. Attempts stay counted."""
    number = 0
    for table in (Delivery, ReceivedActivity):
        claimed = update(table).where(col(table.locked_until).is_not(None))
        number += await change(session, claimed.values(locked_until=None))
    return number
