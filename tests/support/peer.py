"""A fake remote server: real sockets, real keys, really signed requests.

    async with Peer.running("peer.test", resolver=resolver) as peer:
        ada = peer.add_actor("ada")
        await peer.send(hub_inbox, peer.activity(ada, "Follow", hub_actor), by=ada)
        accept = await peer.wait_for(lambda activity: activity["type"] == "Accept")

It serves actors, keys, notes, WebFinger and NodeInfo, records every request with whether its signature was good (see
`judge.py`), and can be told to be down, slow, gone or hostile.
"""

import asyncio
import io
import itertools
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from tests.support.forge import Forged, Plan
from tests.support.judge import Judge, Seen
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
AS_CONTEXT = "https://www.w3.org/ns/activitystreams"
ACTIVITY_JSON = "application/activity+json"

Activity = dict[str, Any]
_numbers = itertools.count(1)
_keys = itertools.count()
KEYS = 12
"""So many actors, one after another, have different keys."""


@dataclass(frozen=True)
class Answer:
    """What the hub answered."""

    status: int
    headers: CIMultiDict[str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class _Canned:
    status: int
    headers: Mapping[str, str]
    body: bytes = b""


Page = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Peer:
    """See the module. All switches are plain attributes that may be changed at any time.

    `verifies`: refuse POSTs without a good signature (401). `needs_signed_gets`: actors and notes only for signed GETs
    (authorized fetch).
    """

    def __init__(self, host: str, *, resolver: TestResolver, shared_inbox: bool = True, software: str = "peer") -> None:
        self.host = host
        self.base = f"http://{host}"
        self.resolver = resolver
        self.shared_inbox = shared_inbox
        self.software = software
        self.verifies = True
        self.needs_signed_gets = False
        self.actors: dict[str, PeerActor] = {}
        self.objects: dict[str, Activity] = {}
        self.requests: list[Seen] = []
        self.received: list[Activity] = []
        self._readers: dict[str, tuple[int | None, set[str]]] = {}
        self._pages: dict[str, Page] = {}
        self._inbox_answers: deque[_Canned] = deque()
        self._inbox_default = _Canned(202, {})
        self._open = asyncio.Event()
        self._open.set()
        self._news = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._client: aiohttp.ClientSession | None = None
        self._judge = Judge(self.base, session=self._session)

    @classmethod
    @asynccontextmanager
    async def running(cls, host: str, *, resolver: TestResolver, **options: Any) -> AsyncIterator["Peer"]:
        """A peer that is up for as long as the block lasts."""
        peer = cls(host, resolver=resolver, **options)
        await peer.start()
        try:
            yield peer
        finally:
            await peer.close()

    @property
    def accepts_kinds(self) -> set[str]:
        """Which kinds of signatures the peer reads; change the set to make it read fewer."""
        return self._judge.accepts_kinds

    @property
    def known_keys(self) -> dict[str, str]:
        """Public keys (PEM) by key id, for signers who have no server that the peer could ask."""
        return self._judge.known_keys

    # Being there.

    @property
    def port(self) -> int:
        """Where it really listens."""
        return self._port

    async def start(self) -> None:
        """Come up (again, on the same port)."""
        app = web.Application(client_max_size=4 * 1024**2)
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, auto_decompress=False, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.resolver.add(self.host, self._port)

    async def stop(self) -> None:
        """Go down: connections are refused until `start`."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def close(self) -> None:
        self.release()
        await self.stop()
        if self._client is not None:
            await self._client.close()

    def hold(self) -> None:
        """Take requests, but answer none before `release`."""
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    # What it has.

    def add_actor(self, name: str, *, type: str = "Person", key_style: str = "fragment", **options: Any) -> PeerActor:
        """An actor with a key of its own."""
        number = options.pop("key_number", None) or 1 + next(_keys) % KEYS
        actor = PeerActor(self, name, type=type, key_style=key_style, key_number=number, **options)
        self.actors[name] = actor
        return actor

    def note(self, by: PeerActor, content: str = "<p>Hello</p>", **extra: Any) -> Activity:
        """A public note, served at its id."""
        uri = f"{by.uri}/statuses/{next(_numbers)}"
        note: Activity = {
            "id": uri,
            "type": "Note",
            "attributedTo": by.uri,
            "content": content,
            "published": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "to": [PUBLIC],
            "cc": [by.followers],
            "url": f"{self.base}/@{by.name}/{uri.rpartition('/')[2]}",
        } | extra
        self.objects[note["id"]] = note
        return note

    def show_only(self, uri: str, *readers: str, refusal: int = 403) -> None:
        """From now on serve an object only to these actors, who sign for it; others get the refusal."""
        self._readers[uri] = refusal, set(readers)

    def activity(self, by: PeerActor, type: str, object: Any, **extra: Any) -> Activity:
        """An activity; `extra` replaces any property, None takes it away."""
        activity: Activity = {
            "@context": AS_CONTEXT,
            "id": f"{by.uri}#activities/{next(_numbers)}",
            "type": type,
            "actor": by.uri,
            "object": object,
        } | extra
        return {name: value for name, value in activity.items() if value is not None}

    def create(self, note: Activity, *, by: PeerActor, **extra: Any) -> Activity:
        """A Create of a note, addressed as the note is."""
        return self.activity(by, "Create", note, **({"to": note["to"], "cc": note["cc"]} | extra))

    def serve(
        self,
        path: str,
        body: bytes | str | Mapping[str, Any] = b"",
        *,
        status: int = 200,
        content_type: str | None = ACTIVITY_JSON,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Answer GETs of a path with exactly this; gives back its URL."""
        content = json.dumps(body).encode() if isinstance(body, Mapping) else body
        content = content.encode() if isinstance(content, str) else content

        async def page(_request: web.Request) -> web.StreamResponse:
            answer = web.Response(status=status, body=content, headers=headers)
            if content_type is None:
                answer.headers.pop("Content-Type", None)
            else:
                answer.headers["Content-Type"] = content_type
            return answer

        return self.serve_with(path, page)

    def serve_with(self, path: str, page: Page) -> str:
        """Let a function answer GETs of a path; gives back its URL."""
        self._pages[path] = page
        return self.base + path

    def answer_inbox(
        self, status: int, *, times: int | None = 1, retry_after: str | None = None, body: bytes = b""
    ) -> None:
        """How the next POSTs are answered (`times=None`: all from now on); they count as received only with 2xx."""
        canned = _Canned(status, {"Retry-After": retry_after} if retry_after else {}, body)
        if times is None:
            self._inbox_default = canned
        else:
            self._inbox_answers.extend([canned] * times)

    # What it saw.

    async def wait_for(self, predicate: Callable[[Activity], bool], *, seconds: float = 20) -> Activity:
        """The first activity received (already, or within `seconds`) that the predicate likes."""

        def found() -> Activity | None:
            return next(filter(predicate, self.received), None)

        await self._wait(lambda: found() is not None, seconds)
        activity = found()
        assert activity is not None
        return activity

    async def wait_for_request(self, predicate: Callable[[Seen], bool], *, seconds: float = 20) -> Seen:
        """The first request of any kind that the predicate likes."""
        await self._wait(lambda: any(map(predicate, self.requests)), seconds)
        return next(filter(predicate, self.requests))

    def seen(self, path: str, *, method: str = "GET") -> list[Seen]:
        """The requests of one path."""
        return [request for request in self.requests if request.path == path and request.method == method]

    async def _wait(self, condition: Callable[[], bool], seconds: float) -> None:
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(condition)

    # What it does to others.

    async def send(
        self,
        url: str,
        activity: Activity | bytes,
        *,
        by: PeerActor | None = None,
        plan: Plan | None = None,
        **changes: Any,
    ) -> Answer:
        """POST an activity, signed by an actor; `changes` are fields of `Plan` (key, kind, date ...)."""
        if plan is None:
            assert by is not None
            plan = by.plan(**changes)
        return await self.send_raw(plan.sign(url, activity))

    async def fetch(
        self, url: str, *, by: PeerActor | None = None, accept: str = ACTIVITY_JSON, **changes: Any
    ) -> Answer:
        """GET a URL, signed if `by` an actor. Redirects are not followed."""
        headers = {"Accept": accept}
        if by is None:
            return await self.send_raw(Forged("GET", url, tuple(headers.items()), b""))
        return await self.send_raw(by.plan(headers=headers, **changes).sign(url))

    async def send_raw(self, request: Forged) -> Answer:
        """Send exactly this request."""
        lines = CIMultiDict(request.lines)
        lines.setdefault("User-Agent", f"{self.software}/1.0 (+{self.base})")
        # aiohttp warns of bytes beyond 1 MiB, for which a stream is kinder to others; nobody else is here.
        body = io.BytesIO(request.body) if request.method == "POST" else None
        async with self._session().request(
            request.method, request.url, data=body, headers=lines, allow_redirects=False
        ) as answer:
            return Answer(answer.status, CIMultiDict(answer.headers), await answer.read())

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            connector = aiohttp.TCPConnector(resolver=self.resolver, use_dns_cache=False)
            self._client = aiohttp.ClientSession(
                connector=connector, timeout=aiohttp.ClientTimeout(total=30), skip_auto_headers=["Content-Type"]
            )
        return self._client

    # How it answers.

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        seen = await self._judge.look_at(request, body)
        async with self._news:
            self.requests.append(seen)
            self._news.notify_all()
        await self._open.wait()
        if request.method == "POST":
            return await self._take(seen)
        page = self._pages.get(seen.path)
        if page is not None:
            return await page(request)
        refusal = self._refusal(seen)
        if refusal is not None:
            return web.Response(status=refusal)
        if self.needs_signed_gets and not seen.verified and not seen.path.startswith(("/.well-known/", "/nodeinfo")):
            return web.json_response({"error": "signature needed"}, status=401)
        return self._document(request, seen)

    def _refusal(self, seen: Seen) -> int | None:
        """The status for a reader to whom an object is not shown."""
        refusal, readers = self._readers.get(self.base + seen.path, (None, set()))
        is_reader = seen.verified and (seen.key_id or "").partition("#")[0] in readers
        return None if is_reader else refusal

    async def _take(self, seen: Seen) -> web.Response:
        """An inbox: personal ones for every actor, the shared one if it is switched on."""
        is_shared = self.shared_inbox and seen.path == "/inbox"
        if not is_shared and seen.path not in {f"/users/{name}/inbox" for name in self.actors}:
            return web.Response(status=404)
        canned = self._inbox_answers.popleft() if self._inbox_answers else self._inbox_default
        if self.verifies and not seen.verified:
            return web.json_response({"error": seen.problem or "unsigned"}, status=401)
        if 200 <= canned.status < 300:
            async with self._news:
                self.received.append(seen.json())
                self._news.notify_all()
        return web.Response(status=canned.status, headers=canned.headers, body=canned.body)

    def _document(self, request: web.Request, seen: Seen) -> web.Response:
        if seen.path == "/.well-known/webfinger":
            return self._webfinger(request.query.get("resource", ""))
        if seen.path in ("/.well-known/nodeinfo", "/nodeinfo/2.0"):
            return web.json_response(self._nodeinfo(seen.path))
        uri = self.base + seen.path
        if uri in self.objects:
            return _activity_json({"@context": AS_CONTEXT} | self.objects[uri])
        for actor in self.actors.values():
            if uri in (actor.uri, actor.key_id) and actor.status != 200:
                return web.Response(status=actor.status)
            if uri == actor.uri:
                return _activity_json(actor.document())
            if uri == actor.key_id:
                return _activity_json(actor.key_document())
            if uri in (actor.followers, f"{actor.uri}/following", f"{actor.uri}/outbox"):
                return _activity_json({"@context": AS_CONTEXT, "id": uri, "type": "OrderedCollection", "totalItems": 0})
        return web.Response(status=404)

    def _webfinger(self, resource: str) -> web.Response:
        for actor in self.actors.values():
            if resource in (f"acct:{actor.handle}", actor.uri) and actor.status == 200:
                link = {"rel": "self", "type": ACTIVITY_JSON, "href": actor.uri}
                jrd = {"subject": f"acct:{actor.handle}", "aliases": [actor.uri], "links": [link]}
                return web.json_response(jrd, content_type="application/jrd+json")
        return web.Response(status=404)

    def _nodeinfo(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/nodeinfo":
            rel = "http://nodeinfo.diaspora.software/ns/schema/2.0"
            return {"links": [{"rel": rel, "href": f"{self.base}/nodeinfo/2.0"}]}
        software = {"name": self.software, "version": "1.0"}
        usage = {"users": {"total": len(self.actors)}, "localPosts": len(self.objects)}
        return {"version": "2.0", "software": software, "protocols": ["activitypub"], "usage": usage, "metadata": {}}


def _activity_json(document: Mapping[str, Any]) -> web.Response:
    return web.json_response(document, content_type=ACTIVITY_JSON)
