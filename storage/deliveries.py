"""The durable outbound queue: what we say (`outgoing_activities`, its body serialised once) and to which inbox
(`deliveries`).

A delivery is written in the transaction of the post itself. Claiming it and recording its result is in
`storage.delivery_queue` and `storage.delivery_results`; here are the tables, the way in, and what an operator sees and
does.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Index,
    LargeBinary,
    UniqueConstraint,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col

from storage.actors import Actor
from storage.columns import BigId, Instant, Word, big_id_key
from storage.hosts import HostState, find_hosts
from storage.posts import Post
from storage.standing import is_hidden
from storage.statements import change, changed, insert_all, insert_row


class DeliveryState(StrEnum):
    """WAITING is to be sent (perhaps again); SUSPENDED, when its actor is no longer suspended. The others are final
    until an operator retries them.
    """

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    DROPPED = "dropped"
    SUSPENDED = "suspended"


class OutgoingActivity(SQLModel, table=True):
    """One activity of ours; `body` is the JSON that every inbox gets, byte for byte."""

    __tablename__ = "outgoing_activities"
    __table_args__ = (
        # What was said to few and can't be fetched: it goes in time (`storage.forgetting`), and all else stays.
        Index(
            "ix_outgoing_activities_passing",
            "created_at",
            sqlite_where=text("post_id IS NULL AND is_public = 0"),
            postgresql_where=text("post_id IS NULL AND NOT is_public"),
        ),
    )

    id: int = big_id_key()
    uri: str = Field(unique=True)
    actor_id: int = Field(sa_type=BigId, foreign_key="actors.id", ondelete="CASCADE", index=True)
    activity_type: str
    object_uri: str | None = Field(default=None, index=True)
    post_id: int | None = Field(default=None, sa_type=BigId, index=True)
    is_public: bool = False
    body: bytes = Field(sa_type=LargeBinary)
    signed_with_retired: bool = False
    """Whether it is signed with the actor's key before the last change (see `storage.actors.ActorKey`)."""
    created_at: datetime = Field(sa_type=Instant)


