"""Who signs for us: the private keys of our actors, parsed once and kept.

A key costs a query, its parsing, and a first signature that takes three times as long as the next; so parsed keys
stay in a bounded memory, and many who ask for one key at once wait for one load.
"""

import asyncio

from federation.bounded import BoundedMap
from federation.signatures.signer import Signer
from federation.uris import LocalUris
from fedihub.facts import SERVER_ACTOR_ID
from storage.actors import get_keys
from storage.database import Database
from storage.hub_facts import get_fact

KEPT = 512


class Signers:
    """Finds the signer of a local actor. Implements `federation.ports.LocalSigners`."""

    def __init__(self, database: Database, uris: LocalUris) -> None:
        self._database = database
        self._uris = uris
        self._signers: BoundedMap[int, Signer] = BoundedMap(KEPT)
        self._loading: dict[int, asyncio.Task[Signer]] = {}
        self._server_id: int | None = None

    async def signer(self, actor_id: int) -> Signer:
        """The RSA signer of a local actor, which every peer understands. Raises NotFound for an actor without
        keys.
        """
        signer = self._signers.get(actor_id)
        if signer is not None:
            return signer
        task = self._loading.get(actor_id)
        if task is None:
            task = self._loading[actor_id] = asyncio.create_task(self._load(actor_id))
            task.add_done_callback(lambda _: self._loading.pop(actor_id, None))
        return await asyncio.shield(task)

    async def server_signer(self) -> Signer:
        """The signer of the server's own actor. Raises NotFound before the hub was initialised."""
        return await self.signer(await self.server_id())

    async def server_id(self) -> int:
        """The id of the server's own actor. Raises NotFound before the hub was initialised."""
        if self._server_id is None:
            self._server_id = int(await self._database.read(lambda session: get_fact(session, SERVER_ACTOR_ID)))
        return self._server_id

    async def _load(self, actor_id: int) -> Signer:
        keys = await self._database.read(lambda session: get_keys(session, actor_id))
        key_id = self._uris.rsa_key_id(str(actor_id))
        signer = await asyncio.to_thread(Signer.from_pem, key_id, keys.rsa_private_pem)
        self._signers.put(actor_id, signer)
        return signer
