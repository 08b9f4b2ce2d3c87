"""What each meter cost in the rows of the history that stand for all meters of a period: each for what was new then.

A day and meter is counted in one number, and the row that last had a part of it is known. A day's number grows on that
day alone. So it is in that row as a whole, unless an earlier row was booked on the same day.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.money import split


@dataclass(frozen=True, slots=True)
class Posted:
    """A row of the history: its number in the period, its amount, and the day it was booked on."""

    number: int
    micros: int
    on: date


@dataclass(frozen=True, slots=True)
class Counted:
    """What a meter cost on a day, and the last row that had a part of it."""

    meter: str
    day: date
    micros: int
    last: int


@dataclass(frozen=True, slots=True)
class Made:
    """What a row is made of, by meter, in their order."""

    costs: Mapping[str, int]
    is_exact: bool


@dataclass(slots=True)
class _Left:
    """What of a day is in none of the rows that were looked at, the last ones first."""

    of: Counted
    micros: int
    is_exact: bool = True


def made_of(rows: Sequence[Posted], days: Sequence[Counted]) -> dict[int, Made]:
    """Return what each row is made of. The meters' costs add up to the rows, and to the days; else it is empty.

    Where it cannot be known what a row had of a day, the meters share it by what they cost.
    """
    left = [_Left(each, each.micros) for each in days if each.micros]
    found = dict[int, Made]()
    ordered = sorted(rows, key=lambda each: -each.number)
    for place, row in enumerate(ordered):
        before = {each.on for each in ordered[place + 1 :]}
        mine = [each for each in left if each.micros and (each.of.last == row.number or _is_later(each, row))]
        parted = [each for each in mine if each.of.day in before]
        whole = [each for each in mine if each.of.day not in before]
        rest = row.micros - sum(each.micros for each in whole)
        most = sum(each.micros for each in parted)
        if not 0 <= rest <= most:
            return {}
        parts = split(rest, [each.micros for each in parted]) if most else []
        costs = defaultdict[str, int](int)
        is_known = rest in (0, most) or len(parted) == 1
        is_exact = is_known or len({each.of.meter for each in parted}) == 1
        for each, part in [*((each, each.micros) for each in whole), *zip(parted, parts, strict=True)]:
            costs[each.of.meter] += part
            is_exact &= each.is_exact or not part
            each.micros -= part
            each.is_exact &= is_known
        found[row.number] = Made({meter: micros for meter, micros in sorted(costs.items()) if micros}, is_exact)
    return {} if any(each.micros for each in left) else found


def _is_later(left: _Left, row: Posted) -> bool:
    return left.of.last > row.number and left.of.day == row.on
