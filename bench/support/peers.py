"""The other side: many small servers on loopback addresses (127.0.1.1, 127.0.1.2, …), all in this process.

Each actor has an inbox of its own and there is no shared inbox, so that one post to n followers is n requests. What
arrives is kept with the moment of its arrival; whether its signature is good is looked at afterwards, not while it is
measured.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bench.support.process import free_port
from federation.identifiers import KeyId
from federation.requests import InboundRequest
from federation.signatures.signer import Signer

ACTIVITY_JSON = "application/activity+json"
KEYS = 4
"""Keys are slow to make and actors may share them: what is measured does not depend on which key it is."""


@dataclass(frozen=True)
class BenchActor:
    """Somebody on one of the servers."""

    name: str
    base: str
    private_key: RSAPrivateKey

    @property
    def uri(self) -> str:
        """Its id."""
        return f"{self.base}/users/{self.name}"

    @property
    def inbox(self) -> str:
        """Where it is written to."""
        return f"{self.uri}/inbox"

    @cached_property
    def signer(self) -> Signer:
        """Signs as this actor."""
        return Signer(KeyId(f"{self.uri}#main-key"), self.private_key)

    def document(self) -> dict[str, Any]:
        """As its server shows it."""
        pem = self.private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        return {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": self.uri,
            "type": "Person",
            "preferredUsername": self.name,
            "name": self.name.title(),
            "inbox": self.inbox,
            "outbox": f"{self.uri}/outbox",
            "followers": f"{self.uri}/followers",
            "publicKey": {"id": self.signer.key_id, "owner": self.uri, "publicKeyPem": pem},
        }


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that reached an inbox, and when (by the clock of `time.perf_counter`)."""

    moment: float
    request: InboundRequest


@dataclass
class Peers:
    """All servers together."""

    port: int
    hosts: Sequence[str]
    keys: Sequence[RSAPrivateKey]
    actors: dict[str, BenchActor] = field(default_factory=dict)
    arrivals: list[Arrival] = field(default_factory=list)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def add_actors(self, count: int) -> list[BenchActor]:
        """So many more actors, spread over the servers."""
        added = []
        for number in range(len(self.actors), len(self.actors) + count):
            host = self.hosts[number % len(self.hosts)]
            actor = BenchActor(f"actor{number}", f"http://{host}:{self.port}", self.keys[number % len(self.keys)])
            self.actors[actor.uri] = actor
            added.append(actor)
        return added

    async def wait_for_arrivals(self, count: int, *, seconds: float) -> None:
        """Until so many requests have reached inboxes. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while len(self.arrivals) < count:
                self._arrived.clear()
                await self._arrived.wait()

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """One request to one of the servers."""
        if request.method == "POST":
            body, moment = await request.read(), time.perf_counter()
            heard = InboundRequest.of("POST", request.path_qs, headers=request.raw_headers, body=body)
            self.arrivals.append(Arrival(moment, heard))
            self._arrived.set()
            return web.Response(status=202)
        if request.path == "/.well-known/webfinger":
            return self._webfinger(request.query.get("resource", ""))
        actor = self.actors.get(f"http://{request.host}{request.path}")
        if actor is None:
            return web.Response(status=404)
        return web.json_response(actor.document(), content_type=ACTIVITY_JSON)

    def _webfinger(self, resource: str) -> web.Response:
        name, _, host = resource.removeprefix("acct:").partition("@")
        actor = self.actors.get(f"http://{host}/users/{name}")
        if actor is None:
            return web.Response(status=404)
        link = {"rel": "self", "type": ACTIVITY_JSON, "href": actor.uri}
        return web.json_response({"subject": resource, "links": [link]}, content_type="application/jrd+json")


@asynccontextmanager
async def peers(*, hosts: int) -> AsyncIterator[Peers]:
    """So many servers, for as long as the block lasts."""
    names = [f"127.0.{1 + number // 200}.{1 + number % 200}" for number in range(hosts)]
    keys = [generate_private_key(public_exponent=65537, key_size=2048) for _ in range(KEYS)]
    them = Peers(free_port(), names, keys)
    listener = await asyncio.get_running_loop().create_server(web.Server(them.answer), names, them.port, backlog=1024)
    try:
        yield them
    finally:
        listener.close()
