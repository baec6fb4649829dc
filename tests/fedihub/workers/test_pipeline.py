"""Claim, work, finish: nothing that was claimed is forgotten, and nobody waits for the slow."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from fedihub.workers.pipeline import Pipeline, Stages


@dataclass
class Queue:
    """A queue in memory: numbers to be worked off. `held` are those that take until they are let go."""

    waiting: list[int]
    held: dict[int, asyncio.Event] = field(default_factory=dict)
    finished: list[int] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    most_at_once: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def pipeline(self, *, slots: int = 4) -> Pipeline[int, int]:
        return Pipeline(Stages(self.claim, self.work, self.finish), slots=slots, bell=asyncio.Event())

    async def claim(self, free: int, working: Sequence[int]) -> Sequence[int]:
        self.most_at_once = max(self.most_at_once, len(working) + min(free, len(self.waiting)))
        claimed, self.waiting = self.waiting[:free], self.waiting[free:]
        return claimed

    async def work(self, job: int) -> int:
        if job in self.held:
            await self.held[job].wait()
        return -job

    async def finish(self, done: Sequence[tuple[int, int]]) -> None:
        assert all(result == -job for job, result in done)
        self.finished += [job for job, _ in done]
        self.batches.append(len(done))
        self.news.set()

    async def until(self, number: int) -> None:
        """Wait until so many are finished."""
        while len(self.finished) < number:
            self.news.clear()
            async with asyncio.timeout(20):
                await self.news.wait()


async def cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_all_is_worked_off_within_the_slots() -> None:
    queue = Queue(list(range(1, 51)))
    running = asyncio.create_task(queue.pipeline().run(lambda: None))
    await queue.until(50)
    await cancelled(running)
    assert sorted(queue.finished) == list(range(1, 51))
    assert queue.most_at_once <= 4


async def test_a_slow_job_keeps_one_slot_and_delays_nobody() -> None:
    queue = Queue(list(range(1, 21)), held={1: asyncio.Event()})
    running = asyncio.create_task(queue.pipeline().run(lambda: None))
    await queue.until(19)
    assert 1 not in queue.finished
    queue.held[1].set()
    await queue.until(20)
    await cancelled(running)


async def test_what_was_claimed_is_finished_before_it_stops() -> None:
    queue = Queue([1, 2, 3], held={2: asyncio.Event(), 3: asyncio.Event()})
    running = asyncio.create_task(queue.pipeline().run(lambda: None))
    await queue.until(1)
    running.cancel()
    queue.held[2].set()
    queue.held[3].set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert sorted(queue.finished) == [1, 2, 3]


async def test_a_step_takes_one_round() -> None:
    queue = Queue([1, 2, 3, 4, 5])
    assert await queue.pipeline(slots=3).step() == 3
    assert await queue.pipeline(slots=3).step() == 2
    assert await queue.pipeline(slots=3).step() == 0
    assert queue.batches == [3, 2]


async def test_its_heart_beats() -> None:
    queue, beats = Queue([1]), [0]

    def beat() -> None:
        beats[0] += 1

    running = asyncio.create_task(queue.pipeline().run(beat))
    await queue.until(1)
    await cancelled(running)
    assert beats[0] >= 1
