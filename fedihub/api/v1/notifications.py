"""Notifications: what an account should hear about."""

from typing import Any

from fedihub.api.endpoint import Call
from fedihub.api.entities.notification import KINDS, Notification, notification
from fedihub.api.errors import not_found
from fedihub.api.forms import Form, RowId
from fedihub.api.paging import Page, page, read_limit, read_window
from storage.database import Session
from storage.markers import list_markers
from storage.notifications import NotificationKind, clear_notifications, count_notifications, dismiss_notification
from storage.views.notifications import list_notifications, load_notification

_DEFAULT, _MOST = 40, 80
_MOST_COUNTED = 1000


class _ListForm(Form):
    types: tuple[str, ...] = ()
    exclude_types: tuple[str, ...] = ()
    account_id: RowId | None = None


async def show_notifications(call: Call) -> Page[Notification]:
    """`GET /api/v1/notifications`."""
    owner_id, form = call.actor_id, call.form(_ListForm)
    window = read_window(call.parameters, default=_DEFAULT, most=_MOST)
    kinds = _kinds(form)
    views = await call.hub.database.read(
        lambda session: list_notifications(session, owner_id, kinds=kinds, actor_id=form.account_id, window=window)
    )
    now = call.hub.clock.now()
    shown = [notification(view, call.hub.uris, viewer_id=owner_id, now=now) for view in views]
    return page(shown, cursors=[view.id for view in views], window=window)


def _kinds(form: _ListForm) -> set[NotificationKind]:
    """Those asked for (all, if none are named), without those that are not wanted; names that mean nothing here
    find nothing.
    """
    wanted = {KINDS[name] for name in form.types if name in KINDS} if form.types else set(KINDS.values())
    return wanted - {KINDS[name] for name in form.exclude_types if name in KINDS}


async def show_notification(call: Call) -> Notification:
    """`GET /api/v1/notifications/:id`."""
    owner_id, notification_id = call.actor_id, call.path_id()
    view = await call.hub.database.read(
        lambda session: load_notification(session, notification_id, recipient_id=owner_id)
    )
    if view is None:
        raise not_found()
    return notification(view, call.hub.uris, viewer_id=owner_id, now=call.hub.clock.now())


async def clear(call: Call) -> dict[str, Any]:
    """`POST /api/v1/notifications/clear`."""
    owner_id = call.actor_id
    await call.hub.database.write(lambda session: clear_notifications(session, recipient_id=owner_id))
    return {}


async def dismiss(call: Call) -> dict[str, Any]:
    """`POST /api/v1/notifications/:id/dismiss`."""
    owner_id, notification_id = call.actor_id, call.path_id()
    if not await call.hub.database.write(
        lambda session: dismiss_notification(session, notification_id, recipient_id=owner_id)
    ):
        raise not_found()
    return {}


async def count_unread(call: Call) -> dict[str, int]:
    """`GET /api/v1/notifications/unread_count`: those above the marker, counted up to the limit."""
    owner_id, kinds = call.actor_id, _kinds(call.form(_ListForm))
    limit = read_limit(call.parameters, default=100, most=_MOST_COUNTED)

    async def unit(session: Session) -> int:
        markers = await list_markers(session, actor_id=owner_id, timelines=["notifications"])
        read = int(markers[0].last_read_id) if markers and markers[0].last_read_id.isdecimal() else 0
        return await count_notifications(session, recipient_id=owner_id, kinds=kinds, above=read, limit=limit)

    return {"count": await call.hub.database.read(unit)}
