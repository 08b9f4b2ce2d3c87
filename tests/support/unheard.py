"""What the tests of settlement share: a charge that nobody heard of, and what became of it."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, ids
from app.demo.payment_methods import add_test_method
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.database import db
from app.models.events import InboxEvent
from app.models.ledger import Grant
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.services import jobs
from app.services.payments import top_ups
from tests.support.outcome import Outcome, faults

SUCCEEDED = "payment_intent.succeeded"
PAID = Outcome([2500], [25_000_000], ["succeeded"])
MANY = 50


@pytest.fixture
def visa(app: Flask, alice_actor: Actor) -> str:
    with app.app_context(), as_customer(alice_actor.customer_id):
        return add_test_method(alice_actor, "pm_card_visa").id


def buys(app: Flask, actor: Actor, method: str) -> Payment:
    with app.app_context(), as_customer(actor.customer_id):
        return top_ups.buy(
            actor,
            form_key=ids.new_form_key(),
            amount=Money(2500, "USD"),
            pack="",
            method_id=method,
            return_url="http://127.0.0.1/{}".format,
        )


def charged_unheard(app: Flask, actor: Actor, method: str) -> Payment:
    """Buy, and lose every answer after the charge: only the webhook or the sweep can report it."""
    with faults(app, ("confirm_intent", "timeout_after", MANY), ("fetch_intent", "reset_before", MANY)):
        payment = buys(app, actor, method)
    assert payment.state == "confirming"
    return payment


def stands(payment: Payment) -> Payment:
    with as_service("look at a payment"):
        return db.session.scalars(
            select(Payment).where(Payment.id == payment.id).execution_options(populate_existing=True)
        ).one()


def pass_time(app: Flask, wait: timedelta = timedelta(0)) -> dict[str, int]:
    """Let the job worker run once, `wait` from now."""
    with app.app_context(), clock.at(clock.now() + wait):
        return jobs.run_due()


def received(event_type: str) -> list[InboxEvent]:
    with as_service("look at the inbox"):
        return list(
            db.session.scalars(
                select(InboxEvent).where(InboxEvent.type == event_type).execution_options(populate_existing=True)
            )
        )


def credited(customer_id: str) -> list[int]:
    with as_service("look at the grants"):
        return list(db.session.scalars(select(Grant.micros).where(Grant.customer_id == customer_id)))
