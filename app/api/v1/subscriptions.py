"""A customer's subscription: what it has of the plans, what a change would cost, and the orders that change it."""

from typing import Literal

from pydantic import Field

from app import ids
from app.api.contract.operations import Model, Moment, caller, operation, request_key, resource
from app.domain.money import Money
from app.domain.subscriptions.choice import Choice
from app.domain.subscriptions.preview import Preview
from app.models.customers import Customer
from app.models.subscriptions import PlanChange
from app.services.payments import resume_links
from app.services.subscriptions import cancellation, changes, preview, reads, seats, undoing
from app.services.subscriptions.preview import Target

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
    price_minor: int = Field(description="For one interval, before tax where tax is added.")
    currency: str
    period_starts_at: Moment = Field(description="Of the plan period: a month or a year.")
    period_ends_at: Moment
    cancel_at: Moment | None = Field(description="When the plan ends, because it was cancelled.")
    scheduled: ScheduledOut | None
    change_under_way: str | None = Field(description="The order whose payment is under way.")


class ChangeFields(Model):
    """What is to be had. null: as it is, as far as the plan is sold that way."""

    plan: str | None = Field(None, max_length=60, description="A plan's key.")
    interval: Interval | None = None
    seats: int | None = Field(None, ge=1, le=1_000_000)


class ChangeIn(ChangeFields):
    """The same as was previewed, with the mark of that preview."""

    preview: str = Field(min_length=1, max_length=64, description="`preview` of the preview that is confirmed.")
    payment_method: str | None = Field(None, max_length=40, description="A saved method; null: the default one.")


class ChangeLineOut(Model):
    """A line of its invoice, before tax."""

    description: str
    net_minor: int


class ChangePreview(ChoiceOut):
    """What the change is, from when, and what it costs. Amounts are whole minor units of the currency."""

    preview: str = Field(description="The mark of all this; send it to confirm. It holds as long as nothing changes.")
    is_now: bool = Field(description="false: it waits for the end of the plan period (`effective_at`).")
    effective_at: Moment
    period_ends_at: Moment
    currency: str
    lines: list[ChangeLineOut]
    net_minor: int
    tax_minor: int
    total_minor: int
    charged_minor: int = Field(description="What is charged now.")
    tax_category: Literal["S", "AE", "E", "O", "Z"]
    tax_reason: str


class ChangeOut(ChoiceOut):
    """An order as it stands."""

    id: str
    state: Literal["waiting", "applied", "failed", "superseded", "scheduled", "undone", "replaced"]
    problem: str = Field(description="Why it was not made; empty: it was, or may be.")
    effective_at: Moment
    currency: str
    total_minor: int
    payment: str | None
    invoice: str | None


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


@operation(
    bp,
    "POST",
    f"{PATH}/preview",
    scope="billing:read",
    body=ChangeFields,
    answers={200: ChangePreview},
    refusals=(409, 422),
    idempotent=False,
    tag=TAG,
)
def previewed(customer: Customer, body: ChangeFields) -> ChangePreview:
    """Preview a change of plan, interval or seats.

    Nothing is written. What is reckoned by the second counts from the minute in which it is asked. Refused with 409:
    `nothing_changes`, `canceled`, `suspended`, `closed`, `not_billed_yet`.
    """
    return _preview(preview.of(customer, _target(body)))


@operation(
    bp,
    "POST",
    f"{PATH}/changes",
    scope="billing:write",
    body=ChangeIn,
    answers={201: ChangeOut},
    refusals=(402, 409, 422),
    tag=TAG,
)
def create(customer: Customer, body: ChangeIn) -> ChangeOut:
    """Make a change as it was previewed.

    What costs something is charged first and had once it is paid: `applied`. Where the bank wants the customer it waits
    (`waiting`), and a mail is sent; declined it has `failed`, and the customer keeps what it has. What is less waits
    for the end of the plan period (`scheduled`). What has changed since the preview is refused with 409
    `preview_gone_by`. Sent again with the same Idempotency-Key it is the same order.
    """
    key = request_key()
    return _made(customer, body, ids.form_key_of(key) if key else ids.new_form_key())


@operation(
    bp, "PUT", PATH, scope="billing:write", body=ChangeIn, answers={200: ChangeOut}, refusals=(402, 409, 422), tag=TAG
)
def replace(customer: Customer, body: ChangeIn) -> ChangeOut:
    """Make a change as it was previewed, like `POST …/subscription/changes`.

    The preview is what makes it one order: the same one again answers with the order that is there, until its payment
    has failed.
    """
    return _made(customer, body, changes.key_of(body.preview))


