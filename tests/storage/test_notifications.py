"""Notifications: told once, to who is ours, never about oneself, never across a block."""

from storage.actors import Actor
from storage.database import Database
from storage.notifications import (
    NotificationKind,
    clear_notifications,
    count_notifications,
    dismiss_notification,
    insert_notification,
)
from storage.paging import Window
from storage.posts import Post
from storage.views.notifications import list_notifications
from tests.support.rows import NOW, Rows

PEER = "peer.example"


class Telling:
    """Tells recipients what actors did."""

    def __init__(self, rows: Rows) -> None:
        self.rows, self.database = rows, rows.database

    async def tell(self, recipient: Actor, kind: NotificationKind, actor: Actor, post: Post | None = None) -> bool:
        key = self.rows.key()
        told = {"recipient_id": recipient.id, "kind": kind, "actor_id": actor.id, "post_id": post.id if post else None}
        return await self.database.write(lambda session: insert_notification(session, id=key, now=NOW, **told))

    async def heard(self, recipient: Actor) -> list[tuple[NotificationKind, int]]:
        kinds = list(NotificationKind)
        views = await self.database.read(
            lambda session: list_notifications(session, recipient.id, kinds=kinds, window=Window())
        )
        return [(view.kind, view.actor.id) for view in views]


async def test_each_event_is_told_once(rows: Rows) -> None:
    telling = Telling(rows)
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    first, second = await rows.post(ada), await rows.post(ada)
    assert await telling.tell(ada, NotificationKind.LIKE, bob, first)
    assert not await telling.tell(ada, NotificationKind.LIKE, bob, first)
    assert await telling.tell(ada, NotificationKind.LIKE, bob, second)
    assert await telling.tell(ada, NotificationKind.BOOST, bob, first)
    assert await telling.tell(ada, NotificationKind.FOLLOW, bob)
    assert not await telling.tell(ada, NotificationKind.FOLLOW, bob)
    assert [kind for kind, _ in await telling.heard(ada)] == ["follow", "boost", "like", "like"]


async def test_the_last_edit_is_told(rows: Rows, database: Database) -> None:
    telling = Telling(rows)
    ada, bob = await rows.actor("ada"), await rows.actor("bob", host=PEER)
    post = await rows.post(bob)
    await telling.tell(ada, NotificationKind.EDIT, bob, post)
    await telling.tell(ada, NotificationKind.LIKE, bob, post)
    assert await telling.tell(ada, NotificationKind.EDIT, bob, post)
    assert [kind for kind, _ in await telling.heard(ada)] == ["edit", "like"]


async def test_who_need_not_hear_does_not(rows: Rows) -> None:
    telling = Telling(rows)
    ada, bob, blocked, blocking = [
        await rows.actor(name, host=host)
        for name, host in (("ada", ""), ("bob", PEER), ("blocked", PEER), ("blocking", PEER))
    ]
    await rows.block(ada, blocked)
    await rows.block(blocking, ada)
    assert not await telling.tell(bob, NotificationKind.FOLLOW, ada)
    assert not await telling.tell(ada, NotificationKind.FOLLOW, ada)
    assert not await telling.tell(ada, NotificationKind.FOLLOW, blocked)
    assert not await telling.tell(ada, NotificationKind.FOLLOW, blocking)
    assert await telling.heard(ada) == []


async def test_counting_dismissing_and_clearing(rows: Rows, database: Database) -> None:
    telling = Telling(rows)
    ada, eve = await rows.actor("ada"), await rows.actor("eve")
    others = [await rows.actor(f"other{n}", host=PEER) for n in range(4)]
    for other in others:
        await telling.tell(ada, NotificationKind.FOLLOW, other)
    kinds = [NotificationKind.FOLLOW]
    views = await database.read(lambda session: list_notifications(session, ada.id, kinds=kinds, window=Window()))

    async def count(above: int, limit: int = 9) -> int:
        asked = {"recipient_id": ada.id, "kinds": kinds, "above": above, "limit": limit}
        return await database.read(lambda session: count_notifications(session, **asked))

    assert [await count(0), await count(views[1].id), await count(0, limit=2)] == [4, 1, 2]
    newest = views[0].id
    assert not await database.write(lambda session: dismiss_notification(session, newest, recipient_id=eve.id))
    assert await database.write(lambda session: dismiss_notification(session, newest, recipient_id=ada.id))
    assert await count(0) == 3
    await database.write(lambda session: clear_notifications(session, recipient_id=eve.id))
    assert await count(0) == 3
    await database.write(lambda session: clear_notifications(session, recipient_id=ada.id))
    assert await count(0) == 0
