"""Who may see a post: the one place that says so, as a condition for queries.

PUBLIC and QUIET posts are for everybody, FOLLOWERS for the author's accepted followers, MENTIONED for nobody else;
whoever is named in a post may always read it. A block between viewer and author hides either from the other, whatever
the audience.
"""

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.blocks import Party, blocked_between
from storage.columns import BigId
from storage.follows import Follow, FollowState
from storage.posts import OPEN, Audience, Mention, Post
from storage.prepared import Query

Viewer = Party | None
"""The id of an actor, a column with such ids, or None for somebody who is not known."""


def visible_to(viewer: Viewer, post: type[Post] = Post) -> ColumnElement[bool]:
    """The condition that a post (of `Post`, or of an alias of it) may be seen by the viewer."""
    if viewer is None:
        return is_open(post)
    named = exists().where(col(Mention.post_id) == col(post.id), col(Mention.actor_id) == viewer)
    follows = exists().where(
        col(Follow.follower_id) == viewer,
        col(Follow.followed_id) == col(post.author_id),
        col(Follow.state) == FollowState.ACCEPTED,
    )
    meant = or_(
        is_open(post),
        col(post.author_id) == viewer,
        and_(col(post.audience) == Audience.FOLLOWERS, follows),
        named,
    )
    return and_(meant, ~blocked_between(viewer, col(post.author_id)))


def is_open(post: type[Post] = Post) -> ColumnElement[bool]:
    """The condition that a post leaves nobody out."""
    return or_(*(col(post.audience) == audience for audience in OPEN))  # an IN would be put together at every call


async def is_visible(session: AsyncSession, post: Post, *, viewer_id: int | None) -> bool:
    """Whether a stored post may be seen by this actor (None: somebody who is not known)."""
    if viewer_id is None:
        return post.audience in OPEN
    return await _IS_VISIBLE.first(session, post_id=post.id, viewer_id=viewer_id) is not None


async def find_visible_post(session: AsyncSession, uri: str, *, viewer_id: int) -> Post | None:
    """The post with this id on the wire, if this actor may see it."""
    return await _VISIBLE.first(session, uri=uri, viewer_id=viewer_id)


_TO_VIEWER = visible_to(bindparam("viewer_id", type_=BigId))
_IS_VISIBLE = Query.values(select(col(Post.id)).where(col(Post.id) == bindparam("post_id"), _TO_VIEWER))
_VISIBLE = Query.rows(Post, col(Post.uri) == bindparam("uri"), _TO_VIEWER)
