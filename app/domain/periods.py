"""Billing periods: months anchored on a day, in UTC. The 31st is the last day of a shorter month."""

from calendar import monthrange
from datetime import UTC, date, datetime
from functools import lru_cache

from app.domain.errors import ensure


def first(created_at: datetime, *, by_calendar: bool = False) -> tuple[int, datetime, datetime]:
    """Return the anchor day, start and end of the period that a customer begins with.

    By the calendar every period but this one is a calendar month: it ends with the month that it begins in.
    """
    start = created_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    anchor = 1 if by_calendar else start.day
    return anchor, start, following(start, anchor)


def following(start: datetime, anchor_day: int) -> datetime:
    """Return the end of the period that begins at `start`: the anchor day of the next month, at 00:00 UTC."""
    ensure(1 <= anchor_day <= 31, f"a month has no day {anchor_day}")
    year, month = (start.year + 1, 1) if start.month == 12 else (start.year, start.month + 1)
    return datetime(year, month, min(anchor_day, monthrange(year, month)[1]), tzinfo=UTC)


def open_at(start: datetime, end: datetime, anchor_day: int, now: datetime) -> tuple[datetime, int]:
    """Return the start of the period that is open at `now`, and how many begin after the one given to get there."""
    passed = 0
    while end <= now:
        start, end, passed = end, following(end, anchor_day), passed + 1
    return start, passed


@lru_cache(64)
def dated(first: date, last: date) -> str:
    """Return the days in words, both included: `1–31 October 2026`, or `20 October 2026` where they are one."""
    end = f"{last.day} {last:%B %Y}"
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{end}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day} {first:%B}{year} – {end}"
