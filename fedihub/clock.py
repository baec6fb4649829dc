"""What time it is: asked of the hub and never of the machine, so that a test can live through a week in a
millisecond.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time, always aware and in UTC."""

    def now(self) -> datetime:
        """This moment."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """This moment."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved: for tests and rehearsals."""

    def __init__(self, moment: datetime | None = None) -> None:
        self._moment = moment or datetime.now(UTC)

    def now(self) -> datetime:
        """The moment that was set."""
        return self._moment

    def advance(self, step: timedelta) -> None:
        """Move on (or, with a negative step, back)."""
        self._moment += step
