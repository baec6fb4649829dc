"""How both queues are worked off: claim what is due, work on many at once, finish what is done together.

    claim ──> work, work, work … (at most `slots` at a time) ──> finish

The three run at their own pace. A job that waits for a slow peer keeps one slot and nothing else; whatever has ended
meanwhile is finished in one transaction, so batches grow with the load by themselves. A rung bell (or a second of
quiet) makes the pipeline look again.

When it is cancelled it claims nothing more, lets what is under way end, finishes that, and obeys.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

J = TypeVar("J")
R = TypeVar("R")

QUIET_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Stages(Generic[J, R]):
    """The functions of a pipeline. `claim` is told how many jobs may be taken and which are under way; `work` must not
    raise. `make_room` is called from time to time while no slot is free.
    """

    claim: Callable[[int, Sequence[J]], Awaitable[Sequence[J]]]
    work: Callable[[J], Awaitable[R]]
    finish: Callable[[Sequence[tuple[J, R]]], Awaitable[None]]
    make_room: Callable[[], None] = lambda: None


class Pipeline(Generic[J, R]):
    """One queue's pipeline. `bell` is rung by whoever adds work."""

    def __init__(self, stages: Stages[J, R], *, slots: int, bell: asyncio.Event) -> None:
        self._stages = stages
        self._slots = slots
        self._bell = bell
        self._working: dict[asyncio.Task[R], J] = {}

    async def step(self) -> int:
        """Claim once, work it all off, finish it; gives how many there were. For tests and for the demo, where nothing
        runs beside.
        """
        jobs = await self._stages.claim(self._slots, [])
        results = await asyncio.gather(*(self._stages.work(job) for job in jobs))
        if jobs:
            await self._stages.finish(list(zip(jobs, results, strict=True)))
        return len(jobs)

    async def run(self, beat: Callable[[], None]) -> None:
        """Work until cancelled; `beat` is called at each round."""
        while True:
            beat()
            await self._uncut(self._round())
            try:
                async with asyncio.timeout(QUIET_SECONDS):
                    await self._bell.wait()
            except TimeoutError:
                pass
            except asyncio.CancelledError:
                await self._drain()
                raise

    async def _uncut(self, part: Awaitable[None]) -> None:
        """A round that was begun is ended: rows that were claimed must not be forgotten."""
        task = asyncio.ensure_future(part)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task])
            await self._drain()
            raise

    async def _round(self) -> None:
        self._bell.clear()
        await self._finish_done()
        free = self._slots - len(self._working)
        if free <= 0:
            self._stages.make_room()
            return
        jobs = await self._stages.claim(free, list(self._working.values()))
        for job in jobs:
            task = asyncio.ensure_future(self._stages.work(job))
            self._working[task] = job
            task.add_done_callback(lambda _: self._bell.set())
        if len(jobs) == free:
            self._bell.set()  # there may be more

    async def _finish_done(self) -> None:
        done = [(task, job) for task, job in self._working.items() if task.done()]
        if done:
            for task, _ in done:
                del self._working[task]
            await self._stages.finish([(job, task.result()) for task, job in done])

    async def _drain(self) -> None:
        if self._working:
            await asyncio.wait(list(self._working))
        await self._finish_done()
