"""Plays the demo from the first line to the last."""

import asyncio
import signal

from fedihub.demo.narrator import Narrator
from fedihub.demo.stage import two_hubs
from fedihub.demo.story import PASSWORD, Ending, Story
from fedihub.hub import Hub


async def play(*, once: bool) -> None:
    """Tell the story; then leave both hubs running until Ctrl-C or SIGTERM, unless `once`. Raises StepFailed."""
    narrator = Narrator()
    narrator.title("FediHub demo: two hubs on this machine, real sockets, real signatures")
    async with two_hubs(narrator.show) as (ours, theirs):
        narrator.say(
            f"   {ours.settings.hub_name}: {ours.uris.base_url}   {theirs.settings.hub_name}: {theirs.uris.base_url}"
        )
        ending = await Story(ours, theirs, narrator).play()
        narrator.rule()
        narrator.title("Everything arrived where it should.")
        if not once:
            _say_where(narrator, ending, ours=ours, theirs=theirs)
            await _until_stopped()
            narrator.say("\nStopped; nothing of it remains.")


def _say_where(narrator: Narrator, ending: Ending, *, ours: Hub, theirs: Hub) -> None:
    narrator.say("Both hubs keep running. Look around:")
    narrator.link("the project", ending.project_url)
    narrator.link("the talk", ending.conversation_url)
    narrator.link("be Maya", f"{ours.uris.base_url}/sign-in  (maya, {PASSWORD})")
    narrator.link("be Bo", f"{theirs.uris.base_url}/sign-in  (bo, {PASSWORD})")
    narrator.say("Ctrl-C stops both and removes everything.")


async def _until_stopped() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
