"""Looking up names: those of one domain, however many and however slow, leave room for all others."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from federation import resolver
from federation.identifiers import domain_of
from federation.resolver import PER_DOMAIN, Found, ResolverBusy, ThreadResolver


class SlowDomain:
    """Below slow.example no name is answered before `answer`; all others are this machine."""

    def __init__(self) -> None:
        self.answer = threading.Event()
        self.asked: list[str] = []

    def look_up(self, host: str, _port: int, _family: socket.AddressFamily) -> Found:
        self.asked.append(host)
        if host.endswith(".slow.example"):
            self.answer.wait()
            raise OSError("nobody there")
        return [(socket.AF_INET, "127.0.0.1")]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowDomain]:
    made = SlowDomain()
    monkeypatch.setattr(resolver, "_look_up", made.look_up)
    monkeypatch.setattr(resolver, "PATIENCE_SECONDS", 0.05)
    yield made
    made.answer.set()


@pytest.fixture
async def names(slow: SlowDomain) -> AsyncIterator[ThreadResolver]:
    made = ThreadResolver(threads=2 * PER_DOMAIN)
    yield made
    slow.answer.set()
    await made.close()


async def test_a_slow_domain_leaves_room_for_others(names: ThreadResolver, slow: SlowDomain) -> None:
    waiting = [asyncio.create_task(names.resolve(f"n{number}.slow.example", 443)) for number in range(50)]
    found = [await names.resolve(f"n{number}.fast.example", 443) for number in range(20)]
    assert {each[0]["host"] for each in found} == {"127.0.0.1"}
    assert sum(host.endswith(".slow.example") for host in slow.asked) == PER_DOMAIN
    done, _ = await asyncio.wait(waiting[PER_DOMAIN:])
    assert {type(task.exception()) for task in done} == {ResolverBusy}, "nothing is known about these names"
    slow.answer.set()
    failures = await asyncio.gather(*waiting[:PER_DOMAIN], return_exceptions=True)
    assert {type(each) for each in failures} == {OSError}


async def test_who_stops_waiting_gives_no_thread_back_before_it_has_an_answer(
    names: ThreadResolver, slow: SlowDomain
) -> None:
    for number in range(20):
        with pytest.raises((TimeoutError, ResolverBusy)):
            await asyncio.wait_for(names.resolve(f"n{number}.slow.example", 443), 0.01)
    assert len(slow.asked) == PER_DOMAIN
    assert await names.resolve("fast.example", 443)


async def test_the_systems_resolver_is_asked() -> None:
    names = ThreadResolver()
    found = await names.resolve("localhost", 80)
    assert {each["host"] for each in found} <= {"127.0.0.1", "::1"}
    assert found[0]["port"] == 80
    with pytest.raises(OSError, match=r"[Nn]ame"):
        await names.resolve("no-such-name.invalid", 80)
    await names.close()


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("a.b.example.org", "example.org"),
        ("example.org:8443", "example.org"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("a.example.uk", "example.uk"),
        ("localhost", "localhost"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("[::1]:80", "[::1]:80"),
    ],
)
def test_the_domain_of_a_host(host: str, domain: str) -> None:
    assert domain_of(host) == domain
