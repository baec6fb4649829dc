"""The outgoing client: what it refuses to do, whoever asks for it."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from federation import limits
from federation.errors import BadUri, BlockedAddress, DereferenceFailed, ProtocolError, TooLarge, Unreachable
from federation.identifiers import KeyId, SignatureKind
from federation.signatures.signer import Signer
from federation.transport import Transport
from tests.federation.conftest import PeerMaker
from tests.support.keys import ed25519_key, public_pem
from tests.support.peer import Peer
from tests.support.resolver import TestResolver

ACCEPT = "application/activity+json"


@pytest.fixture
async def strict(resolver: TestResolver) -> AsyncIterator[Transport]:
    """As in production: https, public addresses, port 443."""
    made = Transport(user_agent="FediHub/test", resolver=resolver)
    yield made
    await made.close()


@pytest.fixture
async def any_port(resolver: TestResolver) -> AsyncIterator[Transport]:
    made = Transport(user_agent="FediHub/test", resolver=resolver, ports=frozenset(range(65536)))
    yield made
    await made.close()


class Listener:
    """Counts the connections that somebody opens on this machine."""

    def __init__(self) -> None:
        self.connections = 0
        self.port = 0

    def on_connect(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    made = Listener()
    server = await asyncio.start_server(made.on_connect, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    await server.wait_closed()


# Where it goes.


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:{port}/",
        "https://[::1]:{port}/",
        "https://[::ffff:127.0.0.1]:{port}/",
        "https://①②⑦.⓪.⓪.①:{port}/",
        "https://127。0。0。1:{port}/",
        "https://0.0.0.0:{port}/",
        "https://127.1:{port}/",
        "https://2130706433:{port}/",
        "https://0x7f000001:{port}/",
        "https://0177.0.0.1:{port}/",
        "https://localhost:{port}/",
        "https://localhost.:{port}/",
        "http://public.example:{port}/",
        "https://user:secret@public.example:{port}/",
        "https://public.example\\@127.0.0.1:{port}/",
        "https://public.example:{port}@127.0.0.1:{port}/",
        "ftp://public.example:{port}/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "gopher://127.0.0.1:{port}/x",
        "//127.0.0.1:{port}/",
        "https:///{port}",
        " https://127.0.0.1:{port}/",
        "https://127.0.0.1:{port}/\r\nHost: x",
    ],
)
async def test_odd_addresses_are_refused(
    any_port: Transport, resolver: TestResolver, listener: Listener, url: str
) -> None:
    resolver.add("public.example", listener.port)
    with pytest.raises(BadUri):
        await any_port.get(url.format(port=listener.port), ACCEPT)
    assert listener.connections == 0
    assert resolver.asked == []


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"]
)
async def test_a_public_name_for_a_private_address_is_refused(
    any_port: Transport, resolver: TestResolver, listener: Listener, address: str
) -> None:
    """The check is at the socket: whatever a name server says, no connection is made."""
    resolver.add("public.example", listener.port, address=address)
    with pytest.raises(BlockedAddress):
        await any_port.get("https://public.example/", ACCEPT)
    resolver.add_address("public.example", "127.0.0.1", port=listener.port)
    with pytest.raises(BlockedAddress):
        await any_port.get("https://public.example/", ACCEPT)
    assert listener.connections == 0


async def test_development_admits_only_this_machine(transport: Transport, resolver: TestResolver) -> None:
    for address in ("10.0.0.1", "192.168.1.1", "169.254.169.254", "fe80::1", "0.0.0.0"):
        resolver.add("inside.test", 80, address=address)
        with pytest.raises(BlockedAddress):
            await transport.get("http://inside.test/", ACCEPT)


@pytest.mark.parametrize("port", [22, 80, 6379, 8443])
async def test_only_the_port_of_https_is_used(strict: Transport, resolver: TestResolver, port: int) -> None:
    with pytest.raises(BadUri, match="port_not_allowed"):
        await strict.get(f"https://public.example:{port}/", ACCEPT)
    assert resolver.asked == []


async def test_a_redirect_is_checked_like_any_address(transport: Transport, peer: Peer) -> None:
    peer.serve("/in", status=302, headers={"Location": "http://10.0.0.1/"})
    peer.serve("/file", status=302, headers={"Location": "file:///etc/passwd"})
    peer.serve("/gopher", status=307, headers={"Location": "gopher://127.0.0.1/"})
    with pytest.raises(BlockedAddress):
        await transport.get(f"{peer.base}/in", ACCEPT)
    for path in ("/file", "/gopher"):
        with pytest.raises(BadUri):
            await transport.get(peer.base + path, ACCEPT)


async def test_each_hop_is_signed_for_its_own_address(
    transport: Transport, make_peer: PeerMaker, server_signer: Signer
) -> None:
    first, second = await make_peer("first.test"), await make_peer("second.test")
    first.serve("/a?b=1", b"")
    first.serve("/a", status=302, headers={"Location": "http://second.test/target?x=%2F"})
    second.serve("/target", b"{}")
    response = await transport.get("http://first.test/a", ACCEPT, signer=server_signer)
    assert (response.status, response.url) == (200, "http://second.test/target?x=%2F")
    assert [request.verified for request in first.requests + second.requests] == [True, True]


async def test_redirects_end(transport: Transport, peer: Peer) -> None:
    peer.serve("/loop", status=302, headers={"Location": "/loop"})
    for number in range(9):
        peer.serve(f"/hop{number}", status=302, headers={"Location": f"/hop{number + 1}"})
    for path, hops in (("/loop", 1), ("/hop0", limits.REDIRECTS + 1)):
        before = len(peer.requests)
        with pytest.raises(DereferenceFailed, match="too_many_redirects"):
            await transport.get(peer.base + path, ACCEPT)
        assert len(peer.requests) - before == hops


async def test_a_post_is_never_redirected(transport: Transport, peer: Peer, server_signer: Signer) -> None:
    peer.answer_inbox(307)
    response = await transport.post(f"{peer.base}/inbox", b"{}", signer=server_signer)
    assert response.status == 307
    assert len(peer.requests) == 1


# What it says.


async def test_a_request_says_who_we_are_and_nothing_else(
    transport: Transport, peer: Peer, server_signer: Signer
) -> None:
    peer.serve("/page", b"{}", headers={"Set-Cookie": "id=1; Path=/"})
    for _ in range(2):
        await transport.get(f"{peer.base}/page#part", ACCEPT, signer=server_signer)
    seen = peer.requests[1]
    assert {name.title() for name in seen.headers} == {
        "Accept", "Accept-Encoding", "Date", "Host", "Signature", "User-Agent",
    }  # fmt: skip
    assert seen.headers["User-Agent"] == "FediHub/test"
    assert seen.target == "/page"


@pytest.mark.parametrize("kind", list(SignatureKind))
@pytest.mark.parametrize("path", ["/inbox", "/inbox?for=%61da&x=ü"])
async def test_posts_are_signed_in_both_kinds(
    transport: Transport, peer: Peer, server_signer: Signer, kind: SignatureKind, path: str
) -> None:
    response = await transport.post(peer.base + path, b'{"a": 1}', signer=server_signer, kind=kind)
    assert response.status == 202
    assert (peer.requests[0].kind, peer.requests[0].verified) == (kind, True)
    assert peer.requests[0].headers["Content-Type"] == ACCEPT
    assert peer.received == [{"a": 1}]


async def test_an_ed25519_key_posts_with_rfc_9421(transport: Transport, peer: Peer) -> None:
    signer = Signer(KeyId("https://hub.test/k"), ed25519_key(3))
    peer.known_keys["https://hub.test/k"] = public_pem(ed25519_key(3))
    response = await transport.post(f"{peer.base}/inbox", b"{}", signer=signer, kind=SignatureKind.RFC9421)
    assert (response.status, peer.requests[0].verified) == (202, True)


async def test_a_host_with_a_port_is_signed_with_it(transport: Transport, peer: Peer, server_signer: Signer) -> None:
    """Two hubs on one machine differ only in the port."""
    port = (await peer.resolver.resolve("peer.test"))[0]["port"]
    peer.resolver.add("peer.test", port)
    await transport.get(f"http://peer.test:{port}/x", ACCEPT, signer=server_signer)
    assert peer.requests[0].headers["Host"] == f"peer.test:{port}"
    assert peer.requests[0].verified


# What it takes.


async def test_a_body_has_a_limit(transport: Transport, peer: Peer) -> None:
    peer.serve("/fits", b"x" * limits.FETCHED_BODY)
    peer.serve("/large", b"x" * (limits.FETCHED_BODY + 1))
    assert len((await transport.get(f"{peer.base}/fits", ACCEPT)).body) == limits.FETCHED_BODY
    with pytest.raises(TooLarge):
        await transport.get(f"{peer.base}/large", ACCEPT)


async def test_a_compressed_bomb_is_counted_as_it_unpacks(transport: Transport, peer: Peer) -> None:
    bomb = gzip.compress(b"0" * 60 * 1024**2)
    assert len(bomb) < limits.FETCHED_BODY
    peer.serve("/bomb", bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(TooLarge):
        await transport.get(f"{peer.base}/bomb", ACCEPT)
    peer.serve("/small", gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"})
    assert (await transport.get(f"{peer.base}/small", ACCEPT)).body == b"{}"
    peer.serve("/broken", b"no gzip", headers={"Content-Encoding": "gzip"})
    with pytest.raises(Unreachable):
        await transport.get(f"{peer.base}/broken", ACCEPT)


async def test_an_endless_stream_ends(transport: Transport, peer: Peer) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(1000):
            await answer.write(b"x" * 64 * 1024)
        return answer

    peer.serve_with("/endless", endless)
    with pytest.raises(TooLarge):
        await transport.get(f"{peer.base}/endless", ACCEPT)


async def test_a_slow_answer_meets_a_deadline(
    transport: Transport, peer: Peer, server_signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One byte now and then trips no read timeout; the deadline is for the whole."""

    async def drip(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b" ")
            await asyncio.sleep(0.01)

    monkeypatch.setattr(limits, "FETCH_SECONDS", 0.3)
    monkeypatch.setattr(limits, "DELIVERY_SECONDS", 0.3)
    peer.serve_with("/drip", drip)
    with pytest.raises(Unreachable, match="timed_out"):
        await transport.get(f"{peer.base}/drip", ACCEPT)
    peer.hold()
    with pytest.raises(Unreachable, match="timed_out"):
        await transport.post(f"{peer.base}/inbox", b"{}", signer=server_signer)


