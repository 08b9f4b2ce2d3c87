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
class Change:
    """A change of the daily limit that was in force, as it was recorded; None: none was."""

    at: datetime
    before: Credits | None
    after: Credits | None


@dataclass(frozen=True)
class RefusedDay:
    """A day on which calls really were refused for the daily limit of that day."""

    day: date
    limit: Credits | None
    """The limit that refused them, the highest where there were several; None where no record says it."""


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
    refused_on: tuple[RefusedDay, ...] = ()
    """Days on which calls really were refused, the newest first, today too: what they asked for was not used, so that
    what was used does not show it."""
    used: tuple[Used, ...] = ()
    """The days with any use, the oldest first."""

    @property
    def refusing(self) -> frozenset[date]:
        """Return the days on which these limits would have refused calls.

        Those that used more, and those on which no lower limit refused calls: either an earlier call would have been
        refused already, or all of them fitted and the same call is refused again.
        """
        limit = self.limits.daily_limit
        really = {each.day for each in self._before() if limit and each.limit and each.limit >= limit}
        return frozenset(really | {each.day for each in self.stopped})

    @property
    def unsure(self) -> tuple[RefusedDay, ...]:
        """Return the days on which another limit refused calls that these might have let through, or not."""
        known = self.refusing
        return tuple(each for each in self._before() if each.day not in known)

    @property
    def really(self) -> tuple[RefusedDay, ...]:
        """Return the days, of those on which these limits would have refused calls, on which calls were refused."""
        known = self.refusing
        return tuple(each for each in self._before() if each.day in known)

    def _before(self) -> tuple[RefusedDay, ...]:
        """Return the days with refused calls without today, which is not over."""
        ends = self.first.toordinal() + self.days
        return tuple(each for each in self.refused_on if each.day.toordinal() < ends)


def limit_at(moment: datetime, changes: Sequence[Change], now: Credits | None) -> Credits | None:
    """Return the daily limit that was in force then; None where none was, or where the record contradicts itself.

    `changes` are recorded, the oldest first, and `now` holds since the last of them.
    """
    passed = [each for each in changes if each.at <= moment]
    following = next((each.before for each in changes if each.at > moment), now)
    return following if not passed or passed[-1].after == following else None


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
        used=tuple(days),
    )
