"""Customers: who is billed."""

from pydantic import ConfigDict, Field, JsonValue

from app.api.contract.operations import (
    Model,
    Moment,
    Page,
    PageQuery,
    caller,
    decode_cursor,
    operation,
    page_of,
    resource,
)
from app.models.customers import Customer
from app.services.customers import directory, registration

bp = resource("customers")
TAG = "Customers"
LANGUAGE = "The language of documents and billing e-mails: one that is offered, such as en. Those that are there stay."
EMAIL: dict[str, JsonValue] = {"format": "email"}


class CustomerIn(Model):
    """A new customer."""

    external_id: str | None = Field(None, min_length=1, max_length=200, description="Your own id of the customer.")
    name: str = Field(min_length=1, max_length=200)
    email: str = Field(max_length=254, description="Where invoices go.", json_schema_extra=EMAIL)
    currency: str | None = Field(None, min_length=3, max_length=3, description="The currency the customer pays in.")
    plan: str | None = Field(None, max_length=60, description="A plan's key; null: the catalog's default.")
    catalog: str | None = Field(None, max_length=60, description="Needed only where several catalogs fit.")
    referral_code: str | None = Field(
        None, min_length=1, max_length=40, description="From the link that the customer followed: who has invited it."
    )


class CustomerChange(Model):
    """What to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Acme GmbH"}]})

    external_id: str = Field(default_factory=str, min_length=1, max_length=200)
    name: str = Field(default_factory=str, min_length=1, max_length=200)
    email: str = Field(default_factory=str, max_length=254, json_schema_extra=EMAIL)
    plan: str | None = Field(
        None, max_length=60, description="Only the plan in force: another one is ordered by the subscription."
    )
    po_required: bool = Field(
        default_factory=bool, description="Whether the customer's invoices need a purchase order number."
    )
    language: str = Field(default_factory=str, min_length=2, max_length=35, description=LANGUAGE)


class CustomerOut(Model):
    """A customer."""

    id: str
    external_id: str | None
    name: str
    email: str
    catalog: str
    catalog_version: int = Field(description="The version of the catalog that the plan was given with, and is kept.")
    plan: str | None = Field(
        description="As it was given; null: the default plan of that version, which `usage` names."
    )
    currency: str
    credit_unit: str
    standing: str = Field(description="good, past_due, suspended or closed.")
    po_required: bool = Field(description="Whether the customer's invoices need a purchase order number.")
    language: str = Field(description=LANGUAGE)
    created_at: Moment


class CustomerQuery(PageQuery):
    """Which customers."""

    external_id: str | None = Field(None, max_length=200, description="Only the one with this id of yours.")


@operation(
    bp,
    "POST",
    "/customers",
    scope="customers:write",
    body=CustomerIn,
    answers={201: CustomerOut},
    refusals=(409,),
    tag=TAG,
)
def create(body: CustomerIn) -> CustomerOut:
    """Create a customer.

    An `external_id` that is taken is refused with 409. A `referral_code` that nobody has, or that would earn
    nothing, is refused with 422: sent without it, the customer is created, and nobody has invited it.
    """
    catalog = directory.catalog_for(body.catalog, body.currency, body.plan)
    made = registration.create(
        name=body.name,
        email=body.email,
        catalog=catalog,
        external_id=body.external_id,
        plan=body.plan or "",
        referral_code=body.referral_code or "",
        trial=True,
        actor=caller().key_id,
    )
    return _shown(made)


@operation(
    bp, "GET", "/customers", scope="billing:read", query=CustomerQuery, answers={200: Page[CustomerOut]}, tag=TAG
)
def listed(query: CustomerQuery) -> Page[CustomerOut]:
    """List customers, the newest first."""
    before = decode_cursor(query.cursor, str)
    rows = directory.listed(
        query.limit + 1,
        before=before[0] if before else None,
        external_id=query.external_id,
        only=caller().customer_id,
    )
    data, following = page_of(rows, query.limit, _shown, lambda row: [row.customer_id])
    return Page[CustomerOut](data=data, next_cursor=following)


@operation(bp, "GET", "/customers/<customer_id>", scope="billing:read", answers={200: CustomerOut}, tag=TAG)
def read(customer: Customer) -> CustomerOut:
    """Read a customer."""
    return _shown(customer)


@operation(
    bp,
    "PATCH",
    "/customers/<customer_id>",
    scope="customers:write",
    body=CustomerChange,
    answers={200: CustomerOut},
    refusals=(409,),
    tag=TAG,
)
def change(customer: Customer, body: CustomerChange) -> CustomerOut:
    """Change a customer.

    The plan in force, by its key or, where it is the default, by null, changes nothing. Another one is refused with 409
    `plan_by_subscription`: it has a price, which is previewed and ordered at the customer's subscription.
    """
    sent = body.model_dump(exclude_unset=True)
    if sent.get("plan", "") is None:
        sent["plan"] = ""  # as the rows have the default plan
    wanted = directory.Change(**sent)
    return _shown(directory.change(customer.customer_id, wanted, by=caller().key_id))


def _shown(row: Customer) -> CustomerOut:
    return CustomerOut(
        id=row.customer_id,
        external_id=row.external_id,
        name=row.name,
        email=row.email,
        catalog=row.catalog,
        catalog_version=row.catalog_version,
        plan=row.plan or None,
        currency=row.currency,
        credit_unit=row.credit_unit,
        standing=row.standing,
        po_required=row.po_required,
        language=row.language,
        created_at=row.created_at,
    )
