"""Requests of ours to follow somebody elsewhere that nobody has answered."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from storage.actors import Actor
from storage.deliveries import Delivery, DeliveryState, OutgoingActivity
from storage.follows import Follow, FollowState
from storage.standing import is_hidden
from storage.statements import change

NEVER = -1
"""In `asks`, of a follow that was accepted: it is to be asked for anew."""


async def list_unanswered(
    session: AsyncSession, *, asked_before: Sequence[datetime], approvers_before: datetime, limit: int
) -> list[tuple[Follow, Actor, Actor]]:
    """Requests of ours that wait for an answer for long enough, with who asks and who is asked.

    `asked_before[n]` is when one must have been sent that was sent n + 1 times already; who was asked more often is
    left alone. Those who approve their followers by hand must have had it since `approvers_before`. A request that is
    still on its way is not unanswered.
    """
    asker, asked = aliased(Actor), aliased(Actor)
    sent_at = func.coalesce(col(Follow.asked_at), col(Follow.created_at))
    is_due = or_(*(and_(_times_asked() == n + 1, sent_at <= moment) for n, moment in enumerate(asked_before)))
    on_its_way = exists().where(
        col(OutgoingActivity.uri) == col(Follow.uri),
        col(Delivery.activity_id) == col(OutgoingActivity.id),
        col(Delivery.state) == DeliveryState.WAITING,
    )
    wanted = (
        select(Follow, asker, asked)
        .join(asker, col(asker.id) == col(Follow.follower_id))
        .join(asked, col(asked.id) == col(Follow.followed_id))
        .where(col(Follow.state) == FollowState.REQUESTED, is_due, ~on_its_way)
        .where(col(asker.host) == "", col(asker.gone_at).is_(None), col(asker.suspended_at).is_(None))
        .where(col(asked.host) != "", col(asked.gone_at).is_(None), ~is_hidden(asked))
        .where(or_(col(asked.approves_followers).is_(False), sent_at <= approvers_before))
        .order_by(col(Follow.id))
        .limit(limit)
    )
    return [(follow, one, other) for follow, one, other in await session.execute(wanted)]


async def want_asked_anew(session: AsyncSession, *, owner_uri: str) -> None:
    """Let the follows of this remote actor by ours be asked for once more, though they were accepted: `asks` says that
    it never was.
    """
    theirs = col(Follow.followed_id).in_(
        select(col(Actor.id)).where(col(Actor.uri) == owner_uri, col(Actor.host) != "")
    )
    here = col(Follow.follower_id).in_(select(col(Actor.id)).where(col(Actor.host) == ""))
    accepted = col(Follow.state) == FollowState.ACCEPTED
    await change(session, update(Follow).where(theirs, here, accepted).values(asks=NEVER))


async def list_wanted_anew(session: AsyncSession, *, limit: int) -> list[tuple[Follow, Actor, Actor]]:
    """Accepted follows that are to be asked for once more, with who follows and who is followed."""
    follower, followed = aliased(Actor), aliased(Actor)
    wanted = (
        select(Follow, follower, followed)
        .join(follower, col(follower.id) == col(Follow.follower_id))
        .join(followed, col(followed.id) == col(Follow.followed_id))
        .where(col(Follow.state) == FollowState.ACCEPTED, col(Follow.asks) == NEVER)
        .where(col(follower.suspended_at).is_(None), col(followed.gone_at).is_(None), ~is_hidden(followed))
        .order_by(col(Follow.id))
        .limit(limit)
    )
    return [(follow, one, other) for follow, one, other in await session.execute(wanted)]


async def note_asked(session: AsyncSession, id: int, *, uri: str, now: datetime) -> None:
    """A request was sent once more, under this new id."""
    again = {"uri": uri, "asked_at": now, "asks": _times_asked() + 1}
    await change(session, update(Follow).where(col(Follow.id) == id).values(again))


def _times_asked() -> ColumnElement[int]:
    """At least once, or there would be no row."""
    return case((col(Follow.asks) < 1, 1), else_=col(Follow.asks))
