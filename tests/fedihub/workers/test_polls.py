"""The worker that tells of polls."""

import asyncio
from datetime import timedelta

import pytest

from fedihub.services.polls import NewPoll
from fedihub.workers import polls
from storage.notifications import NotificationKind
from storage.polls import update_poll
from tests.support.hub import RunningHub
from tests.support.stories import told


async def test_it_looks_again_and_again(home: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polls, "PULSE_SECONDS", 0)
    ada = await home.member("ada")
    post = await home.say(ada, "Tea?", poll=NewPoll(["Tea", "Coffee"], timedelta(hours=1)))
    beats: asyncio.Queue[None] = asyncio.Queue()
    worker = asyncio.create_task(polls.run(home.hub, lambda: beats.put_nowait(None)))
    for _ in range(2):
        await beats.get()
    assert await told(home, ada) == []
    now = home.hub.clock.now()
    await home.hub.database.write(lambda session: update_poll(session, post.id, ends_at=now))
    while not beats.empty():
        beats.get_nowait()
    for _ in range(2):
        await beats.get()  # a round that began before may not have seen it
    await beats.get()
    assert await told(home, ada) == [NotificationKind.POLL]
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
