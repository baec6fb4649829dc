"""What an actor of ours said, and what had not arrived yet when it was suspended: it is kept back, and judged anew when
the suspension ends.

That may be months later. Posts are gone by then, follows have ended, and deliveries that could tell of it are forgotten
(`delete_finished_deliveries`). So what goes out is what is true at that moment, by the rows of what it speaks of; the
rest is dropped.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.actors import Actor
from storage.deliveries import UNSENT, Delivery, DeliveryState, OutgoingActivity, is_forwarded, is_overtaken, speaks_of
from storage.follows import Follow
from storage.posts import Post, Tombstone
from storage.recipients import reads_at
from storage.statements import change
from storage.visibility import is_open

ENDS = ("Delete", "Undo", "Reject", "Remove")
"""What takes something back may go out whatever became of its actor."""
_TAKEN_BACK_BY = (("Add", "Remove"), ("Accept", "Reject"), ("Move", "Move"))
"""What is true no longer when the other was said later of the same object."""
_AT_ONCE = 500
_ANNOUNCED = (
    col(OutgoingActivity.id),
    col(OutgoingActivity.actor_id),
    col(OutgoingActivity.post_id),
    col(OutgoingActivity.body),
)
_IS_SUSPENDED = col(Delivery.state) == DeliveryState.SUSPENDED


async def suspend_deliveries_of(session: AsyncSession, actor_id: int) -> None:
    """Keep back what an actor has said and that did not arrive yet, but for what takes something back and for the news
    of its keys; and what others pass on of it, be it our chapters or whom of us it answers.
    """
    said = select(col(OutgoingActivity.id)).where(
        col(OutgoingActivity.actor_id) == actor_id,
        col(OutgoingActivity.activity_type).not_in(ENDS),
        col(OutgoingActivity.signed_with_retired).is_(False),
    )
    waits = col(Delivery.state) == DeliveryState.WAITING
    kept = {"state": DeliveryState.SUSPENDED, "locked_until": None}
    await change(session, update(Delivery).where(waits, col(Delivery.activity_id).in_(said)).values(kept))
    for some in batches(await passed_on_of(session, [actor_id], states=[DeliveryState.WAITING])):
        await change(session, update(Delivery).where(waits, col(Delivery.activity_id).in_(some)).values(kept))


async def resume_deliveries_of(session: AsyncSession, actor_id: int, *, now: datetime) -> None:
    """Let go out what was kept back, as far as it is still true and for whoever may read it now; the rest is dropped.

    Dropped is what was taken back or of which an inbox has heard a later part; what a post says that is gone; and, of a
    post that is not for everybody, what is for an inbox where nobody may read it any more. The actor is suspended no
    longer when this is called.
    """
    kept = and_(_IS_SUSPENDED, col(Delivery.activity_id).in_(_kept_of(actor_id).select()))
    untrue = col(Delivery.activity_id).in_(_untrue(actor_id))
    end = {"state": DeliveryState.DROPPED, "finished_at": now}
    await change(
        session, update(Delivery).where(kept, or_(is_overtaken(), untrue, _is_for_others(actor_id))).values(end)
    )
    for some in batches(await _announced_in_vain(session, actor_id)):
        await change(session, update(Delivery).where(_IS_SUSPENDED, col(Delivery.activity_id).in_(some)).values(end))
    fresh = {"state": DeliveryState.WAITING, "run_at": now, "created_at": now}
    await change(session, update(Delivery).where(kept).values(fresh))


async def passed_on_of(
    session: AsyncSession, author_ids: Sequence[int], *, states: Sequence[DeliveryState] | None = None
) -> list[int]:
    """What chapters announce of the posts of these actors, and what we forwarded of them as it came (in these states of
    some delivery), but for the ends of it.
    """
    found: dict[int, bytes] = {}
    for some in batches(author_ids):
        for condition in _passed_on(some):
            wanted = select(col(OutgoingActivity.id), col(OutgoingActivity.body)).where(condition)
            if states is not None:
                wanted = wanted.where(_has_delivery_in(states))
            found |= {id: body for id, body in await session.execute(wanted)}  # noqa: C416 - rows are no pairs to mypy
    return [id for id, body in found.items() if not tells_an_end(body)]


async def count_passed_on_by_host(session: AsyncSession, author_ids: Sequence[int]) -> list[tuple[str, int]]:
    """How many deliveries of what is passed on of these actors are on their way to each host, or kept back."""
    counted: Counter[str] = Counter()
    for some in batches(await passed_on_of(session, author_ids, states=UNSENT)):
        unsent = select(col(Delivery.host)).where(col(Delivery.activity_id).in_(some), col(Delivery.state).in_(UNSENT))
        counted.update(await session.scalars(unsent))
    return list(counted.items())


async def drop_passed_on_of(session: AsyncSession, author_ids: Sequence[int], *, now: datetime) -> int:
    """Give up what is passed on of these actors and did not arrive yet; how many deliveries that were."""
    dropped, end = 0, {"state": DeliveryState.DROPPED, "finished_at": now, "locked_until": None}
    for some in batches(await passed_on_of(session, author_ids, states=UNSENT)):
        which = update(Delivery).where(col(Delivery.activity_id).in_(some), col(Delivery.state).in_(UNSENT))
        dropped += await change(session, which.values(end))
    return dropped


def _passed_on(author_ids: Sequence[int]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Two conditions, each with an index of its own: chapters announce it, or it was forwarded."""
    theirs = col(Post.author_id).in_(author_ids)
    announced = and_(
        col(OutgoingActivity.post_id).in_(select(col(Post.id)).where(theirs)),
        col(OutgoingActivity.activity_type) == "Announce",
    )
    return announced, and_(is_forwarded(), col(OutgoingActivity.object_uri).in_(select(col(Post.uri)).where(theirs)))


