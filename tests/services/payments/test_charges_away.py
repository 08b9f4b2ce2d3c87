"""Charges while the customer is not there: they wait, are gone on with, given up, and are never made twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from app import clock, ids
from app.config import Settings
from app.domain.errors import Refused
from app.domain.money import Money
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.services.payment_methods import saved as saved_methods
from app.services.payments import collection, sweep, top_ups
from app.services.transaction import transaction
from tests.support import shop
from tests.support.outcome import Outcome, outcome, recover
from tests.support.rails import BACK, attempts, charges, events_of, later, mails, rows, saved, stands


def intent(settings: Settings, payment: Payment) -> dict[str, Any]:
    found = controls.objects(settings, "payment_intent")
    return next(each for each in found if each["metadata"]["payment"] == payment.id)


# Charged while nobody is there


def test_a_charge_while_nobody_is_there_is_credited(app: Flask, alice_actor: Actor, acme: Customer) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.GOOD))
    assert (payment.state, payment.off_session, payment.created_by) == ("succeeded", True, "auto_recharge")
    assert outcome(app, acme.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])
    assert mails(payment) == [f"receipt:{payment.id}"]


@pytest.mark.fault("H6")
def test_a_closed_customer_is_not_charged_while_away_and_a_suspended_one_is(
    app: Flask, alice_actor: Actor, acme: Customer
) -> None:
    card = saved(alice_actor, shop.GOOD)
    for standing in ("closed", "suspended"):
        with as_service("change a standing"), transaction() as session:
            session.get_one(Customer, acme.customer_id).standing = standing
        if standing == "closed":
            with pytest.raises(Refused) as refused:
                charges(alice_actor, card)
            assert (refused.value.reason, refused.value.status) == ("closed", 409)
            assert shop.payments(acme) == []
    assert charges(alice_actor, card).state == "succeeded"
    assert shop.charges(app) == [2500]


@pytest.mark.case("AC-10", "AC-23")
def test_a_failed_charge_keeps_its_claim_and_is_never_tried_again_by_itself(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    key, method = ids.new_form_key(), saved(alice_actor, shop.BROKE)

    def charge() -> Payment:
        return top_ups.charge(
            acme.customer_id,
            by="auto_recharge",
            form_key=key,
            amount=Money(2500, "USD"),
            pack="",
            method_id=method,
            return_url=BACK,
        )

    payment = charge()
    assert (payment.state, payment.problem) == ("failed", "insufficient_funds")
    recover(app)
    assert charge().id == payment.id
    assert attempts(payment) == [(1, "declined", "insufficient_funds")]
    assert len(controls.objects(settings, "charge")) == 1
    assert (events_of(payment), mails(payment)) == (["payment.failed"], [f"payment_failed:{payment.id}"])


@pytest.mark.case("AC-11")
def test_a_charge_that_needs_its_customer_waits_and_notifies_them(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.ASKS))
    assert (payment.state, payment.problem, payment.action_url) == ("requires_action", "authentication_required", "")
    later(app, timedelta(hours=1))
    later(app, timedelta(hours=23))
    assert stands(payment).state == "requires_action"
    assert intent(settings, payment)["status"] == "requires_payment_method"  # not cancelled: it can be gone on with
    assert attempts(payment) == [(1, "declined", "authentication_required")]
    assert (events_of(payment), mails(payment)) == (["payment.requires_action"], [f"action_needed:{payment.id}"])
    assert outcome(app, acme.customer_id) == Outcome([], [], ["requires_action"])


@pytest.mark.case("AC-11", "AC-12")
def test_going_on_with_it_asks_the_bank_and_an_approval_is_credited_once(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.ASKS))
    asked = collection.resume(payment.id, BACK(payment.id))
    assert (asked.state, asked.problem) == ("requires_action", "")
    assert asked.action_url.startswith("http")
    assert collection.resume(payment.id, BACK(payment.id)).action_url == asked.action_url
    assert attempts(payment) == [(1, "declined", "authentication_required"), (2, "requires_action", "")]
    controls.answer_challenge(settings, payment.processor_id or "", approved=True)
    assert collection.resume(payment.id, BACK(payment.id)).state == "succeeded"
    recover(app)
    assert outcome(app, acme.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])
    assert attempts(payment)[-1] == (2, "succeeded", "")
    assert mails(payment) == [f"action_needed:{payment.id}", f"receipt:{payment.id}"]


@pytest.mark.case("AC-9", "AC-16")
def test_everybody_who_goes_on_with_it_at_once_makes_one_attempt(
    app: Flask, settings: Settings, alice_actor: Actor
) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.ASKS))

    def goes_on(_number: int) -> str:
        with app.app_context():
            return collection.resume(payment.id, BACK(payment.id)).state

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(goes_on, range(4))) == {"requires_action"}
    later(app)
    assert [number for number, _state, _code in attempts(payment)] == [1, 2]
    assert stands(payment).action_url.startswith("http")


def test_the_sweep_says_how_many_it_looked_at(alice_actor: Actor) -> None:
    charges(alice_actor, saved(alice_actor, shop.ASKS))
    with clock.at(clock.now() + timedelta(hours=2)):
        assert (sweep.payments_due(), sweep.payments_due()) == (1, 0)


@pytest.mark.case("AC-9", "AC-16")
def test_who_goes_on_with_it_while_another_one_has_already_makes_no_attempt(app: Flask, alice_actor: Actor) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.ASKS))
    others: list[Payment] = []

    def goes_on() -> Payment:
        with app.app_context():
            return collection.resume(payment.id, BACK(payment.id))

    def between(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        """Let another one go on with it from beginning to end, once the first one has read what is to be charged."""
        if "JOIN customers" in statement and not others:
            others.append(payment)
            with ThreadPoolExecutor(1) as pool:
                others[:] = [pool.submit(goes_on).result()]

    event.listen(db.engine, "after_cursor_execute", between)
    second = collection.resume(payment.id, BACK(payment.id))
    event.remove(db.engine, "after_cursor_execute", between)
    assert [each.action_url for each in others] == [second.action_url] and second.action_url.startswith("http")
    assert attempts(payment) == [(1, "declined", "authentication_required"), (2, "requires_action", "")]


@pytest.mark.case("AC-12", "AC-23")
def test_who_declines_at_the_bank_is_charged_nothing(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.ASKS))
    collection.resume(payment.id, BACK(payment.id))
    controls.answer_challenge(settings, payment.processor_id or "", approved=False)
    later(app)
    assert outcome(app, acme.customer_id) == Outcome([], [], ["failed"])
    assert events_of(payment) == ["payment.failed", "payment.requires_action"]


@pytest.mark.case("AC-12")
@pytest.mark.parametrize("began", [False, True], ids=["never", "begun"])
def test_nobody_goes_on_with_it_after_a_day(app: Flask, alice_actor: Actor, acme: Customer, began: bool) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.ASKS))
    if began:
        collection.resume(payment.id, BACK(payment.id))
    with app.app_context(), clock.at(clock.now() + timedelta(hours=24)):
        assert collection.resume(payment.id, BACK(payment.id)).state == "canceled"
    assert outcome(app, acme.customer_id) == Outcome([], [], ["canceled"])
    assert mails(payment) == [f"action_needed:{payment.id}", f"payment_failed:{payment.id}"]


def test_it_can_be_given_up_instead(app: Flask, alice_actor: Actor, acme: Customer) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.ASKS))
    with as_customer(acme.customer_id):
        assert top_ups.give_up(payment.id).state == "canceled"
    assert collection.resume(payment.id, BACK(payment.id)).state == "canceled"
    assert outcome(app, acme.customer_id) == Outcome([], [], ["canceled"])
    assert mails(payment) == [f"action_needed:{payment.id}"]  # who gave it up knows


@pytest.mark.fault("S13")
def test_a_card_detached_meanwhile_ends_it(app: Flask, settings: Settings, alice_actor: Actor, acme: Customer) -> None:
    card = shop.add_method(alice_actor, shop.ASKS)
    payment = charges(alice_actor, card.id)
    controls.detach(settings, card.processor_id)
    assert collection.resume(payment.id, BACK(payment.id)).state == "failed"
    assert outcome(app, acme.customer_id) == Outcome([], [], ["failed"])


@pytest.mark.fault("H4")
def test_a_card_removed_meanwhile_is_not_charged_any_more(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    method = saved(alice_actor, shop.ASKS)
    payment = charges(alice_actor, method)
    saved_methods.remove(alice_actor, method)
    over = collection.resume(payment.id, BACK(payment.id))
    assert (over.state, over.problem) == ("failed", "method_removed")
    assert len(attempts(payment)) == 1
    assert outcome(app, acme.customer_id) == Outcome([], [], ["failed"])


def test_who_went_on_with_it_is_written_down(alice_actor: Actor) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.ASKS))
    collection.resume(payment.id, BACK(payment.id), alice_actor.member_id)
    wanted = [(each.actor, each.subject) for each in rows(AuditEntry, payment, AuditEntry) if "resumed" in each.action]
    assert wanted == [(alice_actor.member_id, payment.id)]
