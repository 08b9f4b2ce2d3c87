"""The catalog as sold: plans, meters and packs."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from pydantic import Field

from app.api.contract.operations import (
    CreditsFromZero,
    CreditsText,
    Model,
    Page,
    PageQuery,
    caller,
    customer_in,
    decode_cursor,
    operation,
    page_of,
    resource,
)
from app.api.contract.shapes import MoneyOut, money_out
from app.domain.catalog import Catalog, CreditPack, Meter, Plan, Seats
from app.services.customers import directory

bp = resource("catalog")
TAG = "Catalog"


class CatalogQuery(PageQuery):
    """Which catalog."""

    catalog: str | None = Field(None, max_length=60, description="Only this catalog; else all of them.")
    customer: str | None = Field(
        None,
        max_length=200,
        description="What this customer (our id, or your `external_id`) has: the plans and meters of the version that "
        "is kept, and the packs of today.",
    )


class Keyed(Model):
    """What a catalog holds, by its key."""

    catalog: str
    key: str
    title: str


Row = TypeVar("Row", bound=Keyed)


class Versioned(Keyed):
    """What a version of a catalog holds."""

    catalog_version: int


class SeatsOut(Model):
    """Seats of a plan."""

    included: int
    max: int | None
    monthly: MoneyOut | None
    annual: MoneyOut | None


class PlanOut(Versioned):
    """A plan."""

    description: str
    is_default: bool
    on_request: bool
    monthly: MoneyOut | None
    annual: MoneyOut | None
    seats: SeatsOut | None
    allowances: dict[str, int] = Field(description="What is included of each meter in a billing period.")
    limits: dict[str, int] = Field(description="The most of each meter in a billing period.")
    rates: dict[str, CreditsText] = Field(description="The plan's own prices of meters.")
    features: list[str]


class TierOut(Model):
    """A step of a graduated price."""

    up_to: int | None
    credits: CreditsFromZero


class MeterOut(Versioned):
    """A meter: what it counts and what a unit beyond the allowance costs."""

    description: str
    unit: str
    kind: str = Field(description="count, sum, unique, last or max.")
    credits: CreditsFromZero | None = Field(description="For `per` units; null: not priced this way.")
    per: int
    tiers: list[TierOut]


class PackOut(Keyed):
    """A fixed amount of credit at a fixed price."""

    credits: CreditsFromZero
    price: MoneyOut | None
    expires_after_days: int | None


@operation(
    bp,
    "GET",
    "/plans",
    scope="billing:read",
    query=CatalogQuery,
    answers={200: Page[PlanOut]},
    refusals=(404,),
    tag=TAG,
)
def plans(query: CatalogQuery) -> Page[PlanOut]:
    """List the plans, from the least to the most: those that are offered, or those of a customer's version.

    A key for one customer lists that customer's.
    """
    data, following = _page(query, lambda sold: (_plan(sold, each) for each in sold.plans))
    return Page[PlanOut](data=data, next_cursor=following)


@operation(
    bp,
    "GET",
    "/meters",
    scope="billing:read",
    query=CatalogQuery,
    answers={200: Page[MeterOut]},
    refusals=(404,),
    tag=TAG,
)
def meters(query: CatalogQuery) -> Page[MeterOut]:
    """List the meters: those that are offered, or those of a customer's version.

    A key for one customer lists that customer's.
    """
    data, following = _page(query, lambda sold: (_meter(sold, each) for each in sold.meters))
    return Page[MeterOut](data=data, next_cursor=following)


@operation(
    bp,
    "GET",
    "/packs",
    scope="billing:read",
    query=CatalogQuery,
    answers={200: Page[PackOut]},
    refusals=(404,),
    tag=TAG,
)
def packs(query: CatalogQuery) -> Page[PackOut]:
    """List the credit packs."""
    data, following = _page(query, lambda sold: (_pack(sold, each) for each in sold.packs))
    return Page[PackOut](data=data, next_cursor=following)


def _page(query: CatalogQuery, rows_of: Callable[[Catalog], Iterable[Row]]) -> tuple[list[Row], str | None]:
    after = decode_cursor(query.cursor, str, str)
    found = directory.catalogs_seen(query.catalog, only=_whose(query))
    rows = [row for sold in found for row in rows_of(sold)]
    keys = [[row.catalog, row.key] for row in rows]
    begin = keys.index(after) + 1 if after in keys else 0
    return page_of(rows[begin:], query.limit, lambda row: row, lambda row: [row.catalog, row.key])


def _whose(query: CatalogQuery) -> str | None:
    """Return the customer that the caller asks about, or the only one that it may ask about; None: what is offered."""
    return caller().customer_id if query.customer is None else customer_in(query.customer).customer_id


def _plan(sold: Catalog, plan: Plan) -> PlanOut:
    return PlanOut(
        catalog=sold.name,
        catalog_version=sold.version,
        key=plan.key,
        title=plan.title,
        description=plan.description,
        is_default=plan.key == sold.plans.default,
        on_request=plan.on_request,
        monthly=money_out(plan.monthly),
        annual=money_out(plan.annual),
        seats=_seats(plan.seats),
        allowances=dict(plan.allowances),
        limits=dict(plan.limits),
        rates=dict(plan.rates),
        features=list(plan.features),
    )


def _seats(seats: Seats | None) -> SeatsOut | None:
    if seats is None:
        return None
    monthly, annual = money_out(seats.monthly), money_out(seats.annual)
    return SeatsOut(included=seats.included, max=seats.max, monthly=monthly, annual=annual)


def _meter(sold: Catalog, meter: Meter) -> MeterOut:
    return MeterOut(
        catalog=sold.name,
        catalog_version=sold.version,
        key=meter.key,
        title=meter.title,
        description=meter.description,
        unit=meter.unit,
        kind=meter.kind.value,
        credits=meter.credits,
        per=meter.per,
        tiers=[TierOut(up_to=tier.up_to, credits=tier.credits) for tier in meter.tiers],
    )


def _pack(sold: Catalog, pack: CreditPack) -> PackOut:
    return PackOut(
        catalog=sold.name,
        key=pack.key,
        title=pack.title,
        credits=pack.credits,
        price=money_out(pack.price),
        expires_after_days=pack.expires_after_days,
    )
