"""How big the hub is, in the few numbers that it tells to anybody."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import col

from storage.actors import Actor, ActorKind
from storage.database import Session
from storage.hosts import HostState


@dataclass(frozen=True, slots=True)
class Numbers:
    """`active_members` have posted since the moment that was asked about; `hosts` are the peers that we have dealt
    with.
    """

    members: int
    active_members: int
    posts: int
    hosts: int


async def load_numbers(session: Session, *, active_since: datetime) -> Numbers:
    """Count, from the counters of our actors: no post is looked at."""
    ours = select(
        func.count().filter(col(Actor.kind) == ActorKind.MEMBER),
        func.count().filter(col(Actor.kind) == ActorKind.MEMBER, col(Actor.last_post_at) >= active_since),
        func.coalesce(func.sum(col(Actor.posts_count)), 0),
    ).where(col(Actor.kind) != ActorKind.REMOTE, col(Actor.gone_at).is_(None))
    members, active, posts = (await session.execute(ours)).one()
    hosts = await session.scalar(select(func.count()).select_from(HostState))
    return Numbers(members=members, active_members=active, posts=int(posts), hosts=hosts or 0)
