"""The day the credit runs out, with a range, from the pace of the last days. Whole numbers only.

Credit that expires is counted as what it is: at a pace it is used, in the order in which grants burn, until its day,
and what is left of it then is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

BUSIEST = 7
"""The range is that of the busiest and the slowest run of this many days."""
FARTHEST_DAYS = 3650


@dataclass(frozen=True)
class Batch:
    """What is left of a grant, in micros, and the UTC day on which it expires; None: it lasts."""

    left: int
    ends: date | None = None


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


def run_out(
    batches: Sequence[Batch], used: Sequence[int], today: date, daily_limit: int | None = None
) -> Forecast | None:
    """Return the forecast for what there is, in burn order, from the micros used on each of the last whole days.

    A daily limit that is on now stops each day to come at it: no day counts with more than the limit (AC-54).
    None when the pace is zero, nothing is known of it, or the day lies more than ten years ahead: then nobody can say.
    """
    paces = _paces(used, daily_limit)
    if paces is None:
        return None
    busiest, expected, slowest = (_walk(batches, *pace, today)[0] for pace in paces)
    if busiest is None or expected is None:
        return None
    return Forecast(min(busiest, expected), expected, slowest)


def with_more(batches: Sequence[Batch], more: Batch) -> list[Batch]:
    """Return the batches with one more, which is used before those that last longer."""
    ends = more.ends or date.max
    before = [each for each in batches if (each.ends or date.max) <= ends]
    return [*before, more, *(each for each in batches if (each.ends or date.max) > ends)]


def next_expiry(
    batches: Sequence[Batch], used: Sequence[int], today: date, daily_limit: int | None = None
) -> Expiry | None:
    """Return what of the batches expires next; None where nothing does."""
    day = min((each.ends for each in batches if each.ends is not None and each.left > 0), default=None)
    if day is None:
        return None
    left = sum(each.left for each in batches if each.ends == day)
    paces = _paces(used, daily_limit)
    unused = _walk(batches, *paces[1], today)[1].get(day, 0) if paces else left
    return Expiry(day, left, unused)


def _paces(used: Sequence[int], daily_limit: int | None) -> tuple[tuple[int, int], ...] | None:
    """Return the pace of the busiest run of days, of all of them and of the slowest run: micros, and in how many days.

    None where nothing was used.
    """
    if daily_limit is not None:
        used = [min(each, daily_limit) for each in used]
    if not used or sum(used) <= 0:
        return None
    size = min(BUSIEST, len(used))
    weeks = [sum(used[start : start + size]) for start in range(len(used) - size + 1)]
    return (max(weeks), size), (sum(used), len(used)), (min(weeks), size)


def _walk(batches: Sequence[Batch], used: int, days: int, today: date) -> tuple[date | None, dict[date, int]]:
    """Use up the batches at `used` micros in so many `days`; return the day that ends it, and what expires on each day.

    Amounts are counted `days` times, so that a day's use is a whole number. Use goes on until the day of an expiry.
    """
    left = [max(0, each.left) * days for each in batches]
    passed, expired = 0, {}
    for day in sorted({each.ends for each in batches if each.ends is not None}):
        ahead = max(passed, (day - today).days)
        wanted = used * (ahead - passed)
        if sum(left) <= wanted:
            break
        for number, there in enumerate(left):
            taken = min(wanted, there)
            left[number], wanted = there - taken, wanted - taken
        passed = ahead
        over = [number for number, each in enumerate(batches) if each.ends == day]
        expired[day] = sum(left[number] for number in over) // days
        for number in over:
            left[number] = 0
    if used <= 0 and sum(left) > 0:
        return None, expired
    lasts = passed + (sum(left) // used if sum(left) else 0)
    return today + timedelta(days=lasts) if lasts <= FARTHEST_DAYS else None, expired
