"""Prices that change on a day: announced to a customer, shown and withdrawn."""

from datetime import date

from pydantic import Field

from app.api.contract.operations import Model, Moment, caller, operation, resource
from app.models.customers import Customer
from app.services.month_end import price_changes
from app.services.month_end.price_changes import Announcement

bp = resource("price_changes")
PATH = "/customers/<customer_id>/price_changes"
TAG = "Subscriptions"


class PriceChangeIn(Model):
    """Which terms, and from when."""

    version: int = Field(ge=1, description="A version of the customer's catalog, newer than the one that it has.")
    on: date = Field(description="The day from which on (UTC): still to come, and within two years (`day_too_far`).")


class PriceChangeOut(Model):
    """What is announced, and what the customer's last months would have come to. Amounts are before tax."""

    id: str
    plan: str
    version: int
    on: date
    announced_at: Moment
    months: int = Field(description="How many months that are over are compared, three at most.")
    before_minor: int
    after_minor: int
    currency: str


class PriceChanges(Model):
    """What is announced."""

    data: list[PriceChangeOut]


@operation(
    bp,
    "POST",
    PATH,
    scope="customers:write",
    body=PriceChangeIn,
    answers={200: PriceChangeOut},
    refusals=(422,),
    tag=TAG,
)
def announce(customer: Customer, body: PriceChangeIn) -> PriceChangeOut:
    """Announce other prices to a customer.

    It is sent a mail, and has the version with the first plan period that begins on the day or later. The same again
    changes nothing; another one takes its place. A version that does not sell the plan by the interval that the
    customer pays is refused: 422 `interval_not_sold`.
    """
    return _shown(price_changes.announce(customer.customer_id, body.version, body.on, by=caller().key_id))


@operation(bp, "GET", PATH, scope="billing:read", answers={200: PriceChanges}, tag=TAG)
def read(customer: Customer) -> PriceChanges:
    """Read what is announced and has not come yet: one at most."""
    return _announced(customer)


@operation(bp, "DELETE", PATH, scope="customers:write", answers={200: PriceChanges}, tag=TAG)
def withdraw(customer: Customer) -> PriceChanges:
    """Withdraw what is announced and has not come yet. Twice is once.

    Whoever was sent a mail about it is sent another one, that it does not come.
    """
    price_changes.withdraw(customer.customer_id, by=caller().key_id)
    return _announced(customer)


def _announced(customer: Customer) -> PriceChanges:
    found = price_changes.of(customer)
    return PriceChanges(data=[] if found is None else [_shown(found)])


def _shown(found: Announcement) -> PriceChangeOut:
    row, said = found.row, found.compared
    return PriceChangeOut(
        id=row.id,
        plan=row.plan,
        version=row.catalog_version,
        on=row.effective_on,
        announced_at=row.created_at,
        months=said.months,
        before_minor=said.before.amount_minor,
        after_minor=said.after.amount_minor,
        currency=said.before.currency,
    )
