"""What others hear of our polls, and our people of their end: told by a worker, now and then.

Votes are not passed on one by one: when the first comes that nobody elsewhere has heard of, the poll notes when they
shall, some minutes later, and then all that have come are told at once. The note is a row, so it outlives the process.
"""

from datetime import timedelta

from fedihub.hub import Hub
from fedihub.services.retelling import retell
from storage.database import Session
from storage.notifications import NotificationKind, insert_notification
from storage.polls import claim_end, claim_news, list_ended, list_local_voters, list_news
from storage.posts import find_post

ELSEWHERE_LATER = timedelta(minutes=5)
"""Until the end of a remote poll is told here, so that its last results have come (Mastodon 4.6: as long)."""
AT_A_TIME = 100


async def tell_polls(hub: Hub) -> int:
    """Tell of new results, and of polls that have ended; gives how many polls that were."""
    now = hub.clock.now()
    news = await hub.database.read(lambda session: list_news(session, now=now, limit=AT_A_TIME))
    ended = await hub.database.read(
        lambda session: list_ended(session, before=now, before_elsewhere=now - ELSEWHERE_LATER, limit=AT_A_TIME)
    )
    told = [await _tell_end(hub, post_id) for post_id in ended]
    told += [await _tell_results(hub, post_id) for post_id in news]
    if any(told):
        hub.wake.outbound.set()
    return sum(told)


async def _tell_results(hub: Hub, post_id: int) -> bool:
    async def unit(session: Session) -> bool:
        if not await claim_news(session, post_id):
            return False
        await retell(session, hub, post_id)
        return True

    return await hub.database.write(unit)


async def _tell_end(hub: Hub, post_id: int) -> bool:
    """To whoever asked and to those of ours who voted; to other servers, if it is our poll."""
    now = hub.clock.now()

    async def unit(session: Session) -> bool:
        post = await find_post(session, post_id)
        if post is None or not await claim_end(session, post_id, now=now):
            return False
        for recipient_id in dict.fromkeys([post.author_id, *await list_local_voters(session, post_id)]):
            await insert_notification(
                session,
                id=hub.ids.next(),
                recipient_id=recipient_id,
                kind=NotificationKind.POLL,
                actor_id=post.author_id,
                post_id=post_id,
                now=now,
            )
        await retell(session, hub, post_id)
        return True

    return await hub.database.write(unit)
