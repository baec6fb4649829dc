"""Polls as they are shown: the answers, how many chose each, and what the viewer chose.

All polls of a page come in one query.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, select
from sqlmodel import col

from storage.columns import BigId
from storage.database import Session
from storage.polls import Poll, PollOption, PollVote


@dataclass(frozen=True, slots=True)
class PollOptionView:
    """One answer; `votes_count` is None where its server does not tell."""

    title: str
    votes_count: int | None
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class PollView:
    """The poll of a post. `hides_counts`: not to be shown how many chose what, before the end."""

    post_id: int
    is_multiple: bool
    hides_counts: bool
    ends_at: datetime | None
    closed_at: datetime | None
    voters_count: int | None
    options: tuple[PollOptionView, ...]

    @property
    def votes_count(self) -> int:
        """All votes together."""
        return sum(option.votes_count or 0 for option in self.options)

    @property
    def people_count(self) -> int:
        """How many voted; where that is not known, how many votes there are."""
        return self.votes_count if self.voters_count is None else self.voters_count

    @property
    def chosen(self) -> list[int]:
        """Which answers the viewer chose (positions)."""
        return [position for position, option in enumerate(self.options) if option.is_chosen]

    def is_over(self, now: datetime) -> bool:
        """Whether nobody can vote any more."""
        return self.closed_at is not None or (self.ends_at is not None and self.ends_at <= now)

    def shows_counts(self, now: datetime) -> bool:
        """Whether it is no secret how many chose what."""
        return not self.hides_counts or self.is_over(now)


async def load_polls(session: Session, post_ids: Iterable[int], *, viewer_id: int | None) -> dict[int, PollView]:
    """The polls of those of these posts that have one, by the post's id."""
    ids = list(post_ids)
    if not ids:
        return {}
    heads: dict[int, dict[str, Any]] = {}
    options: dict[int, list[PollOptionView]] = {}
    for *head, title, votes_count, vote_id in await session.execute(_POLLS, {"ids": ids, "viewer_id": viewer_id}):
        heads[head[0]] = dict(zip(_HEAD, head, strict=True))
        options.setdefault(head[0], []).append(PollOptionView(title, votes_count, vote_id is not None))
    return {post_id: PollView(**head, options=tuple(options[post_id])) for post_id, head in heads.items()}


_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_HEAD = ("post_id", "is_multiple", "hides_counts", "ends_at", "closed_at", "voters_count")
_IS_VIEWERS = (
    (col(PollVote.post_id) == col(PollOption.post_id))
    & (col(PollVote.position) == col(PollOption.position))
    & (col(PollVote.actor_id) == bindparam("viewer_id", type_=BigId))
)
_POLLS = (
    select(
        *(col(getattr(Poll, name)) for name in _HEAD),
        col(PollOption.title),
        col(PollOption.votes_count),
        col(PollVote.id),
    )
    .join(PollOption, col(PollOption.post_id) == col(Poll.post_id))
    .outerjoin(PollVote, _IS_VIEWERS)
    .where(col(Poll.post_id).in_(_IDS))
    .order_by(col(Poll.post_id), col(PollOption.position))
)
