"""Auto-recharge as a forecast takes it, and what comes of it."""

from dataclasses import dataclass
from datetime import date, datetime

from app.domain.auto_recharge.decision import Facts, Outcome
from app.domain.money import Credits


@dataclass(frozen=True)
class Coming:
    """Credit that is on its way, and the day on which it is expected."""

    micros: int
    day: date
    is_automatic: bool = False


@dataclass(frozen=True)
class Recharge:
    """Auto-recharge as it stands now."""

    now: datetime
    facts: Facts
    floor: Credits = Credits(0)
    """The balance at which nothing is left: zero, or below it the end of the overage protection."""
    takes_days: bool = False
    """Whether a charge is a debit that takes days."""
    coming: tuple[Coming, ...] = ()


@dataclass(frozen=True)
class Recharged:
    """When the credit runs out though auto-recharge buys more; None: not within the days that were looked at."""

    earliest: date | None
    expected: date | None
    latest: date | None
    until: date
    """How far was looked."""
    charges_on: date | None = None
    """The first automatic charge at the expected pace."""
    limit_on: date | None = None
    """When the limit of a billing period first leaves less than a purchase that is due."""
    held_by: Outcome | None = None
    """Why nothing was charged when it ran out."""

    @property
    def is_counted(self) -> bool:
        """Whether anything that is to be bought is in it."""
        return self.charges_on is not None or self.expected is None
