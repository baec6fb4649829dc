"""Consent to be listed in somebody's collection of accounts (FEP-7aa9)."""

from datetime import datetime

from sqlalchemy import UniqueConstraint, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.columns import BigId, Instant, big_id_key
from storage.prepared import Change, Query
from storage.rows import table_of
from storage.statements import insert_new


class FeatureStamp(SQLModel, table=True):
    """One of our actors agreed to stand in one collection; served under its id until it is revoked."""

    __tablename__ = "feature_stamps"
    __table_args__ = (UniqueConstraint("actor_id", "collection_uri"),)

    id: int = big_id_key()
    actor_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE")
    collection_uri: str
    requester_uri: str
    request_uri: str | None = None
    created_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


async def insert_feature_stamp(session: AsyncSession, stamp: FeatureStamp) -> bool:
    """Agree to stand in a collection; False if something was said to it before."""
    return await insert_new(session, stamp)


async def find_feature_stamp(session: AsyncSession, id: int) -> FeatureStamp | None:
    """A stamp, revoked or not."""
    return await _STAMP.first(session, id=id)


async def find_feature_stamp_for(session: AsyncSession, *, actor_id: int, collection_uri: str) -> FeatureStamp | None:
    """What one of our actors said to a collection, if anything."""
    return await _STAMP_FOR.first(session, actor_id=actor_id, collection_uri=collection_uri)


async def count_feature_stamps(session: AsyncSession, actor_id: int, *, base: str) -> int:
    """How often one of our actors has answered somebody of one server (`base`: its scheme and host), also where the
    consent was taken back.
    """
    asked = (col(FeatureStamp.actor_id) == actor_id, col(FeatureStamp.requester_uri).startswith(base, autoescape=True))
    return await session.scalar(select(func.count()).where(*asked)) or 0


async def list_feature_stamps(session: AsyncSession, actor_id: int) -> list[FeatureStamp]:
    """In which collections an actor agreed to stand and still does, oldest first."""
    standing = (col(FeatureStamp.actor_id) == actor_id, col(FeatureStamp.revoked_at).is_(None))
    return list(await session.scalars(select(FeatureStamp).where(*standing).order_by(col(FeatureStamp.id))))


async def revoke_feature_stamp(session: AsyncSession, id: int, *, now: datetime) -> bool:
    """Take the consent back; False if it was taken back before."""
    return await _REVOKE.run(session, key=id, moment=now) == 1


_STAMP = Query.rows(FeatureStamp, col(FeatureStamp.id) == bindparam("id"))
_STAMP_FOR = Query.rows(
    FeatureStamp,
    col(FeatureStamp.actor_id) == bindparam("actor_id"),
    col(FeatureStamp.collection_uri) == bindparam("collection_uri"),
)
_STAMPS = table_of(FeatureStamp)
_REVOKE = Change(
    update(_STAMPS)
    .where(_STAMPS.c.id == bindparam("key"), _STAMPS.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("moment"))
)
