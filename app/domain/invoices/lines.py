"""What a document lists: each line says what was sold, for how much before tax, and under which tax."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from app.domain.errors import ensure
from app.domain.money import Money


class LineKind(StrEnum):
    """What a line is for."""

    BASE_FEE = "base_fee"
    SEATS = "seats"
    PRORATION = "proration"
    USAGE = "usage"
    OVERAGE = "overage"
    TOP_UP = "top_up"
    DISCOUNT = "discount"
    """Promotional, trial or referral credit: it lowers the price before tax."""
    RETURNED = "returned"
    """On a credit note: what went back of the lines of its invoice."""
    CREDITS_APPLIED = "credits_applied"
    """Credit that pays a part of the total, after tax."""
    ROUNDING = "rounding"
    """What the total loses where a currency's last digit cannot be paid."""


SOLD = frozenset(LineKind) - {LineKind.CREDITS_APPLIED, LineKind.ROUNDING}
"""The kinds that carry tax. The other two stand below the total."""
OF_PLANS = tuple(each.value for each in (LineKind.BASE_FEE, LineKind.SEATS, LineKind.PRORATION))
"""The kinds that are for time of a plan, as columns keep them."""
_MAY_LOWER = frozenset({LineKind.PRORATION, LineKind.DISCOUNT})


@dataclass(frozen=True, slots=True, order=True)
class Rate:
    """A tax category of EN 16931 (`S`, `AE`, `E`, `O`, `Z`) and its percent: all lines of one rate are taxed as one."""

    category: str
    percent: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        ensure(self.category and 0 <= self.percent <= 100, f"no tax rate: {self.category!r}, {self.percent}")
        ensure(self.category == "S" or self.percent == 0, f"{self.category} carries no tax")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing sold, before tax. Only prorations and discounts may be below zero."""

    kind: LineKind
    description: str
    net: Money
    rate: Rate
    quantity: int = 1
    unit_price: Decimal | None = None
    """None: the quantity has no one price, as with rising steps."""
    meter: str = ""
    begins_on: date | None = None
    ends_on: date | None = None
    """The first and the last day on which it was used."""
    say: Callable[[], str] | None = field(default=None, compare=False, repr=False)
    """Says the description anew, in the language of the work under way: a preview's is that of whoever looks at it."""

    def __post_init__(self) -> None:
        ensure(self.kind in SOLD, f"{self.kind} is no line that is taxed")
        ensure(self.description, "a line that says nothing")
        ensure(self.net.amount_minor >= 0 or self.kind in _MAY_LOWER, f"a {self.kind} of {self.net}")

    @property
    def said(self) -> str:
        """The description in the language of the work under way, where it can be said anew."""
        return self.say() if self.say is not None else self.description
