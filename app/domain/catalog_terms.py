"""The terms of a catalog: what limits, charges, invoices and taxes start from."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from app.domain.money import Credits, Money


@dataclass(frozen=True)
class EventRule:
    """Which meter counts CloudEvents of a type, and where in their data the quantity and the subject stand."""

    type: str
    meter: str
    quantity: str = "value"
    subject: str = "subject"


@dataclass(frozen=True)
class Usage:
    """How usage is shown against the plan's limits."""

    warn_at_percent: tuple[int, ...] = (80, 100)
    alert_emails: int = 10
    events: tuple[EventRule, ...] = ()


@dataclass(frozen=True)
class AutoRecharge:
    """What auto-recharge starts with, and whether the customer may choose."""

    period_limit: Money
    offered: bool = False
    adjustable: bool = True
    threshold: Credits | None = None
    amount: Money | None = None
    pack: str = ""


@dataclass(frozen=True)
class SpendManagement:
    """What spend management starts with."""

    offered: bool = True
    enabled: bool = False
    daily_limit: Credits | None = None
    notify_threshold: Credits | None = None


@dataclass(frozen=True)
class Overage:
    """How far below zero a new customer's balance may go."""

    protection: Credits = Credits(0)


@dataclass(frozen=True)
class Arrears:
    """How far a customer with a payment method is served without credit, and pays afterwards."""

    exposure: Credits = Credits(0)


@dataclass(frozen=True)
class PaymentMethods:
    """Which ways to pay are taken, and where they are managed."""

    kinds: tuple[str, ...] = ("card",)
    top_up_only: tuple[str, ...] = ()
    manage: Literal["purser", "processor_portal", "both"] = "both"
    may_remove_last: bool = True
    transfer_country: str = ""
    """In which country a customer's account for bank transfers is; only in euros it can be chosen."""
    transfer_days: int = 14
    """For how many days an order by bank transfer keeps its price."""


@dataclass(frozen=True)
class Invoices:
    """How invoices are numbered and when they are due."""

    prefix: str = "INV"
    credit_note_prefix: str = "CN"
    due_days: int = 0
    correct_within_days: int = 30
    """How long after its day a customer may correct an invoice; 0: never."""
    credits_first: bool | None = None
    """Whether credit pays an invoice first; None: where tax is reckoned when credit is used."""
    charge_automatically: bool = True
    """Whether an invoice is charged to the saved method when it falls due; otherwise it is sent, and waits."""


@dataclass(frozen=True)
class Dunning:
    """What happens while an invoice stays unpaid."""

    retry_days: tuple[int, ...] = (1, 2, 3, 4, 5)
    suspend_after_days: int = 5
    other_methods: bool = False


@dataclass(frozen=True)
class Percent:
    """A share in whole hundredths of a percent: 1900 for 19 %."""

    basis_points: int


@dataclass(frozen=True)
class TaxRate:
    """The tax of a country, or of a part of it that has its own, from a day on."""

    country: str
    name: str
    percent: Percent
    since: date
    until: date | None = None
    """The last day; then the rate before it is in force again."""
    kind: Literal["standard", "reduced", "zero", "exempt"] = "standard"
    number: str = ""
    """The seller's number for this tax, where it is not `seller.tax_id`."""


@dataclass(frozen=True)
class Tax:
    """How tax is reckoned."""

    credits: Literal["at_purchase", "at_use"] = "at_purchase"
    prices: Literal["exclusive", "inclusive"] = "exclusive"
    reverse_charge: bool = True
    rates: tuple[TaxRate, ...] = ()


@dataclass(frozen=True)
class Referrals:
    """What a member earns from customers that he or she invited."""

    offered: bool = False
    percent: Percent = Percent(2000)
    months: int = 12
    sign_up_url: str = ""
    """Where the link of a member leads, with the code behind it."""


@dataclass(frozen=True)
class Embedding:
    """What the portal does inside the host product."""

    creates_members: bool = False
    """Whether a portal session for an address that no member has makes one, with the role that it names."""
