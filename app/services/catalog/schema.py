"""The keys of a catalog file: what each may hold by itself. An unknown key is refused.

Every class stands for one table of the TOML file and becomes the domain's value of the same shape. Amounts are text in
quotes or whole numbers, never binary fractions.
"""

from typing import Annotated, Literal

from pydantic import Field

from app.domain import catalog as goods
from app.domain import catalog_terms as terms
from app.services.catalog.terms_schema import (
    ArrearsSection,
    AutoRechargeSection,
    DunningSection,
    EmbeddingSection,
    InvoicesSection,
    OverageSection,
    PaymentMethodsSection,
    ReferralsSection,
    SpendManagementSection,
    TaxSection,
)
from app.services.catalog.values import (
    Count,
    Country,
    CreditText,
    Days,
    Key,
    Logo,
    MoneyText,
    Section,
    Words,
)


class SellerSection(Section):
    """Who sells."""

    becomes = goods.Seller
    name: Words
    address: Annotated[list[Words], Field(max_length=6)] = []
    country: Country = ""
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)] = ""
    website: Annotated[str, Field(pattern=r"^https://\S+$", max_length=200)] = ""
    tax_id: Words = ""
    city: Words = ""
    postal_code: Words = ""
    contact: Words = ""
    phone: Annotated[str, Field(pattern=r"^[+()0-9 ./-]{3,40}$")] = ""
    logo: Logo = ""


class CreditSection(Section):
    """What a balance is counted in."""

    becomes = goods.CreditTerms
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    unit: Annotated[str, Field(pattern=r"^([A-Z]{3}|[a-z][a-z0-9_]{0,19})$")]
    unit_label: Annotated[str, Field(min_length=1, max_length=20)] = ""
    burn: Literal["realtime", "at_invoice"] = "realtime"
    low_balance: CreditText | None = None
    expiry_notice_days: Annotated[int, Field(ge=0, le=365)] = 7


class TopUpSection(Section):
    """The free amount."""

    becomes = goods.TopUpBounds
    min: MoneyText
    max: MoneyText
    suggested: Annotated[list[MoneyText], Field(max_length=6)] = []


class PackSection(Section):
    """A pack."""

    becomes = goods.CreditPack
    key: Key
    title: Words
    credits: CreditText
    price: MoneyText
    expires_after_days: Days | None = None


class TrialSection(Section):
    """A new customer's credit."""

    becomes = goods.Trial
    credits: CreditText
    expires_after_days: Days | None = None
    description: Words = "Free Trial Credits"


class MeterTierSection(Section):
    """A step of a graduated price."""

    becomes = goods.MeterTier
    credits: CreditText
    up_to: Annotated[int, Field(ge=1, le=10**15)] | None = None


class MeterSection(Section):
    """A meter."""

    becomes = goods.Meter
    key: Key
    title: Words
    description: Words
    unit: Annotated[str, Field(min_length=1, max_length=40)]
    kind: Literal["count", "sum", "unique", "last", "max"] = "sum"
    credits: CreditText | None = None
    per: Annotated[int, Field(ge=1, le=10**9)] = 1
    tiers: Annotated[list[MeterTierSection], Field(max_length=20)] = []

    def value(self) -> goods.Meter:
        """Return the meter, its kind as the domain's word."""
        meter: goods.Meter = super().value()
        object.__setattr__(meter, "kind", goods.MeterKind(self.kind))
        return meter


class EventRuleSection(Section):
    """Which meter counts CloudEvents of a type."""

    becomes = terms.EventRule
    type: Annotated[str, Field(min_length=1, max_length=200)]
    meter: Key
    quantity: Annotated[str, Field(min_length=1, max_length=60)] = "value"
    subject: Annotated[str, Field(min_length=1, max_length=60)] = "subject"


class UsageSection(Section):
    """How usage is shown."""

    becomes = terms.Usage
    warn_at_percent: Annotated[list[Annotated[int, Field(ge=1, le=100)]], Field(min_length=1, max_length=5)] = [80, 100]
    alert_emails: Annotated[int, Field(ge=1, le=50)] = 10
    events: Annotated[list[EventRuleSection], Field(max_length=50)] = []


class SeatsSection(Section):
    """A plan's seats."""

    becomes = goods.Seats
    included: Annotated[int, Field(ge=1, le=100_000)] = 1
    max: Annotated[int, Field(ge=1, le=100_000)] | None = None
    monthly: MoneyText | None = None
    annual: MoneyText | None = None


class PlanSection(Section):
    """A plan."""

    becomes = goods.Plan
    key: Key
    title: Words
    description: Annotated[str, Field(max_length=500)] = ""
    monthly: MoneyText | None = None
    annual: MoneyText | None = None
    on_request: bool = False
    seats: SeatsSection | None = None
    allowances: dict[str, Count] = {}
    limits: dict[str, Count] = {}
    rates: dict[str, CreditText] = {}
    features: Annotated[list[Words], Field(max_length=30)] = []


class PlansSection(Section):
    """The plans."""

    becomes = goods.Plans
    default: Key
    downgrade: Literal["period_end", "immediate"] = "period_end"
    periods: Literal["anniversary", "calendar_month"] = "anniversary"
    tiers: Annotated[list[PlanSection], Field(min_length=1, max_length=50)]


class CatalogFile(Section):
    """The whole file."""

    becomes = goods.Catalog
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,59}$")]
    title: Words
    seller: SellerSection
    credits: CreditSection
    top_up: TopUpSection | None = None
    packs: Annotated[list[PackSection], Field(max_length=50)] = []
    trial: TrialSection | None = None
    meters: Annotated[list[MeterSection], Field(max_length=50)] = []
    usage: UsageSection = UsageSection()
    plans: PlansSection
    auto_recharge: AutoRechargeSection = Field(default={}, validate_default=True)
    spend_management: SpendManagementSection = SpendManagementSection()
    overage: OverageSection = OverageSection()
    arrears: ArrearsSection = ArrearsSection()
    payment_methods: PaymentMethodsSection = PaymentMethodsSection()
    invoices: InvoicesSection = InvoicesSection()
    dunning: DunningSection = DunningSection()
    tax: TaxSection = TaxSection()
    referrals: ReferralsSection = ReferralsSection()
    embedding: EmbeddingSection = EmbeddingSection()
