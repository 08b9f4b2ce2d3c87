"""What a part of a period costs, by the second, over the whole real period; and plan periods of months and years.

A part of a price is rounded once. What was charged for a period and what is given back for the same seconds cancel
out, whatever changes lie between.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from app.domain.errors import ensure
from app.domain.money import Money, divided
from app.domain.periods import following
from app.domain.subscriptions.choice import Interval

_SECOND = timedelta(seconds=1)
_FAR = 120  # months


@dataclass(frozen=True, slots=True)
class Span:
    """A plan period: what one price is for."""

    starts_at: datetime
    ends_at: datetime
    full_from: datetime | None = None
    """Where the price begins to count, if earlier: the first calendar month is as long as the others."""

    def __post_init__(self) -> None:
        ensure(self.starts_at < self.ends_at, f"a period that ends before it begins: {self}")

    @property
    def last_day(self) -> date:
        """The last day of it (UTC)."""
        return (self.ends_at - _SECOND).date()

    def left(self, now: datetime) -> tuple[int, int]:
        """Return the seconds that are left of it at `now`, and those that the price is for."""
        ensure(self.starts_at <= now < self.ends_at, f"{now} is not in {self}")
        return (self.ends_at - now) // _SECOND, (self.ends_at - (self.full_from or self.starts_at)) // _SECOND

    def rest(self, price: Money, now: datetime) -> Money:
        """Return what of the price is for the time that is left at `now`."""
        remaining, whole = self.left(now)
        return Money(divided(price.amount_minor * remaining, whole), price.currency)


def plan_period(starts_at: datetime, anchor_day: int, interval: Interval) -> Span:
    """Return the plan period that begins there: as many billing periods as the interval has."""
    end = starts_at
    for _ in range(interval.months):
        end = following(end, anchor_day)
    return span(starts_at, end, anchor_day)


def first_from(starts_at: datetime, anchor_day: int, interval: Interval, on: date) -> datetime:
    """Return when the first plan period begins that begins on this day or later; `starts_at` is the next one's begin.

    A day of which nobody knows whether it comes is itself: no more than ten years of periods are counted.
    """
    at = starts_at
    for _ in range(_FAR // interval.months):
        if at.date() >= on:
            return at
        at = plan_period(at, anchor_day, interval).ends_at
    return max(at, datetime.combine(on, time(), UTC))


def share(starts_at: datetime, ends_at: datetime, anchor_day: int) -> Fraction:
    """Return what part of a month's price the billing period costs: less than all where it begins in mid-month."""
    return Fraction(*span(starts_at, ends_at, anchor_day).left(starts_at))


def span(starts_at: datetime, ends_at: datetime, anchor_day: int) -> Span:
    """Return the plan period; one that begins on another day than its anchor costs its share of the price."""
    full_from = starts_at.replace(day=min(anchor_day, monthrange(starts_at.year, starts_at.month)[1]))
    return Span(starts_at, ends_at, full_from if full_from < starts_at else None)
