"""The catalog: everything a seller sells and the terms it is sold on, as one frozen value.

The names are those of the TOML file (docs/catalog.md describes each). What must hold between keys is in
`catalog_rules.py`; what each key may hold by itself is checked where the file is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from app.domain.catalog_terms import (
    Arrears,
    AutoRecharge,
    Dunning,
    Embedding,
    Invoices,
    Overage,
    PaymentMethods,
    Referrals,
    SpendManagement,
    Tax,
    Usage,
)
from app.domain.money import Credits, Money, divided


class MeterKind(StrEnum):
    """How a meter makes a quantity out of usage events."""

    COUNT = "count"
    SUM = "sum"
    UNIQUE = "unique"
    LAST = "last"
    MAX = "max"

    @property
    def can_be_held(self) -> bool:
        """Whether use can be asked for beforehand: what a `unique`, `last` or `max` meter shows is known only after."""
        return self in {MeterKind.COUNT, MeterKind.SUM}


@dataclass(frozen=True)
class Seller:
    """The company that sells, as it stands on invoices."""

    name: str
    address: tuple[str, ...] = ()
    country: str = ""
    email: str = ""
    website: str = ""
    tax_id: str = ""
    city: str = ""
    postal_code: str = ""
    contact: str = ""
    phone: str = ""
    logo: str = ""
    """A small PNG as `data:` address."""


@dataclass(frozen=True)
class CreditTerms:
    """What a balance is counted in and how usage meets it."""

    currency: str
    unit: str
    unit_label: str = ""
    burn: Literal["realtime", "at_invoice"] = "realtime"
    low_balance: Credits | None = None
    expiry_notice_days: int = 7


@dataclass(frozen=True)
class TopUpBounds:
    """The free amount that a customer may add at once."""

    min: Money
    max: Money
    suggested: tuple[Money, ...] = ()


@dataclass(frozen=True)
class CreditPack:
    """A fixed amount of credit at a fixed price."""

    key: str
    title: str
    credits: Credits
    price: Money
    expires_after_days: int | None = None


@dataclass(frozen=True)
class Trial:
    """Credit that a new customer is given."""

    credits: Credits
    expires_after_days: int | None = None
    description: str = "Free Trial Credits"


@dataclass(frozen=True)
class MeterTier:
    """A step of a graduated price: up to `up_to` units (None: all the rest) each `per` units cost `credits`."""

    credits: Credits
    up_to: int | None = None


@dataclass(frozen=True)
class Meter:
    """A rule that counts, what customers read about it, and what a unit costs beyond the allowance."""

    key: str
    title: str
    description: str
    unit: str
    kind: MeterKind = MeterKind.SUM
    credits: Credits | None = None
    per: int = 1
    tiers: tuple[MeterTier, ...] = ()

    def steps(self, rate: Credits | None = None) -> tuple[tuple[int, int | None], ...]:
        """Return what each `per` units cost in micros, and up to how many; the last step has no end.

        `rate` is a plan's own price: it takes the place of all steps.
        """
        if rate is not None or not self.tiers:
            return (((rate or self.credits or Credits(0)).micros, None),)
        return tuple((tier.credits.micros, tier.up_to) for tier in self.tiers)

    def undivided(self, quantity: int, rate: Credits | None = None) -> int:
        """Return the micros that `per` times so many units beyond the allowance cost."""
        if rate is not None or not self.tiers:
            return self.steps(rate)[0][0] * max(0, quantity)
        total, done = 0, 0
        for micros, up_to in self.steps(rate):
            top = quantity if up_to is None else min(quantity, up_to)
            total += micros * max(0, top - done)
            done = max(done, top)
        return total

    def cost(self, quantity: int, rate: Credits | None = None) -> Credits:
        """Return what `quantity` units beyond the allowance cost, rounded once; `rate` is a plan's own price."""
        return Credits(divided(self.undivided(quantity, rate), self.per))

    @property
    def is_priced(self) -> bool:
        """Whether use beyond the allowance costs credit."""
        return self.credits is not None or bool(self.tiers)


@dataclass(frozen=True)
class Seats:
    """Seats of a plan: how many are in its price, how many there may be, and what one more costs."""

    included: int = 1
    max: int | None = None
    monthly: Money | None = None
    annual: Money | None = None


