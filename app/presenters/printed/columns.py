"""The lines of a document in columns: figures get the room that they need, and the description the rest."""

from collections.abc import Sequence
from math import ceil

from app.presenters.printed import texts
from app.presenters.printed.document import Column, Row

DIGIT, GUTTER = 1.1, 2.2
"""The width of a figure's character and of the room beside it, in percent of the paper between its margins."""
LEAST_FIRST = 30
"""So much is left to the description; figures that need more are broken into lines, and never drawn over each other."""


def of(first: str, figures: Sequence[str], rows: Sequence[Row]) -> tuple[Column, ...]:
    """Return the columns: the description, and those of figures with these titles."""
    widths = [
        max(ceil(DIGIT * max(len(title), *(len(row.cells[place]) for row in rows)) + GUTTER), 8)
        for place, title in enumerate(figures, 1)
    ]
    over = max(0, sum(widths) - (100 - LEAST_FIRST))
    widths = [each - ceil(over * each / sum(widths)) for each in widths]
    shown = (Column(title, width, is_figure=True) for title, width in zip(figures, widths, strict=True))
    return (Column(first, 100 - sum(widths)), *shown)


def rows(text: str, note: str, figures: Sequence[str]) -> list[Row]:
    """Return a line as rows: its text, cut where it is long, the figures on the first of them and the note last."""
    shown = texts.parts(text)
    last = len(shown) - 1
    return [
        Row(
            (each, *(figures if not place else ("",) * len(figures))),
            note if place == last else "",
            is_more=place > 0,
            goes_on=place < last,
        )
        for place, each in enumerate(shown)
    ]
