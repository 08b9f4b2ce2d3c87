"""How days and moments are written for people, in UTC: on pages and in sentences."""

from datetime import UTC, date, datetime

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def day_words(value: date) -> str:
    """Return the day: `21 Nov 2026`. Of a moment it is the UTC day."""
    utc = value.astimezone(UTC) if isinstance(value, datetime) else value
    return f"{utc.day} {_MONTHS[utc.month - 1]} {utc.year}"


def moment_words(value: datetime) -> str:
    """Return the moment to the minute: `21 Nov 2026, 09:41 UTC`."""
    return f"{day_words(value)}, {value.astimezone(UTC):%H:%M} UTC"
