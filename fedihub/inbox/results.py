"""How applying one received activity ended: values, each with a short reason that `fedihub inbox log` shows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from storage.database import Session


@dataclass(frozen=True, slots=True)
class Applied:
    """It had its effect."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Rightly without effect: not for us, known already, undone before."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Wrong: somebody speaks for somebody else, or says what cannot be."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """Not possible now, perhaps later. `partly`: the main effect was had, and only something beside it is still
    missing. `at_once`: it only has to be gathered anew, knowing the reason (`Gathering.postponed`). `after`: so long
    from now, where the usual pauses do not fit.
    """

    reason: str
    detail: str = ""
    partly: bool = False
    at_once: bool = False
    after: timedelta | None = None


Result = Applied | Ignored | Refused | Later
Change = Callable[[Session], Awaitable[Result]]
"""What a handler has made up its mind to do: run in one write unit, perhaps more than once, touching nothing but the
database.
"""
