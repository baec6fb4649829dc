"""Notification: what an account should hear about."""

from datetime import datetime
from typing import Any

from federation.uris import LocalUris
from fedihub.api.entities.account import Account, account
from fedihub.api.entities.base import Entity, Id, Moment
from fedihub.api.entities.status import Status, status
from storage.notifications import NotificationKind
from storage.views.notifications import NotificationView

_TYPES = {
    NotificationKind.MENTION: "mention",
    NotificationKind.LIKE: "favourite",
    NotificationKind.BOOST: "reblog",
    NotificationKind.FOLLOW: "follow",
    NotificationKind.FOLLOW_REQUEST: "follow_request",
    NotificationKind.EDIT: "update",
    NotificationKind.POLL: "poll",
    NotificationKind.MOVE: "move",  # Pleroma's word; Mastodon has none, and its apps show what they don't know plainly
    NotificationKind.QUOTE: "quote",
}
KINDS = {word: kind for kind, word in _TYPES.items()}


class Notification(Entity):
    """One event; `status` where there is one."""

    id: Id
    type: str
    created_at: Moment
    group_key: str
    account: Account
    status: Status | None = None


def notification(view: NotificationView, uris: LocalUris, *, viewer_id: int, now: datetime) -> Notification:
    """The notification as its recipient sees it."""
    told: dict[str, Any] = {
        "id": view.id,
        "type": _TYPES[view.kind],
        "created_at": view.created_at,
        "group_key": f"ungrouped-{view.id}",
        "account": account(view.actor, uris),
    }
    if view.post is not None:
        told["status"] = status(view.post, uris, viewer_id=viewer_id, now=now)
    return Notification(**told)
