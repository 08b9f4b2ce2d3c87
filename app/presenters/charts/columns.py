"""Columns: one a day, of one figure or stacked by series, with the period before and lines across."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app import locale
from app.domain.errors import ensure
from app.domain.language import _, labelled, remembered
from app.presenters.charts.axis import DayName, Measure, day_label
from app.presenters.charts.drawing import KEPT, Chart, DayRow, Mark, Plot, reachable

MOST_SERIES = 6
"""So many series can be distinguished; a chart of more adds up the smallest as others."""
LEAST_SLOTS = 12
"""A few days are drawn as slim as if they were so many."""


@dataclass(frozen=True)
class Column:
    """A day: its figures in the order of the series, and the same day of the period before."""

    day: date
    figures: tuple[int, ...]
    """Empty on a day that is still to come."""
    href: str = ""
    before: int | None = None
    before_day: date | None = None
    more: str = ""
    """What else its readout says, as `label: value`."""

    @property
    def total(self) -> int:
        """What the day's figures add up to."""
        return sum(self.figures)


def columns(
    days: Sequence[Column],
    *,
    measure: Measure,
    name: str,
    series: Sequence[str],
    marks: Sequence[Mark] = (),
    today: date | None = None,
    before: str = "",
) -> Chart | None:
    """Draw one column a day, the oldest first; nothing where nothing was counted on any of them, nor before.

    `series` names the figures of a day, the lowest first; with one only the day's figure is written. A day from a
    limit on is drawn as over it, from a threshold on as near it. `before` is what the earlier figure is called, where
    it is not that of the period before.

    The same days are drawn once: what was drawn is kept, by all that it is made of.
    """
    return _drawn(tuple(days), measure, name, tuple(series), tuple(marks), today, before or _("Period before"))


@remembered(KEPT)
def _drawn(
    days: tuple[Column, ...],
    measure: Measure,
    name: str,
    series: tuple[str, ...],
    marks: tuple[Mark, ...],
    today: date | None,
    before: str,
) -> Chart | None:
    ensure(0 < len(series) <= MOST_SERIES, "series that cannot be distinguished")
    ensure(all(len(each.figures) in {0, len(series)} for each in days), "figures without a series")
    known = [each for each in days if each.figures]
    has_before = any(each.before for each in days)
    if not known or not (has_before or any(any(each.figures) for each in known)):
        return None
    bounds = [mark.figure for mark in marks if mark.figure is not None]
    heights = [high for each in days for high in (*_ends(each.figures), each.before or 0)]
    plot = Plot(
        measure.axis(min(heights, default=0), max([*heights, *bounds]), 3), measure, max(len(days), LEAST_SLOTS)
    )
    slots = [
        plot.slot(
            number,
            _title(each, series, measure, before, _note(each, marks)),
            _bar(plot, each),
            href=each.href if each.figures else "",
            css=f' class="{kind}"' if (kind := _kind(each, marks)) else "",
            more=f' data-figure="{each.total}"' if marks and each.figures else "",
        )
        for number, each in enumerate(days)
    ]
    legend = [(f"s{number}", title) for number, title in enumerate(series, 1)] if len(series) > 1 else []
    if has_before:
        legend.append(("was", before))
    last = len(known) - 1
    names = [_named(plot, number, each.day, today) for number, each in enumerate(days)]
    wanted = [names[last], names[0], names[-1], *reversed(names[last % 7 :: 7]), *names[last::7]]
    return Chart(
        name=name,
        drawing=plot.drawn(reachable(slots, last) + plot.lines(marks, tops=_tops(plot, days)), name, wanted),
        legend=tuple(legend),
        head=(
            _("Day"),
            *(series if len(series) > 1 else ()),
            _("Together") if len(series) > 1 else series[0],
            *([before] if has_before else ()),
        ),
        rows=tuple(
            DayRow(each.day, each.href, _cells(each, measure, has_before=has_before), _note(each, marks))
            for each in reversed(known)
        ),
    )


def column_kind(used: int, limit: int | None, alert: int | None) -> str:
    """Return what a day's column stands out as: `over` from the limit on, else `near` from the alert on."""
    if limit is not None and used >= limit:
        return "over"
    return "near" if alert is not None and used >= alert else ""


def _kind(each: Column, marks: Sequence[Mark]) -> str:
    """Return what the day stands out as by the marks that held on it; nothing for a day without figures."""
    return column_kind(each.total, *_limits(each.day, marks)) if each.figures else ""


def _limits(day: date, marks: Sequence[Mark]) -> tuple[int | None, int | None]:
    of = {mark.kind: mark.figure for mark in marks if mark.since is None or mark.since <= day}
    return of.get("limit"), of.get("threshold")


def _note(each: Column, marks: Sequence[Mark]) -> str:
    """Return what the column's colour says, in words."""
    kind = _kind(each, marks)
    wanted = {"over": "limit", "near": "threshold"}.get(kind)
    return next((mark.note for mark in marks if mark.kind == wanted), "")


def _ends(figures: tuple[int, ...]) -> tuple[int, int]:
    """Return how far down and up the stack reaches: what is below zero is stacked downwards."""
    return sum(each for each in figures if each < 0), sum(each for each in figures if each > 0)


def _tops(plot: Plot, days: Sequence[Column]) -> list[int]:
    """Return how far below the top each slot's column begins; at zero where there is none."""
    tops = [plot.y(max(_ends(each.figures)[1], each.before or 0, 0)) for each in days]
    return tops + [plot.y(0)] * (plot.slots - len(tops))


def _bar(plot: Plot, each: Column) -> str:
    parts, up, down = [], 0, 0
    for number, figure in enumerate(each.figures, 1):
        start = up if figure >= 0 else down
        if figure >= 0:
            up += figure
        else:
            down += figure
        top, bottom = sorted((plot.y(start), plot.y(start + figure)))
        if top == bottom and figure and len(each.figures) == 1:
            top = bottom - 1
        if top < bottom:
            gap = 1 if start and bottom - top > 2 else 0  # what lies on another keeps apart from it
            parts.append(f'<rect class="s{number}" y="{top}" height="{bottom - top - gap}"/>')
    if not parts and any(each.figures):
        parts.append(f'<rect class="s1" y="{plot.y(0) - 1}" height="1"/>')
    if each.before:
        parts.append(f'<rect class="was" y="{plot.y(each.before) - 1}"/>')
    return "".join(parts)


def _title(each: Column, series: Sequence[str], measure: Measure, before: str, note: str) -> str:
    lines = [labelled(locale.day(each.day), measure.shown(each.total)) if each.figures else locale.day(each.day)]
    if len(series) > 1:
        used = [(title, figure) for title, figure in zip(series, each.figures, strict=False) if figure]
        lines += [labelled(title, measure.shown(figure)) for title, figure in reversed(used)]
    if each.before is not None:
        on = f", {day_label(each.before_day)}" if each.before_day else ""
        lines.append(labelled(f"{before}{on}", measure.shown(each.before)))
    return "\n".join([*lines, *filter(None, (each.more, note))])


def _cells(each: Column, measure: Measure, *, has_before: bool) -> tuple[str, ...]:
    figures = [*each.figures, each.total] if len(each.figures) > 1 else [each.total]
    written = [measure.written(figure) for figure in figures]
    if has_before:
        written.append("" if each.before is None else measure.written(each.before))
    return tuple(written)


def _named(plot: Plot, number: int, day: date, today: date | None) -> DayName:
    return DayName(plot.x(number), plot.x(number + 1), _("Today") if day == today else day_label(day))
