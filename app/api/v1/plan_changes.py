"""Changes of plan, interval or seats: previewed, ordered by the preview, and taken back."""

from typing import Literal

from pydantic import ConfigDict, Field

from app import ids
from app.api.contract.operations import Model, Moment, caller, operation, request_key, resource
from app.api.v1.subscriptions import PATH, TAG, ChoiceOut, Interval, choice_of
from app.domain.money import Money
from app.domain.subscriptions.preview import Preview
from app.models.customers import Customer
from app.models.subscriptions import PlanChange
from app.services.payments import resume_links
from app.services.subscriptions import changes, orders, preview, reads, undoing
from app.services.subscriptions.preview import Target

bp = resource("plan_changes")


class ChangeFields(Model):
    """What is to be had. null: as it is, as far as the plan is sold that way."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"plan": "team", "interval": "monthly", "seats": 5}]})

    plan: str | None = Field(None, max_length=60, description="A plan's key.")
    interval: Interval | None = None
    seats: int | None = Field(None, ge=1, le=1_000_000)


class ChangeIn(ChangeFields):
    """The same as was previewed, with the mark of that preview."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"plan": "team", "interval": "monthly", "seats": 5, "preview": "as it was answered"}]
        }
    )

    preview: str = Field(min_length=1, max_length=64, description="`preview` of the preview that is confirmed.")
    payment_method: str | None = Field(
        None, max_length=40, description="A saved method; null: the default one, or a checkout."
    )


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
    renewal_price_minor: int = Field(
        description="What one interval of it costs from `period_ends_at` on, or from `effective_at` on where it waits, "
        "before tax where tax is added: with the prices that are announced for then."
    )
    given_minor: int = Field(description="What is given back as credit now: `total_minor` is below zero then.")
    tax_category: Literal["S", "AE", "E", "O", "Z"]
    tax_reason: str


class ChangeOut(ChoiceOut):
    """An order as it stands."""

    id: str
    state: Literal["waiting", "applied", "failed", "expired", "superseded", "scheduled", "undone", "replaced"]
    problem: str = Field(description="Why it was not made; empty: it was, or may be.")
    effective_at: Moment
    currency: str
    total_minor: int
    payment: str | None
    action_url: str | None = Field(
        description="Where the customer goes on while it is `waiting`: the checkout to pay at, or the bank's question."
    )
    invoice: str | None
    credit_note: str | None = Field(description="Of what is given back, where credit is taxed when it is used.")
    grant: str | None = Field(description="The credit that was given back.")


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
    (`waiting`), and a mail is sent; where no method is saved it waits at a checkout of the processor's (`action_url`),
    which saves one. Declined it has `failed`, left at the checkout it has `expired`: the customer keeps what it has.
    What is less waits for the end of the plan period (`scheduled`), or is had at once and its rest given back as
    credit, where the catalog says so. What has changed since the preview is refused with 409 `preview_gone_by`. Sent
    again with the same Idempotency-Key it is the same order.
    """
    key = request_key()
    return _made(customer, body, ids.form_key_of(key) if key else ids.new_form_key())


@operation(
    bp, "PUT", PATH, scope="billing:write", body=ChangeIn, answers={200: ChangeOut}, refusals=(402, 409, 422), tag=TAG
)
def replace(customer: Customer, body: ChangeIn) -> ChangeOut:
    """Make a change as it was previewed, like `POST …/subscription/changes`.

    The preview is what makes it one order: the same one again answers with the order that is there. Where that came
    to nothing (`failed`, `expired`, `superseded`, `undone`, `replaced`) it is ordered anew.
    """
    return _made(customer, body, orders.key_of(body.preview))


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
    UTC day go, and what is left of their payment is refunded. Everything else is refused: 409 `not_undoable`.
    """
    return _order(undoing.undo(customer.customer_id, change_id, by=caller().key_id))


def _made(customer: Customer, body: ChangeIn, form_key: str) -> ChangeOut:
    method, wants, by = body.payment_method or "", _target(body), caller().key_id
    order = changes.Order(customer.customer_id, by, wants, body.preview, form_key, method, off_session=True)
    return _order(changes.taken(order, resume_links.return_url))


def _target(body: ChangeFields) -> Target:
    return Target(body.plan, body.interval, body.seats)


def _preview(seen: Preview) -> ChangePreview:
    zero = Money(0, seen.charged.currency)
    price = seen.price if seen.lines else None
    return ChangePreview(
        **choice_of(seen.wants, seen.catalog_version),  # type: ignore[arg-type]  # pydantic reads them
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
        renewal_price_minor=seen.renews.price.amount_minor,
        given_minor=seen.given.amount_minor,
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
        action_url=changes.onward(order) or None,
        invoice=order.document_id if order.total_minor > 0 else None,
        credit_note=order.document_id if order.total_minor < 0 else None,
        grant=order.grant_id,
    )
