"""A change of plan is given in the transaction that settles its payment: once, or the money goes back."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.domain.errors import Refused
from app.domain.ledger import Posting
from app.domain.mails import PLAN_NOT_CHANGED, RECEIPT
from app.domain.money import Money
from app.domain.payments import Purpose
from app.models.payments import Payment
from app.models.subscriptions import PlanChange
from app.services.ledger.posting import Books
from app.services.outbox import billing_mails
from app.services.payments import checkouts, fulfilment
from app.services.reversals import refunds, taken_off
from app.services.subscriptions import applying, reads
from app.services.subscriptions.applying import Paid
from app.services.subscriptions.reads import Current
from app.services.transaction import part

NOT_APPLIED = "not_applied"
"""Money came for a change that is not made any more: it goes back by itself, and a person sees it."""
SETTLED_BY = "purser"


@fulfilment.fulfils(Purpose.PLAN_CHANGE.value)
def change(books: Books, payment: Payment, received: Money, now: datetime) -> Mapping[str, object]:
    """Give what was ordered for the payment; where it is not to be had any more, send the money back."""
    paid_with = fulfilment.paid_with(books, payment)
    money = fulfilment.arrived(payment, received, f"Change of plan, paid with {paid_with}")
    sale = Posting(money.unit, "clearing", "prepaid", money.amount, "sale", "payment", payment.id, money.description)
    books.post([money, sale], now)
    order = _order_of(books.session, payment)
    why = _given(books, order, payment, received, Paid(payment, paid_with), now)
    if why:
        return _sent_back(books, order, payment, why, now)
    to, key = books.customer.email, f"receipt:{payment.id}"
    billing_mails.write(books.session, books.customer_id, RECEIPT, key=key, to=to, payment=payment.id)
    return {"change": order.id, "document": order.document_id}


@fulfilment.ends(Purpose.PLAN_CHANGE.value)
def end(session: Session, payment: Payment) -> None:
    """End the order of a payment that was declined or given up: the customer keeps what it has."""
    session.execute(
        update(PlanChange)
        .where(
            PlanChange.customer_id == payment.customer_id,
            PlanChange.payment_id == payment.id,
            PlanChange.state == "waiting",
        )
        .values(
            state="expired" if payment.problem == checkouts.LEFT else "failed",
            problem=payment.problem,
            ended_at=clock.now(),
        )
        .execution_options(synchronize_session=False)
    )


def _order_of(session: Session, payment: Payment) -> PlanChange:
    """Return the order of a payment: it was written with it."""
    return session.scalars(
        select(PlanChange)
        .where(PlanChange.customer_id == payment.customer_id, PlanChange.payment_id == payment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _given(books: Books, order: PlanChange, payment: Payment, received: Money, paid: Paid, now: datetime) -> str:
    """Give what was ordered; return why it is not given, or nothing."""
    has = reads.current(books.session, books.customer, now, lock=True)
    why = _passed_by(books.session, order, payment, received, has, now)
    if why:
        return why
    try:
        with part(books.session):
            applying.apply(books, has, order, now, paid)
    except Refused as refusal:  # holds or limits have no room for the new terms
        return refusal.reason
    return ""


def _passed_by(
    session: Session, order: PlanChange, payment: Payment, received: Money, has: Current, now: datetime
) -> str:
    """Return why the order cannot be given any more: it ended, or something else was changed meanwhile."""
    if order.state != "waiting":
        return "ended_before"
    if order.from_version != has.row.version:
        return "changed_meanwhile"
    if not taken_off.covers(session, order):
        return "paid_back_meanwhile"
    if now >= order.period_ends_at or has.customer.standing == "closed":
        return "too_late"
    return "" if received.amount_minor == payment.amount_minor else "another_amount"


def _sent_back(books: Books, order: PlanChange, payment: Payment, why: str, now: datetime) -> Mapping[str, object]:
    """End the order and order the refund of its payment, which the sweep asks for after the commit."""
    if order.state == "waiting":
        order.state, order.problem, order.ended_at = "superseded", why, now
    payment.problem = NOT_APPLIED
    applying.mail(books, PLAN_NOT_CHANGED, order)
    refund = refunds.of_order(books.session, payment, "The change of plan was not made", SETTLED_BY)
    return {"change": order.id, "not_applied": why, **({"refund": refund.id} if refund is not None else {})}