@dataclass(frozen=True)
class Plan:
    """What a customer subscribes to."""

    key: str
    title: str
    description: str = ""
    monthly: Money | None = None
    annual: Money | None = None
    on_request: bool = False
    seats: Seats | None = None
    allowances: tuple[tuple[str, int], ...] = ()
    limits: tuple[tuple[str, int], ...] = ()
    rates: tuple[tuple[str, Credits], ...] = ()
    features: tuple[str, ...] = ()

    def allowance(self, meter: str) -> int:
        """Return what the plan includes of the meter per period."""
        return dict(self.allowances).get(meter, 0)

    def limit(self, meter: str) -> int | None:
        """Return the most of the meter per period, or None where the plan sets no limit."""
        return dict(self.limits).get(meter)

    def rate(self, meter: str) -> Credits | None:
        """Return the plan's own price of the meter, or None where the meter's price applies."""
        return dict(self.rates).get(meter)

    @property
    def is_free(self) -> bool:
        """Whether having this plan costs nothing."""
        prices = [self.monthly, self.annual, *([self.seats.monthly, self.seats.annual] if self.seats else [])]
        return not self.on_request and all(price is None or price.amount_minor == 0 for price in prices)


@dataclass(frozen=True)
class Plans:
    """The plans, from the least to the most, and how a customer moves between them."""

    default: str
    tiers: tuple[Plan, ...]
    downgrade: Literal["period_end", "immediate"] = "period_end"
    periods: Literal["anniversary", "calendar_month"] = "anniversary"

    def __iter__(self) -> Iterator[Plan]:
        return iter(self.tiers)

    def __len__(self) -> int:
        return len(self.tiers)

    def plan(self, key: str) -> Plan | None:
        """Return the plan of this key, or None."""
        return next((plan for plan in self.tiers if plan.key == key), None)


@dataclass(frozen=True)
class Catalog:
    """One version of what a seller sells."""

    name: str
    title: str
    seller: Seller
    credits: CreditTerms
    auto_recharge: AutoRecharge
    plans: Plans
    top_up: TopUpBounds | None = None
    packs: tuple[CreditPack, ...] = ()
    trial: Trial | None = None
    meters: tuple[Meter, ...] = ()
    usage: Usage = Usage()
    overage: Overage = Overage()
    arrears: Arrears = Arrears()
    spend_management: SpendManagement = SpendManagement()
    payment_methods: PaymentMethods = PaymentMethods()
    invoices: Invoices = Invoices()
    dunning: Dunning = Dunning()
    tax: Tax = Tax()
    referrals: Referrals = Referrals()
    embedding: Embedding = Embedding()
    version: int = 0
    """Its number among the versions that were applied; 0: it was not applied yet."""

    @property
    def seller_name(self) -> str:
        """The company that sells."""
        return self.seller.name

    @property
    def currency(self) -> str:
        """What customers pay in."""
        return self.credits.currency

    @property
    def credit_unit(self) -> str:
        """What balances are counted in."""
        return self.credits.unit

    @property
    def credit_unit_label(self) -> str:
        """The unit as pages write it beside an amount."""
        return self.credits.unit_label or self.credits.unit

    @property
    def sells_money_credit(self) -> bool:
        """Whether credit is the currency itself, not a named unit."""
        return self.credits.unit == self.credits.currency

    @property
    def adds_tax(self) -> bool:
        """Whether a purchase of credit may cost its tax on top of its price."""
        return self.tax.credits == "at_purchase" and self.tax.prices == "exclusive" and bool(self.tax.rates)

    @property
    def credit_pays_invoices(self) -> bool:
        """Whether credit pays an invoice before a payment method is charged: never where it was taxed when bought."""
        return self.tax.credits == "at_use" and self.invoices.credits_first is not False

    @property
    def overage_protection(self) -> Credits:
        """How far below zero a new customer's balance may go."""
        return self.overage.protection

    @property
    def trial_grant(self) -> Trial | None:
        """The credit that a new customer is given, if any."""
        return self.trial

    def meter(self, key: str) -> Meter | None:
        """Return the meter of this key, or None."""
        return next((meter for meter in self.meters if meter.key == key), None)

    def pack(self, key: str) -> CreditPack | None:
        """Return the pack of this key, or None."""
        return next((pack for pack in self.packs if pack.key == key), None)
