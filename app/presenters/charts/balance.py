"""The balance as a line, one point a day, and where it goes at the last days' pace."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from app import locale
from app.domain.errors import ensure
from app.domain.language import _, labelled, remembered
from app.domain.money import divided
from app.presenters.charts.axis import DayName, Measure, day_label
from app.presenters.charts.drawing import HEIGHT, KEPT, WIDE, Chart, DayRow, Mark, Plot, reachable

LEAST_AHEAD = timedelta(21)


@dataclass(frozen=True)
class Point:
    """The balance at the end of a day, or now."""

    day: date
    figure: int
    href: str = ""


@dataclass(frozen=True)
class Ahead:
    """Where the balance goes at the last days' pace: it reaches `floor` on `expected`, within the range."""

    earliest: date
    expected: date
    latest: date
    floor: int = 0
    without_recharge: bool = False
    """Whether auto-recharge is sure to buy more, which the line does not show."""


def balance_line(
    points: Sequence[Point],
    ahead: Ahead | None,
    *,
    measure: Measure,
    name: str,
    floor: Mark | None = None,
) -> Chart | None:
    """Draw the balance of each day up to today, the last point, and, dashed, the days ahead; nothing without a day.

    `floor` (not above zero) is where the overage protection ends; it is drawn once a balance is below zero.
    The same days are drawn once: what was drawn is kept, by all that it is made of.
    """
    return _drawn(tuple(points), ahead, measure, name, floor)


@remembered(KEPT)
def _drawn(
    points: tuple[Point, ...], ahead: Ahead | None, measure: Measure, name: str, floor: Mark | None
) -> Chart | None:
    if not points:
        return None
    first, today = points[0].day, points[-1].day
    ensure([each.day for each in points] == _days(first, len(points)), "a day without a point")
    ensure(floor is None or (floor.figure or 0) <= 0, "a floor above zero")
    ahead = ahead if ahead and ahead.latest > today else None
    last = min(ahead.latest, today + max((today - first) * 3 // 2, LEAST_AHEAD)) if ahead else today
    figures = [each.figure for each in points]
    marks = [floor] if floor and floor.figure and min(figures) < 0 else []
    lowest = min([0, *figures, *(mark.figure or 0 for mark in marks), *([ahead.floor] if ahead else [])])
    plot = Plot(measure.axis(lowest, max(figures), 3), measure, (last - first).days + 1)
    dots = [plot.y(figures[-1])]
    if marks and not plot.fits(marks[0], dots):  # a step more below: its words get a place of their own
        plot = replace(plot, scale=measure.axis(plot.scale.ticks[0] - plot.scale.step, max(figures), 3))
        dots = [plot.y(figures[-1])]
    slots = [
        plot.slot(
            number,
            _title(each, today, measure),
            f'<circle cx="50%" cy="{plot.y(each.figure)}" r="4"/>',
            href=each.href,
            css=' class="now"' if each.day == today else "",
        )
        for number, each in enumerate(points)
    ]
    inside = _line(plot, figures) + (_ahead(plot, points[-1], ahead, (today - first).days, last) if ahead else "")
    box = f'<svg viewBox="0 0 {WIDE} {HEIGHT * 10}" preserveAspectRatio="none">{inside}</svg>'
    legend = [("line", _("Balance")), ("fore", _said(ahead))] if ahead else []
    return Chart(
        name=name,
        drawing=plot.drawn(
            box + plot.lines(marks, dots) + reachable(slots, len(slots) - 1), name, _named(plot, first, today)
        ),
        legend=tuple(legend),
        head=(_("Day"), _("Balance")),
        rows=tuple(DayRow(each.day, each.href, (measure.written(each.figure),), "") for each in reversed(points)),
    )


def _days(first: date, many: int) -> list[date]:
    return [first + timedelta(number) for number in range(many)]


def _title(point: Point, today: date, measure: Measure) -> str:
    day = locale.day(point.day)
    if point.day == today:
        day = _("{day}, so far", day=day)
    return labelled(day, measure.shown(point.figure, is_left=True))


def _line(plot: Plot, figures: Sequence[int]) -> str:
    if len(figures) == 1:
        return ""
    line = "M" + "L".join(f"{plot.middle(number)} {plot.tenths(figure)}" for number, figure in enumerate(figures))
    zero = plot.tenths(0)
    area = f"{line}L{plot.middle(len(figures) - 1)} {zero}L{plot.middle(0)} {zero}Z"
    return f'<path class="area" d="{area}"/><path class="line" d="{line}"/>'


def _said(ahead: Ahead) -> str:
    if ahead.without_recharge:
        return _("Forecast at the last days’ pace without auto-recharge, with its range")
    return _("Forecast at the last days’ pace, with its range")


def _ahead(plot: Plot, now: Point, ahead: Ahead, today: int, last: date) -> str:
    """Draw the expected line, dashed, and the range around it, all cut where the chart ends."""

    def end(day: date) -> str:
        days = max((day - now.day).days, 1)
        shown = min(days, (last - now.day).days)
        fallen = divided((now.figure - ahead.floor) * shown, days)
        return f"{plot.middle(today + shown)} {plot.tenths(now.figure - fallen)}"

    origin = f"M{plot.middle(today)} {plot.tenths(now.figure)}"
    reached = f"{plot.middle(today + (min(ahead.latest, last) - now.day).days)} {plot.tenths(ahead.floor)}"
    along = f"L{reached}" if ahead.earliest < last else ""
    return (
        f'<path class="area" d="{origin}L{end(ahead.earliest)}{along}L{end(ahead.latest)}Z"/>'
        f'<path class="fore" d="{origin}L{end(ahead.expected)}"/>'
    )


def _named(plot: Plot, first: date, today: date) -> list[DayName]:
    """Return the days to name: today, both ends, and what lies in the middle of each part."""
    now, end = (today - first).days, plot.slots - 1
    return [
        DayName(plot.x(each), plot.x(each + 1), _("Today") if each == now else day_label(first + timedelta(each)))
        for each in dict.fromkeys([now, 0, end, now // 2, now + (end - now) // 2, now // 4, now * 3 // 4])
    ]
