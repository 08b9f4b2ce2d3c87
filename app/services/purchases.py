"""What the page of a purchase shows: the payment, its method, its row in the balance history, and one just like it."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from app import clock, ids
from app.domain.errors import NotFound
from app.domain.methods import Rail
from app.domain.payments import OPEN, PaymentState
from app.domain.top_ups import TopUp
from app.models.database import db
from app.models.ledger import Transfer
from app.models.payments import Payment, PaymentMethod

# A second purchase like the last one, this soon after it, is asked about first: it may be a page sent again (AC-2).
ALIKE_WITHIN = timedelta(minutes=10)
_GOING_ON = [state.value for state in (*OPEN, PaymentState.SUCCEEDED)]


@dataclass(frozen=True)
class Purchase:
    """A payment of the customer's with the method it was made with and what it added."""

    payment: Payment
    method: PaymentMethod | None
    """None when it was paid once, with nothing saved."""
    row: Transfer | None
    """The row of the balance history, once the payment is in the books."""


def read(payment_id: str) -> Purchase:
    """Return the customer's purchase, or `NotFound`."""
    if not ids.is_id(payment_id, "pay"):
        raise NotFound("payment")
    found = db.session.execute(
        select(Payment, PaymentMethod, Transfer)
        .outerjoin(
            PaymentMethod,
            (PaymentMethod.id == Payment.method_id) & (PaymentMethod.customer_id == Payment.customer_id),
        )
        .outerjoin(
            Transfer,
            (Transfer.source_type == "payment")
            & (Transfer.source_id == Payment.id)
            & (Transfer.kind == "purchased")
            & (Transfer.customer_id == Payment.customer_id),
        )
        .where(Payment.id == payment_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("payment")
    payment, method, row = found
    return Purchase(payment, method, row)


def just_like(customer_id: str, top_up: TopUp, rail: Rail, method_id: str | None, form_key: str) -> Payment | None:
    """Return the last purchase of the same by another form within the last minutes, paid or still under way."""
    return db.session.scalars(
        select(Payment)
        .where(
            Payment.customer_id == customer_id,
            Payment.purpose == "top_up",
            Payment.created_at > clock.now() - ALIKE_WITHIN,
            Payment.amount_minor == top_up.amount.amount_minor,
            Payment.pack == top_up.pack,
            Payment.rail == rail.value,
            Payment.method_id == method_id if method_id else Payment.method_id.is_(None),
            Payment.form_key != form_key,
            Payment.state.in_(_GOING_ON),
        )
        .order_by(Payment.created_at.desc())
        .limit(1)
    ).one_or_none()
