"""What limits would have done to days that are over: which would have been stopped, and which mailed about.

A day's use only adds up, so its first call that would not have fitted is the first whose running total is above the
limit: before it every call fitted. What came after it might in part have fitted still, and is not guessed at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.money import Credits
from app.domain.spend_management import Limits

DAYS = 90
"""So many whole days before today are looked at."""
TIMED = 10
"""The time is computed for so many of the stopped days, newest first."""


@dataclass(frozen=True)
class Used:
    """What was used on a UTC day."""

    day: date
    used: Credits


@dataclass(frozen=True)
class Stopped:
    """A day that the limit would have stopped."""

    day: date
    used: Credits
    beyond: Credits
    """At least so much would have been refused."""
    refused_from: datetime | None = None
    """The first call that would have been refused; None where it was not worked out."""


@dataclass(frozen=True)
class Simulation:
    """What limits would have done to the last days."""

    limits: Limits
    first: date
    days: int
    used_on: int
    """On so many of the days anything was used."""
    highest: Used | None
    stopped: tuple[Stopped, ...]
    """The newest first."""
    mailed: tuple[date, ...]
    """Days with a mail at the threshold."""
    refused_on: tuple[date, ...] = ()
    """Days on which calls really were refused for the daily limit of that day, today too: what they asked for was not
    used, so that no simulation of what was used finds it."""


def simulate(limits: Limits, days: Sequence[Used], *, first: date, count: int) -> Simulation:
    """Return what the limits, taken as switched on, would have done to these days.

    Equality is still allowed by the limit, and reaches the threshold. One above the limit would not have been reached.
    """
    limit, threshold = limits.daily_limit, limits.notify_threshold
    if limit is not None and threshold is not None and threshold > limit:
        threshold = None
    stopped = (
        Stopped(each.day, each.used, each.used - limit) for each in days if limit is not None and each.used > limit
    )
    mailed = (each.day for each in days if threshold is not None and each.used >= threshold)
    busy = [each for each in days if each.used.micros > 0]
    return Simulation(
        limits=limits,
        first=first,
        days=count,
        used_on=len(busy),
        highest=max(busy, key=lambda each: (each.used.micros, each.day), default=None),
        stopped=tuple(sorted(stopped, key=lambda each: each.day, reverse=True)),
        mailed=tuple(sorted(mailed, reverse=True)),
    )
