"""What we have said is kept, so that it can be fetched at its id; but the words of what is deleted are not, and nothing
of them is sent any more.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.actors import Actor
from storage.columns import BigId
from storage.deliveries import FORGOTTEN, UNSENT, Delivery, DeliveryState, OutgoingActivity, is_forwarded, is_under_way
from storage.keeping_back import ENDS, batches, passed_on_of, tells_an_end
from storage.posts import Post, delete_post
from storage.prepared import Query
from storage.statements import change, changed

_SAID_ABOUT = Query.values(
    select(col(OutgoingActivity.id)).where(
        or_(
            col(OutgoingActivity.post_id) == bindparam("post_id", type_=BigId),
            and_(is_forwarded(), col(OutgoingActivity.object_uri) == bindparam("uri")),
        )
    )
)


async def delete_with_words(session: AsyncSession, post: Post, *, now: datetime) -> None:
    """Delete a post (see `storage.posts.delete_post`), and forget what we and our chapters said in its words, or
    passed on as it came.
    """
    said = await _SAID_ABOUT.all(session, post_id=post.id, uri=post.uri)
    if said:
        wanted = select(col(OutgoingActivity.id), col(OutgoingActivity.activity_type), col(OutgoingActivity.body))
        rows = await session.execute(wanted.where(col(OutgoingActivity.id).in_(said)))
        await _forget(
            session, [id for id, type_, body in rows if type_ not in ENDS and not tells_an_end(body)], now=now
        )
    await delete_post(session, post, now=now)


async def forget_words_of(session: AsyncSession, actor_id: int, *, now: datetime) -> None:
    """Forget all that an actor said (here: but for the news of its keys, which goes out before its end), and what
    was passed on of it.
    """
    own = update(OutgoingActivity).where(
        col(OutgoingActivity.actor_id) == actor_id,
        col(OutgoingActivity.activity_type).not_in(ENDS),
        col(OutgoingActivity.signed_with_retired).is_(False),
    )
    await change(session, own.values(body=FORGOTTEN))
    await _forget(session, await passed_on_of(session, [actor_id]), now=now)


async def delete_spent_activities(session: AsyncSession, *, before: datetime, limit: int) -> int:
    """Delete what was said to few, which nobody can fetch, once nothing is known of its deliveries any more; so many at
    a time. Of who is suspended it stays: what was kept back is judged by it (`storage.keeping_back`).
    """
    has_delivery = exists().where(col(Delivery.activity_id) == col(OutgoingActivity.id))
    is_silenced = exists().where(col(Actor.id) == col(OutgoingActivity.actor_id), col(Actor.suspended_at).is_not(None))
    spent = select(col(OutgoingActivity.id)).where(
        col(OutgoingActivity.created_at) < before,
        col(OutgoingActivity.post_id).is_(None),
        col(OutgoingActivity.is_public).is_(False),
        ~or_(has_delivery, is_silenced),
    )
    gone = delete(OutgoingActivity).where(col(OutgoingActivity.id).in_(spent.limit(limit).subquery().select()))
    return changed(await session.execute(gone, execution_options={"synchronize_session": False}))


async def _forget(session: AsyncSession, ids: Sequence[int], *, now: datetime) -> None:
    for some in batches(ids):
        theirs, idle = col(Delivery.activity_id).in_(some), ~is_under_way(now)
        unsent = update(Delivery).where(theirs, col(Delivery.state).in_(UNSENT), idle)
        await change(session, unsent.values(state=DeliveryState.DROPPED, finished_at=now, locked_until=None))
        await change(session, update(OutgoingActivity).where(col(OutgoingActivity.id).in_(some)).values(body=FORGOTTEN))
