"""Spend management: the customer's own daily limit and e-mail threshold, and what each of them stops, in words."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from app.domain.catalog_terms import SpendManagement
from app.domain.errors import Refused
from app.domain.invoices import written
from app.domain.language import _, marked
from app.domain.money import MICROS, Credits

MOST = Credits((10**12 - 1) * MICROS)
"""The highest limit that may be set."""
NOTHING_SET = Refused(
    marked("Set a daily limit, an e-mail threshold or a webhook URL, or switch spend management off."),
    "nothing_set",
    422,
    "daily_limit",
)
THRESHOLD_ABOVE = Refused(
    marked("The e-mail threshold must not be more than the daily limit: it would never be reached."),
    "threshold_above_limit",
    422,
    "notify_threshold",
)
_WHOLE_DAY = timedelta(days=1) // timedelta(microseconds=1)
_WORDS = {
    "daily_limit": marked("Enter a daily limit above zero and of at most {most}, or leave it empty for none."),
    "notify_threshold": marked(
        "Enter an e-mail threshold above zero and of at most {most}, or leave it empty for none."
    ),
}


@dataclass(frozen=True)
class Limits:
    """What holds on each UTC day. `version` counts the customer's changes; 0 is what the catalog begins with."""

    enabled: bool
    daily_limit: Credits | None
    notify_threshold: Credits | None
    version: int = 0

    @property
    def in_force(self) -> Credits | None:
        """The daily limit while spend management is on."""
        return self.daily_limit if self.enabled else None

    @property
    def notifies_at(self) -> Credits | None:
        """The threshold while spend management is on."""
        return self.notify_threshold if self.enabled else None

    def chosen(self) -> dict[str, object]:
        """Return what was chosen, for the audit trail."""
        return {
            "enabled": self.enabled,
            "daily_limit_micros": self.daily_limit.micros if self.daily_limit else None,
            "notify_threshold_micros": self.notify_threshold.micros if self.notify_threshold else None,
        }


@dataclass(frozen=True)
class Day:
    """A UTC day: `[00:00:00Z, 24:00:00Z)`, whatever zone the host is in."""

    date: date

    @property
    def begins(self) -> datetime:
        """When it begins."""
        return datetime.combine(self.date, time(), UTC)

    @property
    def ends(self) -> datetime:
        """When the next day begins: limits reset."""
        return self.begins + timedelta(days=1)


def day_of(moment: datetime) -> Day:
    """Return the UTC day of the time."""
    return Day(moment.astimezone(UTC).date())


def beginning(terms: SpendManagement) -> Limits:
    """Return what holds for a customer who never chose: the catalog's terms."""
    return Limits(terms.enabled, terms.daily_limit, terms.notify_threshold)


def check(wanted: Limits) -> None:
    """Refuse the set as a whole when it cannot be kept (AC-6, AC-7): the same for the page and the API (AC-56).

    Whether anything is set at all is asked by `check_something_set`, which knows of the webhook.
    """
    for name, value in (("daily_limit", wanted.daily_limit), ("notify_threshold", wanted.notify_threshold)):
        if value is not None and not 0 < value.micros <= MOST.micros:
            raise out_of_bounds(name)
    if wanted.daily_limit and wanted.notify_threshold and wanted.notify_threshold > wanted.daily_limit:
        raise THRESHOLD_ABOVE.copied()


def check_something_set(wanted: Limits, webhook_url: str) -> None:
    """Refuse to switch on what neither stops nor notifies: a limit, a threshold or a URL is enough."""
    if wanted.enabled and wanted.daily_limit is None and wanted.notify_threshold is None and not webhook_url:
        raise NOTHING_SET.copied()


def share(limit: Credits, percent: Decimal, finest: int) -> Credits:
    """Return so many percent of the limit, rounded down to amounts of `finest` micros: never more than was asked.

    What is less than the finest amount keeps every digit.
    """
    return _rounded_down(int(limit.micros * percent / 100), finest)


def following(threshold: Credits | None, limit: Credits | None, before: Limits, finest: int) -> Credits | None:
    """Return the threshold, or its share of the new limit where the old amount is more than that limit is.

    Only a threshold that was left as it was follows: one that was typed is taken or refused.
    """
    if threshold is None or limit is None or before.daily_limit is None:
        return threshold
    if threshold <= limit or threshold != before.notify_threshold:
        return threshold
    return _rounded_down(limit.micros * threshold.micros // before.daily_limit.micros, finest)


def _rounded_down(micros: int, finest: int) -> Credits:
    return Credits(micros - micros % finest or micros)


def out_of_bounds(name: str) -> Refused:
    """Return the refusal of a value that is zero or beyond what can be kept."""
    words = _(_WORDS[name], most=written.number(MOST.units))
    return Refused(words, f"{name}_out_of_bounds", 422, name)


def is_reached(limit: Credits | None, used: Credits) -> bool:
    """Say whether a limit or threshold of the day is reached; equality reaches it."""
    return limit is not None and used >= limit


def reached_at(limit: Credits | None, used: Credits, now: datetime) -> datetime | None:
    """Return when today's use reaches the limit at the pace of today so far; None when it does not today (AC-54).

    Tomorrow begins at zero, so a pace that would reach it later never does.
    """
    day = day_of(now)
    if limit is None or used.micros <= 0 or now <= day.begins:
        return None
    if used >= limit:
        return now
    # Whole microseconds: a time span of the standard library ends before such products do.
    lasts = (now - day.begins) // timedelta(microseconds=1) * limit.micros // used.micros
    return day.begins + timedelta(microseconds=lasts) if lasts < _WHOLE_DAY else None
