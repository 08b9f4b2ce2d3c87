"""Charts drawn on the server as SVG: no script, no library, no inline style.

Figures come in as whole micros and every coordinate is counted in whole tenths of a pixel, so no figure meets a float.
Colours come from CSS classes and follow the theme, forced colours and print. A chart is one image with a sentence to a
screen reader; the page always shows the same figures as a table too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from markupsafe import Markup, escape

from app import locale
from app.domain.amounts import MINUS, CreditUnit
from app.domain.errors import ensure
from app.domain.money import MICROS, Credits, divided

_LARGE = ((12, " tn"), (9, " bn"), (6, " M"))
# Tenths of a pixel that a character of the charts' 11 px type takes, at most; and what is kept free around a label.
_CHARACTER, _GAP = 66, 80


@dataclass(frozen=True)
class Size:
    """One drawing of a chart, in pixels. Both are sent; the stylesheet shows the one that fits its box."""

    width: int
    height: int
    css: str


FULL = Size(980, 200, "chart-x")
WIDE, HALF, NARROW = Size(660, 190, "chart-w"), Size(460, 176, "chart-w"), Size(340, 170, "chart-s")


@dataclass(frozen=True)
class Ahead:
    """Where the balance goes at the last days' pace: it reaches `floor` on `expected`, within the range."""

    earliest: date
    expected: date
    latest: date
    floor: int = 0


@dataclass(frozen=True)
class Axis:
    """Round values from below the lowest to above the highest figure; zero is always one of them."""

    ticks: tuple[int, ...]
    step: int


def axis(lowest: int, highest: int, count: int, finest: int = 1) -> Axis:
    """Return about `count` steps that hold the figures: 1, 2, 2.5 or 5 times a power of ten micros each.

    No step is smaller than `finest`, a power of ten.
    """
    low, high = min(lowest, 0), max(highest, 0)
    if low == high:
        high = MICROS
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
    symbol = locale.credits(Credits(0), CreditUnit(unit)).partition("0")[0]
    if symbol and not power and decimals == 1:
        decimals = 2
    if micros == 0:
        return f"{symbol}0"
    number = locale.number(Decimal(abs(micros)).scaleb(-6 - power), decimals)
    return f"{MINUS if micros < 0 else ''}{symbol}{number}{suffix}"


def day_label(day: date) -> str:
    """Return a day as the charts write it: `1 Nov`."""
    return locale.short_day(day)


