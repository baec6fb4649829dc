"""Where the public keys of remote actors survive a restart. Implements `federation.ports.KeyStore`."""

from federation.identifiers import ActorUri, KeyId
from federation.ports import RemoteKey
from storage.actors import find_actor_by_uri
from storage.database import Database, Session
from storage.remote_keys import RemoteKeyRow, delete_remote_key, find_remote_key, upsert_remote_key
from storage.unanswered import want_asked_anew


class KeyStore:
    """Remote keys in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, key_id: KeyId) -> RemoteKey | None:
        """The key as it was last fetched."""
        row = await self._database.read(lambda session: find_remote_key(session, key_id))
        return _key(row) if row is not None else None

    async def remember(self, key: RemoteKey, *, announced: bool = False) -> None:
        """Insert the key, or replace the one with the same id.

        Who has another key and did not say so has lost the old one, and may have lost more: their followers here ask
        once more (as Mastodon does).
        """
        row = RemoteKeyRow(key_id=key.key_id, owner_uri=key.owner, public_pem=key.public_pem, fetched_at=key.fetched_at)

        async def unit(session: Session) -> None:
            known = await find_remote_key(session, key.key_id)
            was_lost = known is not None and known.owner_uri == key.owner and known.public_pem != key.public_pem
            await upsert_remote_key(session, row)
            if was_lost and not announced:
                await want_asked_anew(session, owner_uri=key.owner)

        await self._database.write(unit)

    async def forget(self, key_id: KeyId) -> None:
        """Delete the key; it will be fetched again when it is needed."""
        await self._database.write(lambda session: delete_remote_key(session, key_id))

    async def knows_actor(self, uri: ActorUri) -> bool:
        """Whether anything here belongs to this actor: of one who is gone, nothing does."""
        actor = await self._database.read(lambda session: find_actor_by_uri(session, uri))
        return actor is not None and actor.gone_at is None


def _key(row: RemoteKeyRow) -> RemoteKey:
    return RemoteKey(
        key_id=KeyId(row.key_id), owner=ActorUri(row.owner_uri), public_pem=row.public_pem, fetched_at=row.fetched_at
    )
