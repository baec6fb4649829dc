"""Reads what actors elsewhere have pinned, of those whom a member looked up or whose profile was fetched anew."""

from collections.abc import Sequence
from functools import partial

from federation.errors import ProtocolError
from fedihub.hub import Hub
from fedihub.services.remote_pins import fetch_pins
from fedihub.workers.pipeline import Pipeline, Stages

SLOTS = 4
"""Nobody waits for it."""


def pipeline(hub: Hub) -> Pipeline[str, None]:
    """The pipeline of profiles whose pins are to be read; a job is an actor's id."""
    return Pipeline(Stages(partial(_claim, hub), partial(_work, hub), _finish), slots=SLOTS, bell=hub.unread_pins.bell)


async def _claim(hub: Hub, free: int, _working: Sequence[str]) -> Sequence[str]:
    return hub.unread_pins.take(free)


async def _work(hub: Hub, uri: str) -> None:
    """Pins are a courtesy: what goes wrong is only noted."""
    try:
        await fetch_pins(hub, uri)
    except ProtocolError as error:
        hub.log.info("the pinned posts of an actor could not be read", actor=uri, reason=error.reason)
    except Exception:
        hub.log.exception("the pinned posts of an actor could not be read", actor=uri)


async def _finish(_done: Sequence[tuple[str, None]]) -> None:
    """`fetch_pins` has stored them."""
