"""One way to page through every list: newest first, by the key of the rows, so that nothing is skipped or repeated
while rows come in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped


@dataclass(frozen=True, slots=True)
class Window:
    """Which stretch of a list is wanted.

    `max_id`: what is older. `since_id`: what is newer, its newest part first. `min_id`: what is newer, the part
    just above. Bounds are exclusive and may be combined.
    """

    limit: int = 20
    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None

    @property
    def floor(self) -> int | None:
        """Only what is above this."""
        bounds = [bound for bound in (self.since_id, self.min_id) if bound is not None]
        return max(bounds, default=None)

    @property
    def upwards(self) -> bool:
        """The rows just above the floor are wanted, not the newest ones."""
        return self.min_id is not None


Key = ColumnElement[int] | Mapped[int]
Rows = Select[*tuple[Any, ...]]


def windowed(statement: Rows, key: Key, window: Window) -> Rows:
    """The statement, bounded, ordered and limited by the window."""
    if window.max_id is not None:
        statement = statement.where(key < window.max_id)
    if window.floor is not None:
        statement = statement.where(key > window.floor)
    return statement.order_by(key.asc() if window.upwards else key.desc()).limit(window.limit)


async def rows_within(
    session: AsyncSession, statement: Rows, key: Key, *, window: Window
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The rows in the window, newest first."""
    rows = (await session.execute(windowed(statement, key, window))).all()
    return rows[::-1] if window.upwards else rows
