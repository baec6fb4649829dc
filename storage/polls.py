"""Questions with answers to choose from: a poll belongs to its post, and so do the votes.

Of a local poll every vote is a row, and the counters move with it. Of a remote poll only our members' votes are rows;
the counters are what its server says, and ours move them until it says more.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.actors import Actor
from storage.columns import BigId, Instant, big_id_key
from storage.posts import Post
from storage.prepared import Change, Query
from storage.rows import row_reader, table_of
from storage.statements import change, changed, insert_all, insert_new, insert_row


class Poll(SQLModel, table=True):
    """The poll of a post."""

    __tablename__ = "polls"
    __table_args__ = (Index("ix_polls_told_at_ends_at", "told_at", "ends_at"),)

    post_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="posts.id", ondelete="CASCADE")
    is_multiple: bool = False
    hides_counts: bool = False
    """Nobody is shown how many chose what before the end (a local poll)."""
    ends_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    """When its server closed it; then that is also when it ended."""
    voters_count: int | None = None
    told_at: datetime | None = Field(default=None, sa_type=Instant)
    """When its end was told to those who took part."""
    checked_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the results of a remote poll were last asked for, or came by themselves."""
    news_due_at: datetime | None = Field(default=None, sa_type=Instant, index=True)
    """When other servers are to hear of votes that have come since they last did; None where none have."""

    def is_over(self, now: datetime) -> bool:
        """Whether nobody can vote any more."""
        return self.closed_at is not None or (self.ends_at is not None and self.ends_at <= now)


class PollOption(SQLModel, table=True):
    """One answer, as its author wrote it: a vote repeats it letter by letter. Positions count from 0."""

    __tablename__ = "poll_options"

    post_id: int = Field(sa_type=BigId, primary_key=True, foreign_key="polls.post_id", ondelete="CASCADE")
    position: int = Field(primary_key=True)
    title: str
    votes_count: int | None = None


class PollVote(SQLModel, table=True):
    """One actor chose one answer."""

    __tablename__ = "poll_votes"
    __table_args__ = (Index("uq_poll_votes_post_id_actor_id_position", "post_id", "actor_id", "position", unique=True),)

    id: int = big_id_key()
    post_id: int = Field(sa_type=BigId, foreign_key="polls.post_id", ondelete="CASCADE")
    actor_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE", index=True)
    position: int
    uri: str | None = None
    created_at: datetime = Field(sa_type=Instant)


_POLL = Query.rows(Poll, col(Poll.post_id) == bindparam("post_id"))
_POLL_IN_TURN = Query(
    select(*table_of(Poll).columns).where(col(Poll.post_id) == bindparam("post_id")).with_for_update(),
    row_reader(Poll),
)
_OPTIONS = Query(
    select(*table_of(PollOption).columns)
    .where(col(PollOption.post_id) == bindparam("post_id"))
    .order_by(col(PollOption.position)),
    row_reader(PollOption),
)
_CHOSEN = Query.values(
    select(col(PollVote.position)).where(
        col(PollVote.post_id) == bindparam("post_id"), col(PollVote.actor_id) == bindparam("actor_id")
    )
)
_polls, _options = table_of(Poll), table_of(PollOption)
_ONE_VOTE_MORE = Change(
    update(_options)
    .where(_options.c.post_id == bindparam("key"), _options.c.position == bindparam("place"))
    .values(votes_count=func.coalesce(_options.c.votes_count, 0) + 1)
)
_TALLY = Change(
    update(_options)
    .where(_options.c.post_id == bindparam("key"), _options.c.position == bindparam("place"))
    .values(votes_count=bindparam("tally"))
)
_ONE_VOTER_MORE = Change(
    update(_polls).where(_polls.c.post_id == bindparam("key")).values(voters_count=_polls.c.voters_count + 1)
)
_HAS_NEWS = Change(
    update(_polls)
    .where(_polls.c.post_id == bindparam("key"), _polls.c.news_due_at.is_(None))
    .values(news_due_at=bindparam("moment", type_=Instant()))
)


async def insert_poll(session: AsyncSession, poll: Poll, options: Sequence[tuple[str, int | None]]) -> None:
    """Store the poll of a post, with its options (title, votes so far or None)."""
    await insert_row(session, poll)
    await _insert_options(session, poll.post_id, options)


async def find_poll(session: AsyncSession, post_id: int, *, in_turn: bool = False) -> Poll | None:
    """The poll of a post; `in_turn`, nobody else votes in it before this unit ends."""
    return await (_POLL_IN_TURN if in_turn else _POLL).first(session, post_id=post_id)


async def find_options(session: AsyncSession, post_id: int) -> list[PollOption]:
    """The answers of a poll, in their order."""
    return await _OPTIONS.all(session, post_id=post_id)


async def find_titles(session: AsyncSession, post_id: int) -> list[str] | None:
    """What a post lets people choose from; None where it asks nothing."""
    return [option.title for option in await find_options(session, post_id)] or None


async def find_chosen(session: AsyncSession, post_id: int, *, actor_id: int) -> list[int]:
    """Which answers an actor has chosen (positions)."""
    return sorted(await _CHOSEN.all(session, post_id=post_id, actor_id=actor_id))


async def insert_vote(session: AsyncSession, vote: PollVote, *, is_first: bool) -> bool:
    """Count a vote; False if it was counted before. `is_first`: this actor had not chosen anything yet.

    The caller has taken the poll's turn and knows that the vote is allowed.
    """
    if not await insert_new(session, vote):
        return False
    await _ONE_VOTE_MORE.run(session, key=vote.post_id, place=vote.position)
    if is_first:
        await _ONE_VOTER_MORE.run(session, key=vote.post_id)
    return True