async def test_a_strange_answer_to_a_post_is_still_an_answer(
    transport: Transport, peer: Peer, server_signer: Signer
) -> None:
    peer.answer_inbox(202, body=b"\x00\xff" * limits.DELIVERY_ANSWER)
    response = await transport.post(f"{peer.base}/inbox", b"{}", signer=server_signer)
    assert response.status == 202
    assert len(response.body) == limits.DELIVERY_ANSWER
    assert response.excerpt.isprintable()


# What goes wrong.


async def raw_server(answer: bytes) -> tuple[asyncio.Server, int]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n",
        b"HTTP/1.1 302 Found\r\n\r\n",
    ],
)
async def test_broken_answers_are_protocol_errors(transport: Transport, resolver: TestResolver, answer: bytes) -> None:
    server, port = await raw_server(answer)
    async with server:
        resolver.add("broken.test", port)
        with pytest.raises(ProtocolError):
            await transport.get("http://broken.test/", ACCEPT)


async def test_the_reason_of_a_failure_is_told(
    any_port: Transport, transport: Transport, resolver: TestResolver, peer: Peer
) -> None:
    resolver.add("refusing.test", 9)
    for url, reason in (
        ("http://unknown.test/", "dns_failed"),
        ("http://refusing.test/", "connect_failed"),
        ("https://peer.test/", "tls_failed"),
    ):
        with pytest.raises(Unreachable) as caught:
            await transport.get(url, ACCEPT)
        assert caught.value.reason == reason


