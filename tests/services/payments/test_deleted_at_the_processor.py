"""Customers and methods that somebody deletes at the processor: the customer may go on paying, and reads why not this time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import ids
from app.config import Settings
from app.domain.methods import Rail
from app.domain.money import Money
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Payment, PaymentMethod
from app.models.scope import as_customer, as_service
from app.services import jobs
from app.services.payment_methods import processor_portal, saved, setups
from app.services.payments import collection, resume_links, top_ups
from app.services.processor import customers
from app.services.reversals import refunds
from app.services.transaction import transaction
from tests.support import methods, post, shop
from tests.support.browser import Browser
from tests.support.client import outside_contexts
from tests.support.outcome import Outcome, faults, outcome, recover

BACK = "http://127.0.0.1/{}".format
REMOVED = "This payment method was removed. Use another one. Nothing was charged."


def record_of(customer: Customer) -> str:
    """Return the customer's record at the processor, as the row names it."""
    with as_service("look at the customer"):
        found = db.session.scalar(
            select(Customer.processor_customer).where(Customer.customer_id == customer.customer_id)
        )
        return found or ""


def live(customer: Customer) -> list[str]:
    with as_customer(customer.customer_id):
        return [each.last4 for each in saved.saved()]


def records(settings: Settings) -> list[dict[str, Any]]:
    return controls.objects(settings, "customer")


def deleted(settings: Settings, customer: Customer) -> str:
    """Delete the customer in the processor's dashboard, with no webhook yet; return who it was."""
    lost = record_of(customer)
    controls.delete_customer(settings, lost)
    return lost


def buys(actor: Actor, method: str) -> Payment:
    with as_customer(actor.customer_id):
        return top_ups.buy(
            actor, form_key=ids.new_form_key(), amount=Money(2500, "USD"), pack="", method_id=method, return_url=BACK
        )


def test_a_customer_who_was_deleted_reads_it_adds_a_method_and_pays(
    app: Flask, settings: Settings, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    shop.add_method(alice_actor)
    shop.add_method(alice_actor, "pm_card_mastercard")
    lost = deleted(settings, acme)
    page = shop.bought(alice)
    assert (page.status, page.errors()) == (402, [REMOVED])
    assert live(acme) == [] and shop.charges(app) == []
    again = record_of(acme)
    assert again not in {"", lost} and len(records(settings)) == 2
    shop.add_method(alice_actor)
    assert shop.bought(alice).path.startswith("/billing/add-credits/payments/")
    assert record_of(acme) == again and live(acme) == ["4242"]
    assert outcome(app, acme.customer_id).charged_minor == [2500]
    assert shop.remaining(acme) == 25_000_000


def test_a_deleted_customer_may_save_a_method_at_once(settings: Settings, alice_actor: Actor, acme: Customer) -> None:
    shop.add_method(alice_actor)
    lost = deleted(settings, acme)
    method = shop.add_method(alice_actor, "pm_card_mastercard")
    assert live(acme) == ["4444"] and method.is_default
    assert record_of(acme) != lost
    assert buys(alice_actor, method.id).state == "succeeded"


def test_what_is_paid_once_goes_through(app: Flask, settings: Settings, alice_actor: Actor, acme: Customer) -> None:
    shop.add_method(alice_actor)
    deleted(settings, acme)
    payment = buys(alice_actor, Rail.PAYPAL.value)
    assert (payment.state, bool(payment.action_url)) == ("requires_action", True)
    controls.answer_challenge(settings, payment.processor_id or "", approved=True)
    recover(app)
    assert outcome(app, acme.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])


def test_the_way_back_from_the_portal_finds_it_out(settings: Settings, alice_actor: Actor, acme: Customer) -> None:
    shop.add_method(alice_actor)
    lost = deleted(settings, acme)
    assert processor_portal.came_back(acme.customer_id)
    assert live(acme) == [] and record_of(acme) == lost
    with as_customer(acme.customer_id):
        again = customers.of(acme.customer_id)
    assert again == lost, "nothing is made for somebody who was deleted on purpose, until it is needed"


def test_the_portal_opens_for_the_new_record(app: Flask, settings: Settings) -> None:
    initech, erika = methods.initech(manage='"both"')
    shop.add_method(erika)
    lost = deleted(settings, initech)
    back = "http://localhost/billing/payment-methods"
    assert processor_portal.address(erika, return_url=back).startswith("http://localhost/sandbox/portal/")
    assert record_of(initech) not in {"", lost} and live(initech) == []


