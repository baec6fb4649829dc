"""When to try a delivery again. Pure: figures in, a delay out.

Every inbox is tried for more than seven days: at once, then after 1, 5 and 15 minutes, 1, 3 and 6 hours, and fourteen
times after 12 hours, 21 attempts in all (Mastodon gives up after two to three days, GoToSocial after four minutes).
Jitter only lengthens a delay, so that the promise holds and a host that comes back is not met by everybody in the same
second.
"""

from datetime import UTC, datetime, timedelta

from federation import limits
from federation.outcomes import Deferred
from federation.signatures.dates import read_http_date

SCHEDULE = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    *[timedelta(hours=12)] * 14,
)
JITTER = 0.25
TRUSTING_ATTEMPTS = 5
"""So often a peer may ask for less than the schedule ("Retry-After: 3"); later that would use up the attempts too
soon.
"""


def next_delay(outcome: Deferred, attempts: int, *, jitter: float) -> timedelta | None:
    """How long to wait after the `attempts`-th attempt (counted from 1), or None to give up.

    `jitter` is a random number between 0 and 1. A longer wait that the peer asks for is always granted (up to a day).
    """
    if attempts > len(SCHEDULE) or (outcome.attempts is not None and attempts >= outcome.attempts):
        return None
    planned = SCHEDULE[attempts - 1] * (1 + JITTER * min(max(jitter, 0.0), 1.0))
    if outcome.retry_after is None:
        return planned
    wished = clamp_retry_after(outcome.retry_after)
    return wished if attempts <= TRUSTING_ATTEMPTS else max(planned, wished)


def parse_retry_after(header: str | None, *, now: datetime) -> timedelta | None:
    """`Retry-After` in seconds or as a date, between one second and a day; None if it is absent or unreadable."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return clamp_retry_after(timedelta(seconds=min(int(text[:10]), 10**6)))
    date = read_http_date(text)
    return None if date is None else clamp_retry_after(date - now.astimezone(UTC))


def clamp_retry_after(wished: timedelta) -> timedelta:
    """Between one second and one day: neither "now" nor "in ten years" is an answer."""
    shortest, longest = limits.RETRY_AFTER
    return min(max(wished, shortest), longest)
