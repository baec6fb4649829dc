"""Notifications as they are shown: who did what, and the post that it is about."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import col

from storage.actors import Actor
from storage.database import Session
from storage.notifications import Notification, NotificationKind
from storage.paging import Rows, Window, rows_within
from storage.posts import Post
from storage.standing import heard_by
from storage.views.posts import PostView, load_posts
from storage.visibility import visible_to


@dataclass(frozen=True, slots=True)
class NotificationView:
    """One event: `actor` did it, `post` is what it is about (a follow is about none)."""

    id: int
    kind: NotificationKind
    created_at: datetime
    actor: Actor
    post: PostView | None


async def list_notifications(
    session: Session,
    recipient_id: int,
    *,
    kinds: Collection[NotificationKind],
    actor_id: int | None = None,
    window: Window,
) -> list[NotificationView]:
    """What an actor should hear about, newest first: nothing of whom they shall not hear of (`storage.standing`), and
    nothing about what they may not see.
    """
    wanted = _shown_to(recipient_id).where(col(Notification.kind).in_(kinds))
    wanted = wanted if actor_id is None else wanted.where(col(Notification.actor_id) == actor_id)
    return await _views(
        session, await rows_within(session, wanted, col(Notification.id), window=window), recipient_id=recipient_id
    )


async def load_notification(session: Session, notification_id: int, *, recipient_id: int) -> NotificationView | None:
    """One notification, if it is this recipient's."""
    rows = (await session.execute(_shown_to(recipient_id).where(col(Notification.id) == notification_id))).all()
    views = await _views(session, rows, recipient_id=recipient_id)
    return views[0] if views else None


def _shown_to(recipient_id: int) -> Rows:
    return (
        select(Notification, Actor)
        .join(Actor, col(Actor.id) == col(Notification.actor_id))
        .outerjoin(Post, col(Post.id) == col(Notification.post_id))
        .where(col(Notification.recipient_id) == recipient_id, heard_by(recipient_id))
        .where(or_(col(Notification.post_id).is_(None), visible_to(recipient_id)))
    )


async def _views(session: Session, rows: Any, *, recipient_id: int) -> list[NotificationView]:
    ids = list(dict.fromkeys(row[0].post_id for row in rows if row[0].post_id is not None))
    posts = {view.id: view for view in await load_posts(session, ids, viewer_id=recipient_id)}
    return [
        NotificationView(
            id=event.id,
            kind=NotificationKind(event.kind),
            created_at=event.created_at,
            actor=actor,
            post=posts.get(event.post_id) if event.post_id is not None else None,
        )
        for event, actor in rows
    ]
