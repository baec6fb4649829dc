"""TLS: only certificates that are trusted, for the right name and not expired; an extra CA adds to the system's. What
begins with TLS goes on with it.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from federation.errors import BadUri, Unreachable
from federation.transport import Transport
from tests.support.peer import Peer
from tests.support.resolver import TestResolver
from tests.support.tls import tls_peer, write_ca


@pytest.fixture
async def trusting(resolver: TestResolver, tmp_path: Path) -> AsyncIterator[Transport]:
    made = Transport(user_agent="x", resolver=resolver, allow_loopback=True, ca_file=write_ca(tmp_path))
    yield made
    await made.close()


async def hello(_request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def test_a_ca_of_our_own_is_trusted(trusting: Transport, tmp_path: Path, resolver: TestResolver) -> None:
    async with tls_peer(tmp_path, resolver, hello):
        assert (await trusting.get("https://peer.test/", "*/*")).body == b"hello"


@pytest.mark.parametrize(("host", "days"), [("other.test", 30), ("peer.test", -1)])
async def test_a_wrong_certificate_is_refused(
    trusting: Transport, tmp_path: Path, resolver: TestResolver, *, host: str, days: int
) -> None:
    async with tls_peer(tmp_path, resolver, hello, host=host, days=days):
        with pytest.raises(Unreachable, match="tls_failed"):
            await trusting.get("https://peer.test/", "*/*")


async def test_an_unknown_ca_is_refused_even_in_development(
    transport: Transport, tmp_path: Path, resolver: TestResolver
) -> None:
    async with tls_peer(tmp_path, resolver, hello):
        with pytest.raises(Unreachable, match="tls_failed"):
            await transport.get("https://peer.test/", "*/*")


@pytest.mark.parametrize("location", ["http://plain.test/", "HTTP://plain.test/"])
async def test_a_redirect_away_from_tls_is_refused_even_in_development(
    trusting: Transport, tmp_path: Path, resolver: TestResolver, location: str
) -> None:
    async def moved(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": location})

    async with Peer.running("plain.test", resolver=resolver) as plain, tls_peer(tmp_path, resolver, moved):
        with pytest.raises(BadUri, match="http_not_allowed"):
            await trusting.get("https://peer.test/", "*/*")
        assert plain.requests == []
