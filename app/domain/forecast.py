"""The day the credit runs out, with a range, from the pace of the last days. Whole numbers only.

Meters go on at their pace and start again from nothing with each billing period: what the plan includes is free once
more, steps begin again, a plan's limit holds. Credit that expires is counted as what it is: it is used, in the order in
which grants burn, until its day, and what is left of it then is gone.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import lcm

from app.domain import periods
from app.domain.catalog import MeterKind
from app.domain.rating import Tariff

BUSIEST = 7
"""The range is that of the busiest and the slowest run of this many days."""
FARTHEST_DAYS = 3650
LONGEST_PERIOD = 31


@dataclass(frozen=True)
class Batch:
    """What is left of a grant, in micros, and the UTC day on which it expires; None: it lasts."""

    left: int
    ends: date | None = None


@dataclass(frozen=True)
class MeterPace:
    """What a meter shows in the open period, and what it counted on each of the last whole days, the oldest first."""

    tariff: Tariff
    shown: int
    days: Sequence[int]

    @property
    def is_level(self) -> bool:
        """Whether a period has the meter's value once, not the sum of its days."""
        return self.tariff.kind in {MeterKind.MAX, MeterKind.LAST}

    @property
    def stops_at(self) -> int | None:
        """Where the plan's limit stops the meter. Use that is only reported passes it: then it stops nothing."""
        limit = self.tariff.limit if self.tariff.kind.can_be_held else None
        return limit if limit is not None and self.shown <= limit else None

    @property
    def is_even(self) -> bool:
        """Whether each unit costs the same, however many came before it in the period."""
        is_plain = not self.tariff.allowance and len(self.tariff.steps) == 1
        return is_plain and not self.is_level and self.stops_at is None

    def of(self, window: range) -> int:
        """Return the sum of these days; of a level the highest value, or the newest one where the last value counts."""
        days = [self.days[day] for day in window]
        if self.tariff.kind is MeterKind.LAST:
            return next((value for value in reversed(self.days) if value), 0)
        return max(days, default=0) if self.is_level else sum(days)


@dataclass(frozen=True)
class Pace:
    """What was used on each of the last whole days, the oldest first."""

    other: Sequence[int]
    """The micros that were used without a meter."""
    meters: Sequence[MeterPace] = ()
    """The meters that cost credit, by the terms that the customer has now."""
    turns: date | None = None
    """The day on which the open billing period ends; None: it does not matter, for there are no meters."""
    anchor_day: int = 1
    """The day of the month on which later ones end."""

    @property
    def is_any(self) -> bool:
        """Whether anything was used."""
        return any(self.other) or any(any(each.days) for each in self.meters)


@dataclass(frozen=True)
class Expiry:
    """The credit that expires next: when, how much is left of it now, and how much of that will not be used."""

    day: date
    left: int
    unused: int
    """At the expected pace; all of it where nothing is used."""


@dataclass(frozen=True)
class Forecast:
    """When the credit runs out at the pace of the last days. `latest` is None when the slowest week used nothing."""

    earliest: date
    expected: date
    latest: date | None


@dataclass(frozen=True)
class _Course:
    """What is used at one pace: micros, `parts` times, up to each day of the open period, and of one that begins."""

    parts: int
    rest: Sequence[int]
    later: Sequence[int]


def run_out(batches: Sequence[Batch], pace: Pace, today: date, daily_limit: int | None = None) -> Forecast | None:
    """Return the forecast for what there is, in burn order, at the pace of the last days.

    A daily limit that is on now stops each day to come at it: no day counts with more than the limit (AC-54).
    None when the pace is zero, nothing is known of it, or the day lies more than ten years ahead: then nobody can say.
    """
    even = _even(pace, daily_limit)
    windows = _windows(pace, even)
    if windows is None:
        return None
    courses = (_course(pace, even, window, today, daily_limit) for window in windows)
    busiest, expected, slowest = (_walk(batches, course, pace, today)[0] for course in courses)
    if busiest is None or expected is None:
        return None
    return Forecast(min(busiest, expected), expected, None if slowest is None else max(expected, slowest))


