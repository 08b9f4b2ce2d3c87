"""The day the credit runs out, with a range, from the pace of the last days. Whole numbers only.

Credit that expires is counted as what it is: it is used, in the order in which grants burn, until its day, and what is
left of it then is gone.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from app.domain.forecast.courses import FARTHEST_DAYS, Course, Courses, courses_of, stretches
from app.domain.forecast.paces import Batch, Pace


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


def run_out(batches: Sequence[Batch], pace: Pace, today: date, daily_limit: int | None = None) -> Forecast | None:
    """Return the forecast for what there is, in burn order, at the pace of the last days.

    A daily limit that is on now stops each day to come at it: no day counts with more than the limit (AC-54).
    None when the pace is zero, nothing is known of it, or the day lies more than ten years ahead: then nobody can say.
    """
    return along(courses_of(pace, today, daily_limit), batches, pace, today)


def along(courses: Courses | None, batches: Sequence[Batch], pace: Pace, today: date) -> Forecast | None:
    """Return the forecast along these courses, which are those of the pace."""
    if courses is None:
        return None
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
    return expiry_along(courses_of(pace, today, daily_limit), batches, pace, today)


def expiry_along(courses: Courses | None, batches: Sequence[Batch], pace: Pace, today: date) -> Expiry | None:
    """Return what of the batches expires next along these courses, which are those of the pace."""
    day = min((each.ends for each in batches if each.ends is not None and each.left > 0), default=None)
    if day is None:
        return None
    left = sum(each.left for each in batches if each.ends == day)
    if courses is None:
        return Expiry(day, left, left)
    expected = courses[1]
    return Expiry(day, left, _walk(batches, expected, pace, today)[1].get(day, 0) // expected.parts)


def _walk(batches: Sequence[Batch], course: Course, pace: Pace, today: date) -> tuple[date | None, dict[date, int]]:
    """Use up the batches; return the day on which they do not suffice any more, and what expires on each day before it.

    Use goes on until the day of an expiry.
    """
    left = [max(0, each.left) * course.parts for each in batches]
    ends = [None if each.ends is None else max(0, (each.ends - today).days) for each in batches]
    last_end, expired = max((day for day in ends if day is not None), default=-1), dict[date, int]()
    for begins, over, used in stretches(course, pace, today):
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
