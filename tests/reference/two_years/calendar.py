"""Months and years from a day on, as somebody counts them on a calendar; every day begins at midnight UTC."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from tests.reference.two_years.papers import Span


def month_after(start: datetime, anchor: int, months: int = 1) -> datetime:
    """Return the anchor's day so many months later; a month without it has it on its last day."""
    whole = start.year * 12 + start.month - 1 + months
    year, month = divmod(whole, 12)
    return datetime(year, month + 1, min(anchor, monthrange(year, month + 1)[1]), tzinfo=UTC)


@dataclass(frozen=True)
class Stretch:
    """What a price is for. In the first calendar month the price is for the whole of it."""

    starts: datetime
    ends: datetime
    anchor: int

    @property
    def whole(self) -> int:
        """The seconds that the price is for."""
        day = min(self.anchor, monthrange(self.starts.year, self.starts.month)[1])
        return round((self.ends - min(self.starts, self.starts.replace(day=day))).total_seconds())

    def share(self, now: datetime) -> Fraction:
        """What of the price is for the time from now on."""
        return Fraction(round((self.ends - now).total_seconds()), self.whole)

    def line(self, net: int, now: datetime) -> Span:
        """Return a line for the time from now on."""
        return Span(net, now, self.ends.date() - timedelta(days=1))


def stretch(starts: datetime, anchor: int, interval: str) -> Stretch:
    """Return the month or year that begins there."""
    return Stretch(starts, month_after(starts, anchor, 12 if interval == "annual" else 1), anchor)
