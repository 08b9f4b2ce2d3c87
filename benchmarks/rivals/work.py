"""The work that all sides do by turns, and what the portal's part of it costs beside theirs."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import reduce
from operator import add

from benchmarks.busy import Busy
from benchmarks.places import Place
from benchmarks.rivals import sides
from benchmarks.rivals.installed import Unavailable
from benchmarks.rivals.sides import TASKS, Side
from benchmarks.timing import Count, Ratio

NAME = "rivals: "
ROUNDS = 7
BEFORE = 1_000
"""So many credits are there before anybody looks at the clock: who sums on read has something to sum."""
TIMES = {"post": 40, "balance": 40, "history": 20}
WORDS = {"post": "posting a credit", "balance": "reading the balance", "history": "listing the last 25 entries"}
INSTALLED: tuple[Callable[[Place], AbstractContextManager[Side]], ...] = (
    sides.in_redis, sides.hordak, sides.djaodjin,
)  # fmt: skip


def measure(place: Place) -> list[Ratio | Count]:
    """Measure the portal beside those that run here; on PostgreSQL, where all of them are at home."""
    if place.kind != "postgresql":
        return []
    with ExitStack() as stack:
        taking_part = [sides.purser(place), sides.function(place)]
        for each in INSTALLED:
            try:
                taking_part.append(stack.enter_context(each(place)))
            except Unavailable as problem:
                print(f"{each.__name__} takes no part: {problem}", flush=True)
        return _by_turns(place, taking_part)


def _by_turns(place: Place, taking_part: list[Side]) -> list[Ratio | Count]:
    for side in list(taking_part):
        _did(taking_part, side, "post", BEFORE)
    took: dict[tuple[str, str], list[Busy]] = {}
    for number in range(ROUNDS):
        for task in TASKS:
            for side in list(taking_part) if number % 2 else list(reversed(taking_part)):
                took.setdefault((task, side.name), []).extend(_did(taking_part, side, task, TIMES[task]))
    ours, *others = (side.name for side in taking_part)
    return [_ratio(place, task, took, ours, other) for task in TASKS for other in others]


def _did(taking_part: list[Side], side: Side, task: str, many: int) -> list[Busy]:
    """Let it do a task, and return what it took; whoever cannot any more takes no part from there on."""
    try:
        return [side.did(task, many)]
    except (Unavailable, BrokenPipeError) as problem:
        print(f"{side.name} takes no part any more: {problem}", flush=True)
        taking_part.remove(side)
        return []


def _ratio(place: Place, task: str, took: dict[tuple[str, str], list[Busy]], ours: str, other: str) -> Ratio:
    """Compare CPU, all rounds together: the kernel counts it in hundredths of a second, more than a turn may take."""
    one, beside = (reduce(add, took[task, name]) for name in (ours, other))
    many = ROUNDS * TIMES[task]
    what = f"{NAME}{WORDS[task]}, to {other}"
    return Ratio(what, place.kind, one.cpu / beside.cpu, None, f"{one.each(many)} to {beside.each(many)}")
