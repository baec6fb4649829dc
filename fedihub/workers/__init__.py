"""What goes on beside the requests: delivering, applying what arrived, looking for the rest of conversations, fetching
old profiles anew, telling of polls, keeping house.
"""

import asyncio
from collections.abc import Awaitable, Callable

from fedihub.hub import Hub
from fedihub.services.poll_results import tell_polls
from fedihub.workers import delivery, followers, housekeeping, inbox, pins, polls, refreshing, threads

LONGEST_PAUSE = 30.0

Work = Callable[[Callable[[], None]], Awaitable[None]]


async def run_workers(hub: Hub) -> None:
    """Run all workers until cancelled; then each finishes what it has begun."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_supervise(hub, "inbox", inbox.pipeline(hub).run))
        group.create_task(_supervise(hub, "delivery", delivery.pipeline(hub).run))
        group.create_task(_supervise(hub, "threads", threads.pipeline(hub).run))
        group.create_task(_supervise(hub, "followers", followers.pipeline(hub).run))
        group.create_task(_supervise(hub, "refreshing", refreshing.pipeline(hub).run))
        group.create_task(_supervise(hub, "polls", lambda beat: polls.run(hub, beat)))
        group.create_task(_supervise(hub, "pins", pins.pipeline(hub).run))
        group.create_task(_supervise(hub, "housekeeping", lambda beat: housekeeping.run(hub, beat)))


async def drain(hub: Hub, *, rounds: int = 200) -> int:
    """Apply and deliver all that is due now, in turns, until nothing is left; gives how much it was.

    For tests and for the demo. Raises RuntimeError when there is no end to it.
    """
    total = 0
    for _ in range(rounds):
        done = sum([await each.pipeline(hub).step() for each in (inbox, delivery, threads, refreshing, followers)])
        done += await tell_polls(hub)
        if not done:
            return total
        total += done
    raise RuntimeError("there is no end to the work")


async def _supervise(hub: Hub, name: str, work: Work) -> None:
    """A worker that fails is started again, after a pause that grows; while it is down the process is not ready."""
    hub.health.expect(name)
    pause = 1.0
    try:
        while True:
            began = hub.clock.now()
            try:
                await work(lambda: hub.health.beat(name))
            except Exception:
                hub.log.exception("a worker failed and will be started again", worker=name, in_seconds=pause)
                await asyncio.sleep(pause)
            healthy = (hub.clock.now() - began).total_seconds() > LONGEST_PAUSE
            pause = 1.0 if healthy else min(pause * 2, LONGEST_PAUSE)
    finally:
        hub.health.dismiss(name)
