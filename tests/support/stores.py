"""The ports of `federation` in memory, for tests of the protocol alone."""

import asyncio

from federation.identifiers import ActorUri, KeyId
from federation.ports import RemoteKey
from federation.signatures.signer import Signer


class MemoryKeyStore:
    """A KeyStore. `finds` counts the queries, `known` are the actors that somebody here has to do with."""

    def __init__(self) -> None:
        self.keys: dict[KeyId, RemoteKey] = {}
        self.known: set[str] = set()
        self.finds = 0
        self.remembered = asyncio.Event()

    async def find(self, key_id: KeyId) -> RemoteKey | None:
        self.finds += 1
        return self.keys.get(key_id)

    async def remember(self, key: RemoteKey, *, announced: bool = False) -> None:
        self.keys[key.key_id] = key
        self.remembered.set()

    async def forget(self, key_id: KeyId) -> None:
        self.keys.pop(key_id, None)

    async def knows_actor(self, uri: ActorUri) -> bool:
        return uri in self.known


class OneSigner:
    """LocalSigners with one signer for everything."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    async def server_signer(self) -> Signer:
        return self._signer
