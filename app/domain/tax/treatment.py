"""The treatment of a sale, as it is kept on its document, and the tax of a sum."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from app.domain.errors import ensure
from app.domain.money import Money, divided


class Category(StrEnum):
    """The category of a sale, by its code in EN 16931 (UNCL5305)."""

    STANDARD = "S"
    REVERSE_CHARGE = "AE"
    EXEMPT = "E"
    OUTSIDE = "O"
    ZERO = "Z"


class Reason(StrEnum):
    """Why a sale is taxed as it is."""

    STANDARD = "standard"
    NO_ADDRESS = "no_address"
    """The customer has no country yet: the seller's own is taken."""
    NUMBER_PENDING = "number_pending"
    NUMBER_UNVERIFIED = "number_unverified"
    NUMBER_UNAVAILABLE = "number_unavailable"
    """The service that could confirm the number has not answered."""
    NUMBER_FOR_SHOPS = "number_for_shops"
    """A number of the One Stop Shop: who has it sells to consumers, and it never shifts the tax."""
    NUMBER_FOR_GOODS = "number_for_goods"
    """A Northern Irish number: it counts for goods alone."""
    NUMBER_OF_SELLERS_STATE = "number_of_sellers_state"
    SAME_COUNTRY = "same_country"
    """The number is of another member state, but the customer is in the seller's own country."""
    REVERSE_CHARGE = "reverse_charge"
    EXEMPT_CERTIFICATE = "exempt_certificate"
    EXEMPT_RATE = "exempt_rate"
    ZERO_RATE = "zero_rate"
    TERRITORY = "territory"
    """A part of its country where that country's tax does not apply."""
    OUTSIDE = "outside"
    NOT_REGISTERED = "not_registered"
    """The seller collects no tax there."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """How one sale to one customer is taxed on one day, and why, as it is kept on its document."""

    category: Category
    percent: Decimal
    """0 unless the category is `STANDARD`."""
    name: str
    """What the tax is called, such as VAT or TVA; empty where there is none."""
    country: str
    """Whose tax it is; empty outside."""
    reason: Reason
    buyer_number: str = ""
    """The customer's registration that the reason speaks of."""
    seller_number: str = ""

    def __post_init__(self) -> None:
        ensure((self.percent > 0) == (self.category is Category.STANDARD), f"{self.percent} % in {self.category.name}")


def tax_on(net: Money, percent: Decimal) -> Money:
    """Return the tax on the sum of what is taxed alike: one rounding for a rate and category (BR-CO-17)."""
    share, whole = percent.as_integer_ratio()
    return Money(divided(net.amount_minor * share, 100 * whole), net.currency)


def tax_within(gross: Money, percent: Decimal) -> Money:
    """Return the tax that is in a sum, where prices include it."""
    share, whole = percent.as_integer_ratio()
    return Money(divided(gross.amount_minor * share, 100 * whole + share), gross.currency)