def test_whoever_is_charged_while_away_is_notified_with_the_reason(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    card = shop.add_method(alice_actor)
    deleted(settings, acme)
    payment = top_ups.charge(
        acme.customer_id, by="auto_recharge", form_key=ids.new_form_key(), amount=Money(2500, "USD"), pack="",
        method_id=card.id, return_url=resume_links.return_url,
    )  # fmt: skip
    assert (payment.state, payment.problem) == ("failed", "method_removed")
    recover(app)
    mail = post.mail(acme)
    assert mail.template == "payment_failed"
    assert "This payment method was removed. Use another one." in mail.body_text
    assert shop.charges(app) == [] and live(acme) == []


@pytest.mark.parametrize("what", ["customer", "method"])
def test_deleted_between_making_the_payment_and_confirming_it(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = shop.add_method(alice_actor)
    shop.add_method(alice_actor, "pm_card_mastercard")
    begin = collection._begin_attempt

    def meanwhile(payment_id: str, intent_id: str) -> str | None:
        attempt = begin(payment_id, intent_id)
        if what == "customer":
            deleted(settings, acme)
        else:
            controls.detach(settings, card.processor_id)
        return attempt

    monkeypatch.setattr(collection, "_begin_attempt", meanwhile)
    payment = buys(alice_actor, card.id)
    assert (payment.state, payment.problem) == ("failed", "method_removed")
    assert live(acme) == ([] if what == "customer" else ["4444"])
    assert shop.charges(app) == []
    monkeypatch.undo()
    other = shop.add_method(alice_actor, "pm_card_amex")
    assert buys(alice_actor, other.id).state == "succeeded"
    assert outcome(app, acme.customer_id).charged_minor == [2500]


def test_a_method_that_was_removed_in_the_dashboard_is_said_before_its_webhook_comes(
    settings: Settings, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    card = shop.add_method(alice_actor)
    controls.detach(settings, card.processor_id)
    page = shop.bought(alice)
    assert (page.status, page.errors()) == (402, [REMOVED]) and live(acme) == []


def test_the_event_of_a_deleted_customer_removes_what_was_saved_and_makes_nobody(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer, globex: Customer, mallory_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    shop.add_method(mallory_actor)
    lost = deleted(settings, acme)
    assert live(acme) == ["4242"]
    recover(app)
    assert (live(acme), live(globex), record_of(acme)) == ([], ["4242"], lost)
    assert len(records(settings)) == 2


@pytest.mark.both_databases
def test_many_at_once_make_one_new_record(app: Flask, settings: Settings, alice_actor: Actor, acme: Customer) -> None:
    shop.add_method(alice_actor)
    lost = deleted(settings, acme)

    def asks(number: int) -> str:
        with app.app_context(), as_customer(acme.customer_id):
            if number % 2:
                return buys(alice_actor, Rail.PAYPAL.value).state
            return setups.begin(alice_actor, kind=Rail.CARD, test_method=shop.GOOD).state

    with outside_contexts(), ThreadPoolExecutor(6) as pool:
        states = list(pool.map(asks, range(6)))
    assert set(states) <= {"requires_action", "canceled", "succeeded"} and "succeeded" in states
    assert record_of(acme) not in {"", lost}
    assert len(records(settings)) == 2, "the lost one, and one new one"


@pytest.mark.fault("P1")
def test_a_processor_that_does_not_say_whether_it_was_deleted_removes_nothing(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    card = shop.add_method(alice_actor)
    lost = deleted(settings, acme)
    with faults(app, ("fetch_customer", "reset_before", 9)):
        payment = buys(alice_actor, card.id)
    assert (payment.state, payment.problem) == ("canceled", "unavailable")
    assert (live(acme), record_of(acme)) == (["4242"], lost)
    with faults(app, ("create_customer", "reset_after", 3)):
        assert buys(alice_actor, card.id).state in {"canceled", "failed"}
    method = shop.add_method(alice_actor)
    assert buys(alice_actor, method.id).state == "succeeded"
    assert len(records(settings)) == 2, "the same key made the same one"


def test_refunds_of_a_deleted_customer_go_on(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    payment = buys(alice_actor, shop.add_method(alice_actor).id)
    deleted(settings, acme)
    refunds.refund(payment.id, amount=None, reason="asked for", requested_by="seller")
    recover(app)
    assert outcome(app, acme.customer_id).states == ["refunded"]


@pytest.mark.parametrize("who", ["deleted", "never there"])
def test_a_payment_that_was_never_taken_there_is_given_up(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = shop.add_method(alice_actor)
    monkeypatch.setattr(collection, "collect", lambda *_a, **_k: None)  # killed before step 2
    payment = buys(alice_actor, card.id)
    monkeypatch.undo()
    if who == "deleted":
        deleted(settings, acme)
    else:
        with as_service("move to another account of the processor"), transaction() as session:
            session.get_one(Customer, acme.customer_id).processor_customer = "cus_ofAnotherAccount"
    recover(app)
    with as_service("look at the payment"):
        row = db.session.get_one(Payment, payment.id, populate_existing=True)
        assert (row.state, row.problem) == ("canceled", "interrupted")
        assert db.session.scalars(select(PaymentMethod).where(PaymentMethod.detach_at.is_not(None))).all() == []
    assert jobs.run_due()["payments_checked"] == 0
