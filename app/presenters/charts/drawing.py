"""What every chart is made of: its plot, its slots, its lines, the names of its days, and its table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from markupsafe import Markup, escape

from app.domain.errors import ensure
from app.domain.money import divided
from app.presenters.charts.axis import Axis, DayName, Measure, placed

KEPT = 100
"""So many drawings are kept in memory, each by all the figures and words in it."""
TOP, DEEP, BELOW = 8, 152, 8
"""The plot in pixels: free above the highest step, from there to the lowest, and free below it."""
HEIGHT = TOP + DEEP + BELOW
LINE, DOT, LONGEST = 15, 7, 30
"""A line of words and half a dot in pixels, and so many characters stand side by side on the narrowest plot."""
WIDE = 10_000
"""The plot's width, in hundredths of a percent: it is as wide as its box."""


@dataclass(frozen=True)
class Mark:
    """A line across the chart: a `limit`, a `threshold`, or the `floor` where an overage protection ends.

    Without a figure it is drawn out of sight, for a page that moves it while somebody types.
    """

    kind: str
    figure: int | None
    words: str
    """What stands at the line, before its figure: `Daily limit`."""
    note: str = ""
    """What is said of a day that reached it: `At or over your $25.00 daily limit`."""
    since: date | None = None
    """No day before then is judged by it; None: every day is."""


@dataclass(frozen=True)
class DayRow:
    """A day in the table below a chart."""

    day: date
    href: str
    cells: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Chart:
    """A chart as `macros/charts.html` shows it."""

    name: str
    """The sentence that says it."""
    drawing: Markup
    legend: tuple[tuple[str, str], ...]
    """What is drawn and not named on the spot: its class, and what it means."""
    head: tuple[str, ...]
    rows: tuple[DayRow, ...]
    """The newest day first."""

    @cached_property
    def has_notes(self) -> bool:
        """Whether the table has something to say of any day."""
        return any(row.note for row in self.rows)


