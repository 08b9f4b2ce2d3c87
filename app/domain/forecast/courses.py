"""What is used at one pace, up to each day of a billing period. Whole numbers only.

Meters go on at their pace and start again from nothing with each billing period: what the plan includes is free once
more, steps begin again, a plan's limit holds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import pairwise
from math import lcm

from app.domain import periods
from app.domain.forecast.paces import MeterPace, Pace

BUSIEST = 7
"""The range is that of the busiest and the slowest run of this many days."""
FARTHEST_DAYS = 3650
LONGEST_PERIOD = 31


@dataclass(frozen=True)
class Course:
    """What is used at one pace: micros, `parts` times, up to each day of the open period, and of one that begins."""

    parts: int
    rest: Sequence[int]
    later: Sequence[int]


Courses = tuple[Course, Course, Course]
"""At the pace of the busiest run of days, of all of them, and of the slowest run."""


def courses_of(pace: Pace, today: date, daily_limit: int | None = None) -> Courses | None:
    """Return the three courses; None where nothing was used. No day uses more than the limit (AC-54)."""
    even = _even_costs(pace, daily_limit)
    found = _windows(pace, even)
    if found is None:
        return None
    busiest, expected, slowest = (_course_of(pace, even, window, today, daily_limit) for window in found)
    return busiest, expected, slowest


def _common(pace: Pace) -> int:
    """Return how often micros are counted, so that the price of one unit is a whole number."""
    return lcm(*(each.tariff.meter.per for each in pace.meters))


def _even_costs(pace: Pace, daily_limit: int | None) -> list[int]:
    """Return what each of the last days cost that does not depend on the period, no day more than the limit."""
    common = _common(pace)
    found = [micros * common for micros in pace.other]
    for each in pace.meters:
        if each.is_even:
            size = common // each.tariff.meter.per
            found = [cost + each.tariff.undivided(many) * size for cost, many in zip(found, each.days, strict=True)]
    return found if daily_limit is None else [min(cost, daily_limit * common) for cost in found]


def _windows(pace: Pace, even: Sequence[int]) -> tuple[range, range, range] | None:
    """Return the days of the busiest run, all of them, and those of the slowest run; None where nothing was used.

    A day is as busy as what was used on it would cost at the dearest step, with nothing included.
    """
    if not pace.is_any:
        return None
    worth, common = list(even), _common(pace)
    for each in pace.meters:
        if not each.is_even:
            price = max(micros for micros, _up_to in each.tariff.steps) * (common // each.tariff.meter.per)
            worth = [cost + quantity * price for cost, quantity in zip(worth, each.days, strict=True)]
    size = min(BUSIEST, len(worth))
    runs = [range(start, start + size) for start in range(len(worth) - size + 1)]
    busy = [sum(worth[day] for day in run) for run in runs]
    return runs[busy.index(max(busy))], range(len(worth)), runs[busy.index(min(busy))]


def _course_of(pace: Pace, even: Sequence[int], window: range, today: date, daily_limit: int | None) -> Course:
    """Return the course at the pace of these days."""
    common, days = _common(pace), len(window)
    each_day = sum(even[day] for day in window)
    most = None if daily_limit is None else daily_limit * common * days
    uneven = [each for each in pace.meters if not each.is_even]

    def course(length: int, *, is_open: bool) -> list[int]:
        total = [each_day * day for day in range(length + 1)]
        for each in uneven:
            size, costs = common // each.tariff.meter.per, _costs(each, window, length, is_open=is_open)
            total = [before + more * size for before, more in zip(total, costs, strict=True)]
        return total if most is None else _capped(total, most)

    if not uneven:  # no period changes anything
        whole = range(0, each_day * (FARTHEST_DAYS + 2), each_day) if each_day else [0] * (FARTHEST_DAYS + 2)
        return Course(common * days, whole, whole)
    turn = turn_of(pace, today)
    longest = max(LONGEST_PERIOD, (_following(turn, pace.anchor_day) - turn).days)
    rest, later = course((turn - today).days, is_open=True), course(longest, is_open=False)
    return Course(common * days, rest, later)


def _capped(total: Sequence[int], most: int) -> list[int]:
    """Return what is used up to each day where no day uses more than the limit."""
    found = [0]
    for before, after in pairwise(total):
        found.append(found[-1] + min(most, after - before))
    return found


def _costs(meter: MeterPace, window: range, length: int, *, is_open: bool) -> list[int]:
    """Return what the meter costs more up to each day of a period: micros, `per` times and as often as days in it."""
    parts, used = len(window), meter.of(window)
    first = meter.shown * parts if is_open else 0
    if meter.is_level:
        reached = [first] + [max(first, used * parts)] * length
    else:
        reached = [first + used * day for day in range(length + 1)]
    if meter.stops_at is not None:
        most = meter.stops_at * parts
        reached = [min(quantity, most) for quantity in reached]
    found, low = [0] * (length + 1), meter.tariff.allowance * parts
    for micros, up_to in meter.tariff.steps:
        high = reached[-1] if up_to is None else (meter.tariff.allowance + up_to) * parts
        found = [cost + micros * max(0, min(many, high) - low) for cost, many in zip(found, reached, strict=True)]
        low = max(low, high)
    return [cost - found[0] for cost in found]


def turn_of(pace: Pace, today: date) -> date:
    """Return the day on which the open period ends."""
    return pace.turns if pace.turns is not None and pace.turns > today else _following(today, pace.anchor_day)


def _following(day: date, anchor_day: int) -> date:
    return periods.following(datetime.combine(day, time(), UTC), anchor_day).date()


def stretches(
    course: Course, pace: Pace, today: date, *, by_period: bool = False
) -> Iterator[tuple[int, int, Sequence[int]]]:
    """Return each period: the days from now on which it begins and ends, and what is used up to each day of it.

    All days are one where no period changes anything, unless `by_period`.
    """
    if course.rest is course.later and not by_period:
        yield 0, FARTHEST_DAYS + 1, course.rest
        return
    begins, turn, used = 0, turn_of(pace, today), course.rest
    while begins <= FARTHEST_DAYS:
        ends = (turn - today).days
        yield begins, ends, used
        begins, turn, used = ends, _following(turn, pace.anchor_day), course.later
