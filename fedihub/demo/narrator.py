"""Tells the story in the terminal: plain text, with a little colour where there is a terminal to show it."""

import sys

import typer

from fedihub.demo.wire import Exchange
from fedihub.terminal import escape_controls

_WIDTH = 76


class Narrator:
    """Prints the steps of the story, and beneath each what went over the wire."""

    def __init__(self) -> None:
        self._steps = 0
        self._is_over = False
        self.step = ""
        """The step that is being played."""

    def title(self, text: str) -> None:
        """What all of it is about."""
        self._print(text, bold=True)

    def say(self, text: str) -> None:
        """A line beside the story."""
        self._print(text)

    def begin(self, text: str) -> None:
        """A step begins."""
        self._steps += 1
        self.step = f"{self._steps}. {text}"
        self._print("")
        self._print(self.step, bold=True)

    def show(self, exchange: Exchange) -> None:
        """Something went over the wire. What the hubs do by themselves after the end is no part of the story."""
        if self._is_over:
            return
        route = f"{exchange.sender} -> {exchange.receiver}"
        self._print(f"   {route:33} {exchange.what:28} {exchange.status}  {exchange.signature}", fg="cyan")

    def seen(self, text: str) -> None:
        """The effect of a step was seen."""
        self._print(f"   ok: {text}", fg="green")

    def link(self, text: str, url: str) -> None:
        """Somewhere to click."""
        self._print(f"   {text:14} {url}")

    def rule(self) -> None:
        """The end of the story."""
        self._is_over = True
        self._print("")
        self._print("-" * _WIDTH)

    def _print(self, text: str, *, bold: bool = False, fg: str | None = None) -> None:
        typer.secho(escape_controls(text), bold=bold, fg=fg)
        sys.stdout.flush()
