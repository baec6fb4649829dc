"""How often one account, or one address, may ask: counted in fixed windows, as Mastodon does, so that `Reset` is a
plain moment.

Counts live in this process and are bounded: when a window sees more callers than `MOST_CALLERS`, those seen longest
ago are forgotten.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aiohttp import web

PERIOD = timedelta(minutes=5)
MOST_CALLERS = 20_000
REGISTRATION_SHARE = 10
"""Registering apps needs no account and leaves a row: it gets a tenth of the requests."""
UPLOAD_SHARE = 10
"""So do files, which leave more than that."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a caller has left after this request; below zero when it was one too many."""

    limit: int
    left: int
    reset: datetime

    @property
    def exceeded(self) -> bool:
        """This request was one too many."""
        return self.left < 0

    def headers(self) -> dict[str, str]:
        """In Mastodon's words; the moment with a fraction and Z, as Mastodon.py and others parse it."""
        reset = self.reset.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.left)),
            "X-RateLimit-Reset": reset,
        }


class Limiter:
    """Counts requests by caller; `limit` in each window of `period`."""

    def __init__(self, limit: int, *, period: timedelta = PERIOD, most_callers: int = MOST_CALLERS) -> None:
        self.limit = limit
        self._seconds = int(period.total_seconds())
        self._most = most_callers
        self._window = 0
        self._counts: OrderedDict[str, int] = OrderedDict()

    def take(self, caller: str, now: datetime) -> Standing:
        """Count one request."""
        window = int(now.timestamp()) // self._seconds
        if window != self._window:
            self._window = window
            self._counts.clear()
        count = self._counts.get(caller, 0) + 1
        self._counts[caller] = count
        self._counts.move_to_end(caller)
        if len(self._counts) > self._most:
            self._counts.popitem(last=False)
        reset = datetime.fromtimestamp((window + 1) * self._seconds, tz=UTC)
        return Standing(limit=self.limit, left=self.limit - count, reset=reset)

    def give_back(self, caller: str) -> None:
        """Undo one request of this window: it was a good one."""
        count = self._counts.get(caller, 0)
        if count > 1:
            self._counts[caller] = count - 1
        else:
            self._counts.pop(caller, None)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limiters of one running hub."""

    requests: Limiter
    registrations: Limiter
    uploads: Limiter


LIMITS: web.AppKey[Limits] = web.AppKey("api_limits", Limits)


def make_limits(rate_limit: int) -> Limits:
    """The limiters that the setting `rate_limit` asks for."""
    return Limits(
        requests=Limiter(rate_limit),
        registrations=Limiter(max(1, rate_limit // REGISTRATION_SHARE)),
        uploads=Limiter(max(1, rate_limit // UPLOAD_SHARE)),
    )
