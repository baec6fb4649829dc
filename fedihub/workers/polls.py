"""Tells of polls: new results, and ends (`fedihub.services.poll_results`)."""

import asyncio
from collections.abc import Callable

from fedihub.hub import Hub
from fedihub.services.poll_results import tell_polls

PULSE_SECONDS = 5.0


async def run(hub: Hub, beat: Callable[[], None]) -> None:
    """Look every few seconds until cancelled."""
    while True:
        beat()
        await tell_polls(hub)
        await asyncio.sleep(PULSE_SECONDS)
