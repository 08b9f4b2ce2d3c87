"""Billing periods: months anchored on a day, in UTC. The 31st is the last day of a shorter month."""

from calendar import monthrange
from datetime import UTC, datetime

from app.domain.errors import ensure


def first(created_at: datetime) -> tuple[int, datetime, datetime]:
    """Return the anchor day, start and end of the period that a customer begins with."""
    start = created_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return start.day, start, following(start, start.day)


def following(start: datetime, anchor_day: int) -> datetime:
    """Return the end of the period that begins at `start`: the anchor day of the next month, at 00:00 UTC."""
    ensure(1 <= anchor_day <= 31, f"a month has no day {anchor_day}")
    year, month = (start.year + 1, 1) if start.month == 12 else (start.year, start.month + 1)
    return datetime(year, month, min(anchor_day, monthrange(year, month)[1]), tzinfo=UTC)
