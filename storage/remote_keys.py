"""The public keys of remote actors, as they were last fetched."""

from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.actors import Actor
from storage.columns import Instant
from storage.rows import values_of
from storage.statements import changed, insert_into


class RemoteKeyRow(SQLModel, table=True):
    """One public key: SPKI PEM for RSA and Ed25519 alike; `owner_uri` is the only actor that it proves."""

    __tablename__ = "remote_keys"

    key_id: str = Field(primary_key=True)
    owner_uri: str = Field(index=True)
    public_pem: str
    fetched_at: datetime = Field(sa_type=Instant)


async def find_remote_key(session: AsyncSession, key_id: str) -> RemoteKeyRow | None:
    """The key as it was last fetched."""
    return await session.get(RemoteKeyRow, key_id)


async def upsert_remote_key(session: AsyncSession, key: RemoteKeyRow) -> None:
    """Store a key, in place of an older one with the same id."""
    values = values_of(key)
    insert = insert_into(session, RemoteKeyRow).values(values)
    await session.execute(insert.on_conflict_do_update(index_elements=["key_id"], set_=values))


async def delete_old_strangers_keys(session: AsyncSession, *, before: datetime, limit: int) -> int:
    """Forget keys of who is no actor here, fetched before this moment; answers how many that were. (Whoever wrote to us
    once, and to nobody here, leaves one.) They are fetched again when they are needed.
    """
    is_known = exists().where(col(Actor.uri) == col(RemoteKeyRow.owner_uri))
    old = select(col(RemoteKeyRow.key_id)).where(col(RemoteKeyRow.fetched_at) < before, ~is_known).limit(limit)
    gone = delete(RemoteKeyRow).where(col(RemoteKeyRow.key_id).in_(old.subquery().select()))
    return changed(await session.execute(gone, execution_options={"synchronize_session": False}))


async def delete_remote_key(session: AsyncSession, key_id: str) -> None:
    """Forget a key; it will be fetched again when it is needed."""
    await session.execute(delete(RemoteKeyRow).where(col(RemoteKeyRow.key_id) == key_id))
