"""The schedule of attempts on an unpaid invoice: the first when it falls due, then retries, by days of 24 hours.

An *attempt* is one try to collect an invoice; the payments are made for it. Its *place* is 0 for the first and 1, 2, …
for the retries. One outside of the schedule, for a new payment method, has none: it moves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from app.domain.catalog_terms import Dunning
from app.domain.errors import ensure

DAY = timedelta(hours=24)
LATE = timedelta(hours=1)
"""An outcome that was known so long after the attempt was due moves the next one on, so that two are a day apart."""


class Outcome(StrEnum):
    """Where an attempt is. A payment that is under way, or of which nothing is known, is neither paid nor failed."""

    WAITING = "waiting"
    """Planned: its time has not come, or something else pays the invoice first."""
    UNDER_WAY = "under_way"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """The bank said no, or the customer never answered its question."""
    NOT_POSSIBLE = "not_possible"
    """Nothing could be charged: there is no method, or the seller charges nobody by itself."""
    NOT_MADE = "not_made"
    """The processor was never asked, or did not answer before the charge: it is made again at the same place."""
    DROPPED = "dropped"
    """The invoice asks for nothing any more."""
    LEFT_ALONE = "left_alone"
    """The invoice is older than the schedule: nobody is charged or suspended for it."""


OPEN = frozenset({Outcome.WAITING, Outcome.UNDER_WAY})
_OVER = frozenset({Outcome.SUCCEEDED, Outcome.DROPPED})
COUNTED = frozenset({Outcome.FAILED, Outcome.NOT_POSSIBLE})
"""What brings the schedule on to its next place."""


@dataclass(frozen=True)
class Attempt:
    """One attempt as it is kept; `due_at` is when the schedule asked for it."""

    place: int | None
    due_at: datetime
    outcome: Outcome
    ended_at: datetime | None = None


def falls_due(due_on: date, issued_at: datetime) -> datetime:
    """Return when an invoice falls due: as its day begins in UTC, and never before it was written."""
    return max(issued_at.astimezone(UTC), datetime.combine(due_on, time(), UTC))


def is_left_alone(attempts: Sequence[Attempt]) -> bool:
    """Say whether the invoice is older than the schedule."""
    return any(each.outcome is Outcome.LEFT_ALONE for each in attempts)


def following(
    terms: Dunning, due_at: datetime, attempts: Sequence[Attempt], now: datetime
) -> tuple[int, datetime] | None:
    """Return the place and time of the attempt that is to be planned; None: one is planned, or there is none any more.

    Retries come so many days after the first failure. Where an outcome was known late, the next waits its days again.
    """
    scheduled = sorted((each for each in attempts if each.place is not None), key=lambda each: each.place or 0)
    if is_left_alone(attempts) or any(each.outcome in OPEN | _OVER for each in scheduled):
        return None
    counted = [each for each in scheduled if each.outcome in COUNTED]
    if any(each.outcome is Outcome.NOT_MADE and each.place == len(counted) for each in scheduled):
        return len(counted), now
    if not counted:
        return 0, due_at
    if len(counted) > len(terms.retry_days):
        return None
    days = (0, *terms.retry_days)
    place = len(counted)
    return place, _anchor(counted[-1]) + (days[place] - days[place - 1]) * DAY


def first_failure(attempts: Sequence[Attempt]) -> datetime | None:
    """Return when the first attempt of the schedule was known not to have been paid."""
    return min((_ended(each) for each in attempts if each.place == 0 and each.outcome in COUNTED), default=None)


def is_exhausted(terms: Dunning, attempts: Sequence[Attempt]) -> bool:
    """Say whether the last retry is known not to have been paid."""
    return sum(each.place is not None and each.outcome in COUNTED for each in attempts) > len(terms.retry_days)


def _anchor(attempt: Attempt) -> datetime:
    """Return what the next retry is counted from: the first failure, and each retry that was known in time."""
    ended = _ended(attempt)
    is_on_time = attempt.place != 0 and ended - attempt.due_at <= LATE
    return attempt.due_at if is_on_time else ended


def _ended(attempt: Attempt) -> datetime:
    ensure(attempt.ended_at is not None, "an outcome of no time")
    return attempt.ended_at or attempt.due_at
