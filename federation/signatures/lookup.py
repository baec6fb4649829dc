"""Key id -> public key: from memory, from the store, or from its owner.

The path of a key that nobody here has seen:

    key id -> its document -> the owner named there -> the owner's own document lists that very key id

Both directions have to agree, and all of it on one origin; otherwise anybody could publish a key that claims to be
somebody else's (CVE-2024-23832). Mostly key document and owner are one and the same (`…/users/a#main-key`); GoToSocial
serves a stub of the actor at `…/users/a/main-key`, and some servers have a key document of its own.

What an attacker could do with this, and what bounds it: unknown key ids cost a fetch, so failures are remembered for a
while, per key and, when a host does not answer, for the whole host; a key is fetched once at a time however many
requests wait for it (with so many bytes and so long, see `waiting`); a key that no longer fits, or has grown old, is
fetched anew at most once in five minutes.

Keys grow old because owners withdraw them: after three days a key is looked for again when it is next needed. If its
owner then lists it no longer, it proves nothing any more; if the owner can't be asked, it is still what we know.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from federation import limits
from federation.bounded import BoundedMap
from federation.clock import utc_now
from federation.dereference import Dereferencer
from federation.errors import DereferenceFailed, KeyUnavailable, ProtocolError
from federation.identifiers import ActorUri, Host, KeyId, domain_of, host_of, same_origin, without_fragment
from federation.patience import ELSEWHERE, NO_ANSWER
from federation.ports import KeyStore, RemoteKey
from federation.signatures.keys import PublicKey, parse_multikey, parse_public_key, write_pem
from federation.signatures.waiting import WaitingRoom
from federation.turns import Turns
from federation.uris import LocalUris
from federation.vocabulary.actors import ActorKey, read_key_document, read_keys
from federation.vocabulary.base import type_of
from federation.vocabulary.parse import Json
from federation.vocabulary.terms import ACTOR_TYPES

_NOT_LISTED = "key_not_listed"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A stored key and its parsed form."""

    remote: RemoteKey
    public: PublicKey


