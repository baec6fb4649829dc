"""What a benchmark found: figures, with what was promised and what the machine itself could do beside them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `target` was promised, as at least or (`at_most`) at most; `beside` says what bounds it."""

    name: str
    value: float
    unit: str
    target: float | None = None
    at_most: bool = False
    beside: str = ""

    @property
    def verdict(self) -> str:
        """Whether the promise is kept. A word for the reader: nothing fails because a machine was busy."""
        if self.target is None:
            return ""
        kept = self.value <= self.target if self.at_most else self.value >= self.target
        return "ok" if kept else "MISSED"

    @property
    def promise(self) -> str:
        """The target as the table shows it."""
        if self.target is None:
            return ""
        return f"{'<=' if self.at_most else '>='} {number(self.target)}"


@dataclass(frozen=True, slots=True)
class Spread:
    """How long single requests took, in milliseconds."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Spread":
        """The percentiles of some durations."""
        cuts = quantiles(seconds, n=100, method="inclusive")
        return cls(p50=median(seconds) * 1000, p95=cuts[94] * 1000, p99=cuts[98] * 1000)

    def figures(self, name: str, *, p50_target: float | None = None, beside: str = "") -> list[Figure]:
        """The three of them under one name."""
        return [
            Figure(f"{name}, p50", self.p50, "ms", target=p50_target, at_most=True, beside=beside),
            Figure(f"{name}, p95", self.p95, "ms"),
            Figure(f"{name}, p99", self.p99, "ms"),
        ]


def number(value: float) -> str:
    """Three digits are all that a shared machine can promise."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def print_figures(title: str, figures: Iterable[Figure]) -> None:
    """One section of the table."""
    print(f"\n{title}")
    for figure in figures:
        measured = f"{number(figure.value):>9} {figure.unit}"
        line = f"  {figure.name:<46} {measured:<18} {figure.promise:<9} {figure.verdict:<7} {figure.beside}"
        print(line.rstrip(), flush=True)


def write_json(path: Path, sections: dict[str, list[Figure]], *, about: dict[str, Any]) -> None:
    """The same for machines: what was measured, and on what."""
    found = {
        title: [asdict(figure) | {"verdict": figure.verdict} for figure in figures]
        for title, figures in sections.items()
    }
    path.write_text(json.dumps({"about": about, "figures": found}, indent=2) + "\n")
