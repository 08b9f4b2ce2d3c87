"""Payments: what was charged or is to be, whatever for; going on with one that waits, and giving it up."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from app.api.contract.operations import (
    CreditsFromZero,
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
from app.api.contract.shapes import MoneyOut, NoBody
from app.domain.errors import Refused
from app.domain.money import Credits
from app.domain.payments import PaymentState, decline_sentence
from app.models.customers import Customer
from app.models.payments import Payment
from app.services.payments import collection, purchases, resume_links, top_ups

bp = resource("payments")
PATH = "/customers/<customer_id>/payments"
TAG = "Payments"
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_LATEST = (datetime(9000, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND


class PaymentOut(Model):
    """A payment as it stands."""

    id: str
    customer: str
    purpose: Literal["top_up", "invoice", "plan_change"]
    state: Literal[
        "created", "pi_created", "confirming", "requires_action", "processing", "succeeded", "failed", "canceled",
        "refunded", "disputed",
    ] = Field(description="`requires_action`: the bank or the wallet wants the customer. `processing`: the bank has it "
              "and has not answered yet, for days with a direct debit.")  # fmt: skip
    problem: str = Field(description="Why it failed, was cancelled or waits, for programs; empty: nothing.")
    detail: str = Field(description="Why it failed, for people; empty: it has not.")
    amount: MoneyOut = Field(description="What is charged in all, with its tax.")
    received: MoneyOut = Field(description="What of it was received.")
    refunded: MoneyOut = Field(description="What of it went back by refunds that are under way or done.")
    credits: CreditsFromZero = Field(description="The credit that it buys; 0 where it pays something else.")
    pack: str | None
    payment_method: str | None = Field(description="The saved method; null: it is paid once, at a page of its own.")
    rail: Literal["card", "sepa_debit", "paypal", "crypto", "bank_transfer"]
    off_session: bool = Field(description="Whether it was charged while the customer was not there.")
    invoice: str | None = Field(description="The invoice that it pays.")
    created_at: Moment
    updated_at: Moment


class PaymentUnderWay(PaymentOut):
    """A payment, and where the customer goes on with it."""

    action_url: str | None = Field(
        description="Where to send the customer's browser while it is `requires_action`: the bank's or the wallet's "
        "page, which leads back to the portal. null: nowhere."
    )


@operation(bp, "GET", PATH, scope="billing:read", query=PageQuery, answers={200: Page[PaymentOut]}, tag=TAG)
def listed(customer: Customer, query: PageQuery) -> Page[PaymentOut]:  # noqa: ARG001  # its scope is in force
    """List the payments of a customer, however they ended."""
    rows = purchases.listed(query.limit + 1, after=_after(query.cursor))
    data, following = page_of(rows, query.limit, shown, lambda row: [(row.created_at - _EPOCH) // _MICROSECOND, row.id])
    return Page[PaymentOut](data=data, next_cursor=following)


@operation(bp, "GET", f"{PATH}/<payment_id>", scope="billing:read", answers={200: PaymentOut}, tag=TAG)
def read(customer: Customer, payment_id: str) -> PaymentOut:  # noqa: ARG001  # its scope is in force
    """Read a payment. Webhooks say what became of it, too: `payment.failed`, `payment.requires_action`."""
    return shown(purchases.read(payment_id).payment)


@operation(
    bp,
    "POST",
    f"{PATH}/<payment_id>/resume",
    scope="billing:write",
    body=NoBody,
    answers={200: PaymentUnderWay},
    refusals=(409,),
    tag=TAG,
)
def resume(customer: Customer, payment_id: str, body: NoBody) -> PaymentUnderWay:  # noqa: ARG001  # it says nothing
    """Go on with a payment for which the bank wants the customer, now that the customer is there.

    Send the browser to `action_url`. One that waits for nothing is answered as it stands, and any number at once is one
    attempt.
    """
    purchases.read(payment_id)
    return under_way(collection.resume(payment_id, resume_links.return_url(payment_id), caller().key_id))


@operation(
    bp,
    "POST",
    f"{PATH}/<payment_id>/cancel",
    scope="billing:write",
    body=NoBody,
    answers={200: PaymentOut},
    refusals=(409,),
    tag=TAG,
)
def cancel(customer: Customer, payment_id: str, body: NoBody) -> PaymentOut:  # noqa: ARG001  # it says nothing
    """Give up a payment that waits for the customer.

    Whether it is too late is for the bank to say: one that was paid meanwhile is `succeeded`, one that the bank has is
    `processing` and goes on. Twice is once.
    """
    purchases.read(payment_id)
    return shown(top_ups.give_up(payment_id))


def under_way(payment: Payment) -> PaymentUnderWay:
    """Return a payment with the way on, for whoever may go it."""
    waits = payment.state == PaymentState.REQUIRES_ACTION
    return PaymentUnderWay(**_values(payment), action_url=(payment.action_url or None) if waits else None)


def shown(payment: Payment) -> PaymentOut:
    """Return a payment as it is answered."""
    return PaymentOut(**_values(payment))


def _values(payment: Payment) -> dict[str, Any]:
    failed = payment.state == PaymentState.FAILED
    return {
        "id": payment.id,
        "customer": payment.customer_id,
        "purpose": payment.purpose,
        "state": payment.state,
        "problem": payment.problem,
        "detail": decline_sentence(payment.problem, payment.rail) if failed else "",
        "amount": _money(payment, payment.amount_minor),
        "received": _money(payment, payment.received_minor),
        "refunded": _money(payment, payment.refunded_minor),
        "credits": Credits(payment.credits_micros),
        "pack": payment.pack or None,
        "payment_method": payment.method_id,
        "rail": payment.rail,
        "off_session": payment.off_session,
        "invoice": payment.document_id,
        "created_at": payment.created_at,
        "updated_at": payment.updated_at,
    }


def _money(payment: Payment, minor: int) -> MoneyOut:
    return MoneyOut(amount_minor=minor, currency=payment.currency)


def _after(cursor: str | None) -> tuple[datetime, str] | None:
    values = decode_cursor(cursor, int, str)
    if values is None:
        return None
    if not 0 <= values[0] <= _LATEST:
        raise Refused("This is not a cursor of this list.", "cursor_malformed", 422, "cursor")
    return _EPOCH + values[0] * _MICROSECOND, values[1]
