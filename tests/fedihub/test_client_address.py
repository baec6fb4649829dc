"""Whose request it is that counts: real connections, with whatever a proxy or a liar writes into the headers. The clock
stands still, so that no window of the limits ends in the middle of a test.
"""

import pytest

from fedihub.clock import ManualClock
from fedihub.web.limits import WEB_LIMITS
from tests.support.hub import RunningHub, running_hub
from tests.support.resolver import TestResolver
from tests.support.visitor import Visitor

PROXY = "127.0.0.1"
"""Where the requests of these tests come from."""
LIMIT = 10


async def left_after(hub: RunningHub, *forwarded: str) -> int:
    """What the client has left after one more request that carries these headers, each in a line of its own."""
    headers = [("X-Forwarded-For", value) for value in forwarded]
    answer = await hub.request("GET", "/api/v1/instance", headers=headers)
    return int(answer.headers["X-RateLimit-Remaining"])


async def test_without_a_trusted_proxy_nobody_can_say_to_be_another(database_url: str) -> None:
    async with running_hub(database_url, TestResolver(), clock=ManualClock(), rate_limit=LIMIT) as hub:
        lefts = [await left_after(hub, f"198.51.100.{number}") for number in range(3)]
    assert lefts == [LIMIT - 1, LIMIT - 2, LIMIT - 3]


async def test_behind_a_trusted_proxy_each_visitor_has_a_count_of_their_own(database_url: str) -> None:
    async with running_hub(
        database_url, TestResolver(), clock=ManualClock(), rate_limit=LIMIT, trusted_proxies=PROXY
    ) as hub:
        lefts = [await left_after(hub, address) for address in ("198.51.100.1", "198.51.100.2", "198.51.100.1")]
    assert lefts == [LIMIT - 1, LIMIT - 1, LIMIT - 2]


async def test_what_the_visitor_wrote_into_the_header_does_not_count(database_url: str) -> None:
    async with running_hub(
        database_url, TestResolver(), clock=ManualClock(), rate_limit=LIMIT, trusted_proxies=PROXY
    ) as hub:
        await left_after(hub, "198.51.100.1")
        assert await left_after(hub, "203.0.113.9, 198.51.100.1") == LIMIT - 2
        assert await left_after(hub, "203.0.113.10", "198.51.100.1") == LIMIT - 3
        assert await left_after(hub, f"203.0.113.11, {PROXY}, 198.51.100.1, {PROXY}") == LIMIT - 4


@pytest.mark.parametrize("nonsense", ["", "unknown", "198.51.100.1, unknown", "1.2.3.4.5", "\u00e4"])
async def test_a_header_that_is_no_address_counts_for_the_proxy(database_url: str, nonsense: str) -> None:
    async with running_hub(
        database_url, TestResolver(), clock=ManualClock(), rate_limit=LIMIT, trusted_proxies=PROXY
    ) as hub:
        await left_after(hub)
        assert await left_after(hub, nonsense) == LIMIT - 2


async def test_a_whole_ipv6_network_is_one_visitor(database_url: str) -> None:
    async with running_hub(
        database_url, TestResolver(), clock=ManualClock(), rate_limit=LIMIT, trusted_proxies=PROXY
    ) as hub:
        written = ("2001:db8:0:1::1", "[2001:db8:0:1:ffff::2]:4711", "2001:db8:0:2::1")
        lefts = [await left_after(hub, address) for address in written]
    assert lefts == [LIMIT - 1, LIMIT - 2, LIMIT - 1]


async def test_apps_are_registered_on_the_visitors_account_and_not_on_the_proxys(database_url: str) -> None:
    async with running_hub(
        database_url, TestResolver(), clock=ManualClock(), rate_limit=LIMIT, trusted_proxies=PROXY
    ) as hub:
        statuses = [await register_app(hub, visitor) for visitor in ("198.51.100.1", "198.51.100.1", "198.51.100.2")]
    assert statuses == [200, 429, 200]


async def test_who_guesses_passwords_shuts_out_only_themselves(database_url: str) -> None:
    async with running_hub(database_url, TestResolver(), clock=ManualClock(), trusted_proxies=PROXY) as hub:
        guesses = hub.app[WEB_LIMITS].sign_in_address
        for _ in range(guesses.limit):  # each would cost a hash
            guesses.take("198.51.100.1", hub.hub.clock.now())
        assert [await sign_in(hub, visitor) for visitor in ("198.51.100.1", "198.51.100.2")] == [429, 422]


async def register_app(hub: RunningHub, visitor: str) -> int:
    """The answer to an app that registers itself."""
    app = {"client_name": "app", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}
    return (await hub.request("POST", "/api/v1/apps", data=app, headers={"X-Forwarded-For": visitor})).status


async def sign_in(hub: RunningHub, visitor: str) -> int:
    """The answer to somebody who gives a wrong password."""
    browser = Visitor(hub)
    page = await browser.get("/sign-in")
    told = {"X-Forwarded-For": visitor}
    return (await browser.send(page.form("/sign-in"), headers=told, name="nobody", password="wrong")).status
