"""Looks for the missing parts of conversations that members opened or took part in (`fedihub.services.threads`)."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from fedihub.hub import Hub
from fedihub.services.threads import MOST_SECONDS, complete
from fedihub.workers.pipeline import Pipeline, Stages
from storage.conversation_checks import Checked, claim_checks, postpone_check, record_check
from storage.database import Session

SLOTS = 4
"""Conversations at a time: looking for one is a burst of requests, and nobody waits for it."""
AFTER_FAILURE = timedelta(hours=6)
"""What we can't cope with costs others the same requests each time."""
LEASE = timedelta(seconds=MOST_SECONDS + 60)


def pipeline(hub: Hub) -> Pipeline[int, Checked | None]:
    """The pipeline of conversations to be looked for; a job is the id of a post in one."""
    stages = Stages(partial(_claim, hub), partial(_work, hub), partial(_finish, hub))
    return Pipeline(stages, slots=SLOTS, bell=hub.wake.threads)


async def _claim(hub: Hub, free: int, _working: Sequence[int]) -> Sequence[int]:
    now = hub.clock.now()
    return await hub.database.write(
        lambda session: claim_checks(session, now=now, limit=free, leased_until=now + LEASE)
    )


async def _work(hub: Hub, post_id: int) -> Checked | None:
    try:
        return await complete(hub, post_id)
    except Exception:
        hub.log.exception("a conversation could not be looked for", post=post_id)
        return None


async def _finish(hub: Hub, done: Sequence[tuple[int, Checked | None]]) -> None:
    now = hub.clock.now()

    async def unit(session: Session) -> None:
        for post_id, checked in done:
            if checked is not None:
                await record_check(session, post_id, checked, now=now)
            else:
                await postpone_check(session, post_id, until=now + AFTER_FAILURE)

    await hub.database.write(unit)
