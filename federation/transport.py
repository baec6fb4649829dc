"""THE outgoing HTTP client. Nothing else in this program may open a connection to a host that a stranger named.

What a peer must not be able to do through us, and what stops it here:

* make us talk to our own network: every socket is made by `_guarded_socket`, which sees the very address that will be
  dialled,
  after DNS, after redirects, and also for address literals that no resolver is asked about;
* make us talk to a host that the operator has blocked: each hop is checked before anything is resolved;
* keep us busy: one deadline for the whole exchange (a drip-fed answer never trips a read timeout), bounded decoded
  bodies;
* lead us around: redirects are followed by hand, three at most, only for GET, each hop checked and signed anew; a POST
  is never
  redirected, because its signature is for one host;
* learn something: no cookies, no proxies or credentials from the environment, no Referer.
"""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.typedefs import LooseHeaders
from yarl import URL

from federation import limits
from federation.addresses import is_allowed
from federation.clock import utc_now
from federation.errors import BadUri, BlockedAddress, DereferenceFailed, HostBlocked, TooLarge, Unreachable
from federation.identifiers import SignatureKind, host_of, origin_of, origin_text, parse_uri, without_fragment
from federation.patience import ELSEWHERE
from federation.ports import HostGate, OpenGate
from federation.resolver import ResolverBusy, ThreadResolver
from federation.signatures.sign import sign_request
from federation.signatures.signer import Signer
from federation.turns import Turns
from federation.vocabulary.terms import ACTIVITY_JSON

GETS = 256
"""How many GETs are under way at a time: strangers choose what is fetched, and must leave room for what we deliver."""
POSTS = 512
ROOM_SECONDS = 5.0
BUSY = "we_are_busy"
"""The reason when we did not come to ask: it says nothing about the host."""
CONNECTIONS_PER_HOST = 8
HTTPS_PORTS = frozenset({443})
CONNECTION_LOST = "connection_lost"
_GUARD = "refused by the address guard"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 64 * limits.KIB
_ANSWER_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: `url` is where the last hop led, `body` is decoded and complete (within its limit)."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def excerpt(self) -> str:
        """The beginning of the body for the log, printable."""
        text = self.body[: limits.EXCERPT].decode("utf-8", errors="replace")
        return "".join(character if character.isprintable() else " " for character in text).strip()


@dataclass(frozen=True, slots=True)
class GetSigning:
    """How a GET is signed: in which kind and, with draft-cavage, whether its target is signed with the query.

    Older Mastodon and others leave the query out; GoToSocial 0.20 tries both, too.
    """

    kind: SignatureKind = SignatureKind.CAVAGE
    with_query: bool = True


