"""`fedihub worker` beside `fedihub serve`: two processes share the work of one database, and nothing is done twice."""

import asyncio

from fedihub.hub import Hub, open_hub
from fedihub.workers import delivery, inbox
from storage.received import ReceivedState
from tests.support.hub import RunningHub
from tests.support.peer import PUBLIC, Peer
from tests.support.resolver import TestResolver

FANS = 12


async def work_off(hub: Hub) -> int:
    """What `drain` does, until this process finds nothing more; gives how much it was."""
    total = 0
    while done := await inbox.pipeline(hub).step() + await delivery.pipeline(hub).step():
        total += done
    return total


async def test_each_activity_is_applied_and_answered_once(home: RunningHub, peer: Peer, resolver: TestResolver) -> None:
    ada = await home.member("ada")
    post = await home.say(ada, "Hello")
    for fan in [peer.add_actor(f"fan{number}") for number in range(FANS)]:
        note = peer.note(fan, "Well done", to=[PUBLIC], cc=[ada.uri], inReplyTo=post.uri)
        for kind, object in (("Follow", ada.uri), ("Like", post.uri), ("Create", note)):
            await peer.send(home.shared_inbox, peer.activity(fan, kind, object), by=fan)
    async with open_hub(home.hub.settings, resolver=resolver, slot=1) as second:
        done = await asyncio.gather(work_off(home.hub), work_off(second))
        again = await asyncio.gather(work_off(home.hub), work_off(second))  # what one had while the other looked
    assert sum(done) + sum(again) >= 4 * FANS  # three activities of each, and the answer to one of them
    assert {(row.state, row.attempts) for row in await home.log()} == {(ReceivedState.APPLIED, 1)}
    stored = await home.post(post.id)
    assert (stored.likes_count, stored.replies_count) == (FANS, FANS)
    assert (await home.actor(ada)).followers_count == FANS
    accepted = [activity["object"]["actor"] for activity in peer.received if activity["type"] == "Accept"]
    assert sorted(accepted) == sorted(set(accepted))
    assert len(accepted) == FANS
