"""Who follows whom. Both sides count their accepted follows; the counters move only with the row."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint, bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.actors import Actor, add_to_counts
from storage.columns import BigId, Instant, Word, big_id_key
from storage.errors import NotFound
from storage.prepared import Change, Query
from storage.rows import table_of
from storage.statements import change, insert_new


class FollowState(StrEnum):
    """A follow begins as a request; only ACCEPTED opens the followed actor's posts to the follower."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"


class Follow(SQLModel, table=True):
    """One follow; `uri` is the id of the Follow activity, which Accept, Reject and Undo refer to."""

    __tablename__ = "follows"
    __table_args__ = (
        UniqueConstraint("follower_id", "followed_id"),
        Index("ix_follows_followed_id_state_id", "followed_id", "state", "id"),
        Index("ix_follows_follower_id_state_id", "follower_id", "state", "id"),
    )

    id: int = big_id_key()
    uri: str | None = Field(default=None, index=True)
    follower_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE")
    followed_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE")
    state: FollowState = Field(sa_type=Word(FollowState))
    show_boosts: bool = True
    notify: bool = False
    created_at: datetime = Field(sa_type=Instant)
    accepted_at: datetime | None = Field(default=None, sa_type=Instant)
    asked_at: datetime | None = Field(default=None, sa_type=Instant)
    """When a request of ours was last sent; `asks` says how often."""
    asks: int = 0


_IS_BETWEEN = (
    col(Follow.follower_id) == bindparam("follower"),
    col(Follow.followed_id) == bindparam("followed"),
)
_BETWEEN = Query.rows(Follow, *_IS_BETWEEN)
_RENAME = Change(update(table_of(Follow)).where(*_IS_BETWEEN).values(uri=bindparam("new_uri")))
_ACCEPT = Change(
    update(table_of(Follow))
    .where(*_IS_BETWEEN, col(Follow.state) == FollowState.REQUESTED)
    .values(state=FollowState.ACCEPTED, accepted_at=bindparam("moment"))
)
_ONE_FROM_HERE = Query.values(
    select(col(Follow.id))
    .join(Actor, col(Actor.id) == col(Follow.follower_id))
    .where(col(Follow.followed_id) == bindparam("actor_id"), col(Follow.state) == FollowState.ACCEPTED)
    .where(col(Actor.host) == "")
    .limit(1)
)
_FOLLOWER_HERE = Query.values(
    select(col(Follow.follower_id))
    .join(Actor, col(Actor.id) == col(Follow.follower_id))
    .where(col(Follow.followed_id) == bindparam("actor_id"), col(Follow.state) == FollowState.ACCEPTED)
    .where(col(Actor.host) == "", col(Actor.gone_at).is_(None), col(Actor.suspended_at).is_(None))
    .order_by(col(Follow.id))
    .limit(1)
)


async def request_follow(session: AsyncSession, follow: Follow) -> Follow:
    """Store a follow, and count it if it is ACCEPTED already; answers the row that is there then.

    A follow that exists keeps its state, but takes the new uri: the peer's next Undo, and our Accept, will name that
    one.
    """
    if await insert_new(session, follow):
        if follow.state == FollowState.ACCEPTED:
            await count_follow(session, follow.follower_id, follow.followed_id, step=1)
    elif follow.uri is not None:
        await _RENAME.run(session, follower=follow.follower_id, followed=follow.followed_id, new_uri=follow.uri)
    stored = await find_follow(session, follower_id=follow.follower_id, followed_id=follow.followed_id)
    if stored is None:
        raise NotFound("the follow was removed while it was stored")
    return stored


async def accept_follow(session: AsyncSession, *, follower_id: int, followed_id: int, now: datetime) -> bool:
    """Accept a requested follow and count it; False if there was none that waited."""
    accepted = await _ACCEPT.run(session, follower=follower_id, followed=followed_id, moment=now) == 1
    if accepted:
        await count_follow(session, follower_id, followed_id, step=1)
    return accepted


