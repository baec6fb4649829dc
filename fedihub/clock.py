"""What time it is: asked of the hub and never of the machine, so that a test can live through a week in a
millisecond.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time, always aware and in UTC; and how it passes, whatever is done to the machine's clock."""

    def now(self) -> datetime:
        """This moment."""

    def monotonic(self) -> float:
        """Seconds since some moment; they never go back."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """This moment."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()


class ManualClock:
    """A clock that stands still until it is moved: for tests and rehearsals."""

    def __init__(self, moment: datetime | None = None) -> None:
        self._moment = moment or datetime.now(UTC)
        self._passed = 0.0

    def now(self) -> datetime:
        """The moment that was set."""
        return self._moment

    def advance(self, step: timedelta) -> None:
        """Move on (or, with a negative step, back)."""
        self._moment += step
        self._passed += max(0.0, step.total_seconds())

    def monotonic(self) -> float:
        """How far it was moved on."""
        return self._passed
