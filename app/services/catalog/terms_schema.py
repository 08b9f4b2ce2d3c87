"""The keys of a catalog file that say on which terms is sold: what stands in `catalog_terms` of the domain.

Read by the same rules as those of what is sold (`schema`).
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from app.domain import catalog_terms as terms
from app.domain.money import Credits
from app.services.catalog.values import (
    CreditText,
    Key,
    MethodKind,
    MoneyText,
    PercentText,
    Section,
    TaxPlace,
    Words,
)


class AutoRechargeSection(Section):
    """What auto-recharge starts with."""

    becomes = terms.AutoRecharge
    offered: bool = False
    adjustable: bool = True
    threshold: CreditText | None = None
    amount: MoneyText | None = None
    pack: Key = ""
    period_limit: MoneyText = Field(default="50", validate_default=True)


class SpendManagementSection(Section):
    """What spend management starts with."""

    becomes = terms.SpendManagement
    offered: bool = True
    enabled: bool = False
    daily_limit: CreditText | None = None
    notify_threshold: CreditText | None = None


class OverageSection(Section):
    """Overage protection."""

    becomes = terms.Overage
    protection: CreditText = Credits(0)


class ArrearsSection(Section):
    """Paying afterwards."""

    becomes = terms.Arrears
    exposure: CreditText = Credits(0)


class PaymentMethodsSection(Section):
    """Ways to pay."""

    becomes = terms.PaymentMethods
    kinds: Annotated[list[MethodKind], Field(min_length=1)] = ["card"]
    top_up_only: list[MethodKind] = []
    manage: Literal["purser", "processor_portal", "both"] = "both"
    may_remove_last: bool = True
    transfer_country: Literal["", "DE", "FR", "IE", "NL"] = ""
    transfer_days: Annotated[int, Field(ge=1, le=90)] = 14


class InvoicesSection(Section):
    """How invoices are numbered and due."""

    becomes = terms.Invoices
    prefix: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,8}$")] = "INV"
    credit_note_prefix: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,8}$")] = "CN"
    due_days: Annotated[int, Field(ge=0, le=120)] = 0
    correct_within_days: Annotated[int, Field(ge=0, le=366)] = 30
    credits_first: bool | None = None
    charge_automatically: bool = True


class DunningSection(Section):
    """What happens to unpaid invoices."""

    becomes = terms.Dunning
    retry_days: Annotated[list[Annotated[int, Field(ge=1, le=90)]], Field(max_length=15)] = [1, 2, 3, 4, 5]
    suspend_after_days: Annotated[int, Field(ge=1, le=120)] = 5
    other_methods: bool = False


class TaxRateSection(Section):
    """A country's rate."""

    becomes = terms.TaxRate
    country: TaxPlace
    name: Words
    percent: PercentText
    since: date
    until: date | None = None
    kind: Literal["standard", "reduced", "zero", "exempt"] = "standard"
    number: Annotated[str, Field(max_length=30)] = ""


class TaxSection(Section):
    """How tax is reckoned."""

    becomes = terms.Tax
    credits: Literal["at_purchase", "at_use"] = "at_purchase"
    prices: Literal["exclusive", "inclusive"] = "exclusive"
    reverse_charge: bool = True
    rates: Annotated[list[TaxRateSection], Field(max_length=500)] = []


class ReferralsSection(Section):
    """What an invitation earns."""

    becomes = terms.Referrals
    offered: bool = False
    percent: PercentText = terms.Percent(2000)
    months: Annotated[int, Field(ge=1, le=120)] = 12
    sign_up_url: Annotated[str, Field(pattern=r"^https://\S+$", max_length=500)] = ""


class EmbeddingSection(Section):
    """The portal inside the host product."""

    becomes = terms.Embedding
    creates_members: bool = False
