"""A customer's subscription: what it has of the plans, how many seats are used, and whether it goes on."""

from typing import Literal

from pydantic import Field

from app.api.contract.operations import Model, Moment, caller, operation, resource
from app.domain.subscriptions.choice import Choice
from app.models.customers import Customer
from app.models.subscriptions import PlanChange
from app.services.subscriptions import announced, cancellation, reads, seats

bp = resource("subscriptions")
PATH = "/customers/<customer_id>/subscription"
TAG = "Subscriptions"
Interval = Literal["monthly", "annual"]


class ChoiceOut(Model):
    """A plan as it is had."""

    plan: str
    interval: Interval
    seats: int = Field(description="In all, the included ones too; 1 where the plan is not sold by seats.")
    catalog_version: int = Field(description="The version of the catalog whose prices and allowances it has.")


class ScheduledOut(ChoiceOut):
    """A change that waits for the end of the plan period."""

    change: str
    effective_at: Moment


class SubscriptionOut(ChoiceOut):
    """What a customer has of the plans."""

    id: str
    seats_used: int | None = Field(description="As you have reported it; null: not yet.")
    price_minor: int = Field(description="For the interval that runs, before tax where tax is added.")
    renewal_price_minor: int = Field(
        description="What the interval that begins at `period_ends_at` costs, with the prices that are announced for "
        "then; if a cancelled plan is kept. A scheduled change is not counted in."
    )
    currency: str
    period_starts_at: Moment = Field(description="Of the plan period: a month or a year.")
    period_ends_at: Moment
    cancel_at: Moment | None = Field(description="When the plan ends, because it was cancelled.")
    scheduled: ScheduledOut | None
    change_under_way: str | None = Field(description="The order whose payment is under way.")


class SubscriptionChange(Model):
    """What you report."""

    seats_used: int = Field(ge=0, le=1_000_000, description="How many seats are in use.")


@operation(bp, "GET", PATH, scope="billing:read", answers={200: SubscriptionOut}, tag=TAG)
def read(customer: Customer) -> SubscriptionOut:
    """Read what the customer has of the plans."""
    return _shown(customer)


@operation(
    bp,
    "PATCH",
    PATH,
    scope="customers:write",
    body=SubscriptionChange,
    answers={200: SubscriptionOut},
    tag=TAG,
)
def change(customer: Customer, body: SubscriptionChange) -> SubscriptionOut:
    """Report how many seats are in use.

    A choice with fewer seats is refused with it.
    """
    seats.report(customer.customer_id, body.seats_used, by=caller().key_id)
    return _shown(customer)


@operation(bp, "DELETE", PATH, scope="billing:write", answers={200: SubscriptionOut}, refusals=(409,), tag=TAG)
def cancel(customer: Customer) -> SubscriptionOut:
    """Cancel the plan to the end of its period.

    Until then everything stays; then the customer has the default plan. One on request ends with the billing period.
    Twice is once. What costs nothing cannot be cancelled: 409 `nothing_to_cancel`.
    """
    cancellation.cancel(customer.customer_id, by=caller().key_id)
    return _shown(customer)


@operation(bp, "DELETE", f"{PATH}/cancellation", scope="billing:write", answers={200: SubscriptionOut}, tag=TAG)
def keep(customer: Customer) -> SubscriptionOut:
    """Keep a plan that was cancelled.

    It is renewed at `period_ends_at`, for `renewal_price_minor` before tax. Twice is once.
    """
    cancellation.keep(customer.customer_id, by=caller().key_id)
    return _shown(customer)


def choice_of(has: Choice, catalog_version: int) -> dict[str, object]:
    """Return how a choice is shown, as the fields that all answers share."""
    return {
        "plan": has.plan.key,
        "interval": has.interval.value,
        "seats": has.seats,
        "catalog_version": catalog_version,
    }


def _shown(customer: Customer) -> SubscriptionOut:
    has, (waits, scheduled) = reads.of(customer), reads.open_orders()
    return SubscriptionOut(
        **choice_of(has.has, has.customer.catalog_version),  # type: ignore[arg-type]  # pydantic reads them
        id=has.row.id,
        seats_used=has.row.seats_used,
        price_minor=has.has.price.amount_minor,
        renewal_price_minor=announced.renewed(has).price.amount_minor,
        currency=has.has.currency,
        period_starts_at=has.period.starts_at,
        period_ends_at=has.period.ends_at,
        cancel_at=has.row.cancel_at,
        scheduled=None if scheduled is None else _scheduled(scheduled),
        change_under_way=None if waits is None else waits.id,
    )


def _scheduled(order: PlanChange) -> ScheduledOut:
    return ScheduledOut(
        plan=order.plan,
        interval=order.interval,  # type: ignore[arg-type]  # one of the column's own words
        seats=order.seats,
        catalog_version=order.catalog_version,
        change=order.id,
        effective_at=order.effective_at,
    )
