"""The posts that quote a post with its author's consent."""

from sqlalchemy import select
from sqlmodel import col

from storage.database import Session
from storage.paging import Window, rows_within
from storage.posts import Post
from storage.quotes import Quote, QuoteState
from storage.views.posts import PostView, load_posts
from storage.visibility import visible_to


async def list_quoting(session: Session, post_id: int, *, viewer_id: int | None, window: Window) -> list[PostView]:
    """Those that the viewer may see, newest first."""
    wanted = (
        select(col(Post.id))
        .join(Quote, col(Quote.post_id) == col(Post.id))
        .where(col(Quote.quoted_post_id) == post_id, col(Quote.state) == QuoteState.ACCEPTED, visible_to(viewer_id))
    )
    rows = await rows_within(session, wanted, col(Post.id), window=window)
    return await load_posts(session, [row[0] for row in rows], viewer_id=viewer_id)
