"""E-invoice: what EN 16931 says of an invoice or credit note. Its sums are proved here, where its rules look away.

The rules of EN 16931 let a tax be 0.99 off, and none of them multiplies a quantity by its price. So whoever makes an
`EInvoice` whose figures do not add up to the cent gets no e-invoice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from app.domain.currencies import exponent
from app.domain.errors import ensure
from app.domain.invoices.lines import Rate
from app.domain.money import Money, divided
from app.domain.tax.treatment import tax_on

MOST_DECIMALS = 2
"""EN 16931 has no amounts with more, so none of those currencies can be said."""


class Profile(StrEnum):
    """Which rules the e-invoice keeps, by the name that it bears."""

    EN_16931 = "urn:cen.eu:en16931:2017"
    XRECHNUNG = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"


class TypeCode(StrEnum):
    """What the document is (UNTDID 1001). Amounts of a credit note are positive too."""

    INVOICE = "380"
    CREDIT_NOTE = "381"


@dataclass(frozen=True, slots=True)
class Party:
    """The seller or the buyer. Empty text where something is not known."""

    name: str
    country: str
    street: tuple[str, ...] = ()
    city: str = ""
    postal_code: str = ""
    region: str = ""
    email: str = ""
    vat_number: str = ""
    """It begins with the letters of its country."""
    tax_number: str = ""
    """Any other registration for tax."""
    contact: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A line: its net amount is its quantity at `price` for each `price_quantity`, to the cent."""

    description: str
    quantity: int
    price: Decimal
    price_quantity: int
    net: Money
    rate: Rate
    begins_on: date | None = None
    ends_on: date | None = None

    def __post_init__(self) -> None:
        ensure(self.price >= 0 and self.price_quantity > 0, f"a price of {self.price} for {self.price_quantity}")
        ensure(
            product(self.quantity, self.price, self.price_quantity, self.net.currency) == self.net,
            f"{self.quantity} at {self.price} for {self.price_quantity} is not {self.net}",
        )


def product(quantity: int, price: Decimal, price_quantity: int, currency: str) -> Money:
    """Return what a quantity comes to at a price for each `price_quantity`, rounded once."""
    share, whole = (price * quantity).scaleb(exponent(currency)).as_integer_ratio()
    return Money(divided(share, whole * price_quantity), currency)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What lowers the price before tax, such as promotional credit; as a positive amount."""

    description: str
    amount: Money
    rate: Rate

    def __post_init__(self) -> None:
        ensure(self.amount.amount_minor > 0, f"an allowance of {self.amount}")


@dataclass(frozen=True, slots=True)
class TaxGroup:
    """All that is taxed under one rate; why, where no tax is due."""

    rate: Rate
    net: Money
    tax: Money
    reason: str = ""
    reason_code: str = ""


@dataclass(frozen=True, slots=True)
class EInvoice:
    """An invoice or credit note as EN 16931 says it."""

    profile: Profile
    type_code: TypeCode
    number: str
    issued_on: date
    currency: str
    seller: Party
    buyer: Party
    items: tuple[Item, ...]
    allowances: tuple[Allowance, ...]
    taxes: tuple[TaxGroup, ...]
    net: Money
    tax: Money
    total: Money
    prepaid: Money
    rounding: Money
    due: Money
    due_on: date | None = None
    terms: str = ""
    paid_with: str = ""
    purchase_order: str = ""
    buyer_reference: str = ""
    note: str = ""
    preceding: tuple[str, date] | None = None
    """Number and day of the invoice that a credit note returns a part of, or in whose place an invoice is."""
    sold_on: date | None = None
    """The day of the sale, where that is not the day of issue and no line has a period."""

    def __post_init__(self) -> None:
        zero = Money(0, self.currency)
        ensure(self.items, f"{self.number} has no line")
        for group in self.taxes:
            sold = _sum((each.net for each in self.items if each.rate == group.rate), zero)
            less = _sum((each.amount for each in self.allowances if each.rate == group.rate), zero)
            ensure(sold - less == group.net, f"{self.number}: {sold} less {less} is not {group.net}")
            off = (group.tax - tax_on(group.net, group.rate.percent)).amount_minor
            ensure(abs(off) <= 1, f"{self.number}: {group.tax} on {group.net}")  # a part has the rest of a rounding
        rates = {each.rate for each in self.items} | {each.rate for each in self.allowances}
        ensure(rates <= {group.rate for group in self.taxes}, f"{self.number} has a line without its tax")
        ensure(_sum((group.net for group in self.taxes), zero) == self.net, f"{self.number}: nets")
        ensure(_sum((group.tax for group in self.taxes), zero) == self.tax, f"{self.number}: taxes")
        ensure(self.net + self.tax == self.total, f"{self.number}: total")
        ensure(self.total - self.prepaid + self.rounding == self.due >= zero, f"{self.number}: due")

    @property
    def lines_total(self) -> Money:
        """What all lines come to before allowances."""
        return _sum((each.net for each in self.items), Money(0, self.currency))

    @property
    def allowances_total(self) -> Money:
        """What all allowances come to."""
        return _sum((each.amount for each in self.allowances), Money(0, self.currency))


def _sum(amounts: Iterable[Money], zero: Money) -> Money:
    return sum(amounts, zero)
