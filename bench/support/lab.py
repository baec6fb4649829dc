"""Where and how thoroughly is measured."""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.support.hub import BenchHub, new_hub

QUICKER = 4


@dataclass(frozen=True, slots=True)
class Lab:
    """`folder` lies in the file system that is measured; `new_database` gives a URL (empty: SQLite)."""

    folder: Path
    new_database: Callable[[], Awaitable[str]]
    quick: bool = False
    rounds: int = 3
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def moment(self) -> float:
        """Seconds that a simple thing is repeated for."""
        return 0.5 if self.quick else 1.5

    def scaled(self, count: int) -> int:
        """A number of requests, fewer when time is short."""
        return count // QUICKER if self.quick else count

    async def hub(self, name: str) -> BenchHub:
        """A fresh hub that nobody else measures."""
        folder = self.folder / f"{name}-{next(self._numbers)}"
        return await new_hub(folder, database_url=await self.new_database())
