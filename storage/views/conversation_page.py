"""A conversation: the whole thread around a post, wherever its parts were written."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from storage.actors import Actor
from storage.conversations import find_conversation
from storage.database import Session
from storage.posts import Post
from storage.views.posts import PostView, load_posts
from storage.views.threads import Node, grow
from storage.visibility import visible_to

MOST_POSTS = 400


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """The thread around `post`; `hosts` are those that its answers came from ('' is ours).

    `incomplete`: something that is answered here is missing; `truncated`: it was too long. `missing` posts are known to
    exist, but could not be had when the rest was last looked for (`checked_at`).
    """

    post: PostView
    roots: list[Node]
    count: int
    hosts: list[str]
    incomplete: bool
    truncated: bool
    missing: int | None
    checked_at: datetime | None


async def load_conversation_page(
    session: Session, author: Actor, post_id: int, *, viewer_id: int | None
) -> ConversationPage | None:
    """The thread around a post, as far as the viewer (None: anybody) may see it; None if not even the post."""
    wanted = select(col(Post.conversation_id)).where(
        col(Post.id) == post_id, col(Post.author_id) == author.id, visible_to(viewer_id)
    )
    conversation_id = await session.scalar(wanted)
    if conversation_id is None:
        return None
    conversation = await find_conversation(session, conversation_id)
    inside = select(col(Post.id)).where(col(Post.conversation_id) == conversation_id, visible_to(viewer_id))
    ids = list(await session.scalars(inside.order_by(col(Post.id)).limit(MOST_POSTS + 1)))
    shown = ids[:MOST_POSTS] if post_id in ids[:MOST_POSTS] else [*ids[: MOST_POSTS - 1], post_id]
    posts = await load_posts(session, shown, viewer_id=viewer_id)
    roots = grow(posts)
    return ConversationPage(
        post=next(post for post in posts if post.id == post_id),
        roots=roots,
        count=len(posts),
        hosts=sorted({post.author.host for post in posts if post.in_reply_to_uri is not None}),
        incomplete=any(node.post.in_reply_to_uri is not None for node in roots),
        truncated=len(ids) > MOST_POSTS,
        missing=conversation.missing if conversation else None,
        checked_at=conversation.checked_at if conversation else None,
    )
