"""Servers that speak as the documents of `tests/corpus` do: their actors, as those write them, behind a real socket.

    dialect = Dialect.load("lemmy")
    async with speaking(dialect, resolver=resolver) as peer:
        await peer.send(hub_inbox, dialect.document("create-page", ours), by=peer.who(dialect.actors[0]["id"]))

`tests/corpus/README.md` tells of the files.
"""

import json
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Self
from urllib.parse import urlsplit

from aiohttp import web

from federation.vocabulary.terms import ACTOR_TYPES
from tests.support.corpus import CORPUS
from tests.support.judge import Seen
from tests.support.keys import public_pem, rsa_key
from tests.support.peer import ACTIVITY_JSON, AS_CONTEXT, KEYS, Activity, Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver


@dataclass(frozen=True)
class Ours:
    """What is ours in the documents, where they say `https://hub.example`."""

    actor: str
    post: str
    base: str = "http://hub.test"


@dataclass(frozen=True)
class Dialect:
    """A folder of the corpus. `expected` says of each activity what comes of it; `absent` are files of actors who say
    nothing in it, and are not there.
    """

    name: str
    host: str
    expected: dict[str, dict[str, Any]]
    absent: tuple[str, ...] = ()

    @classmethod
    def load(cls, name: str) -> Self:
        """Read the folder."""
        told = tomllib.loads((CORPUS / name / "expect.toml").read_text())
        return cls(name, told["host"], told["expect"], tuple(told.get("absent", ())))

    @property
    def test_host(self) -> str:
        """Where it lives in a test."""
        return self.host.replace(".example", ".test")

    def translated(self, text: str, ours: Ours | None = None) -> str:
        """A text with the names of the test. Handles of ours are spelled as the hub of the test has them."""
        text = text.replace(f"https://{self.host}", f"http://{self.test_host}").replace(self.host, self.test_host)
        if ours is not None:
            text = text.replace("https://hub.example/ap/actors/7", ours.actor)
            for number in (42, 43):
                text = text.replace(f"https://hub.example/ap/posts/{number}", ours.post)
        text = text.replace("https://hub.example", ours.base if ours else "http://hub.test")
        for name in ("acme", "ada"):
            text = text.replace(f"@{name}@hub.example", "@ada@hub.test").replace(f"hub.test/@{name}", "hub.test/@ada")
        return text

    def document(self, name: str, ours: Ours | None = None) -> Activity:
        """A document, with the names of the test."""
        loaded: Activity = json.loads(self.translated((CORPUS / self.name / f"{name}.json").read_text(), ours))
        return loaded

    def actors(self) -> list[Activity]:
        """All actors of the folder, with the names of the test."""
        return [found for found in self._documents() if found.get("type") in ACTOR_TYPES and "inbox" in found]

    def objects(self) -> list[Activity]:
        """What the server has for whoever asks: the files `object-….json`."""
        return [self.document(path.stem) for path in sorted((CORPUS / self.name).glob("object-*.json"))]

    def key_documents(self) -> dict[str, Activity]:
        """What is served at the address of a key where that is not the whole actor (GoToSocial), by that address."""
        found = (document for document in self._documents() if "publicKey" in document and "inbox" not in document)
        return {str(document["publicKey"]["id"]): document for document in found}

    def _documents(self) -> list[Activity]:
        names = [path.stem for path in sorted((CORPUS / self.name).glob("*.json"))]
        return [self.document(name) for name in names if name not in self.absent]


@cache
def dialects() -> dict[str, Dialect]:
    """All of them."""
    return {path.parent.name: Dialect.load(path.parent.name) for path in sorted(CORPUS.glob("*/expect.toml"))}


class WrittenActor(PeerActor):
    """An actor whose document stands in the corpus; only its key is one of the test's."""

    def __init__(
        self, server: Peer, document: Activity, *, key_number: int, key_document: Activity | None = None
    ) -> None:
        super().__init__(server, document["preferredUsername"], type=document["type"], key_number=key_number)
        self.written = document
        self.written_with_key = key_document or document

    @property
    def uri(self) -> str:
        return str(self.written["id"])

    @property
    def inbox(self) -> str:
        return str(self.written["inbox"])

    @property
    def followers(self) -> str:
        return str(self.written.get("followers", f"{self.uri}/followers"))

    @property
    def key_id(self) -> str:
        return str(self.written["publicKey"]["id"])

    def document(self) -> dict[str, Any]:
        return self.written | {"publicKey": self._own_key()}

    def key_document(self) -> dict[str, Any]:
        return self.written_with_key | {"publicKey": self._own_key()}

    def _own_key(self) -> dict[str, Any]:
        return {**self.written["publicKey"], "publicKeyPem": public_pem(rsa_key(self.key_number))}


class WrittenPeer(Peer):
    """A server with such actors. Ids, also of posts, may have a query, as WordPress' do."""

    def who(self, uri: str) -> PeerActor:
        """The actor with this id; a plain one is made for an id that has no document."""
        for actor in self.actors.values():
            if actor.uri == uri:
                return actor
        return self.add_actor(uri.rstrip("/").rpartition("/")[2].lstrip("@"))

    def _document(self, request: web.Request, seen: Seen) -> web.Response:
        uri = self.base + seen.target
        for actor in self.actors.values():
            if isinstance(actor, WrittenActor) and uri == actor.uri:
                return web.json_response(actor.document(), content_type=ACTIVITY_JSON)
            if isinstance(actor, WrittenActor) and uri == actor.key_id.partition("#")[0]:
                return web.json_response(actor.key_document(), content_type=ACTIVITY_JSON)
        if uri in self.objects:
            return web.json_response({"@context": AS_CONTEXT} | self.objects[uri], content_type=ACTIVITY_JSON)
        return super()._document(request, seen)


@asynccontextmanager
async def speaking(dialect: Dialect, *, resolver: TestResolver) -> AsyncIterator[WrittenPeer]:
    """The server of a dialect, for as long as the block lasts."""
    async with WrittenPeer.running(dialect.test_host, resolver=resolver, software=dialect.name) as peer:
        assert isinstance(peer, WrittenPeer)
        keys = dialect.key_documents()
        for number, document in enumerate(dialect.actors()):
            key_document = keys.get(str(document["publicKey"]["id"]))
            actor = WrittenActor(peer, document, key_number=1 + number % KEYS, key_document=key_document)
            if urlsplit(actor.uri).netloc == peer.host:
                peer.actors[actor.uri] = actor
        for found in dialect.objects():
            peer.objects[str(found["id"])] = found
        yield peer
