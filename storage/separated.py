"""Posts that belong together and do not know it, because two units stored them at the same moment: neither transaction
saw the other's. Whoever looks again after its own has ended sees what the other has written, or is seen; where a
process dies before it could look, the answer finds its way when it arrives once more.

On SQLite, which has one writer, there is nothing to find.
"""

from collections.abc import Sequence

from sqlalchemy import select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.conversations import attach_orphans
from storage.driver import do_afterwards
from storage.posts import Post
from storage.quotes import Quote, attach_quotes
from storage.statements import is_sqlite, take_turn

_TURN = 0x_FED1_52


def join_afterwards(session: AsyncSession, post: Post) -> None:
    """Have this post, which the unit stores, joined with what others store meanwhile: all such posts in one go."""
    if not is_sqlite(session):
        do_afterwards(session, join_separated, post.uri)


async def join_separated(session: AsyncSession, uris: Sequence[str]) -> None:
    """Join these posts with what they answer and quote, and with what answers and quotes them."""
    if is_sqlite(session) or not uris:
        return
    await take_turn(session, _TURN)  # or both would join, and count, the same
    answer, quoting = aliased(Post), aliased(Post)
    answered = (
        select(col(Post.id))
        .join(answer, col(answer.in_reply_to_uri) == col(Post.uri))
        .where(col(answer.in_reply_to_id).is_(None))
    )
    quoted = (
        select(col(Post.id))
        .join(Quote, col(Quote.quoted_uri) == col(Post.uri))
        .join(quoting, col(quoting.id) == col(Quote.post_id))
        .where(col(Quote.quoted_post_id).is_(None))
    )
    ids = union(
        *(each.where(col(Post.uri).in_(uris)) for each in (answered, quoted)),
        answered.where(col(answer.uri).in_(uris)),
        quoted.where(col(quoting.uri).in_(uris)),
    ).subquery()
    wanted = select(Post).where(col(Post.id).in_(select(ids))).order_by(col(Post.id))
    for post in await session.scalars(wanted):
        await attach_orphans(session, post)
        await attach_quotes(session, post)
