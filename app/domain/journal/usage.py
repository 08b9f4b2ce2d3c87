"""Usage that was accepted and is posted later: what of it goes in one row of the history, and what that row says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from app.domain.catalog import Catalog
from app.domain.ledger import CREDITS, REVENUE, Posting
from app.domain.periods import dated
from app.domain.usage_words import title

REALTIME = "realtime"


@dataclass(frozen=True, slots=True)
class DayToPost:
    """What of a meter's use on a UTC day is not posted yet."""

    day: date
    meter: str
    period_number: int
    micros: int
    """What all of the day's use costs."""
    posted_micros: int
    postings: int
    """How many rows of the history it has already."""


@dataclass(frozen=True, slots=True)
class Period:
    """A billing period in which something is to be posted."""

    number: int
    starts_at: datetime
    ends_at: datetime
    rows: int
    """How many rows of the history it has already. A day that was posted by itself counts with its postings."""


@dataclass(frozen=True, slots=True)
class UsageShare:
    """What goes in one row of the history."""

    days: tuple[DayToPost, ...]
    source_type: str
    source_id: str
    number: int
    """Which row it is of its day, or of its period."""
    words: str

    def posting(self, unit: str) -> Posting:
        """Return what posts it. It was used already, so it goes even below the floor."""
        micros = sum(each.micros - each.posted_micros for each in self.days)
        source = (self.source_type, self.source_id, self.words)
        return Posting(unit, CREDITS, REVENUE, micros, "usage", *source, claw_back=True)


def by_day(catalog: Catalog, days: Sequence[DayToPost]) -> Iterator[UsageShare]:
    """Yield a row of the history for each day and meter; days come in their order."""
    for each in days:
        number = each.postings + 1
        words = f"{title(catalog, each.meter)}, {dated(each.day, each.day)}"[:300]
        yield UsageShare((each,), "usage_day", f"{each.meter}:{each.day}:{number}", number, words)


def by_period(days: Sequence[DayToPost], periods: Mapping[int, Period], now: datetime) -> Iterator[UsageShare]:
    """Yield a row for all of a billing period, or for what of it was used since the last row of the period."""
    for period_number, group in groupby(sorted(days, key=_period_of), key=_period_of):
        share, period = tuple(group), periods[period_number]
        number = period.rows + 1
        words = f"Applied credit balance to usage, {_stretch(share, period, now)}"
        yield UsageShare(share, "usage_period", f"{period_number}:{number}", number, words)


def _period_of(day: DayToPost) -> int:
    return day.period_number


def _stretch(share: Sequence[DayToPost], period: Period, now: datetime) -> str:
    """Return the days in words: those of the whole period where one row says it all, else those that it is about."""
    first, last = min(each.day for each in share), max(each.day for each in share)
    if period.rows == 0:
        first = period.starts_at.date()
    if period.ends_at <= now:
        last = period.ends_at.date() - timedelta(days=1)
    return dated(first, last)
