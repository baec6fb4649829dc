"""How a follow, or a request for one, ends: it is no longer counted, and nobody need hear of it any more."""

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from storage.follows import Follow, FollowState, count_follow
from storage.notifications import NotificationKind, withdraw_from
from storage.rows import table_of

_FOLLOWS = table_of(Follow).c
_END = (
    delete(table_of(Follow))
    .where(_FOLLOWS.follower_id == bindparam("follower"), _FOLLOWS.followed_id == bindparam("followed"))
    .returning(_FOLLOWS.state)
)
_TOLD_AS = (NotificationKind.FOLLOW, NotificationKind.FOLLOW_REQUEST)


async def remove_follow(session: AsyncSession, *, follower_id: int, followed_id: int) -> bool:
    """End a follow, or a request for one, and take back what the followed was told of it; False if there was none."""
    state = await session.scalar(_END, {"follower": follower_id, "followed": followed_id})
    if state is None:
        return False
    if state == FollowState.ACCEPTED:
        await count_follow(session, follower_id, followed_id, step=-1)
    await withdraw_from(session, followed_id, kinds=_TOLD_AS, actor_id=follower_id)
    return True


async def remove_follows_of(session: AsyncSession, actor_id: int) -> None:
    """End every follow of and by an actor who is gone."""
    partners = select(col(Follow.follower_id), col(Follow.followed_id)).where(
        (col(Follow.follower_id) == actor_id) | (col(Follow.followed_id) == actor_id)
    )
    for follower_id, followed_id in (await session.execute(partners)).all():
        await remove_follow(session, follower_id=follower_id, followed_id=followed_id)