def _has_delivery_in(states: Sequence[DeliveryState]) -> ColumnElement[bool]:
    return exists().where(col(Delivery.activity_id) == col(OutgoingActivity.id), col(Delivery.state).in_(states))


def _kept_of(actor_id: int) -> Subquery:
    """The keys of what is kept back of an actor, or of what is passed on of it; not what somebody else's suspension
    keeps back, too.
    """
    delivery, author = aliased(Delivery), aliased(Post)
    is_kept = exists().where(
        col(delivery.activity_id) == col(OutgoingActivity.id), col(delivery.state) == DeliveryState.SUSPENDED
    )
    is_suspended = col(Actor.suspended_at).is_not(None)
    is_silenced = or_(
        exists().where(col(Actor.id) == col(OutgoingActivity.actor_id), is_suspended),
        exists().where(speaks_of(author), col(Actor.id) == col(author.author_id), is_suspended),
    )
    whose = or_(col(OutgoingActivity.actor_id) == actor_id, *_passed_on([actor_id]))
    return select(col(OutgoingActivity.id)).where(whose, is_kept, ~is_silenced).subquery()


def _untrue(actor_id: int) -> Select[Any]:
    """What is kept back of an actor and speaks of what is no more."""
    said = aliased(OutgoingActivity)
    untrue = or_(_is_taken_back(said), _is_of_gone_post(said), _is_left_behind(said))
    return select(col(said.id)).where(col(said.id).in_(_kept_of(actor_id).select()), untrue)


def _is_taken_back(said: type[OutgoingActivity]) -> ColumnElement[bool]:
    """It was said later that it is so no longer, whether or not that has arrived."""
    undo, later = aliased(OutgoingActivity), aliased(OutgoingActivity)
    is_undone = exists().where(col(undo.object_uri) == col(said.uri), col(undo.activity_type) == "Undo")
    pairs = (and_(col(said.activity_type) == this, col(later.activity_type) == that) for this, that in _TAKEN_BACK_BY)
    is_ended = exists().where(
        col(later.object_uri) == col(said.object_uri),
        col(later.id) > col(said.id),
        or_(col(later.activity_type) == "Delete", *pairs),
    )
    return or_(is_undone, is_ended)


