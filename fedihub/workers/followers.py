"""Compares what senders said of who follows them here with what we know (`fedihub.services.follower_sync`)."""

from collections.abc import Sequence
from functools import partial

from federation.errors import ProtocolError
from fedihub.hub import Hub
from fedihub.services.follower_sync import synchronise
from fedihub.unsynced import SaidFollowers
from fedihub.workers.pipeline import Pipeline, Stages

SLOTS = 2
"""Nobody waits for it."""


def pipeline(hub: Hub) -> Pipeline[SaidFollowers, None]:
    """The pipeline of headers; a job is one of them."""
    return Pipeline(Stages(partial(_claim, hub), partial(_work, hub), _finish), slots=SLOTS, bell=hub.unsynced.bell)


async def _claim(hub: Hub, free: int, _working: Sequence[SaidFollowers]) -> Sequence[SaidFollowers]:
    return hub.unsynced.take(free)


async def _work(hub: Hub, said: SaidFollowers) -> None:
    """What goes wrong is only noted: the sender's next post brings the next header."""
    try:
        await synchronise(hub, said)
    except ProtocolError as error:
        hub.log.info("a list of followers could not be fetched", actor=said.actor_uri, reason=error.reason)
    except Exception:
        hub.log.exception("followers could not be synchronised", actor=said.actor_uri)


async def _finish(_done: Sequence[tuple[SaidFollowers, None]]) -> None:
    """`synchronise` has done it."""
