"""The axis of a chart: round steps that hold its figures, and how each step is written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.language import _, marked
from app.domain.money import MICROS, Credits

_LARGE = ((12, marked("tn")), (9, marked("bn")), (6, marked("M")))
_LAST_DIGIT = re.compile(r"\d(?=\D*$)")


@dataclass(frozen=True)
class Axis:
    """Round values from below the lowest to above the highest figure; zero is always one of them."""

    ticks: tuple[int, ...]
    step: int


@dataclass(frozen=True)
class Measure:
    """What the figures of a chart count: credit, in micros, or whole quantities of a meter."""

    credit: CreditUnit | None = None
    of: str = ""
    """The unit of the quantities."""

    @property
    def whole(self) -> int:
        """How many of the figures make one whole."""
        return MICROS if self.credit else 1

    def written(self, figure: int) -> str:
        """Return the figure with its unit, exact, as it stands in a table."""
        return locale.exact(Credits(figure), self.credit) if self.credit else locale.counted(figure, self.of)

    def shown(self, figure: int, *, is_left: bool = False) -> str:
        """Return the figure as pages show it: credit in the decimals of its unit; what is left is rounded down."""
        if not self.credit:
            return self.written(figure)
        return (locale.balance if is_left else locale.amount)(Credits(figure), self.credit)

    def axis(self, lowest: int, highest: int, count: int) -> Axis:
        """Return about `count` steps that hold the figures; half of one cannot be counted."""
        return axis(lowest, highest, count, finest=1, least_high=self.whole)

    def tick(self, figure: int, scale: Axis) -> str:
        """Return a step as it stands at the axis."""
        if self.credit:
            return axis_label(figure, scale, self.credit.name)
        of_wholes = Axis(tuple(tick * MICROS for tick in scale.ticks), scale.step * MICROS)
        return axis_label(figure * MICROS, of_wholes, "of a meter")


def axis(lowest: int, highest: int, count: int, finest: int = 1, least_high: int = MICROS) -> Axis:
    """Return about `count` steps that hold the figures: 1, 2, 2.5 or 5 times a power of ten each.

    No step is smaller than `finest`, a power of ten. An axis without any figure reaches up to `least_high`.
    """
    low, high = min(lowest, 0), max(highest, 0)
    if low == high:
        high = least_high
    least = max(-(-(high - low) // count), finest)
    size: int = 10 ** (len(str(least)) - 1)
    tenths = (each * size for each in (10, 20, 25, 50, 100))
    step = next(each // 10 for each in tenths if each >= least * 10 and each % (10 * finest) == 0)
    return Axis(tuple(range(low // step * step, -(-high // step) * step + 1, step)), step)


def axis_label(micros: int, scale: Axis, unit: str) -> str:
    """Return a tick in words as short as its step allows: `$4,000`, `−€250`, `1.5 M`, `$0.00002`."""
    top = max(abs(tick) for tick in scale.ticks)
    power, suffix = next((each for each in _LARGE if top >= 10 ** (each[0] + 6)), (0, ""))
    decimals = max(0, -int(Decimal(scale.step).scaleb(-6 - power).normalize().as_tuple().exponent))
    currency = unit if CreditUnit(unit).is_currency else ""
    if currency and not power and decimals == 1:
        decimals = 2
    if micros == 0:
        return locale.at_axis(Decimal(), currency)
    written = locale.at_axis(Decimal(micros).scaleb(-6 - power), currency, decimals)
    power_of_ten = _(suffix) if suffix else ""
    return _LAST_DIGIT.sub(rf"\g<0> {power_of_ten}", written) if suffix else written


def day_label(day: date) -> str:
    """Return a day as the charts write it: `1 Nov`."""
    return locale.short_day(day)


@dataclass(frozen=True)
class DayName:
    """A day to be named below the plot: where its slot begins and ends, in hundredths of a percent, and its words."""

    starts: int
    ends: int
    words: str


# A character of 13 px Inter takes 7.4 px at most on average; a label keeps 10 px free around it.
_CHARACTER, _FREE = 74, 100
_WIDTHS = (2200, 3200, 5600)
"""Plots at least so wide, in tenths of a pixel, show the names of that level and of those before it."""


def placed(wanted: Sequence[DayName]) -> list[tuple[DayName, int, str]]:
    """Choose which days are named at which of three widths, the most wanted first, so that no two names touch.

    Each comes with its level (1: always; 2 and 3: on wider plots) and its anchor, `start`, `middle` or `end`.
    """
    found: list[tuple[DayName, int, str]] = []
    for level, width in enumerate(_WIDTHS, 1):
        taken = [_box(name, anchor, width) for name, _, anchor in found]
        for name in wanted:
            if any(name == each for each, _, _ in found):
                continue
            anchor = _anchor(name)
            start, end = _box(name, anchor, width)
            if all(start >= after + _FREE or end + _FREE <= before for before, after in taken):
                taken.append((start, end))
                found.append((name, level, anchor))
    return found


def _anchor(name: DayName) -> str:
    """Return how the name stands at its slot, so that the narrowest plot does not cut it."""
    half = len(name.words) * _CHARACTER // 2
    middle = _WIDTHS[0] * (name.starts + name.ends) // 20_000
    return "start" if middle < half else "end" if middle + half > _WIDTHS[0] else "middle"


def _box(name: DayName, anchor: str, width: int) -> tuple[int, int]:
    """Return where the name begins and ends on a plot of the width, in tenths of a pixel."""
    wide = len(name.words) * _CHARACTER
    match anchor:
        case "start":
            start = width * name.starts // 10_000
        case "end":
            start = width * name.ends // 10_000 - wide
        case _:
            start = width * (name.starts + name.ends) // 20_000 - wide // 2
    return start, start + wide
