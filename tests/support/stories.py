"""Steps that stories between a hub and a peer have in common."""

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from storage.actors import Actor, find_actor_by_uri
from storage.database import Session
from storage.notifications import NotificationKind
from storage.paging import Window
from storage.posts import Post, find_post_by_uri
from storage.received import ReceivedActivity, ReceivedState
from storage.views.notifications import list_notifications
from tests.support.hub import RunningHub
from tests.support.peer import PUBLIC, Activity, Peer
from tests.support.peer_actor import PeerActor


async def follows(peer: Peer, who: PeerActor, home: RunningHub, whom: Actor) -> Activity:
    """Somebody elsewhere follows one of ours; gives the Follow."""
    follow = peer.activity(who, "Follow", whom.uri)
    await tell(peer, who, home, follow, inbox=whom.inbox_url)
    return follow


async def tell(
    peer: Peer,
    who: PeerActor,
    home: RunningHub,
    activity: Activity | bytes,
    *,
    inbox: str | None = None,
    **signing: Any,
) -> None:
    """A peer sends an activity, and our hub acts on it and answers. `signing` changes how the request is signed."""
    answer = await peer.send(inbox or home.shared_inbox, activity, by=who, **signing)
    assert answer.status == 202, answer.body
    await home.drain()


async def pass_time(home: RunningHub, hours: float) -> None:
    """All that came in came so much earlier, and what waits is due: it is tried again."""
    earlier = home.hub.clock.now() - timedelta(hours=hours)

    async def unit(session: Session) -> None:
        await session.execute(update(ReceivedActivity).values(received_at=earlier, run_at=earlier))

    await home.hub.database.write(unit)
    await home.drain()


def answer_to(peer: Peer, who: PeerActor, post: Post, author: Actor, text: str, **more: Any) -> Activity:
    """A reply, as Mastodon writes it: to everybody, and naming whom it answers. Not sent yet."""
    return peer.note(
        who,
        f'<p><a href="{author.url}" class="u-url mention">@{author.username}</a> {text}</p>',
        inReplyTo=post.uri,
        to=[PUBLIC],
        cc=[who.followers, author.uri],
        tag=[{"type": "Mention", "href": author.uri, "name": f"@{author.username}@hub.test"}],
        **more,
    )


async def post_of(home: RunningHub, uri: str) -> Post | None:
    """What the hub has under this id."""
    return await home.hub.database.read(lambda session: find_post_by_uri(session, uri))


async def actor_of(home: RunningHub, who: PeerActor) -> Actor | None:
    """The hub's row of somebody elsewhere."""
    return await home.hub.database.read(lambda session: find_actor_by_uri(session, who.uri))


async def told(home: RunningHub, actor: Actor) -> list[NotificationKind]:
    """What one of ours was told of, newest first."""
    views = await home.hub.database.read(
        lambda session: list_notifications(session, actor.id, kinds=set(NotificationKind), window=Window())
    )
    return [view.kind for view in views]


async def verdict(home: RunningHub) -> tuple[ReceivedState, str | None]:
    """What became of the newest activity that arrived."""
    newest = (await home.log())[0]
    return newest.state, newest.reason
