"""Starting and standing by: how soon a hub that was set up answers, and its memory before and after work."""

from statistics import median

from bench.inbox import SENDERS, seed, send, until_applied
from bench.support.figures import Figure
from bench.support.lab import Lab
from bench.support.peers import peers

STARTS = 5
LOAD = 4_000
TARGET_START_S, TARGET_IDLE_MB = 2, 150
TITLE = "Start and memory"


async def measure(lab: Lab) -> list[Figure]:
    """The median of some starts of a hub that exists; its memory while it idles, and after a load of activities."""
    hub = await lab.hub("start")
    starts, idle = [], []
    async with peers(hosts=4) as them, hub.database() as database:
        senders = await seed(hub, them.add_actors(SENDERS))
        for _ in range(STARTS):
            async with hub.running() as server:
                starts.append(server.seconds_to_ready)
                idle.append(server.memory())
        async with hub.running() as server:
            await send(hub, senders, count=lab.scaled(LOAD))
            await until_applied(database)
            loaded = server.memory()
    return [
        Figure("second start, from the command to ready", median(starts), "s", target=TARGET_START_S, at_most=True),
        Figure("memory (RSS) when idle", median(idle), "MB", target=TARGET_IDLE_MB, at_most=True),
        Figure(f"memory after {lab.scaled(LOAD):,} activities", loaded, "MB"),
    ]
