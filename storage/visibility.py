"""Who may see a post: the one place that says so, as conditions for queries.

PUBLIC and QUIET posts are for everybody, FOLLOWERS for the author's accepted followers, MENTIONED for nobody else;
whoever is named in a post may always read it. On top of that, whatever the audience:

* a block between viewer and author hides either from the other;
* nobody sees what a hidden author said (`storage.standing`);
* what is local only is for our own people, and never for the world;
* what a limited author said is shown only to those who follow them. It can be read, answered and counted by whoever
  has come upon it, though (`readable_by`), so that conversations stay whole.
"""

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.actors import Actor
from storage.blocks import Block, Party, blocked_between
from storage.columns import BigId
from storage.posts import OPEN, Audience, Mention, Post
from storage.prepared import Query
from storage.reactions import Boost
from storage.standing import follows, is_hidden, is_limited

Viewer = Party | None
"""The id of an actor, a column with such ids, or None for somebody who is not known."""


def visible_to(viewer: Viewer, post: type[Post] = Post) -> ColumnElement[bool]:
    """The condition that a post (of `Post`, or of an alias of it) is shown to the viewer."""
    author = aliased(Actor)
    shown = ~is_limited(author)
    if viewer is not None:
        shown = or_(shown, col(author.id) == viewer, follows(viewer, col(post.author_id)))
    by_whom = exists().where(col(author.id) == col(post.author_id), ~is_hidden(author), shown)
    return and_(_is_meant_for(viewer, post), by_whom)


def readable_by(viewer: Viewer, post: type[Post] = Post) -> ColumnElement[bool]:
    """The condition that the viewer may read a post, though it may not be shown to them unasked."""
    return and_(_is_meant_for(viewer, post), _author_is_there(post))


def open_to_world(post: type[Post] = Post) -> ColumnElement[bool]:
    """The condition that any server may have a post from us."""
    return and_(is_open(post), _may_leave(post), _author_is_there(post))


def is_open(post: type[Post] = Post) -> ColumnElement[bool]:
    """The condition that a post's audience leaves nobody out."""
    return or_(*(col(post.audience) == audience for audience in OPEN))  # an IN would be put together at every call


def boost_visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """The condition that a boost may be shown to the viewer, as far as that is up to who passed the post on."""
    is_for_all = or_(*(col(Boost.audience) == audience for audience in OPEN))
    if viewer is None:
        return is_for_all
    return or_(is_for_all, col(Boost.actor_id) == viewer, follows(viewer, col(Boost.actor_id)))


async def is_visible(session: AsyncSession, post: Post, *, viewer_id: int | None) -> bool:
    """Whether a stored post may be read by this actor (None: somebody who is not known)."""
    if viewer_id is None:
        return await _IS_OPEN.first(session, post_id=post.id) is not None
    return await _IS_READABLE.first(session, post_id=post.id, viewer_id=viewer_id) is not None


async def find_visible_post(session: AsyncSession, uri: str, *, viewer_id: int) -> Post | None:
    """The post with this id on the wire, if this actor may read it."""
    return await _READABLE.first(session, uri=uri, viewer_id=viewer_id)


async def depends_on_reader(session: AsyncSession, post_id: int, *, host: str) -> bool:
    """Whether somebody of this host might be shown another answer than everybody, when they ask for a post: unless it
    is open, and its author blocks nobody there. What is not there depends on it as well: or one could tell by the work
    that is done what is hidden from what never was.
    """
    return await _SAME_FOR_ALL.first(session, post_id=post_id, there=f"http%://{host}/%") is None


def _is_meant_for(viewer: Viewer, post: type[Post]) -> ColumnElement[bool]:
    if viewer is None:
        return and_(is_open(post), _may_leave(post))
    named = exists().where(col(Mention.post_id) == col(post.id), col(Mention.actor_id) == viewer)
    meant = or_(
        is_open(post),
        col(post.author_id) == viewer,
        and_(col(post.audience) == Audience.FOLLOWERS, follows(viewer, col(post.author_id))),
        named,
    )
    return and_(meant, or_(_may_leave(post), _is_ours(viewer)), ~blocked_between(viewer, col(post.author_id)))


def _author_is_there(post: type[Post]) -> ColumnElement[bool]:
    author = aliased(Actor)
    return exists().where(col(author.id) == col(post.author_id), ~is_hidden(author))


def _may_leave(post: type[Post]) -> ColumnElement[bool]:
    return col(post.is_local_only).is_(False)


def _is_ours(viewer: Party) -> ColumnElement[bool]:
    one = aliased(Actor)
    return exists().where(col(one.id) == viewer, col(one.host) == "")


_POST_ID, _BY_VIEWER = bindparam("post_id", type_=BigId), readable_by(bindparam("viewer_id", type_=BigId))
_IS_OPEN = Query.values(select(col(Post.id)).where(col(Post.id) == _POST_ID, readable_by(None)))
_BLOCKS_THERE = (
    exists()
    .where(col(Block.blocker_id) == col(Post.author_id), col(Block.blocked_id) == col(Actor.id))
    .where(col(Actor.uri).like(bindparam("there")))
)
_SAME_FOR_ALL = Query.values(select(col(Post.id)).where(col(Post.id) == _POST_ID, is_open(), ~_BLOCKS_THERE))
_IS_READABLE = Query.values(select(col(Post.id)).where(col(Post.id) == _POST_ID, _BY_VIEWER))
_READABLE = Query.rows(Post, col(Post.uri) == bindparam("uri"), _BY_VIEWER)
