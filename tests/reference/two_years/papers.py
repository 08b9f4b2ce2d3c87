"""The papers of a customer: what stands on each, what has paid it, and how an unpaid one is collected by the clock."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.reference.two_years.price_list import PriceList

SMALLEST = 50
"""Less than that nobody charges: fifty cents."""


@dataclass
class Pay:
    """Money that came; what is left of it may still be given back as credit."""

    left: int


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
    is_paid: bool = True
    falls_due: datetime | None = None
    late_from: datetime | None = None
    carried: list["Paper"] = field(default_factory=list)
    is_carried: bool = False
    ends: datetime | None = None
    """Until when the plan on it goes."""
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

    @property
    def of_plan(self) -> int:
        """What of it is for a plan, before tax."""
        return sum(net for kind, net in self.lines if kind in {"base_fee", "seats", "proration"})

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
