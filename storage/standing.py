"""Who is hidden, and who is limited: the one place that says so, for queries.

Hidden are the actors whom the operator or their own server suspended, and all of a blocked host: nobody is shown them
or what they said, and they are not heard. Limited are those whom the operator limited, and all of a limited host: only
those who follow them hear of them. Both are reversible, so nothing is deleted. What was decided about a host is copied
to its actors (`host_level`), so that a query looks at one row and not at a list of names.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.actors import Actor
from storage.blocks import Party, blocked_between
from storage.follows import Follow, FollowState
from storage.host_policies import HostLevel
from storage.posts import Post
from storage.revisions import PostRevision
from storage.statements import change

_AT_ONCE = 500


def is_hidden(actor: type[Actor] = Actor) -> ColumnElement[bool]:
    """The condition that nobody is shown this actor."""
    return or_(
        col(actor.suspended_at).is_not(None),
        col(actor.origin_suspended_at).is_not(None),
        col(actor.host_level) == HostLevel.BLOCKED,
    )


def is_limited(actor: type[Actor] = Actor) -> ColumnElement[bool]:
    """The condition that only those who follow this actor hear of it."""
    return or_(col(actor.limited_at).is_not(None), col(actor.host_level) == HostLevel.LIMITED)


def heard_by(listener: Party, actor: type[Actor] = Actor) -> ColumnElement[bool]:
    """The condition that somebody hears of what this actor does: neither blocks the other, besides."""
    heard = or_(~is_limited(actor), follows(listener, col(actor.id)))
    return and_(~is_hidden(actor), heard, ~blocked_between(listener, col(actor.id)))


def follows(one: Party, other: Party) -> ColumnElement[bool]:
    """The condition that one actor (an id, or a column with ids) follows another, and was accepted."""
    return exists().where(
        col(Follow.follower_id) == one, col(Follow.followed_id) == other, col(Follow.state) == FollowState.ACCEPTED
    )


async def set_suspended(session: AsyncSession, actor_id: int, *, at: datetime | None) -> None:
    """Hide an actor, or (None) show it again."""
    await change(session, update(Actor).where(col(Actor.id) == actor_id).values(suspended_at=at))


async def set_limited(session: AsyncSession, actor_id: int, *, at: datetime | None) -> None:
    """Limit an actor, or (None) no longer."""
    await change(session, update(Actor).where(col(Actor.id) == actor_id).values(limited_at=at))


@dataclass(frozen=True, slots=True)
class Placed:
    """A remote actor, as far as it matters where it lives: `host` is that of its handle."""

    id: int
    host: str
    uri: str
    inbox_url: str
    host_level: HostLevel


async def list_placed(session: AsyncSession, name: str) -> list[Placed]:
    """The remote actors that may live at the host `name` or below it: some that only look so are among them."""
    pattern = f"%{name}%"
    places = (col(Actor.host), col(Actor.uri), col(Actor.inbox_url))
    wanted = select(col(Actor.id), *places, col(Actor.host_level)).where(col(Actor.host) != "")
    found = await session.execute(wanted.where(or_(*(place.like(pattern) for place in places))).order_by(col(Actor.id)))
    return [Placed(row[0], row[1], row[2], row[3], row[4]) for row in found]


async def set_host_level(session: AsyncSession, actor_ids: Sequence[int], level: HostLevel) -> None:
    """Copy what was decided about their host to these actors."""
    for start in range(0, len(actor_ids), _AT_ONCE):
        some = col(Actor.id).in_(actor_ids[start : start + _AT_ONCE])
        await change(session, update(Actor).where(some).values(host_level=level))


async def forget_media(session: AsyncSession, actor_ids: Sequence[int]) -> None:
    """Forget where pictures and other files of these actors and of their posts are."""
    for start in range(0, len(actor_ids), _AT_ONCE):
        some = actor_ids[start : start + _AT_ONCE]
        bare = update(Actor).where(col(Actor.id).in_(some))
        await change(session, bare.values(avatar_url=None, header_url=None, emojis=[]))
        theirs = select(col(Post.id)).where(col(Post.author_id).in_(some))
        await change(session, update(Post).where(col(Post.author_id).in_(some)).values(attachments=[], emojis=[]))
        earlier = update(PostRevision).where(col(PostRevision.post_id).in_(theirs))
        await change(session, earlier.values(attachments=[], emojis=[]))


@dataclass(frozen=True, slots=True)
class FollowPair:
    """A follow, or a request for one, with the handles of both sides ('' is our host)."""

    follower_id: int
    follower: tuple[str, str]
    followed_id: int
    followed: tuple[str, str]
    state: FollowState


async def list_follows_with(session: AsyncSession, actor_ids: Iterable[int]) -> list[FollowPair]:
    """The follows of and by these actors, in both directions."""
    ids = list(actor_ids)
    pairs: dict[int, FollowPair] = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        for side in (Follow.follower_id, Follow.followed_id):
            found = await session.execute(_PAIRS.where(col(side).in_(some)).order_by(col(Follow.id)))
            pairs |= {row[0]: FollowPair(row[1], (row[2], row[3]), row[4], (row[5], row[6]), row[7]) for row in found}
    return [pairs[key] for key in sorted(pairs)]


_FOLLOWER, _FOLLOWED = aliased(Actor), aliased(Actor)
_PAIRS = (
    select(
        col(Follow.id),
        col(Follow.follower_id),
        col(_FOLLOWER.username),
        col(_FOLLOWER.host),
        col(Follow.followed_id),
        col(_FOLLOWED.username),
        col(_FOLLOWED.host),
        col(Follow.state),
    )
    .join(_FOLLOWER, col(_FOLLOWER.id) == col(Follow.follower_id))
    .join(_FOLLOWED, col(_FOLLOWED.id) == col(Follow.followed_id))
)
