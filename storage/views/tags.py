"""Hashtags and their use in the last days, in what anybody may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import col

from storage.database import Session
from storage.ids import first_id_at
from storage.posts import Audience, Post, PostTag
from storage.visibility import visible_to

DAYS = 7
_LIKE = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


@dataclass(frozen=True, slots=True)
class TagDay:
    """How many public posts of how many authors carried the hashtag on this day (UTC)."""

    day: datetime
    posts: int
    authors: int


@dataclass(frozen=True, slots=True)
class TagView:
    """A hashtag; `days` are the last seven, today first."""

    name: str
    days: list[TagDay]


async def search_tags(session: Session, text: str, *, limit: int, offset: int = 0) -> list[str]:
    """The names of hashtags in use that begin with `text` (folded).

    It steps through the index from one name to the next: a popular hashtag has a million rows, and costs one step.
    """
    begins = f"{text.translate(_LIKE)}%"
    names = (
        select(func.min(col(PostTag.name)).label("name")).where(col(PostTag.name) >= text).cte("names", recursive=True)
    )
    next_name = select(func.min(col(PostTag.name))).where(col(PostTag.name) > names.c.name).scalar_subquery()
    names = names.union_all(select(next_name).where(names.c.name.like(begins, escape="\\")))
    found = select(names.c.name).where(names.c.name.like(begins, escape="\\")).limit(limit).offset(offset)
    return list(await session.scalars(found))


async def load_tags(session: Session, names: Sequence[str], *, now: datetime) -> list[TagView]:
    """The use of each of these hashtags, in the order given: one query, whatever their number. Keys tell the day."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    first = first_id_at(today - timedelta(days=DAYS - 1))
    day = (col(Post.id) - first) // (first_id_at(today) - first_id_at(today - timedelta(days=1)))
    used = (
        select(col(PostTag.name), day, func.count(), func.count(col(Post.author_id).distinct()))
        .join(Post, col(Post.id) == col(PostTag.post_id))
        .where(col(PostTag.name).in_(names), col(PostTag.post_id) >= first)
        .where(col(Post.audience) == Audience.PUBLIC, visible_to(None))
        .group_by(col(PostTag.name), day)
    )
    uses = {(name, DAYS - 1 - number): (posts, authors) for name, number, posts, authors in await session.execute(used)}
    return [
        TagView(name, [_day(today, back, uses.get((name, back), (0, 0))) for back in range(DAYS)]) for name in names
    ]


def _day(today: datetime, back: int, use: tuple[int, int]) -> TagDay:
    return TagDay(day=today - timedelta(days=back), posts=use[0], authors=use[1])
