"""What there is to be used, and at what pace it goes: the last days, meter by meter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.catalog import MeterKind
from app.domain.rating import Tariff


@dataclass(frozen=True)
class Batch:
    """What is left of a grant, in micros, and the UTC day on which it expires; None: it lasts."""

    left: int
    ends: date | None = None


@dataclass(frozen=True)
class MeterPace:
    """What a meter shows in the open period, and what it counted on each of the last whole days, the oldest first."""

    tariff: Tariff
    shown: int
    days: Sequence[int]

    @property
    def is_level(self) -> bool:
        """Whether a period has the meter's value once, not the sum of its days."""
        return self.tariff.kind in {MeterKind.MAX, MeterKind.LAST}

    @property
    def stops_at(self) -> int | None:
        """Where the plan's limit stops the meter. Use that is only reported passes it: then it stops nothing."""
        limit = self.tariff.limit if self.tariff.kind.can_be_held else None
        return limit if limit is not None and self.shown <= limit else None

    @property
    def is_even(self) -> bool:
        """Whether each unit costs the same, however many came before it in the period."""
        is_plain = not self.tariff.allowance and len(self.tariff.steps) == 1
        return is_plain and not self.is_level and self.stops_at is None

    def of(self, window: range) -> int:
        """Return the sum of these days; of a level the highest value, or the newest one where the last value counts."""
        days = [self.days[day] for day in window]
        if self.tariff.kind is MeterKind.LAST:
            return next((value for value in reversed(self.days) if value), 0)
        return max(days, default=0) if self.is_level else sum(days)


@dataclass(frozen=True)
class Pace:
    """What was used on each of the last whole days, the oldest first."""

    other: Sequence[int]
    """The micros that were used without a meter."""
    meters: Sequence[MeterPace] = ()
    """The meters that cost credit, by the terms that the customer has now."""
    turns: date | None = None
    """The day on which the open billing period ends; None: it does not matter, for there are no meters."""
    anchor_day: int = 1
    """The day of the month on which later ones end."""

    @property
    def is_any(self) -> bool:
        """Whether anything was used."""
        return any(self.other) or any(any(each.days) for each in self.meters)
