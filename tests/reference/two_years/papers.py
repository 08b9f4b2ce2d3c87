"""The papers of a customer: what stands on each, what has paid it, and how an unpaid one is collected by the clock."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

from tests.reference.two_years.price_list import PriceList

SMALLEST = 50
"""Less than that nobody charges: fifty cents."""


@dataclass
class Pay:
    """Money that came; what is left of it may still be given back as credit."""

    left: int


@dataclass(frozen=True)
class Span:
    """What a line of a plan comes to, since when it counts, and its last day."""

    net: int
    since: datetime
    last: date

    def unused(self, day: date) -> Fraction:
        """Return which of its days are not over: all of today, but nothing of the first day, which may have begun late."""
        days = max(1, (self.last - self.since.date()).days)
        return Fraction(max(0, min(days, (self.last - day).days + 1)), days)


@dataclass
class Paper:
    """An invoice, a receipt or a credit note."""

    kind: str
    at: datetime
    lines: list[tuple[str, int]]
    net: int
    tax: int
    applied: int = 0
    """What credit has paid of it when it was written."""
    used: dict[str, int] = field(default_factory=dict)
    """What the lines of usage stand for, by meter, in millionths."""
    is_guess: bool = False
    """Whether the meters' parts of that cannot be known by counting days."""
    is_paid: bool = True
    falls_due: datetime | None = None
    late_from: datetime | None = None
    carried: list["Paper"] = field(default_factory=list)
    is_carried: bool = False
    percent: Fraction = Fraction(0)
    """What tax is on it."""
    spans: list["Span"] = field(default_factory=list)
    """From when until when the lines of a plan go."""
    returned: int = 0
    pays: list[Pay] = field(default_factory=list)
    failures: list[tuple[datetime, bool]] = field(default_factory=list)
    """When nothing came of an attempt of the schedule, and whether a bank had been asked."""
    from_credit: int = 0
    """What credit has paid of it later."""
    is_interim: bool = False

    @property
    def total(self) -> int:
        """With tax."""
        return self.net + self.tax

    @property
    def asks(self) -> int:
        """What is to be paid in money, for itself alone."""
        return self.total - self.applied - self.from_credit

    @property
    def collects(self) -> int:
        """What is to be paid in money, with what it carries."""
        return self.asks + sum(each.collects for each in self.carried)

    def unused(self, day: date) -> Fraction:
        """Return what its time of the plan that is not over on a day is worth, with tax: for bounds, not for prices."""
        net = sum((each.net * each.unused(day) for each in self.spans), Fraction(0))
        return max(Fraction(0), net) * Fraction(self.total, max(1, self.net)) + len(self.spans)

    def pay(self, pay: Pay) -> None:
        """It is paid, and what it carries."""
        self.is_paid = True
        self.pays.append(pay)
        for each in self.carried:
            each.pay(pay)

    def next_try(self, terms: PriceList) -> datetime | None:
        """When it is tried to collect it next; None: never."""
        if self.is_paid or self.falls_due is None or self.collects < SMALLEST:
            return None
        if not self.failures:
            return self.falls_due
        done = len(self.failures)
        if done > len(terms.retry_days):
            return None
        return self.failures[0][0] + timedelta(days=terms.retry_days[done - 1])

    def suspends(self, terms: PriceList) -> datetime | None:
        """From when nobody is served who has not paid it; None: not yet."""
        if self.is_paid or self.collects < SMALLEST or len(self.failures) <= len(terms.retry_days):
            return None
        return max(self.failures[-1][0], self.failures[0][0] + timedelta(days=terms.suspend_after_days))

    def is_late(self, now: datetime) -> bool:
        """Whether it should have been paid by now."""
        if self.is_paid or self.falls_due is None or self.late_from is None or self.collects < SMALLEST:
            return False
        refused = [at for at, asked in self.failures if asked]
        return min([*refused, self.late_from]) <= now
