"""Fetches profiles elsewhere anew that were found old when something came of them, or when somebody looked."""

from collections.abc import Sequence
from functools import partial

from federation.errors import ProtocolError
from fedihub.hub import Hub
from fedihub.services.remote_actors import dereference_actor
from fedihub.workers.pipeline import Pipeline, Stages

SLOTS = 4
"""Nobody waits for it."""


def pipeline(hub: Hub) -> Pipeline[str, None]:
    """The pipeline of profiles that have grown old; a job is an actor's id."""
    return Pipeline(Stages(partial(_claim, hub), partial(_work, hub), _finish), slots=SLOTS, bell=hub.stale.bell)


async def _claim(hub: Hub, free: int, _working: Sequence[str]) -> Sequence[str]:
    return hub.stale.take(free)


async def _work(hub: Hub, uri: str) -> None:
    """An old profile is better than none: what goes wrong is only noted."""
    try:
        hub.unread_pins.note((await dereference_actor(hub, uri)).uri)
    except ProtocolError as error:
        hub.log.info("a profile could not be fetched anew", actor=uri, reason=error.reason)
    except Exception:
        hub.log.exception("a profile could not be fetched anew", actor=uri)


async def _finish(_done: Sequence[tuple[str, None]]) -> None:
    """`dereference_actor` has stored it."""
