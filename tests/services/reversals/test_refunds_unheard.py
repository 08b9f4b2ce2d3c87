"""Refunds whose answers are lost, that others make, or that the processor refuses: once, or not at all."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.config import Settings
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.reversals import Refund
from app.models.scope import as_customer
from app.services import jobs
from app.services.verification.verify import verify
from tests.support.outcome import faults
from tests.support.reversals import buys, fetched, later, money_back, payment_of, sends_back
from tests.support.shop import remaining

MANY = 50


@pytest.mark.fault("S3", "S4", "S6")
@pytest.mark.parametrize("fault", ["timeout_after", "reset_after", "500_after"])
def test_an_answer_that_is_lost_sends_the_money_once(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor, fault: str
) -> None:
    payment = buys(app, alice_actor, 2500)
    with faults(app, ("create_refund", fault, MANY), ("event:*", "lose", MANY)):
        made = sends_back(payment, 1000)
        assert (made.state, remaining(acme)) == ("created", 25_000_000)
        jobs.run_due()
    later(app, timedelta(minutes=3))
    made = fetched(made)
    assert (made.state, money_back(settings, payment), remaining(acme)) == ("succeeded", 1000, 15_000_000)
    assert verify() == []


@pytest.mark.fault("S2", "S5", "S8")
@pytest.mark.parametrize("fault", ["reset_before", "500_before", "429"])
def test_a_refund_that_never_came_through_is_asked_for_again_with_its_key(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor, fault: str
) -> None:
    payment = buys(app, alice_actor, 2500)
    with faults(app, ("create_refund", fault, MANY)):
        made = sends_back(payment, 1000)
        assert (made.state, money_back(settings, payment)) == ("created", 0)
        later(app, timedelta(minutes=3))
        assert fetched(made).state == "created"
    later(app, timedelta(minutes=30))
    assert (fetched(made).state, money_back(settings, payment), remaining(acme)) == ("succeeded", 1000, 15_000_000)
    keys = {each["key"] for each in controls.requests(settings) if each["line"].endswith("/refunds")}
    assert keys == {f"{made.id}:create"}
    assert verify() == []


@pytest.mark.fault("S12")
def test_a_refund_that_nobody_made_for_a_day_is_given_up(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    with faults(app, ("create_refund", "reset_before", MANY)):
        made = sends_back(payment, 1000)
    later(app, timedelta(hours=24))  # nobody looked meanwhile: the key is too old to be sent again
    made = fetched(made)
    assert (made.state, made.problem, money_back(settings, payment)) == ("failed", "not_made", 0)
    assert (payment_of(payment).refunded_minor, remaining(acme)) == (0, 25_000_000)
    assert verify() == []


def test_a_refund_that_the_processor_refuses_changes_nothing(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    controls.dispute(settings, payment.processor_id or "")
    made = sends_back(payment, 1000)  # its webhook has not come yet
    assert (made.state, made.problem) == ("failed", "charge_disputed")
    assert (payment_of(payment).refunded_minor, remaining(acme)) == (0, 25_000_000)
    jobs.run_due()
    assert (payment_of(payment).disputed_minor, remaining(acme)) == (2500, 0)
    assert verify() == []


@pytest.mark.fault("S14", "W1", "W3")
def test_a_refund_made_at_the_processor_is_booked_by_its_webhook(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    with faults(app, ("event:*", "duplicate", MANY)):
        controls.refund(settings, payment.processor_id or "", 700)
        later(app)
    controls.refund(settings, payment.processor_id or "")
    later(app)
    with as_customer(acme.customer_id):
        rows = db.session.scalars(select(Refund).order_by(Refund.amount_minor)).all()
        assert [(row.amount_minor, row.credits_micros, row.requested_by) for row in rows] == [
            (700, 7_000_000, "processor"),
            (1800, 18_000_000, "processor"),
        ]
    assert (payment_of(payment).state, remaining(acme)) == ("refunded", 0)
    assert verify() == []


@pytest.mark.fault("W3", "W8")
def test_the_refund_is_heard_of_before_the_payment(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    with faults(app, ("confirm_intent", "timeout_after", MANY), ("fetch_intent", "reset_before", MANY)):
        payment = buys(app, alice_actor, 2500)
    assert payment.state == "confirming"
    with faults(app, ("event:payment_intent.succeeded", "lose", MANY)):
        controls.refund(settings, payment.processor_id or "", 700)
        later(app)
    assert (payment_of(payment).state, payment_of(payment).refunded_minor) == ("succeeded", 700)
    assert remaining(acme) == 18_000_000
    assert verify() == []
