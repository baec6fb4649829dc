"""Home timelines: entries written when a post arrives, read by index, so that a read costs the same at any size.

Who gets an entry is decided here, once, in one statement: the author (if ours) and the author's followers here. An answer to somebody else
stands only with those who follow that one, too (as in Mastodon: half a conversation is noise); an answer to what we do not know with nobody.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Index, Select, and_, cast, delete, exists, func, literal, null, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col

from storage.actors import Actor
from storage.blocks import blocked_between
from storage.columns import BigId
from storage.follows import Follow, FollowState
from storage.ids import span_of
from storage.posts import OPEN, Audience, Mention, Post
from storage.reactions import Boost
from storage.statements import changed, insert_into

SEEN_FOR = timedelta(days=1)
"""A post that stands in a timeline is not put there again by a boost for so long."""
CAUGHT_UP = 20
"""Posts that a new follower gets at once."""


class HomeEntry(SQLModel, table=True):
    """A post (or a boost of it) stands in the home timeline of a local actor; `entry_id` is the post's or the boost's id."""

    __tablename__ = "home_entries"
    __table_args__ = (Index("ix_home_entries_post_id", "post_id"), Index("ix_home_entries_boost_id", "boost_id"))

    owner_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="actors.id", ondelete="CASCADE")
    entry_id: int = Field(sa_type=BigId, primary_key=True)
    post_id: int = Field(sa_type=BigId, foreign_key="posts.id", ondelete="CASCADE")
    boost_id: int | None = Field(default=None, sa_type=BigId, foreign_key="boosts.id", ondelete="CASCADE")


async def add_post_to_homes(session: AsyncSession, post: Post) -> int:
    """Put a new post where it belongs; answers in how many timelines it stands now."""
    owners = _followers_here(post.author_id)
    if post.audience == Audience.MENTIONED:
        named = exists().where(col(Mention.post_id) == post.id, col(Mention.actor_id) == col(Actor.id))
        owners = owners.where(named)
    if post.in_reply_to_uri is not None:
        owners = owners.where(_hears_both(post))
    return await _add(session, owners.union(_himself(post.author_id)), post_id=post.id, boost_id=None)


async def add_boost_to_homes(session: AsyncSession, boost: Boost, post: Post) -> int:
    """Put a boost where it belongs: not with those who have just seen the post, want no boosts, or block its author."""
    if post.audience not in OPEN:
        return 0
    seen = exists().where(
        col(HomeEntry.owner_id) == col(Actor.id),
        col(HomeEntry.post_id) == post.id,
        col(HomeEntry.entry_id) > boost.id - span_of(SEEN_FOR),
    )
    blocked = blocked_between(col(Actor.id), literal(post.author_id))
    followers = _followers_here(boost.actor_id).where(col(Follow.show_boosts), ~seen, ~blocked)
    himself = _himself(boost.actor_id).where(~seen)
    return await _add(session, followers.union(himself), post_id=post.id, boost_id=boost.id)


async def add_author_to_home(session: AsyncSession, *, owner_id: int, author_id: int) -> int:
    """Give somebody who has just begun to follow the author's newest posts (those that answer nobody), in their place."""
    newest = (
        select(literal(owner_id), col(Post.id), col(Post.id), cast(null(), BigId))
        .where(col(Post.author_id) == author_id, col(Post.in_reply_to_uri).is_(None))
        .where(col(Post.audience).in_((*OPEN, Audience.FOLLOWERS)))
        .order_by(col(Post.id).desc())
        .limit(CAUGHT_UP)
    )
    return await _insert(session, newest.subquery().select().where(literal(value=True)))


async def remove_author_from_home(session: AsyncSession, *, owner_id: int, author_id: int) -> None:
    """Take away what somebody said and passed on, from the timeline of one who wants (or may) hear of them no longer."""
    said = select(col(Post.id)).where(col(Post.author_id) == author_id)
    passed_on = select(col(Boost.id)).where(col(Boost.actor_id) == author_id)
    theirs = or_(col(HomeEntry.post_id).in_(said), col(HomeEntry.boost_id).in_(passed_on))
    gone = delete(HomeEntry).where(col(HomeEntry.owner_id) == owner_id, theirs)
    await session.execute(gone, execution_options={"synchronize_session": False})


async def trim_home(session: AsyncSession, owner_id: int, *, keep: int) -> int:
    """Cut off the old end of a timeline; answers how many entries that were."""
    oldest = (
        select(col(HomeEntry.entry_id))
        .where(col(HomeEntry.owner_id) == owner_id)
        .order_by(col(HomeEntry.entry_id).desc())
        .offset(keep - 1)
        .limit(1)
        .scalar_subquery()
    )
    gone = delete(HomeEntry).where(col(HomeEntry.owner_id) == owner_id, col(HomeEntry.entry_id) < oldest)
    return changed(await session.execute(gone, execution_options={"synchronize_session": False}))


def _followers_here(actor_id: int) -> Select[int]:
    return (
        select(col(Actor.id))
        .join(Follow, col(Follow.follower_id) == col(Actor.id))
        .where(col(Follow.followed_id) == actor_id, col(Follow.state) == FollowState.ACCEPTED, col(Actor.host) == "")
    )


def _himself(actor_id: int) -> Select[int]:
    return select(col(Actor.id)).where(col(Actor.id) == actor_id, col(Actor.host) == "")


def _hears_both(reply: Post) -> ColumnElement[bool]:
    """The owner is, or follows, whom the post answers; or its author goes on with their own words."""
    answered = reply.in_reply_to_author_id
    if answered is None:
        return literal(value=False)
    if answered == reply.author_id:
        return literal(value=True)
    other = aliased(Follow)
    follows = exists().where(
        col(other.follower_id) == col(Actor.id),
        col(other.followed_id) == answered,
        col(other.state) == FollowState.ACCEPTED,
    )
    return or_(col(Actor.id) == answered, follows)


async def _add(session: AsyncSession, owners: Any, *, post_id: int, boost_id: int | None) -> int:
    owner = owners.subquery()
    boost = null() if boost_id is None else literal(boost_id)
    entries = select(owner.c.id, literal(boost_id or post_id), literal(post_id), boost)
    return await _insert(session, entries.where(literal(value=True)))


async def _insert(session: AsyncSession, entries: Any) -> int:
    """Insert what a query finds; its WHERE is there so that SQLite does not take ON CONFLICT for a join's ON."""
    columns = ["owner_id", "entry_id", "post_id", "boost_id"]
    insert = insert_into(session, HomeEntry).from_select(columns, entries)
    return changed(await session.execute(insert.on_conflict_do_nothing()))
