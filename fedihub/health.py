"""Whether this process does its work: what `/readyz` and `fedihub status` answer with."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fedihub.clock import Clock

SILENCE_TOLERATED = timedelta(seconds=30)


@dataclass
class Health:
    """The pulse of the tasks that this process promised to run. `draining` is set when it is about to stop."""

    clock: Clock
    draining: bool = False
    beats: dict[str, datetime] = field(default_factory=dict)

    def expect(self, task: str) -> None:
        """From now on this task must beat; a task that dies silently makes the process unready."""
        self.beats[task] = self.clock.now()

    def beat(self, task: str) -> None:
        """The task went round once more."""
        self.beats[task] = self.clock.now()

    def dismiss(self, task: str) -> None:
        """The task ended as it should."""
        self.beats.pop(task, None)

    def silent_tasks(self) -> list[str]:
        """The promised tasks that have not been heard of for too long."""
        limit = self.clock.now() - SILENCE_TOLERATED
        return sorted(task for task, beat in self.beats.items() if beat < limit)
