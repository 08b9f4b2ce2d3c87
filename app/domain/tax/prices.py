"""What a purchase of credit comes to with its tax: decided when it is ordered, and the same for page and charge."""

from dataclasses import dataclass
from typing import Literal

from app.domain import processor_amounts
from app.domain.money import Money
from app.domain.tax.treatment import Treatment, tax_on, tax_within


@dataclass(frozen=True, slots=True)
class Price:
    """What a purchase comes to: before tax, its tax, and both."""

    net: Money
    tax: Money

    @property
    def total(self) -> Money:
        """Both together."""
        return self.net + self.tax

    @property
    def charged(self) -> Money:
        """The total, as far as the payment processor can charge it: where the last digit cannot be, it is left out."""
        return processor_amounts.taken_of(self.total)


@dataclass(frozen=True, slots=True)
class Taxation:
    """How a customer's purchases of credit are taxed, and what the catalog's prices mean."""

    treatment: Treatment | None = None
    """None: credit is taxed when it is used, and a purchase is a payment on account."""
    prices: Literal["exclusive", "inclusive"] = "exclusive"

    def price(self, listed: Money) -> Price:
        """Return what a purchase comes to that the catalog sells for `listed`: one rounding of its tax."""
        if self.treatment is None:
            return Price(listed, Money(0, listed.currency))
        if self.prices == "inclusive":
            tax = tax_within(listed, self.treatment.percent)
            return Price(listed - tax, tax)
        return Price(listed, tax_on(listed, self.treatment.percent))

    @property
    def adds(self) -> bool:
        """Whether tax comes on top of the catalog's prices."""
        return self.treatment is not None and self.treatment.percent > 0 and self.prices == "exclusive"


UNTAXED = Taxation()
"""How a payment on account is taxed: not at all."""