async def find_follow(session: AsyncSession, *, follower_id: int, followed_id: int) -> Follow | None:
    """The follow between two actors, requested or accepted, as it is now."""
    return await _BETWEEN.first(session, follower=follower_id, followed=followed_id)


async def find_follow_by_uri(session: AsyncSession, uri: str, *, follower_id: int | None = None) -> Follow | None:
    """The follow that this activity asked for, where it is not one of ours: of this actor; others can use its id."""
    wanted = select(Follow).where(col(Follow.uri) == uri).limit(1)
    if follower_id is not None:
        wanted = wanted.where(col(Follow.follower_id) == follower_id)
    follow: Follow | None = await session.scalar(wanted)
    return follow


async def count_requests(session: AsyncSession, actor_id: int) -> int:
    """How many ask to follow an actor."""
    waiting = select(func.count()).where(
        col(Follow.followed_id) == actor_id, col(Follow.state) == FollowState.REQUESTED
    )
    return await session.scalar(waiting) or 0


async def list_requesters(session: AsyncSession, actor_id: int) -> list[Actor]:
    """Who has asked to follow an actor and waits for the answer, in the order in which they asked."""
    wanted = select(Actor).join(Follow, col(Follow.follower_id) == col(Actor.id)).where(col(Actor.gone_at).is_(None))
    waiting = wanted.where(col(Follow.followed_id) == actor_id, col(Follow.state) == FollowState.REQUESTED)
    return list(await session.scalars(waiting.order_by(col(Follow.id))))


async def list_local_followers(session: AsyncSession, actor_id: int) -> list[Actor]:
    """Our own actors who follow this one and were accepted."""
    wanted = select(Actor).join(Follow, col(Follow.follower_id) == col(Actor.id)).where(col(Actor.host) == "")
    accepted = wanted.where(col(Follow.followed_id) == actor_id, col(Follow.state) == FollowState.ACCEPTED)
    return list(await session.scalars(accepted.order_by(col(Actor.id))))


@dataclass(frozen=True, slots=True)
class FollowerThere:
    """A remote follower: whom it follows, and its id on the wire."""

    followed_id: int
    uri: str


async def followers_at(
    session: AsyncSession, *followed_ids: int, origins: Collection[str], limit: int
) -> list[FollowerThere]:
    """Who follows these actors, was accepted, and has an id of one of these origins (`https://peer.example`)."""
    there = or_(*(col(Actor.uri).startswith(f"{origin}/", autoescape=True) for origin in origins))
    wanted = select(col(Follow.followed_id), col(Actor.uri)).join(Actor, col(Actor.id) == col(Follow.follower_id))
    wanted = wanted.where(col(Follow.followed_id).in_(followed_ids), col(Follow.state) == FollowState.ACCEPTED, there)
    rows = await session.execute(wanted.where(col(Actor.host) != "").order_by(col(Follow.id)).limit(limit))
    return [FollowerThere(row[0], row[1]) for row in rows]


async def has_local_followers(session: AsyncSession, actor_id: int) -> bool:
    """Whether anybody here follows this actor and was accepted."""
    return await _ONE_FROM_HERE.first(session, actor_id=actor_id) is not None


async def find_follower_here(session: AsyncSession, actor_id: int) -> int | None:
    """The actor of ours who has followed this one for longest and may act, if there is any."""
    return await _FOLLOWER_HERE.first(session, actor_id=actor_id)


async def set_follow_options(session: AsyncSession, id: int, *, show_boosts: bool, notify: bool) -> None:
    """How a follower wants to hear of whom they follow."""
    await change(session, update(Follow).where(col(Follow.id) == id).values(show_boosts=show_boosts, notify=notify))


async def count_follow(session: AsyncSession, follower_id: int, followed_id: int, *, step: int) -> None:
    """One follow more, or less, on both sides."""
    await add_to_counts(session, follower_id, following_count=step)
    await add_to_counts(session, followed_id, followers_count=step)
