"""How often one caller may ask."""

from datetime import UTC, datetime, timedelta

from fedihub.limits import Limiter

NOON = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)


def test_the_request_after_the_last_is_one_too_many() -> None:
    limiter = Limiter(2)
    assert [limiter.take("a", NOON).exceeded for _ in range(3)] == [False, False, True]
    assert limiter.take("b", NOON).exceeded is False


def test_a_new_window_begins_anew_at_the_moment_that_was_told() -> None:
    limiter = Limiter(1)
    reset = limiter.take("a", NOON).reset
    assert reset == datetime(2026, 11, 24, 12, 5, tzinfo=UTC)
    assert limiter.take("a", reset - timedelta(microseconds=1)).exceeded is True
    assert limiter.take("a", reset).exceeded is False


def test_headers_are_written_as_mastodon_writes_them() -> None:
    limiter = Limiter(1)
    assert limiter.take("a", NOON).headers() == {
        "X-RateLimit-Limit": "1",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "2026-11-24T12:05:00.000000Z",
    }
    assert limiter.take("a", NOON).headers()["X-RateLimit-Remaining"] == "0"


def test_no_number_of_callers_fills_the_memory() -> None:
    limiter = Limiter(1, most_callers=10)
    for number in range(1000):
        limiter.take(str(number), NOON)
    assert len(limiter._counts) == 10  # noqa: SLF001 - the bound is what this is about
    assert limiter.take("999", NOON).exceeded is True
