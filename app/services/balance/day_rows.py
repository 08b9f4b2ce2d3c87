"""The balance history by day: one row for the usage of a UTC day, one for each other movement, newest first.

Whatever moves credit posts the usage before it first, so the balance after a movement is net of all usage until then,
and the balance at a day's end is net of all usage of the day, whether or not rows of usage hold it already. What lies
between two of these balances is usage. So no row is summed, each says the balance that was really there after it, and
a day's usage is one row unless something else moved the balance in its midst: then it is parted there.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

DAY, MOVEMENT, UNDER = "d", "m", "u"
"""What a row is: usage up to the day's end, a movement, usage between a movement and what came before it."""
_PLACE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.(0|[1-9][0-9]{0,17})([dmu])", re.ASCII)


@dataclass(frozen=True)
class Place:
    """Where a row stands. `sequence` is of the movement that it is or lies under; for a day's row of the next below."""

    day: date
    sequence: int
    part: str

    @property
    def rank(self) -> tuple[date, bool, int, bool]:
        """What rows are ordered by, the greatest first: a day's row on top, usage under its movement."""
        return self.day, self.part == DAY, self.sequence, self.part == MOVEMENT

    def __str__(self) -> str:
        return f"{self.day}.{self.sequence}{self.part}"


@dataclass(frozen=True)
class Totals:
    """What a UTC day did to the balance, in micros: `added` is all but usage, signed."""

    day: date
    added: int
    used: int
    closing: int


@dataclass(frozen=True)
class Step:
    """A movement that is not usage: what it did to the balance, and the balance right after it."""

    sequence: int
    day: date
    change: int
    balance_after: int


@dataclass(frozen=True)
class Row:
    """A row of the history by day."""

    place: Place
    change: int
    balance_after: int
    below: int | None = None
    """For a part of a day's usage: the movement of the day right below it, after which it was used."""
    above: int | None = None
    """The same right above it, before which it was used."""

    @property
    def is_usage(self) -> bool:
        """Whether the row is usage."""
        return self.place.part != MOVEMENT


def read_place(text: str) -> Place | None:
    """Read the place of a row as an address holds it; None for what is none."""
    found = _PLACE.fullmatch(text)
    try:
        return Place(date.fromisoformat(found[1]), int(found[2]), found[3]) if found else None
    except ValueError:
        return None


def rows(totals: Sequence[Totals], steps: Sequence[Step], *, parted: bool = True) -> Iterator[Row]:
    """Yield the rows of the days, the newest first.

    `steps` are all movements of these days, or of a stretch of the history: then what lies beyond its ends is wrong,
    and the caller leaves it out; of a day without totals nothing is said. With `parted` false they are only some, and a
    day's usage is one row whatever it met.
    """
    days = {each.day: each for each in totals}
    ordered = sorted(steps, key=lambda step: (step.day, step.sequence), reverse=True)
    moved = {day: list(own) for day, own in groupby(ordered, key=lambda step: step.day)}
    left = [step.sequence for step in ordered]
    for day in sorted(days.keys() | moved.keys(), reverse=True):
        own, total = moved.get(day, []), days.get(day)
        if parted and own:
            yield from _parted(total, own) if total else ()
        else:
            if total and total.used:
                yield Row(Place(day, left[0] if left else 0, DAY), -total.used, total.closing)
            for step in own:
                yield Row(Place(day, step.sequence, MOVEMENT), step.change, step.balance_after)
        del left[: len(own)]


def _parted(total: Totals, own: Sequence[Step]) -> list[Row]:
    """Return the rows of a day with movements: usage lies between the balances around them."""
    found, balance, above = list[Row](), total.closing, None
    for step in [*own, None]:
        rest = step.balance_after if step else total.closing - total.added + total.used
        place = Place(total.day, own[0].sequence, DAY) if above is None else Place(total.day, above, UNDER)
        change = balance - rest
        is_all = change == -total.used
        if change:
            found.append(
                Row(place, change, balance, None if is_all or not step else step.sequence, None if is_all else above)
            )
        if step:
            found.append(Row(Place(step.day, step.sequence, MOVEMENT), step.change, step.balance_after))
            balance, above = step.balance_after - step.change, step.sequence
    is_whole = sum(step.change for step in own) == total.added
    if is_whole and any(row.is_usage and row.change > 0 for row in found):
        return _as_if_before(total, own)
    return found


def _as_if_before(total: Totals, own: Sequence[Step]) -> list[Row]:
    """Return the rows of a day whose movements were booked for it after those of the next one had been.

    Two that came at midnight may be booked the wrong way round. The balances are then counted as if each had been
    booked on its day, before the day's usage.
    """
    found, balance = list[Row](), total.closing + total.used
    if total.used:
        found.append(Row(Place(total.day, own[0].sequence, DAY), -total.used, total.closing))
    for step in own:
        found.append(Row(Place(step.day, step.sequence, MOVEMENT), step.change, balance))
        balance -= step.change
    return found
