"""Memory that a stranger cannot fill: a mapping with a maximal size, whose entries expire."""

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedMap(Generic[K, V]):
    """At most `size` entries, the longest unused goes first; an entry lives for `lifetime`, or for good with None."""

    def __init__(
        self, size: int, lifetime: timedelta | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._size = size
        self._lifetime = lifetime.total_seconds() if lifetime is not None else None
        self._clock = clock
        self._entries: OrderedDict[K, tuple[V, float]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The value, if it is there and has not expired."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if self._lifetime is not None and self._clock() >= entry[1]:
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: K, value: V) -> None:
        """Insert or replace; the lifetime starts anew."""
        self._entries[key] = (value, self._clock() + (self._lifetime or 0.0))
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def drop(self, key: K) -> None:
        """Remove an entry, if it is there."""
        self._entries.pop(key, None)

    def __len__(self) -> int:
        return len(self._entries)
