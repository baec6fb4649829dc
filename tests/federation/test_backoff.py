"""The schedule of deliveries: more than seven days, and never sooner than planned."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.backoff import JITTER, SCHEDULE, TRUSTING_ATTEMPTS, next_delay, parse_retry_after
from federation.outcomes import Deferred

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BUSY = Deferred("http_503")


def test_a_host_is_tried_twenty_one_times_over_more_than_seven_days() -> None:
    delays: list[timedelta] = []
    while (delay := next_delay(BUSY, len(delays) + 1, jitter=0)) is not None:
        delays.append(delay)
    assert len(delays) + 1 == 21
    assert sum(delays, timedelta()) >= timedelta(hours=178)
    assert delays[:6] == [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360)]


@given(st.integers(1, len(SCHEDULE)), st.floats(-1, 2))
def test_jitter_only_lengthens(attempts: int, jitter: float) -> None:
    delay = next_delay(BUSY, attempts, jitter=jitter)
    assert delay is not None
    assert SCHEDULE[attempts - 1] <= delay <= SCHEDULE[attempts - 1] * (1 + JITTER)


def test_some_reasons_are_worth_only_a_few_attempts() -> None:
    missing = Deferred("http_404", attempts=3)
    assert [next_delay(missing, attempts, jitter=0) is None for attempts in (1, 2, 3, 4)] == [False, False, True, True]


def test_a_peer_may_ask_for_more_time_always_and_for_less_in_the_beginning() -> None:
    hasty, patient = (Deferred("http_429", retry_after=timedelta(seconds=seconds)) for seconds in (3, 80_000))
    assert next_delay(hasty, 1, jitter=0) == timedelta(seconds=3)
    assert next_delay(hasty, TRUSTING_ATTEMPTS + 1, jitter=0) == SCHEDULE[TRUSTING_ATTEMPTS]
    for attempts in (1, 20):
        assert next_delay(patient, attempts, jitter=0) == timedelta(seconds=80_000)
    assert sum(SCHEDULE[TRUSTING_ATTEMPTS:], timedelta()) > timedelta(days=7), "the promise holds for the hasty too"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", 1),
        ("315360000", 86400),
        ("9" * 500, 86400),
        ("Mon, 23 Nov 2026 12:05:00 GMT", 300),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 1),
        ("Mon, 23 Nov 2099 12:00:00 GMT", 86400),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("١٢", None),
        (None, None),
    ],
)
def test_retry_after(header: str | None, seconds: int | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert parse_retry_after(header, now=NOW) == expected