class KeyLookup:
    """The keys of others. One per process: it holds the parsed keys, so that a busy key costs neither a query nor a
    parse.
    """

    def __init__(
        self,
        store: KeyStore,
        dereferencer: Dereferencer,
        *,
        uris: LocalUris,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._dereferencer = dereferencer
        self._uris = uris
        self._now = now
        self._parsed: BoundedMap[KeyId, KnownKey] = BoundedMap(limits.PARSED_KEYS)
        remembered = limits.REMEMBERED_FAILURES
        self._missing: BoundedMap[KeyId, KeyUnavailable] = BoundedMap(remembered, limits.KEY_MISSING, clock=clock)
        self._down: BoundedMap[str, KeyUnavailable] = BoundedMap(remembered, limits.HOST_DOWN, clock=clock)
        self._fetched: BoundedMap[KeyId, bool] = BoundedMap(remembered, limits.KEY_REFETCH, clock=clock)
        self._flights: dict[KeyId, asyncio.Task[KnownKey]] = {}
        self._awaited: Counter[str] = Counter()
        self._hosts = Turns(limits.KEY_FETCHES_PER_HOST)
        self._domains = Turns(limits.KEY_FETCHES_PER_DOMAIN)
        self._room = WaitingRoom()

    async def get(self, key_id: KeyId, *, holding: int = 0) -> KnownKey:
        """The key behind an id, fetched from its owner if need be. Whoever asks keeps so many bytes while waiting.

        Raises `KeyUnavailable`; its `retry` says whether that is a matter of time.
        """
        known = self._parsed.get(key_id) or await self._stored(key_id)
        if known is None:
            return await self._fetch_once(key_id, holding=holding)
        if self._now() - known.remote.fetched_at > limits.KEY_AGE and not self._fetched.get(key_id):
            return await self._renewed(known, holding=holding)
        return known

    async def refetch(self, key_id: KeyId, *, holding: int = 0) -> KnownKey | None:
        """The key anew from its owner, who may have changed it; None if it was fetched a moment ago, and nobody has
        told us of another since then.

        Raises `KeyUnavailable`.
        """
        if not self._fetched.get(key_id):
            return await self._fetch_once(key_id, holding=holding)
        former = self._parsed.get(key_id)
        known = await self._stored(key_id)
        return known if known is not None and known != former else None

    async def learn(self, keys: Iterable[ActorKey]) -> None:
        """Take the keys that their owner, who is proved, shows now in place of those that are known here; others are
        fetched when they are needed. Another's key is never replaced, whatever its id.
        """
        for key in keys:
            known = self._parsed.get(key.id) or await self._stored(key.id)
            if known is None or known.remote.owner != key.owner or not same_origin(key.id, key.owner):
                continue
            try:
                shown = self._known(key)
            except ProtocolError:
                continue
            await self._store.remember(shown.remote, announced=True)
            self._parsed.put(key.id, shown)

    async def is_gone(self, actor: ActorUri, *, holding: int = 0) -> bool:
        """Whether the origin of an actor says that it was there and will never be again (410).

        The look-up of a key whose id is the actor's own: so it is bounded and remembered like all the others.
        """
        try:
            await self._fetch_once(KeyId(actor), holding=holding)
        except KeyUnavailable as error:
            return error.gone
        return False

    def forget(self, key_id: KeyId) -> None:
        """Drop a key from memory, because it was changed in or removed from the store."""
        self._parsed.drop(key_id)

    async def _stored(self, key_id: KeyId) -> KnownKey | None:
        stored = await self._store.find(key_id)
        if stored is None:
            return None
        known = KnownKey(stored, parse_public_key(stored.public_pem))
        self._parsed.put(key_id, known)
        return known

    async def _renewed(self, old: KnownKey, *, holding: int) -> KnownKey:
        """The key as its owner shows it now, or the old one while the owner can't be asked."""
        key_id = old.remote.key_id
        try:
            return await self._fetch_once(key_id, holding=holding)
        except KeyUnavailable as error:
            if error.reason != _NOT_LISTED:
                return old
            self.forget(key_id)
            await self._store.forget(key_id)
            raise

    async def _fetch_once(self, key_id: KeyId, *, holding: int) -> KnownKey:
        """One fetch at a time for a key; whoever else wants it waits for the same answer."""
        async with self._room.place(host_of(key_id), holding=holding):
            task = self._flights.get(key_id)
            if task is None:
                host = self._check_may_fetch(key_id)
                task = asyncio.create_task(self._fetch(key_id, host))
                self._flights[key_id] = task
                self._awaited[domain_of(host)] += 1
                task.add_done_callback(partial(self._landed, key_id))
            return await asyncio.shield(task)

    def _landed(self, key_id: KeyId, task: asyncio.Task[KnownKey]) -> None:
        self._flights.pop(key_id, None)
        self._awaited[domain := domain_of(host_of(key_id))] -= 1
        if not self._awaited[domain]:  # so that it stays as small as what is in flight
            del self._awaited[domain]
        if not task.cancelled():
            task.exception()  # whoever waited has it; if they all left, nobody else will look

    async def _fetch(self, key_id: KeyId, host: Host) -> KnownKey:
        self._fetched.put(key_id, value=True)
        async with self._turn(host):
            self._check_failures(key_id, host)  # whoever went before may have found that the host is down
            try:
                found = await self._dereference(key_id)
            except ProtocolError as error:
                raise self._remembered_failure(key_id, host, error) from error
        await self._store.remember(found.remote)
        self._parsed.put(key_id, found)
        return found

    def _check_may_fetch(self, key_id: KeyId) -> Host:
        if self._uris.is_local(key_id):
            raise KeyUnavailable("our own keys do not sign requests to us", retry=False, reason="key_is_local")
        host = host_of(key_id)
        self._check_failures(key_id, host)
        is_full = self._awaited[domain_of(host)] >= limits.KEYS_AWAITED_PER_DOMAIN
        if is_full or len(self._flights) >= limits.KEYS_AWAITED:
            raise KeyUnavailable("too many keys are being fetched", retry=True, reason="key_fetches_busy")
        return host

    def _check_failures(self, key_id: KeyId, host: str) -> None:
        if known := self._missing.get(key_id) or self._down.get(host):
            raise KeyUnavailable(
                known.public, retry=known.retry, gone=known.gone, reason=known.reason, private=known.private
            )

    @asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[None]:
        """A few fetches from one host at a time, and from one domain; the others wait for their turn.

        To refuse them would lose what they prove: many small servers do not try again.
        """
        async with self._hosts.turn(host), self._domains.turn(domain_of(host)):
            yield

    def _remembered_failure(self, key_id: KeyId, host: str, error: ProtocolError) -> KeyUnavailable:
        temporary = isinstance(error, DereferenceFailed) and error.temporary
        failure = KeyUnavailable(
            f"the key could not be fetched: {error.public}",
            retry=temporary,
            gone=isinstance(error, DereferenceFailed) and error.gone,
            reason="key_" + error.reason.removeprefix("key_"),
            private=f"{key_id}: {error.private}",
        )
        if temporary and error.reason in NO_ANSWER:
            self._down.put(host, failure)
        elif not temporary or error.reason == ELSEWHERE:
            self._missing.put(key_id, failure)
        return failure

    async def _dereference(self, key_id: KeyId) -> KnownKey:
        document = await self._dereferencer.document(without_fragment(key_id))
        if type_of(document, ACTOR_TYPES) not in ACTOR_TYPES:
            document = await self._owner_of(read_key_document(document, now=self._now()), key_id)
        for key in read_keys(document, now=self._now()):
            if key.id == key_id:
                return self._known(key)
        raise KeyUnavailable("the owner of the key does not list it", retry=False, reason="not_listed")

    async def _owner_of(self, key: ActorKey, key_id: KeyId) -> Json:
        """The document of the actor whom a separate key document names as its owner."""
        if key.id != key_id or not same_origin(key.owner, key_id):
            raise KeyUnavailable("the key belongs to another host", retry=False, reason="owner_mismatch")
        return await self._dereferencer.document(key.owner)

    def _known(self, key: ActorKey) -> KnownKey:
        public = parse_public_key(key.pem) if key.pem is not None else parse_multikey(key.multibase or "")
        remote = RemoteKey(key_id=key.id, owner=key.owner, public_pem=write_pem(public), fetched_at=self._now())
        return KnownKey(remote, public)
