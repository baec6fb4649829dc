"""How one actor stands to others: who follows, asks to follow, or blocks whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlmodel import col

from storage.blocks import Block
from storage.database import Session
from storage.follows import Follow, FollowState


@dataclass(frozen=True, slots=True)
class RelationshipView:
    """How the viewer stands to `actor_id`; `requested` waits for an answer, `requested_by` for the viewer's."""

    actor_id: int
    following: bool = False
    show_boosts: bool = False
    notify: bool = False
    followed_by: bool = False
    requested: bool = False
    requested_by: bool = False
    blocking: bool = False
    blocked_by: bool = False


async def load_relationships(session: Session, actor_ids: Sequence[int], *, viewer_id: int) -> list[RelationshipView]:
    """The viewer's relationship with each of these, in the order asked; there is one with everybody, be it empty."""
    following, followers = await _follows(session, actor_ids, viewer_id=viewer_id)
    blocking, blockers = await _blocks(session, actor_ids, viewer_id=viewer_id)
    return [
        _view(
            each,
            following=following.get(each),
            follower=followers.get(each),
            blocking=each in blocking,
            blocked_by=each in blockers,
        )
        for each in actor_ids
    ]


async def load_relationship(session: Session, actor_id: int, *, viewer_id: int) -> RelationshipView:
    """The viewer's relationship with one actor."""
    return (await load_relationships(session, [actor_id], viewer_id=viewer_id))[0]


async def _follows(
    session: Session, actor_ids: Sequence[int], *, viewer_id: int
) -> tuple[dict[int, Follow], dict[int, Follow]]:
    """The viewer's follows of these actors, and theirs of the viewer."""
    out = and_(col(Follow.follower_id) == viewer_id, col(Follow.followed_id).in_(actor_ids))
    back = and_(col(Follow.followed_id) == viewer_id, col(Follow.follower_id).in_(actor_ids))
    rows = list(await session.scalars(select(Follow).where(or_(out, back))))
    following = {row.followed_id: row for row in rows if row.follower_id == viewer_id}
    followers = {row.follower_id: row for row in rows if row.followed_id == viewer_id}
    return following, followers


async def _blocks(session: Session, actor_ids: Sequence[int], *, viewer_id: int) -> tuple[set[int], set[int]]:
    """Whom of these the viewer blocks, and who of them blocks the viewer."""
    out = and_(col(Block.blocker_id) == viewer_id, col(Block.blocked_id).in_(actor_ids))
    back = and_(col(Block.blocked_id) == viewer_id, col(Block.blocker_id).in_(actor_ids))
    rows = list(await session.scalars(select(Block).where(or_(out, back))))
    blocking = {row.blocked_id for row in rows if row.blocker_id == viewer_id}
    return blocking, {row.blocker_id for row in rows if row.blocked_id == viewer_id}


def _view(
    actor_id: int, *, following: Follow | None, follower: Follow | None, blocking: bool, blocked_by: bool
) -> RelationshipView:
    accepted = following is not None and following.state == FollowState.ACCEPTED
    return RelationshipView(
        actor_id=actor_id,
        following=accepted,
        show_boosts=following is not None and following.show_boosts,
        notify=following is not None and following.notify,
        followed_by=follower is not None and follower.state == FollowState.ACCEPTED,
        requested=following is not None and not accepted,
        requested_by=follower is not None and follower.state != FollowState.ACCEPTED,
        blocking=blocking,
        blocked_by=blocked_by,
    )
