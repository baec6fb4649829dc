"""Who signs for us: the private keys of our actors, parsed once and kept.

A key costs a query, its parsing, and a first signature that takes three times as long as the next; so parsed keys
stay in a bounded memory, and many who ask for one key at once wait for one load.

Keys change, and another process (the command line) may have changed them. A delivery says which keys it is to be signed
with; for everything else an actor's keys are looked at again after a minute.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from federation.bounded import BoundedMap
from federation.signatures.signer import Signer
from federation.uris import LocalUris
from fedihub.facts import SERVER_ACTOR_ID
from storage.actors import ActorKey, get_keys
from storage.database import Database
from storage.hub_facts import get_fact

KEPT = 512
LOOKED_AT_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Key:
    """One key of one actor: the one since the last change, or the one before it."""

    actor_id: int
    changed_at: datetime | None
    retired: bool = False


class Signers:
    """Finds the signer of a local actor. Implements `federation.ports.LocalSigners`."""

    def __init__(self, database: Database, uris: LocalUris) -> None:
        self._database = database
        self._uris = uris
        self._signers: BoundedMap[_Key, Signer] = BoundedMap(KEPT)
        self._proof_signers: BoundedMap[str, Signer] = BoundedMap(KEPT)
        self._current: BoundedMap[int, _Key] = BoundedMap(KEPT, LOOKED_AT_AGAIN)
        self._loading: dict[_Key, asyncio.Task[Signer]] = {}
        self._server_id: int | None = None

    async def signer(self, actor_id: int) -> Signer:
        """The RSA signer of a local actor, which every peer understands. Raises NotFound for an actor without
        keys.
        """
        key = self._current.get(actor_id)
        if key is None:
            keys = await self._database.read(lambda session: get_keys(session, actor_id))
            key = _Key(actor_id, keys.retired_at)
            self._current.put(actor_id, key)
        return await self._signer(key)

    async def signer_of(self, actor_id: int, *, changed_at: datetime | None, retired: bool) -> Signer:
        """The signer that an actor has since its keys changed at this moment, or the `retired` one from before.

        Raises NotFound for an actor without keys.
        """
        return await self._signer(_Key(actor_id, changed_at, retired))

    async def server_signer(self) -> Signer:
        """The signer of the server's own actor. Raises NotFound before the hub was initialised."""
        return await self.signer(await self.server_id())

    async def server_id(self) -> int:
        """The id of the server's own actor. Raises NotFound before the hub was initialised."""
        if self._server_id is None:
            self._server_id = int(await self._database.read(lambda session: get_fact(session, SERVER_ACTOR_ID)))
        return self._server_id

    def proof_signer(self, keys: ActorKey) -> Signer:
        """The Ed25519 signer of these keys, for proofs inside what their actor says."""
        name = keys.ed25519_public_multibase
        signer = self._proof_signers.get(name)
        if signer is None:
            key_id = self._uris.ed25519_key_id(str(keys.actor_id))
            signer = Signer.from_pem(key_id, keys.ed25519_private_pem)
            self._proof_signers.put(name, signer)
        return signer

    def forget(self, actor_id: int) -> None:
        """The keys of an actor have changed: look at them again before the next signature."""
        self._current.drop(actor_id)

    async def _signer(self, key: _Key) -> Signer:
        signer = self._signers.get(key)
        if signer is not None:
            return signer
        task = self._loading.get(key)
        if task is None:
            task = self._loading[key] = asyncio.create_task(self._load(key))
            task.add_done_callback(lambda _: self._loading.pop(key, None))
        return await asyncio.shield(task)

    async def _load(self, key: _Key) -> Signer:
        keys = await self._database.read(lambda session: get_keys(session, key.actor_id))
        pem = keys.retired_rsa_private_pem if key.retired else None  # it is kept for some days only
        key_id = self._uris.rsa_key_id(str(key.actor_id))
        signer = await asyncio.to_thread(Signer.from_pem, key_id, pem or keys.rsa_private_pem)
        if keys.retired_at == key.changed_at:  # else they changed again in between
            self._signers.put(key, signer)
        return signer
