"""Groups elsewhere: communities (of Lemmy and its kin) and chapters of other hubs, whose servers hold conversations
together. What is said in one that is theirs has to reach them.

That a remote post, or a post of ours, is for a group stands among its mentions, silently: it is addressed, not named.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, case, func, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.actors import Actor
from storage.blocks import blocked_between
from storage.columns import BigId
from storage.openings import posts_above
from storage.posts import Audience, Mention, Post
from storage.prepared import Query
from storage.reactions import Boost
from storage.rows import row_reader, table_of
from storage.standing import is_hidden

GROUP = "Group"
MOST_GROUPS = 3
"""Groups to which one post is addressed because of where it stands."""


def is_group() -> ColumnElement[bool]:
    """The condition that an actor is a group of another server, and there."""
    return and_(col(Actor.wire_type) == GROUP, col(Actor.host) != "", col(Actor.gone_at).is_(None), ~is_hidden())


def may_be_for_groups(post: Post) -> bool:
    """Whether a post of ours is of the kind that is told to the groups in whose conversation it stands."""
    return post.audience is Audience.PUBLIC and post.in_reply_to_uri is not None and not post.is_local_only


async def find_group_ids(session: AsyncSession, uris: Iterable[str]) -> list[int]:
    """The keys of those of these actors that are known groups elsewhere, by their uri."""
    wanted = list(uris)
    return list(await session.scalars(_IDS_BY_URIS, {"uris": wanted})) if wanted else []


async def find_groups_around(session: AsyncSession, post_uri: str, *, by_id: int) -> list[Actor]:
    """The groups to whose conversations the post with this id on the wire belongs, as far as an actor of ours (`by_id`)
    may speak to them: to which its thread is addressed where it begins, or which have passed that on; without such,
    which have passed on something else above it; without those, to which it is addressed itself. So whoever answers in
    a thread leads nobody else's answers elsewhere.
    """
    found = await _AROUND.all(session, uri=post_uri, by_id=by_id)
    return [group for rank, group in found if rank == found[0][0]]


async def find_groups_of(session: AsyncSession, post: Post) -> list[Actor]:
    """The groups that are to hear of a post of ours, and of all that becomes of it."""
    return await _OF.all(session, post_id=post.id) if may_be_for_groups(post) else []


def _responsible(chain: Select[Any]) -> Any:
    """The keys of who has boosted one of these posts, or is named by the last or the first of them, and how near each
    is to the thread as a whole.

    Boosts of our own posts don't count: anybody can give them, and a group in which one of ours began is named.
    """
    begins = col(Post.in_reply_to_uri).is_(None)
    boosts = select(col(Boost.actor_id), case((begins, 0), else_=1).label("rank"))
    mentions = select(col(Mention.actor_id), case((begins, 0), else_=2).label("rank"))
    every = union_all(
        boosts.join(Post, col(Post.id) == col(Boost.post_id)).where(
            col(Boost.post_id).in_(chain), col(Post.is_local).is_(False)
        ),
        mentions.join(Post, col(Post.id) == col(Mention.post_id)).where(
            col(Mention.post_id).in_(chain), or_(col(Post.uri) == bindparam("uri"), begins)
        ),
    ).subquery()
    return select(every.c.actor_id, func.min(every.c.rank).label("rank")).group_by(every.c.actor_id).subquery()


def _read_ranked(row: Sequence[Any]) -> tuple[int, Actor]:
    return row[-1], _READ(row[:-1])


_URIS: BindParameter[Any] = bindparam("uris", expanding=True)
_IDS_BY_URIS = select(col(Actor.id)).where(col(Actor.uri).in_(_URIS), is_group()).order_by(col(Actor.id))
_READ = row_reader(Actor)
_GROUPS = select(*table_of(Actor).columns).where(is_group()).order_by(col(Actor.id)).limit(MOST_GROUPS)
_RANKED = _responsible(posts_above())
_AROUND: Query[tuple[int, Actor]] = Query(
    select(*table_of(Actor).columns, _RANKED.c.rank)
    .join(_RANKED, _RANKED.c.actor_id == col(Actor.id))
    .where(is_group(), ~blocked_between(bindparam("by_id", type_=BigId), col(Actor.id)))
    .order_by(_RANKED.c.rank, col(Actor.id))
    .limit(MOST_GROUPS),
    _read_ranked,
)
_ADDRESSED = select(col(Mention.actor_id)).where(
    col(Mention.post_id) == bindparam("post_id", type_=BigId), col(Mention.is_silent)
)
_OF = Query(_GROUPS.where(col(Actor.id).in_(_ADDRESSED)), _READ)
