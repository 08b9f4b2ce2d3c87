"""What terms would have done: the record is walked movement by movement, and the one rule is asked at each of them."""

from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.auto_recharge.decision import Outcome
from app.domain.auto_recharge.record import Offer, Record
from app.domain.auto_recharge.terms import Terms
from app.domain.auto_recharge.walk import Stop, Walk
from app.domain.money import Credits, Money


@dataclass(frozen=True)
class Charge:
    """A charge that would have been made, and what is taken to have become of it."""

    at: datetime
    amount: Money
    credits: Credits
    method_id: str
    is_paid: bool
    ended_at: datetime | None
    payment_id: str = ""
    """The automatic payment that really was made then."""


@dataclass(frozen=True)
class Simulation:
    """What the terms would have done, the oldest first."""

    begins: datetime
    ends: datetime
    charges: tuple[Charge, ...]
    stops: tuple[Stop, ...]
    total: Money
    """What would have been paid."""
    is_cut: bool = False
    """Whether it ends early: so many charges were made by then that no more were looked at."""

    @property
    def days(self) -> int:
        """Return how many days were looked at."""
        return (self.ends.date() - self.begins.date()).days

    @property
    def paid(self) -> tuple[Charge, ...]:
        """Return the charges that would have been paid."""
        return tuple(each for each in self.charges if each.is_paid)

    @property
    def limits(self) -> tuple[tuple[datetime, datetime | None], ...]:
        """Return when the limit was reached, and when the next charge was made after that; None: none was."""
        reached = [each.at for each in self.stops if each.outcome is Outcome.LIMIT_REACHED]
        return tuple((at, next((each.at for each in self.charges if each.at > at), None)) for at in reached)


def simulate(terms: Terms, offer: Offer, record: Record) -> Simulation:
    """Return what the terms, taken as switched on when the record begins, would have done."""
    walk = Walk(replace(terms, enabled=True), offer, record)
    walk.through()
    charges = tuple(
        Charge(each.begun_at, each.amount, Credits(each.credits), each.method_id, each.is_paid, each.ended_at, each.id)
        for each in walk.made
    )
    total = sum(each.amount.amount_minor for each in charges if each.is_paid)
    currency = terms.period_limit.currency
    return Simulation(
        record.begins,
        walk.ended_at,
        charges,
        tuple(walk.stops),
        Money(total, currency),
        is_cut=walk.ended_at < record.ends,
    )
