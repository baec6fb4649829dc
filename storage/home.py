"""Home timelines: entries written when a post arrives, read by index, so that a read costs the same at any size.

Who gets an entry is decided here, once, in one statement: the author (if ours) and the author's followers here. An
answer to somebody else stands only with those who follow that one, too (as in Mastodon: half a conversation is noise);
an answer to what we do not know with nobody.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    CompoundSelect,
    Index,
    Select,
    bindparam,
    cast,
    delete,
    exists,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col

from storage.actors import Actor, ActorKind, find_actor
from storage.blocks import blocked_between
from storage.columns import BigId
from storage.follows import Follow, FollowState
from storage.ids import span_of
from storage.posts import OPEN, Audience, Mention, Post
from storage.prepared import Change
from storage.reactions import Boost
from storage.rows import table_of
from storage.standing import follows
from storage.statements import changed, insert_into

SEEN_FOR = timedelta(days=1)
"""A post that stands in a timeline is not put there again by a boost for so long."""
CAUGHT_UP = 20
"""Posts that a new follower gets at once."""


class HomeEntry(SQLModel, table=True):
    """A post (or a boost of it) stands in the home timeline of a local actor; `entry_id` is the post's or the boost's
    id.
    """

    __tablename__ = "home_entries"
    __table_args__ = (Index("ix_home_entries_post_id", "post_id"), Index("ix_home_entries_boost_id", "boost_id"))

    owner_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="actors.id", ondelete="CASCADE")
    entry_id: int = Field(sa_type=BigId, primary_key=True)
    post_id: int = Field(sa_type=BigId, foreign_key="posts.id", ondelete="CASCADE")
    boost_id: int | None = Field(default=None, sa_type=BigId, foreign_key="boosts.id", ondelete="CASCADE")


async def add_post_to_homes(session: AsyncSession, post: Post) -> int:
    """Put a new post where it belongs; answers in how many timelines it stands now."""
    values = {
        "author_id": post.author_id,
        "post_id": post.id,
        "only_named": post.audience == Audience.MENTIONED,
        "answers": post.in_reply_to_uri is not None,
        "answered_id": post.in_reply_to_author_id,
    }
    return await _post_to_homes().run(session, **values)


async def add_boost_to_homes(session: AsyncSession, boost: Boost, post: Post) -> int:
    """Put a boost where it belongs: not with those who have just seen the post, want no boosts, block its author, or
    shall not hear of them (`storage.standing`).
    """
    author = await find_actor(session, post.author_id)
    if post.audience not in OPEN or author is None or author.is_hidden:
        return 0
    seen = exists().where(
        col(HomeEntry.owner_id) == col(Actor.id),
        col(HomeEntry.post_id) == post.id,
        col(HomeEntry.entry_id) > boost.id - span_of(SEEN_FOR),
    )
    blocked = blocked_between(col(Actor.id), literal(post.author_id))
    booster, post_id, boost_id = literal(boost.actor_id), literal(post.id), literal(boost.id)
    followers = _followers_here(booster).where(col(Follow.show_boosts), ~seen, ~blocked)
    if author.is_limited:
        followers = followers.where(follows(col(Actor.id), literal(author.id)))
    entries = _entries(followers.union(_himself(booster).where(~seen)), entry=boost_id, post=post_id, boost=boost_id)
    return await _insert(session, entries)


async def add_author_to_home(session: AsyncSession, *, owner_id: int, author_id: int) -> int:
    """Give somebody who has just begun to follow the author's newest posts (those that answer nobody), in their
    place.
    """
    newest = (
        select(literal(owner_id), col(Post.id), col(Post.id), cast(null(), BigId))
        .where(col(Post.author_id) == author_id, col(Post.in_reply_to_uri).is_(None))
        .where(col(Post.audience).in_((*OPEN, Audience.FOLLOWERS)))
        .order_by(col(Post.id).desc())
        .limit(CAUGHT_UP)
    )
    return await _insert(session, newest.subquery().select())


async def remove_author_from_home(session: AsyncSession, *, owner_id: int, author_id: int) -> None:
    """Take away what somebody said and passed on, from the timeline of one who wants (or may) hear of them no
    longer.
    """
    said = select(col(Post.id)).where(col(Post.author_id) == author_id)
    passed_on = select(col(Boost.id)).where(col(Boost.actor_id) == author_id)
    theirs = or_(col(HomeEntry.post_id).in_(said), col(HomeEntry.boost_id).in_(passed_on))
    gone = delete(HomeEntry).where(col(HomeEntry.owner_id) == owner_id, theirs)
    await session.execute(gone, execution_options={"synchronize_session": False})


async def list_long_homes(session: AsyncSession, *, keep: int, limit: int) -> list[int]:
    """The owners of timelines that are longer than that."""
    entries = select(literal(1)).where(col(HomeEntry.owner_id) == col(Actor.id))
    beyond = entries.order_by(col(HomeEntry.entry_id).desc()).offset(keep).limit(1)
    ours = col(Actor.kind) != ActorKind.REMOTE
    return list(await session.scalars(select(col(Actor.id)).where(ours, beyond.exists()).limit(limit)))


async def trim_home(session: AsyncSession, owner_id: int, *, keep: int, limit: int) -> int:
    """Cut off the old end of a timeline, so much at a time; answers how many entries that were."""
    own = select(col(HomeEntry.entry_id)).where(col(HomeEntry.owner_id) == owner_id)
    too_old = own.order_by(col(HomeEntry.entry_id).desc()).offset(keep).limit(limit).subquery()
    gone = delete(HomeEntry).where(col(HomeEntry.owner_id) == owner_id, col(HomeEntry.entry_id).in_(too_old.select()))
    return changed(await session.execute(gone, execution_options={"synchronize_session": False}))


Id = ColumnElement[int]


@cache
def _post_to_homes() -> Change:
    """Who hears of a post: everybody who follows the author, but for the two limits that `only_named` and `answers`
    set.
    """
    author, post = bindparam("author_id", type_=BigId), bindparam("post_id", type_=BigId)
    named = exists().where(col(Mention.post_id) == post, col(Mention.actor_id) == col(Actor.id))
    owners = _followers_here(author).where(
        or_(~bindparam("only_named", type_=Boolean), named),
        or_(~bindparam("answers", type_=Boolean), _hears_both(author, bindparam("answered_id", type_=BigId))),
    )
    entries = _entries(owners.union(_himself(author)), entry=post, post=post, boost=null())
    return Change.upsert(HomeEntry, _filled_from(entries))


def _followers_here(actor_id: Id) -> Select[int]:
    return (
        select(col(Actor.id))
        .join(Follow, col(Follow.follower_id) == col(Actor.id))
        .where(col(Follow.followed_id) == actor_id, col(Follow.state) == FollowState.ACCEPTED, col(Actor.host) == "")
    )


def _himself(actor_id: Id) -> Select[int]:
    return select(col(Actor.id)).where(col(Actor.id) == actor_id, col(Actor.host) == "")


def _hears_both(author: Id, answered: Id) -> ColumnElement[bool]:
    """The owner is, or follows, whom the post answers; or its author goes on with their own words. Never, if that one
    is unknown.
    """
    other = aliased(Follow)
    follows = exists().where(
        col(other.follower_id) == col(Actor.id),
        col(other.followed_id) == answered,
        col(other.state) == FollowState.ACCEPTED,
    )
    return or_(col(Actor.id) == answered, answered == author, follows)


def _entries(owners: CompoundSelect[int], *, entry: Id, post: Id, boost: ColumnElement[Any]) -> Any:
    return select(owners.subquery().c.id, entry, post, boost)


async def _insert(session: AsyncSession, entries: Any) -> int:
    return changed(await session.execute(_filled_from(entries)(insert_into(session, HomeEntry))))


def _filled_from(entries: Any) -> Callable[[Any], Any]:
    """Insert what a query finds; with a WHERE, so that SQLite does not take ON CONFLICT for a join's ON."""
    columns, found = table_of(HomeEntry).columns.keys(), entries.where(literal(value=True))
    return lambda insert: insert.from_select(columns, found).on_conflict_do_nothing()
