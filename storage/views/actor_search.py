"""Finding actors that we know, by the beginning of their username or display name."""

from sqlalchemy import func, or_, select
from sqlmodel import col

from storage.actors import Actor, ActorKind
from storage.database import Session
from storage.follows import Follow, FollowState
from storage.standing import is_hidden

_LIKE = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


async def search_actors(
    session: Session, text: str, *, host: str | None = None, followed_by: int | None = None, limit: int, offset: int = 0
) -> list[Actor]:
    """Those whose name begins with `text`, our own first, then the most followed. `host` narrows it to one host (''
    is ours), `followed_by` to those whom this actor follows.
    """
    pattern = f"{text.lower().translate(_LIKE)}%"
    by_name = func.lower(col(Actor.username)).like(pattern, escape="\\")
    by_display_name = func.lower(col(Actor.display_name)).like(pattern, escape="\\")
    found = select(Actor).where(
        col(Actor.gone_at).is_(None), ~is_hidden(), col(Actor.kind) != ActorKind.SERVER, or_(by_name, by_display_name)
    )
    if host is not None:
        found = found.where(col(Actor.host) == host)
    if followed_by is not None:
        accepted = col(Follow.state) == FollowState.ACCEPTED
        follows = select(col(Follow.followed_id)).where(col(Follow.follower_id) == followed_by, accepted)
        found = found.where(col(Actor.id).in_(follows))
    ours_first = (col(Actor.host) == "").desc()
    ordered = found.order_by(ours_first, col(Actor.followers_count).desc(), col(Actor.id)).limit(limit).offset(offset)
    return list(await session.scalars(ordered))
