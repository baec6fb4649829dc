"""How complete a conversation is, as far as we know."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlmodel import col

from storage.actors import Actor
from storage.conversations import Conversation
from storage.database import Session
from storage.posts import Post
from storage.visibility import visible_to


@dataclass(frozen=True, slots=True)
class Completeness:
    """`posts` are those that the viewer may see, `hosts` the peers on which they were written.

    `missing` are posts that are known to exist and could not be had (None while nobody has looked), `orphans` those
    whose parents have not reached us. `checked_at` is when the rest was last looked for, `check_after` when that may be
    done again (None: at once). `is_local`: all of it was written here, so there is nowhere to look.
    """

    posts: int
    hosts: tuple[str, ...]
    orphans: int
    missing: int | None
    checked_at: datetime | None
    check_after: datetime | None

    @property
    def is_local(self) -> bool:
        """Whether there is nowhere to look for more."""
        return not self.hosts

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing of which we know."""
        return not self.orphans and (self.is_local or self.missing == 0)


async def load_completeness(session: Session, post_id: int, *, viewer_id: int | None) -> Completeness | None:
    """The conversation of a post; None where the viewer may not see that post. Three queries."""
    wanted = select(Conversation).join(Post, col(Post.conversation_id) == col(Conversation.id))
    row = await session.scalar(wanted.where(col(Post.id) == post_id, visible_to(viewer_id)))
    if row is None:
        return None
    orphan = case((col(Post.in_reply_to_uri).is_not(None) & col(Post.in_reply_to_id).is_(None), 1), else_=0)
    inside = (
        select(col(Actor.host), func.count(), func.sum(orphan))
        .join(Actor, col(Actor.id) == col(Post.author_id))
        .where(col(Post.conversation_id) == row.id, visible_to(viewer_id))
        .group_by(col(Actor.host))
    )
    found = [tuple(values) for values in await session.execute(inside)]
    return Completeness(
        posts=sum(count for _, count, _ in found),
        hosts=tuple(sorted(host for host, _, _ in found if host)),
        orphans=int(sum(orphans for _, _, orphans in found)),
        missing=row.missing,
        checked_at=row.checked_at,
        check_after=row.check_after,
    )
