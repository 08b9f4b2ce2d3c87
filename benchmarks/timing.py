"""Medians of interleaved runs, and what they say as ratios."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

ROUNDS = 25
"""Many short turns: what else the machine does hits all tasks alike."""

Task = Callable[[], object]


@dataclass(frozen=True)
class Ratio:
    """One result: how much longer (or how much more often) than what stands beside it."""

    what: str
    database: str
    ratio: float
    goal: float | None
    """The highest ratio that is good enough; None: nothing was promised."""
    detail: str

    @property
    def verdict(self) -> str:
        """Whether the goal was met."""
        if self.goal is None:
            return ""
        return "pass" if self.ratio <= self.goal else "miss"


@dataclass(frozen=True)
class Count:
    """A number that the clock has no part in."""

    what: str
    database: str
    count: int
    goal: int | None

    @property
    def verdict(self) -> str:
        """Whether the goal was met."""
        if self.goal is None:
            return ""
        return "pass" if self.count <= self.goal else "miss"


def interleaved(tasks: dict[str, Task], *, times: int) -> dict[str, float]:
    """Return the seconds that each task takes: the median of rounds in which all take turns, `times` a turn."""
    for task in tasks.values():
        for _ in range(3):
            task()
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for number in range(ROUNDS):
        order = list(tasks.items())
        for name, task in order if number % 2 else reversed(order):
            gc.collect()
            began = time.perf_counter()
            for _ in range(times):
                task()
            seconds[name].append((time.perf_counter() - began) / times)
    return {name: median(each) for name, each in seconds.items()}


def milliseconds(seconds: float) -> str:
    """Write a time."""
    return f"{seconds * 1000:.2f} ms"
