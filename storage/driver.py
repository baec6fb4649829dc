"""The driver of a database, as a unit of work reaches it past SQLAlchemy: the same few calls on SQLite and PostgreSQL.

What is run here (see `storage.prepared`) belongs to the transaction of the unit. What the driver raises leaves the unit
as it is; who runs the units (`storage.sqlite`, `storage.postgresql`) makes of it what SQLAlchemy would have raised.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from sqlalchemy import Dialect
from sqlalchemy.ext.asyncio import AsyncSession

Arguments = Sequence[Any]
"""In the order of the statement's placeholders, each as the driver wants it."""


class Driver(Protocol):
    """One connection, inside a transaction."""

    dialect: Dialect
    """How statements are written for it."""

    async def first(self, sql: str, arguments: Arguments) -> Sequence[Any] | None:
        """The first row of a SELECT."""

    async def all(self, sql: str, arguments: Arguments) -> Sequence[Sequence[Any]]:
        """All rows of a SELECT."""

    async def run(self, sql: str, arguments: Arguments) -> int:
        """Change something; how many rows that were."""

    async def run_all(self, sql: str, rows: Sequence[Arguments]) -> None:
        """Change something once for each of these."""


class UnitSession(AsyncSession):
    """The session of a unit of work; every session that `storage.database` gives is one."""

    driver: Driver


Afterwards = Callable[[AsyncSession, Sequence[str]], Awaitable[None]]
"""What is to be done about the things of these names in a unit of its own, once the unit that named them has ended."""

AFTERWARDS = "afterwards"
"""Where a session keeps what is to be done."""


def do_afterwards(session: AsyncSession, what: Afterwards, name: str) -> None:
    """Have this done about something when the unit has been committed: by then it sees, or is seen by, whatever others
    did at the same moment. It may be missed where the process dies in between.
    """
    todo: dict[Afterwards, list[str]] = session.info.setdefault(AFTERWARDS, {})
    todo.setdefault(what, []).append(name)
