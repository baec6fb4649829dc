"""What holds for every request and every answer, whatever it is about."""

import io
from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from tests.support.client import ApiClient, client_for
from tests.support.hub import RunningHub, running_hub
from tests.support.resolver import TestResolver

ODD_IDS = ["0", "-1", "x", "1e3", "９", "9" * 19, "9" * 40, "1.0", "%00", "..%2F1", "null"]


@pytest.fixture(name="client")
async def _client(home: RunningHub) -> ApiClient:
    return await client_for(home, await home.member("ada"))


@pytest.mark.parametrize("odd", ODD_IDS)
async def test_an_id_that_can_be_none_names_nothing(client: ApiClient, odd: str) -> None:
    for method, path in (
        ("GET", "/api/v1/statuses/{}"),
        ("DELETE", "/api/v1/statuses/{}"),
        ("GET", "/api/v1/statuses/{}/context"),
        ("POST", "/api/v1/statuses/{}/reblog"),
        ("GET", "/api/v1/accounts/{}"),
        ("POST", "/api/v1/accounts/{}/follow"),
        ("GET", "/api/v1/notifications/{}"),
        ("POST", "/api/v1/follow_requests/{}/authorize"),
    ):
        answer = await client.call(method, path.format(odd))
        assert (answer.status, answer.json()) == (404, {"error": "Record not found"}), (method, path)


@pytest.mark.parametrize("odd", ["x", "-5", "１", "1'--"])
@pytest.mark.parametrize("name", ["max_id", "min_id", "since_id"])
async def test_an_odd_cursor_is_refused(client: ApiClient, name: str, odd: str) -> None:
    answer = await client.call("GET", "/api/v1/timelines/home", params={name: odd})
    assert answer.status == 422
    assert answer.json()["error"].startswith("Validation failed: ")


@pytest.mark.parametrize(
    ("asked", "given"), [("2", 2), ("0", 1), ("-1", 1), ("-99999999999", 1), ("1000000000000", 40), ("x", 20), ("", 20)]
)
async def test_a_limit_is_brought_into_its_bounds(client: ApiClient, asked: str, given: int) -> None:
    for number in range(45):
        await client.say(f"number {number}")
    assert len(await client.get("/api/v1/timelines/home", params={"limit": asked})) == given


async def test_a_cursor_beyond_all_ids_is_as_good_as_none(client: ApiClient) -> None:
    status = await client.say("hello")
    assert [each["id"] for each in await client.get(f"/api/v1/timelines/home?max_id={'9' * 30}")] == [status["id"]]
    assert await client.get(f"/api/v1/timelines/home?since_id={'9' * 30}") == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/instance", 200),
        ("GET", "/api/v1/instance/", 200),
        ("GET", "/api/v1/timelines/home", 401),
        ("GET", "/api/v1/nothing/here", 404),
        ("GET", "/api/", 404),
        ("DELETE", "/api/v1/instance", 404),
        ("GET", "/oauth/token", 405),
        ("POST", "/oauth/token", 400),
        ("POST", "/oauth/revoke", 403),
        ("POST", "/.well-known/oauth-authorization-server", 405),
        ("POST", "/oauth/token?code=%00", 400),
    ],
)
async def test_every_answer_is_json_that_any_page_may_read(
    home: RunningHub, method: str, path: str, status: int
) -> None:
    answer = await home.request(method, path, headers={"Origin": "https://client.example"})
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Link" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert status == 200 or answer.json()["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/statuses",
        "/api/v1/nowhere",
        "/api/v2/search/",
        "/oauth/token",
        "/oauth/token/",
        "/oauth/revoke",
        "/oauth/userinfo",
        "/.well-known/oauth-authorization-server",
    ],
)
async def test_a_preflight_is_answered_without_a_token(home: RunningHub, path: str) -> None:
    asked = {"Origin": "https://client.example", "Access-Control-Request-Method": "POST"}
    answer = await home.request("OPTIONS", path, headers=asked)
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert {"POST", "PUT", "DELETE", "PATCH"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"Authorization", "Content-Type", "Idempotency-Key"} <= set(allowed)


async def test_what_can_be_read_can_be_asked_about(client: ApiClient) -> None:
    for path in ("/api/v1/timelines/home", "/api/v1/timelines/home/", "/.well-known/oauth-authorization-server"):
        read, asked = await client.call("GET", path), await client.call("HEAD", path)
        assert (asked.status, asked.text) == (200, "")
        assert asked.headers["Content-Length"] == read.headers["Content-Length"]
    refused = await client.call("HEAD", "/api/v1/statuses/1")
    assert (refused.status, refused.text) == (404, "")


async def test_the_consent_page_is_for_no_other_page_to_read(home: RunningHub) -> None:
    answer = await home.get("/oauth/authorize", headers={"Origin": "https://client.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_token_may_come_in_the_query_but_never_comes_back(home: RunningHub, client: ApiClient) -> None:
    for number in range(3):
        await client.say(f"number {number}")
    answer = await home.get(f"/api/v1/timelines/home?limit=2&access_token={client.token}")
    assert answer.status == 200
    assert "limit=2" in answer.headers["Link"]
    assert str(client.token) not in answer.headers["Link"]


async def test_what_is_too_big_or_unreadable_is_said_to_be(client: ApiClient) -> None:
    huge = await client.call("POST", "/api/v1/statuses", data=io.BytesIO(b"x" * 3_000_000))
    assert (huge.status, huge.json()["error"]) == (413, "The request is too large")
    broken = await client.call("POST", "/api/v1/statuses", data=b"{", headers={"Content-Type": "application/json"})
    assert broken.status == 400
    odd = await client.call("POST", "/api/v1/statuses", json={"status": ["a", {"b": 1}]})
    assert odd.status == 422


@pytest.fixture(name="strict")
async def _strict(database_url: str, resolver: TestResolver) -> AsyncIterator[RunningHub]:
    async with running_hub(database_url, resolver, rate_limit=20) as running:
        yield running


async def test_whoever_asks_too_often_is_told_when_to_come_back(strict: RunningHub) -> None:
    client, nobody = await client_for(strict, await strict.member("ada")), ApiClient(strict, None)
    left = []
    for _ in range(20):
        answer = await client.call("GET", "/api/v1/preferences")
        left.append(int(answer.headers["X-RateLimit-Remaining"]))
    assert left == list(range(19, -1, -1))
    refused = await client.call("GET", "/api/v1/preferences/")
    assert (refused.status, refused.json()) == (429, {"error": "Too many requests"})
    assert refused.headers["X-RateLimit-Limit"] == "20"
    reset = datetime.fromisoformat(refused.headers["X-RateLimit-Reset"])
    assert reset > strict.hub.clock.now()
    assert (await nobody.call("GET", "/api/v1/instance")).status == 200


async def test_apps_register_less_often_than_they_ask(strict: RunningHub) -> None:
    app = {"client_name": "App", "redirect_uris": "https://app.example/", "scopes": "read"}
    statuses = [(await strict.request("POST", "/api/v1/apps", json=app)).status for _ in range(3)]
    assert statuses == [200, 200, 429]


async def test_guessing_tokens_counts_too(strict: RunningHub) -> None:
    stranger = ApiClient(strict, "made-up")
    statuses = [(await stranger.call("GET", "/api/v1/timelines/home")).status for _ in range(21)]
    assert statuses == [401] * 20 + [429]