def with_more(batches: Sequence[Batch], more: Batch) -> list[Batch]:
    """Return the batches with one more, which is used before those that last longer."""
    ends = more.ends or date.max
    before = [each for each in batches if (each.ends or date.max) <= ends]
    return [*before, more, *(each for each in batches if (each.ends or date.max) > ends)]


def next_expiry(batches: Sequence[Batch], pace: Pace, today: date, daily_limit: int | None = None) -> Expiry | None:
    """Return what of the batches expires next; None where nothing does."""
    day = min((each.ends for each in batches if each.ends is not None and each.left > 0), default=None)
    if day is None:
        return None
    left = sum(each.left for each in batches if each.ends == day)
    even = _even(pace, daily_limit)
    windows = _windows(pace, even)
    if windows is None:
        return Expiry(day, left, left)
    course = _course(pace, even, windows[1], today, daily_limit)
    return Expiry(day, left, _walk(batches, course, pace, today)[1].get(day, 0) // course.parts)


def _common(pace: Pace) -> int:
    """Return how often micros are counted, so that the price of one unit is a whole number."""
    return lcm(*(each.tariff.meter.per for each in pace.meters))


def _even(pace: Pace, daily_limit: int | None) -> list[int]:
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


def _course(pace: Pace, even: Sequence[int], window: range, today: date, daily_limit: int | None) -> _Course:
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
        return _Course(common * days, whole, whole)
    turn = _turn(pace, today)
    longest = max(LONGEST_PERIOD, (_following(turn, pace.anchor_day) - turn).days)
    rest, later = course((turn - today).days, is_open=True), course(longest, is_open=False)
    return _Course(common * days, rest, later)


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


def _turn(pace: Pace, today: date) -> date:
    """Return the day on which the open period ends."""
    return pace.turns if pace.turns is not None and pace.turns > today else _following(today, pace.anchor_day)


def _following(day: date, anchor_day: int) -> date:
    return periods.following(datetime.combine(day, time(), UTC), anchor_day).date()


def _stretches(course: _Course, pace: Pace, today: date) -> Iterator[tuple[int, int, Sequence[int]]]:
    """Return each period: the days from now on which it begins and ends, and what is used up to each day of it."""
    if course.rest is course.later:
        yield 0, FARTHEST_DAYS + 1, course.rest
        return
    begins, turn, used = 0, _turn(pace, today), course.rest
    while begins <= FARTHEST_DAYS:
        ends = (turn - today).days
        yield begins, ends, used
        begins, turn, used = ends, _following(turn, pace.anchor_day), course.later


def _walk(batches: Sequence[Batch], course: _Course, pace: Pace, today: date) -> tuple[date | None, dict[date, int]]:
    """Use up the batches; return the day on which they do not suffice any more, and what expires on each day before it.

    Use goes on until the day of an expiry.
    """
    left = [max(0, each.left) * course.parts for each in batches]
    ends = [None if each.ends is None else max(0, (each.ends - today).days) for each in batches]
    last_end, expired = max((day for day in ends if day is not None), default=-1), dict[date, int]()
    for begins, over, used in _stretches(course, pace, today):
        stops = sorted({day for day in ends if day is not None and begins <= day < over}) if last_end >= begins else []
        for since, until in pairwise([begins, *stops, over]):
            first, last = since - begins, until - begins
            there = sum(left) + used[first]
            reached = bisect_left(used, there, first, last + 1)
            if reached <= last:
                lasts = begins + reached - (used[reached] > there)
                return today + timedelta(days=lasts) if lasts <= FARTHEST_DAYS else None, expired
            _take(left, used[last] - used[first])
            if until < over:
                _expire(batches, left, until, ends, expired)
        if over > last_end and not course.later[-1]:
            break
    return None, expired


def _take(left: list[int], wanted: int) -> None:
    """Take what is wanted off what is left, in its order."""
    for number, there in enumerate(left):
        taken = min(wanted, there)
        left[number], wanted = there - taken, wanted - taken


def _expire(
    batches: Sequence[Batch], left: list[int], day: int, ends: Sequence[int | None], expired: dict[date, int]
) -> None:
    """Take away what expires on the day, and note how much it is."""
    for number, each in enumerate(batches):
        if ends[number] == day and each.ends is not None:
            expired[each.ends] = expired.get(each.ends, 0) + left[number]
            left[number] = 0