def _is_of_gone_post(said: type[OutgoingActivity]) -> ColumnElement[bool]:
    """It says what a post says that was deleted, or something about one; the end of one is not kept back. What a
    chapter announces may be such an end: see `_announced_in_vain`.
    """
    is_gone = ~exists().where(col(Post.id) == col(said.post_id))
    speaks = and_(col(said.post_id).is_not(None), is_gone, col(said.activity_type) != "Announce")
    is_buried = exists().where(col(Tombstone.uri) == col(said.object_uri))
    return or_(speaks, and_(is_buried, ~exists().where(col(Post.uri) == col(said.object_uri))))


def _is_left_behind(said: type[OutgoingActivity]) -> ColumnElement[bool]:
    """It asks for a follow that nobody wants any more (or under an older id than the last), or tells of a move that was
    called off.
    """
    is_wanted = exists().where(col(Follow.uri) == col(said.uri), col(Follow.follower_id) == col(said.actor_id))
    is_here = exists().where(col(Actor.id) == col(said.actor_id), col(Actor.moved_to_uri).is_(None))
    follow = and_(col(said.activity_type) == "Follow", ~is_wanted)
    return or_(follow, and_(col(said.activity_type) == "Move", is_here))


def _is_for_others(actor_id: int) -> ColumnElement[bool]:
    """A delivery speaks of a post by this actor that is not for everybody, and nobody at its inbox may read it now."""
    return exists().where(
        col(OutgoingActivity.id) == col(Delivery.activity_id),
        col(Post.id) == col(OutgoingActivity.post_id),
        ~is_open(),
        ~reads_at(col(Delivery.inbox_url), author_id=actor_id),
    )


async def _announced_in_vain(session: AsyncSession, actor_id: int) -> list[int]:
    """What a chapter announces, but for the ends of it, of a post that is gone, or that it has taken back since: what
    was announced shows only in the words.
    """
    is_there = exists().where(col(Post.id) == col(OutgoingActivity.post_id)).label("is_there")
    wanted = select(*_ANNOUNCED, is_there).where(
        col(OutgoingActivity.id).in_(_kept_of(actor_id).select()),
        col(OutgoingActivity.activity_type) == "Announce",
        col(OutgoingActivity.post_id).is_not(None),
    )
    kept = [row for row in await session.execute(wanted) if not tells_an_end(row.body)]
    ended = await _ends_announced(session, {row.post_id for row in kept})
    return [
        row.id
        for row in kept
        if not row.is_there or any(row.id < end for name in _said_of(row.body) for end in ended[row.actor_id, name])
    ]


async def _ends_announced(session: AsyncSession, post_ids: Iterable[int]) -> Mapping[tuple[int, str], list[int]]:
    """What chapters have taken back of what they had announced of these posts: for a chapter and the id of an activity
    or a post, the keys of the announcements of its end.
    """
    ended: dict[tuple[int, str], list[int]] = defaultdict(list)
    for some in batches(list(post_ids)):
        wanted = select(*_ANNOUNCED).where(
            col(OutgoingActivity.post_id).in_(some), col(OutgoingActivity.activity_type) == "Announce"
        )
        for row in await session.execute(wanted):
            if tells_an_end(row.body):
                for name in _said_of(row.body)[-1:]:
                    ended[row.actor_id, name].append(row.id)
    return ended


def _said_of(body: bytes) -> list[str]:
    """The ids of an announced activity and of what it is about, as far as they have any."""
    inner = orjson.loads(body).get("object")
    if not isinstance(inner, dict):
        return []
    about = inner.get("object")
    return [str(each) for each in (inner.get("id"), about.get("id") if isinstance(about, dict) else about) if each]


def tells_an_end(body: bytes) -> bool:
    """Whether what is announced takes something back."""
    inner = orjson.loads(body).get("object")
    return isinstance(inner, dict) and inner.get("type") in ENDS


def batches(ids: Sequence[int]) -> list[Sequence[int]]:
    """Many keys, so many at a time as one statement takes."""
    return [ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE)]
