"""Which handler applies which type of activity: a table that reads like a table of contents.

dispatcher = Dispatcher().on("Follow", on_follow).on("Create", on_create)
"""

from collections.abc import Awaitable, Callable
from typing import Generic, Self, TypeVar

from federation.ports import Received
from federation.vocabulary.activities import Activity

C = TypeVar("C")
R = TypeVar("R")

Handler = Callable[[C, Received[Activity]], Awaitable[R]]


class Dispatcher(Generic[C, R]):
    """`C` is what handlers need (the hub), `R` what they give back."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler[C, R]] = {}

    def on(self, type: str, handler: Handler[C, R]) -> Self:
        """Register the handler of one type; a second one for the same type is a programming error (ValueError)."""
        if type in self._handlers:
            raise ValueError(f"{type} has a handler already")
        self._handlers[type] = handler
        return self

    @property
    def types(self) -> frozenset[str]:
        """The types that have a handler."""
        return frozenset(self._handlers)

    async def dispatch(self, context: C, received: Received[Activity]) -> R | None:
        """What the handler of this type gives back; None for a type that nobody handles."""
        handler = self._handlers.get(received.activity.type)
        return None if handler is None else await handler(context, received)