async def test_the_systems_resolver_is_used_without_another() -> None:
    made = Transport(user_agent="x", allow_loopback=True)
    try:
        with pytest.raises(Unreachable, match="dns_failed"):
            await made.get("http://does-not-exist.invalid/", ACCEPT)
        with pytest.raises(Unreachable, match="connect_failed"):
            await made.get("http://localhost:9/", ACCEPT)
    finally:
        await made.close()


# Who waits for us.


async def test_what_is_fetched_leaves_room_for_what_is_delivered(
    make_peer: PeerMaker, resolver: TestResolver, server_signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is told that we are busy is not taken for a host that does not answer."""
    monkeypatch.setattr("federation.transport.GETS", 2)
    monkeypatch.setattr("federation.transport.ROOM_SECONDS", 0.05)
    slow, live = await make_peer("slow.test"), await make_peer("live.test")
    rosa = live.add_actor("rosa")
    made = Transport(user_agent="FediHub/test", resolver=resolver, allow_loopback=True)
    slow.hold()
    held = [asyncio.create_task(made.get(f"{slow.base}/{number}", ACCEPT)) for number in range(2)]
    await slow.wait_for_request(lambda _: len(slow.requests) == 2)
    with pytest.raises(Unreachable) as caught:
        await made.get(rosa.uri, ACCEPT)
    assert caught.value.reason == "we_are_busy"
    assert (await made.post(f"{rosa.uri}/inbox", b"{}", signer=server_signer)).status != 0
    slow.release()
    await asyncio.gather(*held)
    assert (await made.get(rosa.uri, ACCEPT)).status == 200
    await made.close()


async def test_a_name_that_we_did_not_come_to_look_up_is_not_one_that_leads_nowhere(
    transport: Transport, peer: Peer, resolver: TestResolver
) -> None:
    resolver.is_busy = True
    with pytest.raises(Unreachable) as caught:
        await transport.get(f"{peer.base}/x", ACCEPT)
    assert caught.value.reason == "we_are_busy"
