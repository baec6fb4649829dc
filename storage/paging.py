"""One way to page through every list: newest first, by the key of the rows, so that nothing is skipped or repeated
while rows come in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, bindparam
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped

from storage.columns import BigId


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

    @property
    def shape(self) -> "Shape":
        """What its statement looks like, whatever the numbers are."""
        return Shape(self.max_id is not None, self.floor is not None, self.upwards)

    @property
    def values(self) -> dict[str, int | None]:
        """The numbers, for the statement of its shape."""
        return {"window_max": self.max_id, "window_floor": self.floor, "window_limit": self.limit}


class Shape(NamedTuple):
    """Which bounds a window has, and from which end it is filled. A statement can be made once for each shape."""

    below: bool
    above: bool
    upwards: bool


Key = ColumnElement[int] | Mapped[int]
Rows = Select[*tuple[Any, ...]]


def windowed(statement: Rows, key: Key, shape: Shape) -> Rows:
    """The statement, bounded, ordered and limited by the values of a window of this shape."""
    if shape.below:
        statement = statement.where(key < bindparam("window_max", type_=BigId))
    if shape.above:
        statement = statement.where(key > bindparam("window_floor", type_=BigId))
    return statement.order_by(key.asc() if shape.upwards else key.desc()).limit(bindparam("window_limit", type_=BigId))


async def rows_within(
    session: AsyncSession, statement: Rows, key: Key, *, window: Window
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The rows in the window, newest first."""
    return await rows_of(session, windowed(statement, key, window.shape), window=window)


async def rows_of(
    session: AsyncSession, statement: Rows, *, window: Window, **values: Any
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The same for a statement that is `windowed` already, with values for its other parameters."""
    rows = (await session.execute(statement, window.values | values)).all()
    return rows[::-1] if window.upwards else rows