def balance_chart(
    points: Sequence[tuple[date, int]], ahead: Ahead | None, *, unit: str, name: str, floor: int = 0, size: Size = WIDE
) -> Markup:
    """Draw the balance at the end of each day up to today and, dashed, the days ahead; nothing without a day.

    `floor` (not above zero) is where the overage protection ends; it is drawn once a balance is below zero.
    """
    if not points:
        return Markup("")
    ensure(floor <= 0, "a floor above zero")
    (first, _), (today, balance) = points[0], points[-1]
    if ahead and ahead.latest <= today:
        ahead = None
    last = min(ahead.latest, today + max((today - first) * 3 // 2, timedelta(21))) if ahead else today
    in_debt = min(each for _, each in points) < 0
    lowest = min(*(each for _, each in points), floor if in_debt else 0, 0)
    plot = _Plot(axis(lowest, max(each for _, each in points), 4 if size.height > 170 else 3), size, unit, right=100)
    span = max((last - first).days, 1)

    def x(day: date) -> int:
        return plot.left + divided(plot.inner_width * (day - first).days, span)

    line = "M" + "L".join(f"{_px(x(day))} {_px(plot.y(value))}" for day, value in points)
    parts = plot.grid()
    if len(points) > 1:
        zero = _px(plot.y(0))
        parts.append(f'<path class="area" d="{line}L{_px(x(today))} {zero}L{_px(x(first))} {zero}Z"/>')
    if in_debt and floor < 0:
        parts += _floor_line(plot, floor, x(today))
    if ahead:
        parts += _ahead(plot, x, (today, balance), ahead, last)
    if len(points) > 1:
        parts.append(f'<path class="line" d="{line}"/>')
    dot_x, dot_y = x(today), plot.y(balance)
    parts.append(f'<circle class="dot" cx="{_px(dot_x)}" cy="{_px(dot_y)}" r="5"/>')
    named = dot_x + 100 + _CHARACTER * len("Today") <= size.width * 10
    if named:
        parts.append(f'<text class="lab-accent" x="{_px(dot_x + 100)}" y="{_px(max(dot_y - 80, 100))}">Today</text>')
    middle = first + (today - first) // 2
    wanted = [(x(today), day_label(today) if named else "Today"), (x(first), day_label(first))]
    wanted += [(x(last), day_label(last)), (x(middle), day_label(middle))]
    if ahead:
        between = today + (last - today) // 2
        wanted.append((x(between), day_label(between)))
    return plot.drawn([*parts, *_placed(wanted, plot)], name)


def daily_columns(
    days: Sequence[tuple[date, int]],
    *,
    unit: str,
    name: str,
    limit: int | None = None,
    alert: int | None = None,
    size: Size = HALF,
) -> Markup:
    """Draw one column a day, the last being today; a daily limit as a line, and days from it or the alert on in colour.

    What the line and the colours mean stands in the page's legend.
    """
    return _columns(days, axis_of=1, unit=unit, name=name, limit=limit, alert=alert, size=size)


def quantity_columns(days: Sequence[tuple[date, int]], *, name: str, last: str = "Today", size: Size = WIDE) -> Markup:
    """Draw one column a day for whole quantities of a meter; `last` is what the last day is called."""
    counted = [(day, quantity * MICROS) for day, quantity in days]
    return _columns(counted, axis_of=MICROS, unit="of a meter", name=name, last=last, size=size)


def column_kind(used: int, limit: int | None, alert: int | None) -> str:
    """Return what a day's column stands out as: `over` from the limit on, else `near` from the alert on."""
    if limit is not None and used >= limit:
        return "over"
    return "near" if alert is not None and used >= alert else ""


def _columns(
    days: Sequence[tuple[date, int]],
    *,
    axis_of: int,
    unit: str,
    name: str,
    size: Size,
    limit: int | None = None,
    alert: int | None = None,
    last: str = "Today",
) -> Markup:
    if not days:
        return Markup("")
    highest = max(*(used for _, used in days), limit or 0, 0)
    plot = _Plot(axis(0, highest, 3, axis_of), size, unit, right=60)
    slot = plot.inner_width // len(days)
    thick = max(min(180, slot * 62 // 100), 10)
    parts, wanted = plot.grid(), []
    for number, (day, used) in enumerate(days):
        today = number == len(days) - 1
        x = plot.left + divided(plot.inner_width * number, len(days)) + (slot - thick) // 2
        height = max(plot.y(0) - plot.y(used), 10 if used else 0)
        kind = column_kind(used, limit, alert) or ("today" if today and last else "")
        css = f"col col--{kind}" if kind else "col"
        if height:
            parts.append(
                f'<rect class="{css}" x="{_px(x)}" y="{_px(plot.y(0) - height)}" width="{_px(thick)}" '
                f'height="{_px(height)}" rx="{_px(min(25, height // 2))}"/>'
            )
        if today or number == 0 or (len(days) - 1 - number) % 7 == 0:
            wanted.append((x + thick // 2, (last or day_label(day)) if today else day_label(day)))
    if limit is not None:
        parts += [plot.across("limit-gap", limit), plot.across("limit", limit)]
    wanted.insert(0, wanted.pop())
    return plot.drawn([*parts, *_placed(wanted, plot)], name)


class _Plot:
    """The area that figures are drawn in: margins that fit the labels, and the way from micros to pixels."""

    top, bottom = 140, 240

    def __init__(self, scale: Axis, size: Size, unit: str, right: int) -> None:
        self.scale, self.size = scale, size
        self.labels = [axis_label(tick, scale, unit) for tick in scale.ticks]
        self.left = _CHARACTER * max(len(label) for label in self.labels) + _GAP
        self.right = size.width * 10 - right
        self.inner_width = self.right - self.left

    def y(self, micros: int) -> int:
        """Return how far below the top the figure lies, in tenths of a pixel."""
        low, high = self.scale.ticks[0], self.scale.ticks[-1]
        return self.top + divided((self.size.height * 10 - self.top - self.bottom) * (high - micros), high - low)

    def grid(self) -> list[str]:
        parts = []
        for tick, label in zip(self.scale.ticks, self.labels, strict=True):
            parts += [self.across("grid-l", tick), self.text(self.left - _GAP, self.y(tick) + 40, label, "end")]
        return parts

    def across(self, css: str, micros: int) -> str:
        y = _px(self.y(micros))
        return f'<line class="{css}" x1="{_px(self.left)}" x2="{_px(self.right)}" y1="{y}" y2="{y}"/>'

    def text(self, x: int, y: int, words: str, anchor: str, css: str = "") -> str:
        return (
            f'<text{f" class={chr(34)}{css}{chr(34)}" if css else ""} x="{_px(x)}" y="{_px(y)}" '
            f'text-anchor="{anchor}">{escape(words)}</text>'
        )

    def drawn(self, parts: list[str], name: str) -> Markup:
        box, drawing = f"0 0 {self.size.width} {self.size.height}", "".join(parts)  # every word in it was escaped
        return Markup(
            f'<svg class="chart {self.size.css}" viewBox="{box}" role="img" aria-label="{escape(name)}">{drawing}</svg>'
        )


def _ahead(plot: _Plot, x: Callable[[date], int], start: tuple[date, int], ahead: Ahead, last: date) -> list[str]:
    """Draw the expected line, dashed, and the range around it, all cut where the chart ends."""

    def end(day: date) -> str:
        reached = max(day, start[0] + timedelta(1))
        cut = min(reached, last)
        fallen = divided((start[1] - ahead.floor) * (cut - start[0]).days, (reached - start[0]).days)
        return f"{_px(x(cut))} {_px(plot.y(start[1] - fallen))}"

    origin = f"M{_px(x(start[0]))} {_px(plot.y(start[1]))}"
    along = f"L{_px(x(min(ahead.latest, last)))} {_px(plot.y(ahead.floor))}" if ahead.earliest < last else ""
    return [
        f'<path class="area" d="{origin}L{end(ahead.earliest)}{along}L{end(ahead.latest)}Z"/>',
        f'<path class="fore" d="{origin}L{end(ahead.expected)}"/>',
    ]


def _floor_line(plot: _Plot, floor: int, today_x: int) -> list[str]:
    words, left_half = "End of your overage protection", today_x < (plot.left + plot.right) // 2
    x, anchor = (plot.right, "end") if left_half else (plot.left + 60, "start")
    return [plot.across("limit", floor), plot.text(x, plot.y(floor) - 60, words, anchor, "lab-bad")]


def _placed(wanted: Sequence[tuple[int, str]], plot: _Plot) -> list[str]:
    """Write the labels below the plot, the most wanted first; one that would touch another is left out."""
    parts, taken = [], list[tuple[int, int]]()
    for x, words in wanted:
        wide = _CHARACTER * len(words)
        start = min(max(x - wide // 2, plot.left - wide // 2), plot.size.width * 10 - wide)
        if all(start >= after + _GAP or start + wide + _GAP <= before for before, after in taken):
            taken.append((start, start + wide))
            parts.append(plot.text(start + wide // 2, plot.size.height * 10 - 50, words, "middle"))
    return parts


def _px(tenths: int) -> str:
    """Return tenths of a pixel as SVG writes them: 123 is `12.3`, 120 is `12`."""
    whole, tenth = divmod(abs(tenths), 10)
    return f"{'-' if tenths < 0 else ''}{whole}{f'.{tenth}' if tenth else ''}"
