"""The posts that stand first on a profile."""

from sqlalchemy import select
from sqlmodel import col

from storage.database import Session
from storage.pins import Pin
from storage.posts import Post
from storage.views.posts import PostView, load_posts
from storage.visibility import visible_to


async def list_pinned_posts(session: Session, actor_id: int, *, viewer_id: int | None) -> list[PostView]:
    """What an actor has pinned, as far as the viewer may see it, what was pinned last first."""
    wanted = (
        select(col(Pin.post_id))
        .join(Post, col(Post.id) == col(Pin.post_id))
        .where(col(Pin.actor_id) == actor_id, visible_to(viewer_id))
        .order_by(col(Pin.created_at).desc(), col(Pin.post_id).desc())
    )
    return await load_posts(session, list(await session.scalars(wanted)), viewer_id=viewer_id)
