"""What holds for every answer of the hub, whoever asks and however wrongly."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from fedihub.clock import ManualClock
from storage.database import Database
from storage.schema import migrate
from tests.support.hub import RunningHub, running_hub
from tests.support.resolver import TestResolver

PATHS = ["/", "/@nobody", "/.well-known/webfinger", "/ap/posts/1", "/api/v1/nothing", "/api/hub/v1/nothing", "/healthz"]


async def raw(home: RunningHub, request: bytes) -> bytes:
    """The answer to exactly these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", home.port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(65_536), 20)
    writer.close()
    return answer


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_carries_the_security_headers(home: RunningHub, path: str) -> None:
    answer = await home.get(path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Server"] == "FediHub"
    assert "Referrer-Policy" in answer.headers


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/.well-known/nothing", "application/problem+json"),
        ("/nodeinfo/nothing", "application/problem+json"),
        ("/ap/nothing", "application/problem+json"),
        ("/api/hub/v1/nothing", "application/problem+json"),
        ("/api/v1/nothing", "application/json"),
        ("/nothing", "text/html"),
        ("/@nobody", "text/html"),
    ],
)
async def test_nothing_there_is_said_in_the_areas_own_shape(home: RunningHub, path: str, content_type: str) -> None:
    answer = await home.get(path, accept="text/html")
    assert answer.status == 404
    assert answer.headers["Content-Type"].startswith(content_type)


@pytest.mark.parametrize(
    "host", ["evil.test", "hub.test.", "hub.test:81", "10.0.0.1", "", "a b", "@hub.test", "hub.test.evil.test"]
)
async def test_only_requests_for_our_own_name_are_answered(home: RunningHub, host: str) -> None:
    answer = await raw(home, f"GET /@nobody HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    status = int(answer.split()[1])
    assert status in ((404,) if host == "hub.test." else (400, 421))
    assert b"evil" not in answer


async def test_a_target_that_is_a_whole_url_is_refused(home: RunningHub) -> None:
    answer = await raw(home, b"GET http://evil.test/ HTTP/1.1\r\nHost: hub.test\r\nConnection: close\r\n\r\n")
    assert b" 400 " in answer.splitlines()[0]
    assert b"evil" not in answer


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/healthz", "127.0.0.1", 200),
        ("/healthz", "localhost:8080", 200),
        ("/healthz", "[::1]:8080", 200),
        ("/healthz", "evil.test", 421),
        ("/ap/posts/1", "127.0.0.1", 421),
        ("/ap/posts/1", "localhost", 404),
    ],
)
async def test_health_can_be_asked_under_a_loopback_address(
    database_url: str, resolver: TestResolver, path: str, host: str, status: int
) -> None:
    """A load balancer asks for an address; everything else is for who knows the name."""
    async with running_hub(database_url, resolver, host="localhost", allow_loopback=False) as home:
        answer = await raw(home, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert int(answer.split()[1]) == status


async def test_a_development_hub_answers_under_any_name_of_this_machine(home: RunningHub) -> None:
    answer = await raw(home, b"GET /ap/posts/1 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert answer.split()[1] == b"404"


async def test_readiness_is_honest(database_url: str, resolver: TestResolver) -> None:
    clock = ManualClock()
    async with running_hub(database_url, resolver, clock=clock) as home:
        assert (await home.get("/readyz")).status == 200
        home.hub.health.expect("delivery")
        clock.advance(timedelta(seconds=20))
        assert (await home.get("/readyz")).status == 200
        clock.advance(timedelta(seconds=20))
        silent = await home.get("/readyz")
        assert (silent.status, silent.json()["ready"]) == (503, False)
        home.hub.health.beat("delivery")
        assert (await home.get("/readyz")).status == 200
        home.hub.health.draining = True
        assert (await home.get("/readyz")).status == 503
        assert (await home.get("/healthz")).status == 200


async def test_a_hub_whose_database_was_taken_away_is_not_ready(tmp_path: Path, resolver: TestResolver) -> None:
    path = tmp_path / "fedihub.sqlite3"
    await migrate(f"sqlite+aiosqlite:///{path}")
    async with running_hub(f"sqlite+aiosqlite:///{path}", resolver) as home:
        assert (await home.get("/readyz")).status == 200
        path.rename(tmp_path / "elsewhere")
        answer = await home.get("/readyz")
    assert (answer.status, answer.json()["problems"]) == (503, ["the database file is gone"])


async def test_what_breaks_inside_is_not_shown_outside(home: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_arguments: object) -> None:
        raise RuntimeError("secret path /srv/hub")

    monkeypatch.setattr(Database, "read", broken)
    for path in ("/ap/actors/1", "/@ada", "/api/v1/instance"):
        answer = await home.get(path)
        assert answer.status == 500
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text


@pytest.mark.parametrize(("method", "path"), [("POST", "/ap/actors/1"), ("DELETE", "/healthz"), ("PUT", "/@ada")])
async def test_a_method_that_does_not_fit(home: RunningHub, method: str, path: str) -> None:
    answer = await home.request(method, path)
    assert answer.status == 405
    assert "GET" in answer.headers["Allow"]


async def test_nonsense_never_breaks_anything(home: RunningHub) -> None:
    for path in (
        "/%00",
        "/@%ff",
        "/ap/actors/%2e%2e",
        "/api/v1/statuses/%F0%9F",
        "/?" + "a=b&" * 500,
        "/@" + "a" * 500,
    ):
        assert (await home.get(path)).status < 500
    assert (await raw(home, b"GET / HTTP/1.1\r\nHost: hub.test\r\nHost: evil.test\r\n\r\n")).split()[1] == b"400"