class Delivery(SQLModel, table=True):
    """One activity on its way to one inbox."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("activity_id", "inbox_url"),
        Index("ix_deliveries_state_proven_run_at_id", "state", "proven", "run_at", "id"),
        Index("ix_deliveries_host_state", "host", "state"),
        Index("ix_deliveries_order_key_inbox_url_state", "order_key", "inbox_url", "state"),
    )

    id: int = big_id_key()
    activity_id: int = Field(sa_type=BigId, foreign_key="outgoing_activities.id", ondelete="CASCADE")
    inbox_url: str
    host: str
    order_key: str | None = None
    state: DeliveryState = Field(default=DeliveryState.WAITING, sa_type=Word(DeliveryState))
    attempts: int = 0
    run_at: datetime = Field(sa_type=Instant)
    locked_until: datetime | None = Field(default=None, sa_type=Instant, index=True)
    proven: bool = False
    """Whether the host answered when it was last heard of: which of the two lanes the delivery waits in."""
    last_status: int | None = None
    last_error: str | None = None
    created_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant, index=True)


FORGOTTEN = b"{}"
"""The body of what is not sent any more, and whose words are not kept."""
_WAITS = col(Delivery.state) == DeliveryState.WAITING
UNSENT = (DeliveryState.WAITING, DeliveryState.SUSPENDED)
_RELATION = ("Follow", "Like", "Block", "Undo")
_OVERTAKEN_BY = (
    (("Create", "Update"), ("Create", "Update")),
    (("Add", "Remove"), ("Add", "Remove")),
    (("Accept", "Reject"), ("Accept", "Reject")),
    (_RELATION, _RELATION),
    (("Announce",), ("Undo",)),
    (("Move",), ("Move",)),
)
"""Of one story, which activities the later one makes untrue or superfluous: a changed profile says nothing of a move,
and what is pinned no longer is still there. A Delete ends all of it.
"""


async def enqueue(
    session: AsyncSession,
    activity: OutgoingActivity,
    deliveries: Sequence[tuple[int, str, str]],
    *,
    now: datetime,
    order_key: str | None,
) -> None:
    """Store an activity and one delivery for each (id, inbox, host); one inbox hears those of one `order_key` in order.

    What is for a host that is held waits until the hold ends; for one that is unavailable there is a delivery only if
    none waits, to ask whether the host is back, or if an earlier part of the story waits: nobody shall hear the
    beginning of what has ended since.
    """
    await insert_row(session, activity)
    hosts = await find_hosts(session, {host for _, _, host in deliveries})
    closed = await _hosts_asked(session, [known.host for known in hosts.values() if known.unavailable_at])
    shut = [inbox_url for _, inbox_url, host in deliveries if host in closed]
    begun = await _inboxes_that_wait(session, shut, order_key=order_key)
    rows = []
    for id, inbox_url, host in deliveries:
        known = hosts.get(host)
        if host in closed and inbox_url not in begun:
            continue
        if known is not None and known.unavailable_at is not None:
            closed.add(host)
        held = known.held_until if known is not None and known.held_until is not None else now
        row = {"id": id, "activity_id": activity.id, "inbox_url": inbox_url, "host": host, "order_key": order_key}
        state = {"state": DeliveryState.WAITING, "attempts": 0, "run_at": max(held, now), "created_at": now}
        rows.append(row | state | {"proven": known is not None and known.is_proven})
    await insert_all(session, Delivery, rows)


async def _hosts_asked(session: AsyncSession, unavailable: Sequence[str]) -> set[str]:
    """Those of these hosts for which something waits."""
    if not unavailable:
        return set()
    waiting = select(col(Delivery.host)).where(col(Delivery.host).in_(unavailable), _WAITS).distinct()
    return set(await session.scalars(waiting))


async def _inboxes_that_wait(session: AsyncSession, inbox_urls: Sequence[str], *, order_key: str | None) -> set[str]:
    """Those of these inboxes for which something of a story waits, or is kept back."""
    if not inbox_urls or order_key is None:
        return set()
    story = (col(Delivery.order_key) == order_key, col(Delivery.state).in_(UNSENT))
    wanted = select(col(Delivery.inbox_url)).where(*story, col(Delivery.inbox_url).in_(inbox_urls))
    return set(await session.scalars(wanted.distinct()))


async def find_activity(session: AsyncSession, id: int) -> OutgoingActivity | None:
    """What we said under this key."""
    return await session.get(OutgoingActivity, id)


async def is_telling(session: AsyncSession, actor_id: int) -> bool:
    """Whether something that an actor of ours said is still on its way to somebody."""
    waiting = exists().where(col(Delivery.activity_id) == col(OutgoingActivity.id), _WAITS)
    said = select(col(OutgoingActivity.id)).where(col(OutgoingActivity.actor_id) == actor_id, waiting).limit(1)
    return await session.scalar(said) is not None


async def drop_deliveries_of(session: AsyncSession, actor_id: int, *, now: datetime) -> int:
    """Give up all that an actor of ours has said and that did not arrive yet, but for the news of its keys: who knows
    only the old one could not believe what the new one signs. How many deliveries that were. What is under way is not
    called back (see `is_under_way`): an end of the actor waits for it.
    """
    said = select(col(OutgoingActivity.id)).where(
        col(OutgoingActivity.actor_id) == actor_id, col(OutgoingActivity.signed_with_retired).is_(False)
    )
    which = update(Delivery).where(col(Delivery.activity_id).in_(said), col(Delivery.state).in_(UNSENT))
    uri = select(col(Actor.uri)).where(col(Actor.id) == actor_id).scalar_subquery()
    await change(session, which.where(is_under_way(now)).values(order_key=uri))
    end = {"state": DeliveryState.DROPPED, "finished_at": now, "locked_until": None}
    return await change(session, which.where(~is_under_way(now)).values(end))


def is_under_way(now: datetime) -> ColumnElement[bool]:
    """The condition that a delivery is being sent at this moment. It is left WAITING whatever is taken back, so that
    the news of that waits for it as for anything earlier; if it comes to nothing, its words are FORGOTTEN by then.
    """
    return and_(col(Delivery.locked_until).is_not(None), col(Delivery.locked_until) > now)


async def find_said_about(
    session: AsyncSession, post_ids: Iterable[int], types: Iterable[str]
) -> list[OutgoingActivity]:
    """What we said to everybody about these posts of ours, in activities of these types, in the order of saying it."""
    wanted = select(OutgoingActivity).where(
        col(OutgoingActivity.post_id).in_(list(post_ids)),
        col(OutgoingActivity.activity_type).in_(list(types)),
        col(OutgoingActivity.is_public),
    )
    return list(await session.scalars(wanted.order_by(col(OutgoingActivity.id))))


async def has_told_of(session: AsyncSession, actor_id: int, *, post_id: int) -> bool:
    """Whether an actor of ours has said anything about a post, as long as that is kept."""
    said = select(col(OutgoingActivity.id)).where(
        col(OutgoingActivity.post_id) == post_id, col(OutgoingActivity.actor_id) == actor_id
    )
    return await session.scalar(said.limit(1)) is not None


async def count_said_of(session: AsyncSession, actor_id: int, *, object_uri: str, type: str, since: datetime) -> int:
    """How often an actor of ours said, or passed on, something of this type about this very object."""
    said = select(func.count()).where(
        col(OutgoingActivity.object_uri) == object_uri,
        col(OutgoingActivity.actor_id) == actor_id,
        col(OutgoingActivity.activity_type) == type,
        col(OutgoingActivity.created_at) >= since,
    )
    return await session.scalar(said) or 0


async def has_announced(session: AsyncSession, actor_id: int, *, object_uri: str) -> bool:
    """Whether an actor of ours has said something of this very object."""
    said = select(col(OutgoingActivity.id)).where(
        col(OutgoingActivity.object_uri) == object_uri, col(OutgoingActivity.actor_id) == actor_id
    )
    return await session.scalar(said.limit(1)) is not None


async def list_deliveries(
    session: AsyncSession,
    *,
    limit: int,
    states: Iterable[DeliveryState] | None = None,
    host: str | None = None,
) -> list[tuple[Delivery, OutgoingActivity]]:
    """The newest deliveries with what they deliver: all, or those in these states, or to this host."""
    wanted = select(Delivery, OutgoingActivity).join(
        OutgoingActivity, col(OutgoingActivity.id) == col(Delivery.activity_id)
    )
    if states is not None:
        wanted = wanted.where(col(Delivery.state).in_(list(states)))
    if host is not None:
        wanted = wanted.where(col(Delivery.host) == host)
    rows = await session.execute(wanted.order_by(col(Delivery.id).desc()).limit(limit))
    return [(delivery, activity) for delivery, activity in rows]


async def count_deliveries(session: AsyncSession) -> dict[DeliveryState, int]:
    """How many deliveries are in each state."""
    counted = select(col(Delivery.state), func.count()).group_by(col(Delivery.state))
    return {state: number for state, number in await session.execute(counted)}  # noqa: C416 - rows are no pairs to mypy


async def count_unsent_by_host(session: AsyncSession) -> list[tuple[str, int]]:
    """How many deliveries are on their way to each host, or kept back until their actor is suspended no longer."""
    unsent = select(col(Delivery.host), func.count()).where(col(Delivery.state).in_(UNSENT))
    return [(host, number) for host, number in await session.execute(unsent.group_by(col(Delivery.host)))]


async def oldest_due(session: AsyncSession, *, now: datetime) -> datetime | None:
    """Since when the delivery that is due for the longest waits; None if none is. Work that piles up shows here."""
    waiting = [col(Delivery.state) == DeliveryState.WAITING, col(Delivery.run_at) <= now]
    moments = [
        await session.scalar(select(func.min(col(Delivery.run_at))).where(*waiting, col(Delivery.proven).is_(proven)))
        for proven in (True, False)
    ]
    return min((moment for moment in moments if moment is not None), default=None)


async def retry_deliveries(
    session: AsyncSession, *, now: datetime, ids: Sequence[int] | None = None, host: str | None = None
) -> int:
    """Let an operator's deliveries (by key, or to a host) be tried at once, dead ones too, and by key dropped ones; how
    many.

    Those that had used up their attempts get one more. Left out are those whose inbox has since heard a later part of
    the same story (an old text must not overwrite a newer one), what is by or of somebody suspended, blocked or gone,
    and of a post that is no more.
    """
    chosen = _chosen(ids, host)
    held = update(HostState).where(col(HostState.host).in_(select(col(Delivery.host)).where(chosen)))
    await change(session, held.values(held_until=None))
    states = (DeliveryState.WAITING, DeliveryState.DEAD, *((DeliveryState.DROPPED,) if ids is not None else ()))
    which = update(Delivery).where(chosen, col(Delivery.state).in_(states), ~is_overtaken(), ~_is_void())
    fresh = {"state": DeliveryState.WAITING, "run_at": now, "created_at": now, "finished_at": None}
    return await change(session, which.values(fresh))


async def drop_deliveries(
    session: AsyncSession, *, now: datetime, ids: Sequence[int] | None = None, host: str | None = None
) -> int:
    """Give up what waits (by key, or to a host) because an operator says so; how many that were."""
    which = update(Delivery).where(_chosen(ids, host), col(Delivery.state).in_(UNSENT))
    return await change(session, which.values(state=DeliveryState.DROPPED, finished_at=now, locked_until=None))


async def delete_finished_deliveries(session: AsyncSession, *, before: datetime, limit: int) -> int:
    """Forget deliveries that ended long ago, so many at a time; how many. What was said stays: it can be fetched at its
    id.
    """
    old = select(col(Delivery.id)).where(col(Delivery.finished_at) < before).limit(limit).subquery()
    gone = delete(Delivery).where(col(Delivery.id).in_(old.select()))
    return changed(await session.execute(gone, execution_options={"synchronize_session": False}))


_TAKES_BACK = ("Delete", "Undo", "Reject", "Remove")
"""What stays true when what it speaks of is no more."""


def speaks_of(post: type[Post], *, said: type[OutgoingActivity] = OutgoingActivity) -> ColumnElement[bool]:
    """The condition that what we said is about a post, or is what its author said of it and we passed on as it came:
    that is known by the post's id on the wire alone, and is ours in nothing but the signature of the request.
    """
    return or_(col(said.post_id) == col(post.id), and_(is_forwarded(said), col(said.object_uri) == col(post.uri)))


def is_forwarded(said: type[OutgoingActivity] = OutgoingActivity) -> ColumnElement[bool]:
    """The condition that it may be what somebody elsewhere said and we passed on as it came. It also holds for some of
    our own words that are about no post: who asks this says which post, too.
    """
    return and_(col(said.post_id).is_(None), col(said.activity_type).in_(("Create", "Update")))


def _is_void() -> ColumnElement[bool]:
    """The condition that a delivery says something of what is no more (by somebody who is gone, of a post that is,
    words that are forgotten), or of who is silenced: it was said before its actor was suspended, or speaks of a post by
    somebody hidden. The news of a suspension, and of new keys, is neither.
    """
    said, post, author = OutgoingActivity, aliased(Post), aliased(Actor)
    actor = exists().where(col(Actor.id) == col(said.actor_id))
    is_there = exists().where(col(post.id) == col(said.post_id))
    is_of_hidden = exists().where(speaks_of(post), col(author.id) == col(post.author_id), is_hidden(author))
    is_news = and_(col(said.activity_type) == "Update", col(said.object_uri) == col(Actor.uri))
    is_allowed = or_(col(said.signed_with_retired), and_(is_news, col(said.created_at) >= col(Actor.suspended_at)))
    return exists().where(
        col(said.id) == col(Delivery.activity_id),
        col(said.activity_type).not_in(_TAKES_BACK),
        or_(
            actor.where(col(Actor.gone_at).is_not(None)),
            actor.where(col(Actor.suspended_at).is_not(None), ~is_allowed),
            and_(col(said.post_id).is_not(None), ~is_there, col(said.activity_type) != "Announce"),
            col(said.body) == FORGOTTEN,  # what chapters announced; the end of a post they may announce again
            is_of_hidden,
        ),
    )


def is_overtaken() -> ColumnElement[bool]:
    """The condition that the inbox of a delivery has heard a later part of the same story that takes its place."""
    later, said, then = aliased(Delivery), aliased(OutgoingActivity), aliased(OutgoingActivity)
    pairs = (
        and_(col(said.activity_type).in_(earlier), col(then.activity_type).in_(later_on))
        for earlier, later_on in _OVERTAKEN_BY
    )
    return exists().where(
        col(later.order_key) == col(Delivery.order_key),
        col(later.inbox_url) == col(Delivery.inbox_url),
        col(later.state) == DeliveryState.DELIVERED,
        col(later.id) > col(Delivery.id),
        col(said.id) == col(Delivery.activity_id),
        col(then.id) == col(later.activity_id),
        or_(col(then.activity_type) == "Delete", *pairs),
    )


def _chosen(ids: Sequence[int] | None, host: str | None) -> ColumnElement[bool]:
    """Never all: who names neither key nor host has forgotten to."""
    if ids is None and host is None:
        raise ValueError("name the deliveries, or a host")
    conditions = [] if ids is None else [col(Delivery.id).in_(ids)]
    return and_(*conditions, *([] if host is None else [col(Delivery.host) == host]))
