"""The protocol without a hub: real peers on real sockets, a real transport, keys in memory."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from federation.dereference import Dereferencer
from federation.errors import ProtocolError
from federation.identifiers import KeyId
from federation.patience import Patience
from federation.ports import Received
from federation.receive import Gate, NothingToDo, receive
from federation.requests import InboundRequest
from federation.signatures.lookup import KeyLookup
from federation.signatures.signer import Signer
from federation.transport import Transport
from federation.uris import LocalUris
from federation.vocabulary.activities import Activity
from tests.support.forge import Forged
from tests.support.keys import public_pem, rsa_key
from tests.support.peer import Peer
from tests.support.peer_actor import PeerActor
from tests.support.resolver import TestResolver
from tests.support.stores import MemoryKeyStore, OneSigner

HUB = "https://hub.test"
HUB_INBOX = f"{HUB}/ap/inbox"
FRIEND = f"{HUB}/ap/actors/7"
"""An actor of ours, for others to follow."""
SERVER_KEY = KeyId(f"{HUB}/ap/actors/1#main-key")


@dataclass
class World:
    """Our side: everything that `receive` needs. `clock` may be moved to let time pass for caches."""

    resolver: TestResolver
    transport: Transport
    store: MemoryKeyStore
    signer: Signer
    uris: LocalUris
    dereferencer: Dereferencer
    keys: KeyLookup
    gate: Gate
    clock: list[float]

    async def receive(
        self, request: Forged, *, inbox: str | None = None, now: datetime | None = None
    ) -> Received[Activity] | NothingToDo:
        """What becomes of a request."""
        return await receive(inbound(request, inbox=inbox), self.gate, now=now or datetime.now(UTC))


def inbound(request: Forged, *, inbox: str | None = None) -> InboundRequest:
    """A forged request as our server sees it."""
    return InboundRequest.of(request.method, request.target, headers=request.lines, body=request.body, inbox=inbox)


@pytest.fixture
def resolver() -> TestResolver:
    return TestResolver()


@pytest.fixture
async def transport(resolver: TestResolver) -> AsyncIterator[Transport]:
    made = Transport(user_agent="FediHub/test", resolver=resolver, allow_loopback=True)
    yield made
    await made.close()


@pytest.fixture
def server_signer() -> Signer:
    return Signer(SERVER_KEY, rsa_key(0))


@pytest.fixture
async def world(resolver: TestResolver, transport: Transport, server_signer: Signer) -> World:
    uris = LocalUris(HUB)
    store = MemoryKeyStore()
    clock = [1000.0]
    patience = Patience(clock=lambda: clock[0])
    dereferencer = Dereferencer(transport, OneSigner(server_signer), uris=uris, patience=patience)
    keys = KeyLookup(store, dereferencer, uris=uris, clock=lambda: clock[0])
    gate = Gate(uris, keys, store)
    return World(resolver, transport, store, server_signer, uris, dereferencer, keys, gate, clock)


PeerMaker = Callable[..., Awaitable[Peer]]


@pytest.fixture
async def make_peer(resolver: TestResolver) -> AsyncIterator[PeerMaker]:
    """A peer under any name, up until the end of the test; it knows the key with which our server signs."""
    async with AsyncExitStack() as stack:

        async def make(host: str, **options: Any) -> Peer:
            peer = await stack.enter_async_context(Peer.running(host, resolver=resolver, **options))
            peer.known_keys[SERVER_KEY] = public_pem(rsa_key(0))
            return peer

        yield make


@pytest.fixture
async def peer(make_peer: PeerMaker) -> Peer:
    return await make_peer("peer.test")


@pytest.fixture
def ada(peer: Peer) -> PeerActor:
    return peer.add_actor("ada", with_ed25519=True)


@pytest.fixture
def follow(peer: Peer, ada: PeerActor) -> dict[str, Any]:
    return peer.activity(ada, "Follow", FRIEND)


async def refused(world: World, request: Forged, error: type[ProtocolError], reason: str) -> ProtocolError:
    """The request is refused with this error, and nobody was asked for anything."""
    before = len(world.resolver.asked)
    with pytest.raises(error) as caught:
        await world.receive(request)
    assert type(caught.value) is error
    assert caught.value.reason == reason, str(caught.value)
    assert len(world.resolver.asked) == before, "a request that is wrong by itself must not make us fetch"
    return caught.value
