"""Memory that a stranger cannot fill."""

from datetime import timedelta

from federation.bounded import BoundedMap


def test_it_never_grows_beyond_its_size() -> None:
    bounded: BoundedMap[int, int] = BoundedMap(100)
    for number in range(10_000):
        bounded.put(number, number)
        bounded.get(0)
    assert len(bounded) == 100
    assert bounded.get(0) == 0, "what is used stays"
    assert bounded.get(5000) is None


def test_entries_expire() -> None:
    now = [0.0]
    bounded: BoundedMap[str, int] = BoundedMap(10, timedelta(seconds=5), clock=lambda: now[0])
    bounded.put("a", 1)
    now[0] = 4.9
    assert bounded.get("a") == 1
    now[0] = 5.0
    assert bounded.get("a") is None
    assert len(bounded) == 0
    bounded.put("a", 2)
    bounded.drop("a")
    bounded.drop("a")
    assert bounded.get("a") is None