@dataclass(frozen=True)
class Plot:
    """The area that figures are drawn in: from a figure to pixels, and from a slot to its share of the width."""

    scale: Axis
    measure: Measure
    slots: int

    def y(self, figure: int) -> int:
        """Return how far below the top the figure lies, in pixels."""
        return divided(self.tenths(figure), 10)

    def tenths(self, figure: int) -> int:
        """Return how far below the top the figure lies, in tenths of a pixel."""
        low, high = self.scale.ticks[0], self.scale.ticks[-1]
        return TOP * 10 + divided(DEEP * 10 * (high - figure), high - low)

    def x(self, slot: int) -> int:
        """Return where the slot begins, in hundredths of a percent."""
        return divided(WIDE * slot, self.slots)

    def middle(self, slot: int) -> int:
        """Return where the middle of the slot is, in hundredths of a percent."""
        return divided(WIDE * (2 * slot + 1), 2 * self.slots)

    def slot(self, number: int, title: str, inside: str, *, href: str = "", css: str = "", more: str = "") -> str:
        """Return a day: its whole slot answers to the pointer, and opens the day where it has an address.

        The title is written line by line, as `label: value`; the script shows it as it is.
        """
        ensure(title, "a slot without a title")
        box = f'<svg x="{share(self.x(number))}" width="{share(self.x(number + 1) - self.x(number))}">'
        named = f'{css}{more} tabindex="-1"><title>{escape(title)}</title>{box}<rect class="hit"/>{inside}</svg>'
        return f'<a href="{escape(href)}"{named}</a>' if href else f'<g role="img"{named}</g>'

    def lines(self, marks: Sequence[Mark], dots: Sequence[int] = (), tops: Sequence[int] = ()) -> str:
        """Return the lines across, each with its words: a limit's at the right end, another's at the left.

        Words keep away from the dots, which lie so far below the top, and from those of the lines before. Where columns
        stand behind them at the left and none does at the right, they stand there: `tops` says where columns begin.
        """
        taken, found = [(dot - DOT, dot + DOT) for dot in dots], ""
        for mark in marks:
            y, words = TOP if mark.figure is None else self.y(mark.figure), self._words(mark)
            first, box, _fits = beside(y, len(words), taken)
            slots = -(-len(tops) * min(LONGEST, max(map(len, words))) // LONGEST)
            left, right = (any(top < box[1] for top in each) for each in (tops[:slots], tops[-slots:] if slots else ()))
            is_end = mark.kind == "limit" or (left and not right)
            found += self._line(mark, y, first, words, is_end=is_end)
            taken += [box] if mark.figure is not None else []
        return found

    def fits(self, mark: Mark, dots: Sequence[int]) -> bool:
        """Say whether the mark's words find a place of their own."""
        taken = [(dot - DOT, dot + DOT) for dot in dots]
        return mark.figure is None or beside(self.y(mark.figure), len(self._words(mark)), taken)[2]

    def _words(self, mark: Mark) -> list[str]:
        """Return what stands at the line; that of a floor, which no script moves, in lines that a phone can hold."""
        said = mark.words if mark.figure is None else f"{mark.words} {self.measure.written(mark.figure)}"
        if mark.kind != "floor":
            return [said]
        found, *rest = said.split(" ")
        lines = [found]
        for each in rest:
            if len(lines[-1]) + 1 + len(each) <= LONGEST:
                lines[-1] += f" {each}"
            else:
                lines.append(each)
        return lines

    def _line(self, mark: Mark, y: int, first: int, words: Sequence[str], *, is_end: bool) -> str:
        more = " mark--hidden" if mark.figure is None else ""
        more += " mark--end" if is_end and mark.kind != "limit" else ""
        at = 'x="100%"' if is_end else 'x="2"'
        said = " ".join(
            f'<text {at} y="{first + number * LINE}">{escape(each)}</text>' for number, each in enumerate(words)
        )
        return (
            f'<g class="mark mark--{mark.kind}{more}" data-words="{escape(mark.words)}" '
            f'transform="translate(0 {y})"><path d="M0 0H9999"/>{said}</g>'
        )

    def drawn(self, inside: str, name: str, names: Sequence[DayName]) -> Markup:
        """Return the whole drawing: the steps beside it, the plot, and below it the names of the days."""
        ticks = self.scale.ticks
        steps = "".join(f"<span>{escape(self.measure.tick(tick, self.scale))}</span>" for tick in reversed(ticks))
        across = "".join(f"M0 {self.y(tick)}H9999" for tick in ticks if tick)
        zero = f'<path class="zero" d="M0 {self.y(0)}H9999"/>'
        scale = f'data-high="{ticks[-1]}" data-low="{ticks[0]}" data-whole="{self.measure.whole}"'
        scale += f' data-top="{TOP}" data-deep="{DEEP}"'
        below = "".join(
            f'<text class="x{level}" x="{share(_at(each, anchor))}" text-anchor="{anchor}" y="15">'
            f"{escape(each.words)}</text>"
            for each, level, anchor in placed(names)
        )
        return Markup(
            f'<div class="chart__steps" aria-hidden="true">{steps}</div>'
            f'<svg class="chart__plot" height="{HEIGHT}" role="group" aria-label="{escape(name)}" {scale}>'
            f'<path class="steps" d="{across}"/>{zero}{inside}</svg>'
            f'<svg class="chart__days" height="20" aria-hidden="true">{below}</svg>'
        )


def beside(y: int, lines: int, taken: Sequence[tuple[int, int]]) -> tuple[int, tuple[int, int], bool]:
    """Return where words at a line across begin, above it or else below, what they take up, and whether that was free.

    `charts.js` does the same where it moves a line.
    """
    more = (lines - 1) * LINE
    above = -6 - more, (y - 15 - more, y - 4)
    below, deeper = ((first, (y + first - 9, y + first + 2 + more)) for first in (16, 16 + LINE))
    inside = [each for each in (above, below, deeper) if each[1][0] >= 0 and each[1][1] <= HEIGHT] or [above]
    free = [each for each in inside if all(each[1][1] <= start or end <= each[1][0] for start, end in taken)]
    return *(free or inside)[0], bool(free)


def share(hundredths: int) -> str:
    """Return hundredths of a percent as SVG writes them: `3.33%`, `50%`."""
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") + "%"


def reachable(slots: list[str], first: int) -> str:
    """Return the slots as one stop of the Tab key, which is this one at first: arrows go on from there."""
    slots[first] = slots[first].replace('tabindex="-1"', 'tabindex="0"', 1)
    return "".join(slots)


def _at(name: DayName, anchor: str) -> int:
    return {"start": name.starts, "end": name.ends}.get(anchor, (name.starts + name.ends) // 2)
