"""Bank transfers: orders that are paid by them, the account to send to, and what of the money is not used yet."""

from collections.abc import Sequence
from typing import Literal

from flask import Response
from pydantic import ConfigDict, Field

from app import ids
from app.api.contract.operations import Model, Moment, caller, operation, request_key, resource
from app.api.contract.problems import RetryLater
from app.api.contract.shapes import NoBody
from app.api.v1.invoice_files import sent
from app.domain.bank_transfers.allocation import LONGEST_LIST
from app.domain.errors import Refused
from app.domain.money import Money
from app.domain.people.members import ByKey
from app.models.bank_transfers import CashMovement
from app.models.customers import Customer
from app.presenters import bank_transfers as words
from app.presenters.bank_transfers import OrderLine
from app.services.bank_transfers import accounts, allocation, cash, movements, orders, placing, pro_forma_files
from app.services.bank_transfers.orders import Ordered
from app.services.invoices import reads
from app.services.receivables import transferring

bp = resource("bank_transfers")
PATH = "/customers/<customer_id>"
TAG = "Invoices"


class ProFormaOut(Model):
    """An order that is paid by bank transfer. It is no invoice, and has no number of any series."""

    id: str
    state: Literal["waiting", "paying", "paid", "canceled", "expired"]
    currency: str
    amount_minor: int = Field(description="What is to be sent in all, with tax.")
    net_minor: int | None = Field(description="What of it is before tax; null where it was ordered without.")
    missing_minor: int = Field(description="What is still to be sent, beside what has arrived.")
    invoice: str | None = Field(description="The invoice that it pays; null: it buys credit.")
    payment: str | None = Field(description="The payment that took the money, once all of it had arrived.")
    created_at: Moment
    valid_until: Moment = Field(description="Until when the price is kept. What arrives later stays unapplied.")


class ProFormaIn(Model):
    """What is ordered: an amount of credit, a pack, or that an invoice is paid."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount_minor": 2500}]})

    amount_minor: int | None = Field(
        None,
        ge=1,
        description="The price of credit before tax is added, as the page asks for it; with `invoice`, what is to be "
        "paid as you know it (another amount is refused; null: whatever it is).",
    )
    pack: str | None = Field(None, min_length=1, max_length=60, description="The key of a pack.")
    invoice: str | None = Field(None, min_length=1, max_length=40, description="An invoice that is due.")


class ProFormas(Model):
    """The newest pro-formas of a customer."""

    data: list[ProFormaOut] = Field(max_length=LONGEST_LIST)


class DetailOut(Model):
    """One detail of a bank account."""

    label: str
    value: str


class MovementOut(Model):
    """One movement of the customer's money at the payment processor."""

    id: str
    type: str = Field(description="Stripe's type of cash balance transaction, such as `funded`.")
    amount_minor: int = Field(description="Below zero where it has left.")
    currency: str
    reference: str
    sender: str
    created_at: Moment


class UnappliedCash(Model):
    """What a customer has sent by bank transfer and nothing has used yet."""

    currency: str
    unapplied_minor: int
    account: list[DetailOut] = Field(description="Where the customer sends money; empty before its first order.")
    movements: list[MovementOut] = Field(max_length=movements.LATEST, description="The newest, the latest first.")


@operation(bp, "GET", f"{PATH}/pro_formas", scope="billing:read", answers={200: ProFormas}, tag=TAG)
def listed(customer: Customer) -> ProFormas:
    """List the newest orders of a customer that are paid by bank transfer."""
    return ProFormas(data=_shown(customer, orders.latest()))


@operation(
    bp,
    "POST",
    f"{PATH}/pro_formas",
    scope="billing:write",
    body=ProFormaIn,
    answers={201: ProFormaOut},
    refusals=(402, 409),
    tag=TAG,
)
def order(customer: Customer, body: ProFormaIn) -> ProFormaOut:
    """Order credit, or that an invoice is paid, by bank transfer. Nothing is charged by it.

    Sent again with the same Idempotency-Key it is the same order, and so is an invoice that waits already for the same
    amount. Cash that is there already pays it at once.
    """
    key, by = request_key(), ByKey(customer.customer_id, caller().key_id)
    form_key = ids.form_key_of(key) if key else ids.new_form_key()
    amount = None if body.amount_minor is None else Money(body.amount_minor, customer.currency)
    try:
        if body.invoice is not None:
            _ask_one(body.pack is None)
            made = transferring.order(by, reads.head(body.invoice).id, form_key=form_key, amount=amount)
        else:
            _ask_one((amount is None) != (body.pack is None))
            made = placing.order(by, form_key=form_key, amount=amount, pack=body.pack or "")
    except Refused as refusal:
        refusal.field = "amount_minor" if refusal.field == "amount" else refusal.field
        raise
    return _shown(customer, [orders.read(made.id)])[0]


