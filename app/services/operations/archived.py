"""Which usage events are in files: what was received before a moment is no longer in the database."""

from datetime import UTC, date, datetime

from sqlalchemy import func, select

from app.models.database import db
from app.models.usage import UsageArchive

BEFORE = select(func.max(UsageArchive.before_at)).scalar_subquery()
"""When the first event was received that is in the database. Null: none is archived."""


def first_day() -> date | None:
    """Return the first day whose events are all in the database; None: no month was archived."""
    return day_of(db.session.scalar(select(BEFORE)))


def day_of(before: datetime | None) -> date | None:
    """Return the day of the moment."""
    return before.astimezone(UTC).date() if before else None


def holds(day: date) -> bool:
    """Say whether the events of the UTC day are in a file."""
    first = first_day()
    return first is not None and day < first


def is_in(before: datetime | None, day: date | None) -> bool:
    """Say whether events of the day are in a file, where what was received before this moment is."""
    first = day_of(before)
    return first is not None and day is not None and day < first
