"""The weeks of a digest: when the next one is due, and which UTC days it covers."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from app.domain.errors import Refused
from app.domain.language import _

MORNING = time(8)
WEEK = timedelta(days=7)


@cache
def zones() -> tuple[str, ...]:
    """Return the names of all time zones, from one file: `available_timezones` opens one for each."""
    return tuple(sorted(files("tzdata").joinpath("zones").read_text().split()))


def check_zone(zone: str) -> None:
    """Refuse (422) a name that is no time zone's."""
    if zone not in zones():
        words = _("There is no time zone called {zone}. Choose one such as Europe/Zurich.", zone=zone[:60])
        raise Refused(words, "time_zone_unknown", 422, "time_zone")


def next_monday(zone: str, now: datetime) -> datetime:
    """Return the first Monday morning after `now`, by the clock on the wall of the zone."""
    place = ZoneInfo(zone)
    today = now.astimezone(place).date()
    monday = today + timedelta(days=-today.weekday() % 7)
    due = datetime.combine(monday, MORNING, place).astimezone(UTC)
    if due > now:
        return due
    return datetime.combine(monday + WEEK, MORNING, place).astimezone(UTC)


def days(now: datetime, reported_until: date | None) -> tuple[date, date] | None:
    """Return the first and the last UTC day that a digest of now covers: those over by now that none has covered.

    The first one covers a week, and so does one after a long pause: the last. None: no day is over since.
    """
    last = now.astimezone(UTC).date() - timedelta(days=1)
    first = last - timedelta(days=6)
    if reported_until is not None and last - reported_until <= timedelta(days=8):
        first = reported_until + timedelta(days=1)
    return (first, last) if first <= last else None
