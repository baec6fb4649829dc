"""Who on one host has to do with a post, and what was said of it there: what `fedihub fed explain` looks at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlmodel import col

from storage.actors import Actor
from storage.database import Session
from storage.deliveries import OutgoingActivity
from storage.follows import Follow, FollowState
from storage.hosts import HostState
from storage.posts import Mention, Post
from storage.views.delivery_log import DeliveryEntry, DeliveryFilter, list_delivery_entries

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Reach:
    """What is known here. `followers` and `mentioned` are usernames on that host (some of them), `first_follow` when
    the first of them began to follow; `deliveries` are the newest first.
    """

    followers: Sequence[str]
    followers_count: int
    first_follow: datetime | None
    mentioned: Sequence[str]
    deliveries: Sequence[DeliveryEntry]
    host: HostState | None


async def load_reach(session: Session, post: Post, *, host: str) -> Reach:
    """Everything about this post and this host, in a few queries."""
    following = _there(host).join(Follow, col(Follow.follower_id) == col(Actor.id))
    following = following.where(col(Follow.followed_id) == post.author_id, col(Follow.state) == FollowState.ACCEPTED)
    naming = _there(host).join(Mention, col(Mention.actor_id) == col(Actor.id)).where(col(Mention.post_id) == post.id)
    count, first = (
        await session.execute(following.with_only_columns(func.count(), func.min(col(Follow.created_at))))
    ).one()
    return Reach(
        followers=await _handles(session, following),
        followers_count=count,
        first_follow=first,
        mentioned=await _handles(session, naming),
        deliveries=await list_delivery_entries(session, DeliveryFilter(host=host, post_id=post.id), limit=SHOWN),
        host=await session.get(HostState, host),
    )


async def load_remains(session: Session, post_id: int, *, host: str) -> Reach:
    """What is still known of a post that is deleted: what this host was told."""
    told = await list_delivery_entries(session, DeliveryFilter(host=host, post_id=post_id), limit=SHOWN)
    return Reach(
        followers=(),
        followers_count=0,
        first_follow=None,
        mentioned=(),
        deliveries=told,
        host=await session.get(HostState, host),
    )


async def find_said(session: Session, entry: DeliveryEntry) -> bytes:
    """What was on its way there, as it was sent."""
    body = select(col(OutgoingActivity.body)).where(col(OutgoingActivity.uri) == entry.activity_uri)
    return (await session.scalars(body)).one()


def _there(host: str) -> Select[str]:
    return select(col(Actor.username)).where(col(Actor.host) == host, col(Actor.gone_at).is_(None))


async def _handles(session: Session, names: Select[str]) -> list[str]:
    return list(await session.scalars(names.order_by(col(Actor.id)).limit(SHOWN)))
