"""Hashtags and their use in the last days, by anybody in public."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import col

from storage.database import Session
from storage.ids import first_id_at, moment_of
from storage.posts import Audience, Post, PostTag

DAYS = 7
MOST_COUNTED = 20_000
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
    """The use of each of these hashtags, in the order given: one query, whatever their number."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - timedelta(days=DAYS - 1)
    used = (
        select(col(PostTag.name), col(Post.id), col(Post.author_id))
        .join(Post, col(Post.id) == col(PostTag.post_id))
        .where(
            col(PostTag.name).in_(names),
            col(PostTag.post_id) >= first_id_at(first),
            col(Post.audience) == Audience.PUBLIC,
        )
        .limit(MOST_COUNTED)
    )
    uses: dict[tuple[str, int], list[int]] = {}
    for name, post_id, author_id in await session.execute(used):
        uses.setdefault((name, (today.date() - moment_of(post_id).date()).days), []).append(author_id)
    return [
        TagView(name=name, days=[_day(today, back, uses.get((name, back), [])) for back in range(DAYS)])
        for name in names
    ]


def _day(today: datetime, back: int, authors: list[int]) -> TagDay:
    return TagDay(day=today - timedelta(days=back), posts=len(authors), authors=len(set(authors)))