async def note_news(session: AsyncSession, post_id: int, *, due_at: datetime) -> None:
    """There are votes of which other servers are to hear at this moment, unless they are to hear of some before."""
    await _HAS_NEWS.run(session, key=post_id, moment=due_at)


async def update_poll(session: AsyncSession, post_id: int, **values: Any) -> None:
    """Change a poll's own columns."""
    await change(session, update(Poll).where(col(Poll.post_id) == post_id).values(values))


async def update_tallies(session: AsyncSession, post_id: int, counts: Sequence[int | None]) -> None:
    """What its server counts for each answer of a remote poll."""
    rows = [{"key": post_id, "place": place, "tally": count} for place, count in enumerate(counts)]
    await _TALLY.run_all(session, rows)


async def replace_options(session: AsyncSession, post_id: int, options: Sequence[tuple[str, int | None]]) -> None:
    """Other answers: what was voted for the former ones is void."""
    for table in (PollVote, PollOption):
        await _run_past_orm(session, delete(table).where(col(table.post_id) == post_id))
    await _insert_options(session, post_id, options)


async def delete_poll(session: AsyncSession, post_id: int) -> None:
    """The post asks nothing any more."""
    await _run_past_orm(session, delete(Poll).where(col(Poll.post_id) == post_id))


async def list_news(session: AsyncSession, *, now: datetime, limit: int) -> list[int]:
    """Local polls (ids of their posts) of whose votes other servers are to hear now. Those of who is suspended wait."""
    wanted = select(col(Poll.post_id)).where(col(Poll.news_due_at) <= now, ~_is_silenced())
    return list(await session.scalars(wanted.order_by(col(Poll.news_due_at)).limit(limit)))


def _is_silenced() -> ColumnElement[bool]:
    """Whose poll it is, is suspended here: nothing is said of it."""
    return exists().where(
        col(Post.id) == col(Poll.post_id), col(Actor.id) == col(Post.author_id), col(Actor.suspended_at).is_not(None)
    )


async def claim_news(session: AsyncSession, post_id: int) -> bool:
    """Take it upon this unit to tell of the votes; False if somebody else has."""
    one = update(Poll).where(col(Poll.post_id) == post_id, col(Poll.news_due_at).is_not(None))
    return await change(session, one.values(news_due_at=None)) == 1


async def list_ended(session: AsyncSession, *, before: datetime, before_elsewhere: datetime, limit: int) -> list[int]:
    """Polls (ids of their posts) whose end has not been told yet: local ones that ended before one moment, and remote
    ones that did before another. Those of who is suspended wait until they are no longer.
    """
    is_local = exists().where(col(Post.id) == col(Poll.post_id), col(Post.is_local))
    is_due = and_(col(Poll.ends_at) <= before, or_(col(Poll.ends_at) <= before_elsewhere, is_local))
    wanted = select(col(Poll.post_id)).where(col(Poll.told_at).is_(None), is_due, ~_is_silenced())
    return list(await session.scalars(wanted.order_by(col(Poll.ends_at), col(Poll.post_id)).limit(limit)))


async def claim_end(session: AsyncSession, post_id: int, *, now: datetime) -> bool:
    """Take it upon this unit to tell of the end; False if somebody else has."""
    one = update(Poll).where(col(Poll.post_id) == post_id, col(Poll.told_at).is_(None))
    return await change(session, one.values(told_at=now, news_due_at=None)) == 1


async def claim_check(session: AsyncSession, post_id: int, *, checked_before: datetime, now: datetime) -> bool:
    """Take it upon the caller to ask for the results of a remote poll, if nobody has after `checked_before`."""
    one = update(Poll).where(
        col(Poll.post_id) == post_id, or_(col(Poll.checked_at).is_(None), col(Poll.checked_at) <= checked_before)
    )
    return await change(session, one.values(checked_at=now)) == 1


async def list_local_voters(session: AsyncSession, post_id: int) -> list[int]:
    """Those of our own people who voted."""
    wanted = select(col(PollVote.actor_id)).distinct().join(Actor, col(Actor.id) == col(PollVote.actor_id))
    return list(await session.scalars(wanted.where(col(PollVote.post_id) == post_id, col(Actor.host) == "")))


async def remove_votes_of(session: AsyncSession, actor_id: int) -> None:
    """Take back all votes of an actor who is no more. What other servers count is theirs to change."""
    theirs = col(PollVote.actor_id) == actor_id
    is_local = exists().where(col(Post.id) == col(PollVote.post_id), col(Post.is_local))
    chosen = exists().where(
        theirs, is_local, col(PollVote.post_id) == _options.c.post_id, col(PollVote.position) == _options.c.position
    )
    await change(session, update(_options).where(chosen).values(votes_count=_options.c.votes_count - 1))
    voted_in = select(col(PollVote.post_id)).where(theirs, is_local)
    fewer = update(_polls).where(_polls.c.post_id.in_(voted_in)).values(voters_count=_polls.c.voters_count - 1)
    await change(session, fewer)
    await _run_past_orm(session, delete(PollVote).where(theirs))


async def _insert_options(session: AsyncSession, post_id: int, options: Iterable[tuple[str, int | None]]) -> None:
    rows = [
        {"post_id": post_id, "position": position, "title": title, "votes_count": votes}
        for position, (title, votes) in enumerate(options)
    ]
    await insert_all(session, PollOption, rows)


async def _run_past_orm(session: AsyncSession, statement: Any) -> int:
    return changed(await session.execute(statement, execution_options={"synchronize_session": False}))
