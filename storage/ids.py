"""Our own keys: 53-bit integers that rise with time, the same for every kind of row.

Layout, from the top: 41 bits of milliseconds since 2000-01-01, 5 bits of process slot, 7 bits of sequence. Three facts
about clients ask for just this: some compare ids as text and need one constant length (16 digits from 2007 to 2069),
some read them as JSON numbers and need less than 2**53, and all sort timelines by them.
"""

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
SLOTS = 32
_SLOT_BITS = 5
_SEQUENCE_BITS = 7
_LOW_BITS = _SLOT_BITS + _SEQUENCE_BITS


def _milliseconds(moment: datetime) -> int:
    return max(0, int((moment - EPOCH).total_seconds() * 1000))


class IdMaker:
    """Makes keys for one process; `slot` (0 to 31) must differ between processes on one database."""

    def __init__(self, now: Callable[[], datetime], *, slot: int = 0) -> None:
        if not 0 <= slot < SLOTS:
            raise ValueError(f"slot must be between 0 and {SLOTS - 1}")
        self._now = now
        self._slot = slot
        self._lock = threading.Lock()
        self._last = (0, 0)

    def next(self) -> int:
        """A key for something that happens now: higher than each one before, even when the clock goes back."""
        with self._lock:
            moment, sequence = self._last
            current = _milliseconds(self._now())
            if current > moment:
                moment, sequence = current, 0
            elif sequence + 1 < 1 << _SEQUENCE_BITS:
                sequence += 1
            else:
                moment, sequence = moment + 1, 0
            self._last = (moment, sequence)
        return (moment << _LOW_BITS) | (self._slot << _SEQUENCE_BITS) | sequence

    def at(self, moment: datetime) -> int:
        """A key for something that happened at `moment` elsewhere (never later than now).

        Peers give whole seconds; the rest is filled at random, so that two posts of one second get different keys.
        """
        now = self._now()
        if moment >= now:
            return self.next()
        low = random.getrandbits(_LOW_BITS)
        milliseconds = _milliseconds(moment)
        if milliseconds % 1000 == 0 and (now - moment).total_seconds() >= 1:
            milliseconds += random.randrange(1000)  # noqa: S311
        return (milliseconds << _LOW_BITS) | low


def near(key: int, attempt: int) -> int:
    """Another key for what happened elsewhere, a little later: where a stranger names the millisecond of many things,
    their keys run out. Further away with each attempt, counted from 0; after ten of them not more than two seconds.
    """
    return key + 1 + random.randrange(1 << (_LOW_BITS + attempt))  # noqa: S311


def moment_of(key: int) -> datetime:
    """When the row with this key was made, to the millisecond."""
    return datetime.fromtimestamp(EPOCH.timestamp() + (key >> _LOW_BITS) / 1000, tz=UTC)


def first_id_at(moment: datetime) -> int:
    """The lowest key that a row made at this moment can have: what is below is older."""
    return _milliseconds(moment) << _LOW_BITS


def span_of(time: timedelta) -> int:
    """By how much keys rise in this time."""
    return int(time.total_seconds() * 1000) << _LOW_BITS
