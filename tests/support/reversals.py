"""Sending money back in tests: a purchase, what came of it, and what the pretend bank says."""

from datetime import datetime, timedelta
from typing import TypeVar

from flask import Flask
from sqlalchemy import inspect, select

from app import clock, ids
from app.config import Settings
from app.domain.amounts import money_words
from app.domain.money import Money
from app.domain.people.members import Actor
from app.domain.reversals import DisputeState, ProcessorDispute
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import Base, db
from app.models.ledger import Transfer
from app.models.payments import Payment
from app.models.reversals import Refund
from app.models.scope import as_customer, as_service
from app.services.payments import top_ups
from app.services.reversals import disputes, refunds
from tests.support.passes import passes
from tests.support.shop import GOOD, add_method

Row = TypeVar("Row", bound=Base)


def buys(app: Flask, actor: Actor, minor: int, method: str = GOOD) -> Payment:
    """Buy credit for so much with a test method, and return the payment as it stands."""
    saved = add_method(actor, method)
    with app.app_context(), as_customer(actor.customer_id):
        return top_ups.buy(
            actor,
            form_key=ids.new_form_key(),
            amount=Money(minor, "USD"),
            pack="",
            method_id=saved.id,
            return_url="http://127.0.0.1/{}".format,
        )


def sends_back(payment: Payment, minor: int | None = None, *, repeat: bool = False) -> Refund:
    """Send so much of a payment back (none: all that is left)."""
    amount = None if minor is None else Money(minor, payment.currency)
    return refunds.refund(payment.id, amount=amount, reason="Not needed", requested_by="support", repeat=repeat)


def bank_says(payment: Payment, state: DisputeState, at: datetime, minor: int | None = None) -> None:
    """Let the customer's bank dispute so much of the payment (none: all of it), or decide that dispute."""
    money = Money(payment.received_minor if minor is None else minor, payment.currency)
    found = ProcessorDispute(
        f"du_{payment.id}", payment.processor_id or "", money, money_words(money), state, "fraudulent", at
    )
    with clock.at(at):
        assert disputes.record(payment.id, found) == ""


def later(app: Flask, wait: timedelta = timedelta(0)) -> None:
    """Let the worker run twice, `wait` from now."""
    with app.app_context(), clock.at(clock.now() + wait):
        passes(2)


def fetched(row: Row) -> Row:
    """Return the row as it is now."""
    with as_service("look at a row"):
        return db.session.get_one(type(row), inspect(row).identity, populate_existing=True)


def payment_of(payment: Payment) -> Payment:
    """Return the payment as it is now."""
    return fetched(payment)


def money_back(settings: Settings, payment: Payment) -> int:
    """Return how much of the payment the pretend bank has sent back, in minor units."""
    charges = controls.objects(settings, "charge")
    return sum(each["amount_refunded"] for each in charges if each["payment_intent"] == payment.processor_id)


def reversal_rows(customer: Customer) -> list[tuple[object, ...]]:
    """Return everything that was posted for the customer, as it was written, the oldest first."""
    with as_customer(customer.customer_id):
        rows = db.session.scalars(select(Transfer).order_by(Transfer.booked_at, Transfer.id))
        return [(row.id, row.kind, row.amount, row.source_id, row.change_micros, row.corrects_id) for row in rows]