@operation(bp, "GET", f"{PATH}/changes/<change_id>", scope="billing:read", answers={200: ChangeOut}, tag=TAG)
def read_change(customer: Customer, change_id: str) -> ChangeOut:  # noqa: ARG001  # in its scope
    """Read an order."""
    return _order(reads.change(change_id))


@operation(
    bp,
    "DELETE",
    f"{PATH}/changes/<change_id>",
    scope="billing:write",
    answers={200: ChangeOut},
    refusals=(409,),
    tag=TAG,
)
def undo(customer: Customer, change_id: str) -> ChangeOut:
    """Take an order back.

    One that is scheduled is not made; one that waits for its payment is given up; seats that were added on the same
    UTC day go, and what they cost is refunded. Everything else is refused with 409 `not_undoable`. Twice is once.
    """
    return _order(undoing.undo(customer.customer_id, change_id, by=caller().key_id))


@operation(bp, "DELETE", PATH, scope="billing:write", answers={200: SubscriptionOut}, refusals=(409,), tag=TAG)
def cancel(customer: Customer) -> SubscriptionOut:
    """Cancel the plan to the end of its period.

    Until then everything stays; then the customer has the default plan. Twice is once. What costs nothing cannot be
    cancelled: 409 `nothing_to_cancel`.
    """
    cancellation.cancel(customer.customer_id, by=caller().key_id)
    return _shown(customer)


@operation(bp, "DELETE", f"{PATH}/cancellation", scope="billing:write", answers={200: SubscriptionOut}, tag=TAG)
def keep(customer: Customer) -> SubscriptionOut:
    """Keep a plan that was cancelled.

    It is renewed at `period_ends_at`, for `price_minor` before tax. Twice is once.
    """
    cancellation.keep(customer.customer_id, by=caller().key_id)
    return _shown(customer)


def _made(customer: Customer, body: ChangeIn, form_key: str) -> ChangeOut:
    method, wants, by = body.payment_method or "", _target(body), caller().key_id
    order = changes.Order(customer.customer_id, by, wants, body.preview, form_key, method, off_session=True)
    return _order(changes.taken(order, resume_links.return_url))


def _target(body: ChangeFields) -> Target:
    return Target(body.plan, body.interval, body.seats)


def _choice(has: Choice, catalog_version: int) -> dict[str, object]:
    return {
        "plan": has.plan.key,
        "interval": has.interval.value,
        "seats": has.seats,
        "catalog_version": catalog_version,
    }


def _shown(customer: Customer) -> SubscriptionOut:
    has, (waits, scheduled) = reads.of(customer), reads.open_orders()
    return SubscriptionOut(
        **_choice(has.has, has.customer.catalog_version),  # type: ignore[arg-type]  # pydantic reads them
        id=has.row.id,
        seats_used=has.row.seats_used,
        price_minor=has.has.price.amount_minor,
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


def _preview(seen: Preview) -> ChangePreview:
    zero = Money(0, seen.charged.currency)
    price = seen.price if seen.lines else None
    return ChangePreview(
        **_choice(seen.wants, seen.catalog_version),  # type: ignore[arg-type]  # pydantic reads them
        preview=seen.mark,
        is_now=seen.quote.is_now,
        effective_at=seen.quote.at,
        period_ends_at=seen.quote.plan_period.ends_at,
        currency=seen.charged.currency,
        lines=[ChangeLineOut(description=line.description, net_minor=line.net.amount_minor) for line in seen.lines],
        net_minor=(price.net if price else zero).amount_minor,
        tax_minor=(price.tax if price else zero).amount_minor,
        total_minor=(price.total if price else zero).amount_minor,
        charged_minor=seen.charged.amount_minor,
        tax_category=seen.treatment.category.value,
        tax_reason=seen.treatment.reason.value,
    )


def _order(order: PlanChange) -> ChangeOut:
    return ChangeOut(
        plan=order.plan,
        interval=order.interval,  # type: ignore[arg-type]  # one of the column's own words
        seats=order.seats,
        catalog_version=order.catalog_version,
        id=order.id,
        state=order.state,  # type: ignore[arg-type]  # one of the column's own words
        problem=order.problem,
        effective_at=order.effective_at,
        currency=order.currency,
        total_minor=order.total_minor,
        payment=order.payment_id,
        invoice=order.document_id,
    )