@operation(bp, "GET", f"{PATH}/pro_formas/<pro_forma_id>", scope="billing:read", answers={200: ProFormaOut}, tag=TAG)
def one(customer: Customer, pro_forma_id: str) -> ProFormaOut:
    """Read an order that is paid by bank transfer, and what is missing for it."""
    return _shown(customer, [orders.read(pro_forma_id)])[0]


@operation(
    bp,
    "POST",
    f"{PATH}/pro_formas/<pro_forma_id>/cancel",
    scope="billing:write",
    body=NoBody,
    answers={200: ProFormaOut},
    refusals=(409,),
    tag=TAG,
)
def cancel(customer: Customer, pro_forma_id: str, body: NoBody) -> ProFormaOut:  # noqa: ARG001  # it says nothing
    """Cancel an order that waits for money. What has arrived stays the customer's; one that is over stays as it is."""
    orders.give_up(ByKey(customer.customer_id, caller().key_id), pro_forma_id)
    return _shown(customer, [orders.read(pro_forma_id)])[0]


@operation(
    bp,
    "GET",
    f"{PATH}/pro_formas/<pro_forma_id>/pdf",
    scope="billing:read",
    answers={200: None, 304: None},
    refusals=(409,),
    tag=TAG,
    media_type="application/pdf",
)
def pdf(customer: Customer, pro_forma_id: str) -> Response:
    """Read the PDF of an order that is paid by bank transfer, with its EPC code for euros: it asks for what is missing.

    It is the same for ever; when another amount is missing, another is made.
    It is made while the order waits for money; one that was not made by then is 404 `not_offered`. Until it is made the
    answer is 409 `file_not_made`.
    """
    return sent(pro_forma_files.file(customer.customer_id, pro_forma_id))


@operation(bp, "GET", f"{PATH}/unapplied_cash", scope="billing:read", answers={200: UnappliedCash}, tag=TAG)
def unapplied(customer: Customer) -> UnappliedCash:
    """Read what a customer has sent by bank transfer and nothing has used yet, and the account to send to."""
    return _cash(customer)


@operation(
    bp,
    "POST",
    f"{PATH}/unapplied_cash/look",
    scope="billing:write",
    body=NoBody,
    answers={200: UnappliedCash},
    tag=TAG,
)
def look(customer: Customer, body: NoBody) -> UnappliedCash:  # noqa: ARG001  # it says nothing
    """Ask the payment processor what has arrived, and answer with it; 503 where it does not answer now."""
    if not (accounts.ensure_known(customer.customer_id) and cash.look(customer.customer_id)):
        words = "The payment processor does not answer right now. What was sent is not lost: try again later."
        raise RetryLater(words, "processor_away", 503, 30)
    return _cash(customer)


def _cash(customer: Customer) -> UnappliedCash:
    account = accounts.read()
    return UnappliedCash(
        currency=customer.currency,
        unapplied_minor=allocation.unapplied_of(customer.customer_id),
        account=[DetailOut(label=label, value=value) for label, value in account.details] if account else [],
        movements=[_moved(each) for each in movements.latest()],
    )


def _ask_one(is_one: bool) -> None:  # the one thing that it asks
    if not is_one:
        words = "Name one of amount_minor, pack and invoice; amount_minor may stand beside invoice."
        raise Refused(words, "one_of", 422, "amount_minor")


def _shown(customer: Customer, found: Sequence[Ordered]) -> list[ProFormaOut]:
    lines = words.lines(found, orders.waiting(), allocation.unapplied_of(customer.customer_id))
    return [_out(each) for each in lines]


def _out(line: OrderLine) -> ProFormaOut:
    return ProFormaOut(
        id=line.id,
        state=line.standing.value,
        currency=line.amount.currency,
        amount_minor=line.amount.amount_minor,
        net_minor=line.net.amount_minor if line.net else None,
        missing_minor=line.to_send.amount_minor,
        invoice=line.invoice_id or None,
        payment=line.payment_id or None,
        created_at=line.created_at,
        valid_until=line.valid_until,
    )


def _moved(row: CashMovement) -> MovementOut:
    return MovementOut(
        id=row.id,
        type=row.kind,
        amount_minor=row.amount_minor,
        currency=row.currency,
        reference=row.reference,
        sender=row.sender,
        created_at=row.moved_at,
    )
