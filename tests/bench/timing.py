"""Medians of repeated runs, alone or in turn with a baseline."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

Work = Callable[[], Any]


@dataclass(frozen=True)
class Figure:
    """One row of the table; smaller is better unless the unit is a rate."""

    name: str
    value: float
    unit: str
    target: float | None
    ratio: float | None = None
    ratio_target: float | None = None

    @property
    def reached(self) -> bool:
        """Whether the target, and that of the ratio, is met where there is one."""
        if self.target is None:
            return True
        rate = self.unit.endswith("/s")
        good = self.value >= self.target if rate else self.value <= self.target
        if self.ratio is not None and self.ratio_target is not None:
            return good and self.ratio <= self.ratio_target
        return good

    def document(self) -> dict[str, Any]:
        """The row as JSON data."""
        row: dict[str, Any] = {
            "name": self.name,
            "median": round(self.value, 3),
            "unit": self.unit,
            "target": self.target,
            "reached": self.reached,
        }
        if self.ratio is not None:
            row["ratio_to_baseline"] = round(self.ratio, 2)
        if self.ratio_target is not None:
            row["ratio_target"] = self.ratio_target
        return row


def milliseconds(work: Work, runs: int = 200, warm: int = 20) -> float:
    """The median of a piece of work in milliseconds."""
    return median(_samples((work,), runs, warm)[0])


def side_by_side(
    ours: Work, baseline: Work, runs: int = 200, warm: int = 20
) -> tuple[float, float]:
    """The medians of two pieces of work run in turn, in milliseconds."""
    first, second = _samples((ours, baseline), runs, warm)
    return median(first), median(second)


def _samples(works: tuple[Work, ...], runs: int, warm: int) -> list[list[float]]:
    for work in works:
        for _ in range(warm):
            work()
    gc.collect()
    gc.freeze()
    samples: list[list[float]] = [[] for _ in works]
    for _ in range(runs):
        for work, kept in zip(works, samples, strict=True):
            begin = time.perf_counter()
            work()
            kept.append((time.perf_counter() - begin) * 1000)
    gc.unfreeze()
    return samples


def yardstick() -> list[Figure]:
    """Ten million additions in plain Python, to compare two machines or two moments."""

    def count() -> None:
        total = 0
        for number in range(10_000_000):
            total += number

    return [
        Figure(
            "this machine: 10 million additions", milliseconds(count, 5, 1), "ms", None
        )
    ]
