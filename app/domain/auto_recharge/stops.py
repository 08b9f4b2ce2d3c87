"""Whether auto-recharge has stopped while credit is below its threshold: read off the last decision that was kept.

For a line on every page, which may not ask the whole rule. What has changed since the decision is taken into account.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.auto_recharge.decision import Outcome
from app.domain.money import Credits, Money

STOPS = frozenset({Outcome.SUSPENDED, Outcome.NO_METHOD, Outcome.LIMIT_REACHED, Outcome.ABOVE_LIMIT, Outcome.NOT_SOLD})
"""Nothing is charged until the customer or the seller does something, or the billing period ends."""

OFF_FOR = timedelta(days=7)
"""So long it is said that money which went back has switched it off."""


@dataclass(frozen=True)
class Kept:
    """The last decision that was kept, by terms of that version."""

    outcome: str
    version: int
    why: str = ""
    look_again: datetime | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """What is known of auto-recharge without asking its rule."""

    enabled: bool
    version: int
    threshold: Credits
    arriving: Credits
    """What remains, with what is on its way."""
    is_under_way: bool
    """Whether an automatic payment is open."""
    has_method: bool
    kept: Kept | None = None
    asks: Money | None = None
    """The charge that a member has been asked about, and has not answered."""


@dataclass(frozen=True)
class Stop:
    """Why nothing is charged though credit is below the threshold, or what has switched it off."""

    outcome: Outcome
    threshold: Credits
    why: str = ""
    """The code that suspended it."""
    amount: Money | None = None
    """What is asked for."""
    until: datetime | None = None
    """When it goes on by itself."""
    at: datetime | None = None
    """When it was switched off."""


def stop(found: Standing, now: datetime) -> Stop | None:
    """Return why nothing is charged; None where a member has it off, nothing is due, or a charge is to come."""
    if not found.enabled:
        return _switched_off(found, now)
    if found.kept is not None and (found.kept.version, found.kept.outcome) == (found.version, Outcome.ABOVE_LIMIT):
        return Stop(Outcome.ABOVE_LIMIT, found.threshold)  # before the credit is low, too
    if found.is_under_way or found.arriving >= found.threshold:
        return None
    if found.asks is not None:
        return Stop(Outcome.ASKS, found.threshold, amount=found.asks)
    kept = found.kept
    if kept is None or kept.version != found.version or kept.outcome not in STOPS:
        return None
    outcome = Outcome(kept.outcome)
    if outcome is Outcome.NO_METHOD and found.has_method:
        return None
    if outcome is Outcome.LIMIT_REACHED and (kept.look_again is None or kept.look_again <= now):
        return None
    until = kept.look_again if outcome is Outcome.LIMIT_REACHED else None
    return Stop(outcome, found.threshold, kept.why, until=until)


def _switched_off(found: Standing, now: datetime) -> Stop | None:
    """Return that money which went back has switched it off, for some days, unless a member has chosen since."""
    kept = found.kept
    if kept is None or kept.outcome != Outcome.MONEY_WENT_BACK or kept.version != found.version - 1:
        return None
    if kept.at is None or now - kept.at >= OFF_FOR:
        return None
    return Stop(Outcome.MONEY_WENT_BACK, found.threshold, at=kept.at)
