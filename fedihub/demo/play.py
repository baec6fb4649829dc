"""Plays the demo from the first line to the last."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

from fedihub.demo.narrator import Narrator
from fedihub.demo.stage import two_hubs
from fedihub.demo.story import PASSWORD, Ending, Story
from fedihub.errors import HubError
from fedihub.hub import Hub

T = TypeVar("T")


class Interrupted(HubError):
    """Somebody stopped the demo before its end."""


async def play(*, once: bool) -> None:
    """Tell the story; then leave both hubs running until Ctrl-C or SIGTERM, unless `once`.

    Raises StepFailed, and Interrupted if the signal comes before the end of the story.
    """
    stop = _stop_signal()
    narrator = Narrator()
    narrator.title("FediHub demo: two hubs on this machine, real sockets, real signatures")
    async with two_hubs(narrator.show) as (ours, theirs):
        narrator.link(ours.settings.hub_name, ours.uris.base_url)
        narrator.link(theirs.settings.hub_name, theirs.uris.base_url)
        ending = await _unless_stopped(Story(ours, theirs, narrator).play(), stop)
        narrator.rule()
        narrator.title("Everything arrived where it should.")
        if not once:
            _say_where(narrator, ending, ours=ours, theirs=theirs)
            await stop.wait()
    if not once:
        narrator.say("Stopped; nothing of it remains.")


def _stop_signal() -> asyncio.Event:
    """Set by Ctrl-C and by SIGTERM, from now on."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _unless_stopped(work: Coroutine[Any, Any, T], stop: asyncio.Event) -> T:
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        return working.result()
    working.cancel()
    await asyncio.wait([working])
    raise Interrupted("the demo was stopped before its end; nothing of it remains")


def _say_where(narrator: Narrator, ending: Ending, *, ours: Hub, theirs: Hub) -> None:
    narrator.say("Both hubs keep running. Look around:")
    narrator.link("the project", ending.project_url)
    narrator.link("the talk", ending.conversation_url)
    narrator.link("be Maya", f"{ours.uris.base_url}/sign-in  (maya, {PASSWORD})")
    narrator.link("be Bo", f"{theirs.uris.base_url}/sign-in  (bo, {PASSWORD})")
    narrator.say("Ctrl-C stops both and removes everything.")