class Transport:
    """Connections for what we fetch, and others for what we deliver. `allow_loopback` is for development: it admits
    this machine's own addresses and plain http.

    `resolver` replaces the system's (tests map names to local ports with it), `ca_file` adds certificates to the
    system's trust, `ports` are those that https may use, `hosts` says which are blocked. Close it with `close`.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        resolver: AbstractResolver | None = None,
        allow_loopback: bool = False,
        ca_file: Path | str | None = None,
        ports: frozenset[int] = HTTPS_PORTS,
        hosts: HostGate | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.allow_loopback = allow_loopback
        self._user_agent = user_agent
        self._resolver = resolver
        self._ca_file = ca_file
        self._ports = ports
        self._hosts = hosts or OpenGate()
        self._now = now
        self._lines: dict[str, _Line] = {}
        self._room = Turns(GETS)
        self._signing = ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="sign")

    async def get(
        self,
        url: str,
        accept: str,
        *,
        signer: Signer | None = None,
        way: GetSigning = GetSigning(),
        limit: int = limits.FETCHED_BODY,
    ) -> Response:
        """GET, signed in this way if a signer is given, following up to three redirects.

        Raises `BadUri`, `BlockedAddress`, `HostBlocked`, `TooLarge`, `Unreachable` (`elsewhere_unreachable` where it is
        not the host that was asked that does not answer), and `DereferenceFailed` for redirects without end.
        """
        seen: list[str] = []
        try:
            async with self._a_place(), _deadline(limits.FETCH_SECONDS):
                while True:
                    checked = await self._checked(url)
                    seen.append(checked)
                    response = await self._get_once(checked, accept, signer=signer, way=way, limit=limit)
                    if response.status not in _REDIRECTS:
                        return response
                    url = _next_hop(checked, response.headers.get("Location", ""))
                    if len(seen) > limits.REDIRECTS or url in seen:
                        raise DereferenceFailed("too many redirects", reason="too_many_redirects", private=checked)
        except Unreachable as error:
            if len({host_of(each) for each in seen}) > 1:  # or anybody could call a host down that redirects
                raise Unreachable(error.public, reason=ELSEWHERE, private=error.private) from error
            raise

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        signer: Signer,
        kind: SignatureKind = SignatureKind.CAVAGE,
        content_type: str = ACTIVITY_JSON,
        headers: Mapping[str, str] | None = None,
        even_blocked: bool = False,
    ) -> Response:
        """POST, signed with all `headers`; never redirected. Only the beginning of the answer is read, and a broken
        body does no harm. `even_blocked`: also to a host with which we have nothing to do any more.

        If the connection ends before an answer begins, it is tried once more: mostly the peer has just then closed one
        that was kept (Node does after 5 s), and inboxes take the same activity twice without harm.
        Raises `BadUri`, `BlockedAddress`, `HostBlocked` and `Unreachable`.
        """
        async with _deadline(limits.DELIVERY_SECONDS):
            checked = await self._checked(url, even_blocked=even_blocked)
            all_headers = await self._sign(
                "POST", checked, signer=signer, kind=kind, body=body, content_type=content_type, more=headers
            )
            try:
                return await self._post_once(checked, all_headers, body)
            except Unreachable as error:
                if error.reason != CONNECTION_LOST:
                    raise
            return await self._post_once(checked, all_headers, body)

    async def close(self) -> None:
        """Close all connections; the transport is of no use afterwards."""
        for line in self._lines.values():
            await line.session.close()
            if line.resolver is not None:
                await line.resolver.close()
        self._signing.shutdown(wait=False, cancel_futures=True)

    @asynccontextmanager
    async def _a_place(self) -> AsyncIterator[None]:
        """Room for one more GET. Its time does not count while it waits for us."""
        has_room = False
        try:
            async with self._room.turn("", seconds=ROOM_SECONDS):
                has_room = True
                yield
        except TimeoutError as error:
            if has_room:
                raise
            raise Unreachable("too many documents are being fetched", reason=BUSY) from error

    async def _get_once(self, url: str, accept: str, *, signer: Signer | None, way: GetSigning, limit: int) -> Response:
        headers = {"Accept": accept}
        if signer is not None:
            headers |= await self._sign("GET", url, signer=signer, kind=way.kind, with_query=way.with_query)
        async with self._request("GET", url, headers=headers) as answer:
            body = b"" if answer.status in _REDIRECTS else await _bounded(answer, limit)
            return Response(answer.status, answer.headers.copy(), body, url)

    async def _post_once(self, url: str, headers: LooseHeaders, body: bytes) -> Response:
        async with self._request("POST", url, headers=headers, body=body) as answer:
            content = await _beginning(answer, limits.DELIVERY_ANSWER)
            return Response(answer.status, answer.headers.copy(), content, url)

    async def _sign(
        self,
        method: str,
        url: str,
        *,
        signer: Signer,
        kind: SignatureKind,
        with_query: bool = True,
        body: bytes | None = None,
        content_type: str | None = None,
        more: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        wire = _wire_url(url)
        job = partial(
            sign_request,
            signer,
            kind,
            method=method,
            origin=origin_text(url),
            target=wire.raw_path_qs if with_query else wire.raw_path,
            now=self._now(),
            body=body,
            content_type=content_type,
            more=more,
        )
        return await asyncio.get_running_loop().run_in_executor(self._signing, job)

    @asynccontextmanager
    async def _request(
        self, method: str, url: str, *, headers: LooseHeaders, body: bytes | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One exchange, without redirects; the client's errors become ours."""
        try:
            async with self._session(method).request(
                method, _wire_url(url), headers=headers, data=body, allow_redirects=False
            ) as answer:
                yield answer
        except aiohttp.ClientError as error:
            raise _translated(error, url) from error
        except ValueError as error:  # aiohttp and yarl: an answer or address that cannot be
            raise Unreachable("the host answered something unreadable", reason="bad_answer", private=url) from error

    async def _checked(self, url: str, *, even_blocked: bool = False) -> str:
        """The URL as it will be requested, or `BadUri`, or `HostBlocked`: scheme, host and port are ones that we talk
        to.
        """
        checked = without_fragment(parse_uri(url, http_allowed=self.allow_loopback))
        port = origin_of(checked).port
        if port not in self._ports and not self.allow_loopback:
            raise BadUri("the port is not one that servers use", reason="port_not_allowed", private=checked)
        if not even_blocked and await self._hosts.is_blocked_host(host_of(checked)):
            raise HostBlocked("the host is blocked here", private=checked)
        return checked

    def _session(self, method: str) -> aiohttp.ClientSession:
        """That for GET, or that for POST. Made on first use, because it belongs to the event loop that runs then."""
        if method not in self._lines:
            self._lines[method] = self._line(most=GETS if method == "GET" else POSTS)
        return self._lines[method].session

    def _line(self, *, most: int) -> "_Line":
        own = ThreadResolver() if self._resolver is None else None
        connector = aiohttp.TCPConnector(
            resolver=self._resolver or own,
            socket_factory=partial(_guarded_socket, loopback=self.allow_loopback),
            ssl=_trust(self._ca_file),
            limit=most,
            limit_per_host=CONNECTIONS_PER_HOST,
            ttl_dns_cache=60,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=limits.CONNECT_SECONDS),
            headers={"User-Agent": self._user_agent, "Accept-Encoding": "gzip, deflate"},
            trust_env=False,
        )
        return _Line(session, own)


