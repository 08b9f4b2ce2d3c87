"""Bank transfers: orders that are paid by them, the account to send to, and what of the money is not used yet."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from app.api.contract.operations import Model, Moment, operation, resource
from app.domain.bank_transfers.allocation import LONGEST_LIST
from app.models.bank_transfers import CashMovement
from app.models.customers import Customer
from app.presenters import bank_transfers as words
from app.presenters.bank_transfers import OrderLine
from app.services.bank_transfers import accounts, allocation, movements, orders
from app.services.bank_transfers.orders import Ordered

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
    payment: str | None = Field(description="The payment that took the money, once all of it had arrived.")
    created_at: Moment
    valid_until: Moment = Field(description="Until when the price is kept. What arrives later stays unapplied.")


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


@operation(bp, "GET", f"{PATH}/pro_formas/<pro_forma_id>", scope="billing:read", answers={200: ProFormaOut}, tag=TAG)
def one(customer: Customer, pro_forma_id: str) -> ProFormaOut:
    """Read an order that is paid by bank transfer, and what is missing for it."""
    return _shown(customer, [orders.read(pro_forma_id)])[0]


@operation(bp, "GET", f"{PATH}/unapplied_cash", scope="billing:read", answers={200: UnappliedCash}, tag=TAG)
def unapplied(customer: Customer) -> UnappliedCash:
    """Read what a customer has sent by bank transfer and nothing has used yet, and the account to send to."""
    account = accounts.read()
    return UnappliedCash(
        currency=customer.currency,
        unapplied_minor=allocation.unapplied_of(customer.customer_id),
        account=[DetailOut(label=label, value=value) for label, value in account.details] if account else [],
        movements=[_moved(each) for each in movements.latest()],
    )


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