@dataclass(frozen=True, slots=True)
class _Line:
    """Connections, and the resolver that goes with them if it is ours."""

    session: aiohttp.ClientSession
    resolver: ThreadResolver | None


@cache
def _trust(ca_file: Path | str | None) -> ssl.SSLContext:
    """Whose certificates are believed. Reading the system's takes long, and they are the same for everybody here."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def _guarded_socket(info: tuple[int, int, int, str, tuple[object, ...]], *, loopback: bool) -> socket.socket:
    """The socket for one address, or OSError for an address that we do not talk to."""
    family, kind, protocol, _, address = info
    if not is_allowed(str(address[0]), loopback=loopback):
        raise OSError(errno.EACCES, _GUARD)
    return socket.socket(family, kind, protocol)


def _wire_url(url: str) -> URL:
    """The URL in ASCII, otherwise untouched; a reading of the host other than ours is refused."""
    wire = URL(quote(url, safe="".join(map(chr, range(0x21, 0x7F)))), encoded=True)
    origin = origin_of(url)
    if (wire.scheme, wire.host, wire.port) != (origin.scheme, origin.host.strip("[]"), origin.port):
        raise BadUri("the URI can be read in two ways", reason="bad_uri", private=url)
    return wire


def _next_hop(url: str, location: str) -> str:
    """Where a redirect leads. Raises `BadUri`, also where it leads from https to http, which production has nowhere."""
    try:
        hop = urljoin(url, location)
    except ValueError as error:
        raise BadUri("the host redirects to what is no URI", private=f"{url}: {location}"[:500]) from error
    if url.startswith("https:") and urlsplit(hop).scheme == "http":
        raise BadUri("the host redirects from https to http", reason="http_not_allowed", private=f"{url}: {hop}"[:500])
    return hop


async def _bounded(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    """The whole body, counted after decompression. Raises `TooLarge`."""
    parts: list[bytes] = []
    size = 0
    async for chunk in answer.content.iter_chunked(_CHUNK):
        size += len(chunk)
        if size > limit:
            answer.close()
            raise TooLarge("the document is too large", reason="document_too_large", private=str(answer.url))
        parts.append(chunk)
    return b"".join(parts)


async def _beginning(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    """As much of the body as comes in time and fits; after headers have come, nothing about it is an error any more."""
    content = b""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            async for chunk in answer.content.iter_chunked(_CHUNK):
                content += chunk
                if len(content) > limit:
                    answer.close()
                    break
    except (aiohttp.ClientError, TimeoutError):
        answer.close()
    return content[:limit]


@asynccontextmanager
async def _deadline(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise Unreachable("the host did not answer in time", reason="timed_out") from error


def _translated(error: aiohttp.ClientError, url: str) -> BlockedAddress | Unreachable:
    detail = f"{url}: {error}"[:500]
    match error:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return Unreachable("no trusted TLS connection to the host", reason="tls_failed", private=detail)
        case aiohttp.ClientConnectorDNSError() if isinstance(error.__cause__, ResolverBusy):
            return Unreachable("too many names are being looked up", reason=BUSY, private=detail)
        case aiohttp.ClientConnectorDNSError():
            return Unreachable("the host's name could not be resolved", reason="dns_failed", private=detail)
        case aiohttp.ClientConnectorError() if _GUARD in str(error):
            return BlockedAddress("the host has no public address", private=detail)
        case aiohttp.ClientConnectorError():
            return Unreachable("the host could not be reached", reason="connect_failed", private=detail)
        case aiohttp.ServerTimeoutError():
            return Unreachable("the host did not answer in time", reason="timed_out", private=detail)
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError() | aiohttp.ClientPayloadError():
            return Unreachable("the connection was lost", reason=CONNECTION_LOST, private=detail)
        case _:
            return Unreachable("the host answered something unreadable", reason="bad_answer", private=detail)
