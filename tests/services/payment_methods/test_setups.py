"""Saving a method: once, whoever asks, whoever answers, and however often."""

import time
from datetime import timedelta
from threading import Barrier, Event, Thread

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.errors import Refused
from app.domain.payments import SavedMethod
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.scope import as_customer, as_service
from app.models.setups import MethodSetup
from app.services.payment_methods import rows, setups
from app.services.transaction import transaction
from tests.support import methods, shop
from tests.support.client import outside_contexts
from tests.support.methods import ONCE, REFUSED
from tests.support.setups import DAY, at_processor, later, plant, setups_of
from tests.support.shop import GOOD


def answers(app: Flask, setup: MethodSetup, *, approved: bool) -> None:
    """Answer the bank or the wallet."""
    settings, processor_id = app.extensions["purser.settings"], str(setup.processor_id)
    assert controls.answer_challenge(settings, processor_id, approved=approved)


def test_the_first_card_becomes_the_default_and_the_next_does_not(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    for name in (GOOD, "pm_card_mastercard"):
        shop.add_method(alice_actor, name)
    assert methods.shown(acme) == [("4242", True), ("4444", False)]
    assert methods.both_sides_agree(app, acme)
    with as_customer(acme.customer_id):
        added = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "payment_method.added")).all()
    assert [each.actor for each in added] == [alice_actor.member_id] * 2


def test_the_same_card_again_takes_the_place_of_the_older_entry(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    first = shop.add_method(alice_actor)
    shop.add_method(alice_actor, "pm_card_mastercard")
    again = shop.add_method(alice_actor)
    assert again.id != first.id
    assert methods.shown(acme) == [("4242", True), ("4444", False)], "the default passes on to the newer entry"
    assert methods.both_sides_agree(app, acme), "the processor has detached the older one"


def test_two_who_save_the_same_card_at_once_have_it_once(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor, "pm_card_mastercard")  # the processor knows Acme
    start, ends = Barrier(2), []

    def save() -> None:
        with app.app_context():
            start.wait(60)
            ends.append(methods.begins(alice_actor, GOOD).state)

    threads = [Thread(target=save) for _ in range(2)]
    with outside_contexts():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert ends == ["succeeded"] * 2
    assert methods.shown(acme) == [("4444", True), ("4242", False)]
    later(timedelta(hours=1))
    assert methods.both_sides_agree(app, acme)


def test_of_two_first_methods_at_once_one_is_the_default(app: Flask, acme: Customer) -> None:
    held, ends = Event(), []

    def keep(name: str, hold: float) -> None:
        method = SavedMethod(name, "card", "visa", "4242", 8, 2034, "Acme", name)
        with app.app_context(), as_service("test"), transaction() as session:
            row = rows.keep(session, acme.customer_id, method, actor="test", address="", now=clock.now())
            ends.append(row.is_default)
            held.set()
            time.sleep(hold)  # long enough for the other to come to the same place

    threads = [Thread(target=keep, args=("pm_one", 1.0)), Thread(target=keep, args=("pm_two", 0.0))]
    with outside_contexts():
        for thread in threads:
            thread.start()
            assert held.wait(60)
        for thread in threads:
            thread.join(60)
    assert ends == [True, False]
    assert [is_default for _digits, is_default in methods.shown(acme)] == [True, False]


def test_settled_twice_at_once_and_by_the_webhook_it_is_kept_once(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    setup = methods.begins(alice_actor, ONCE)
    assert (setup.state, methods.live(acme)) == ("requires_action", [])
    answers(app, setup, approved=True)
    start = Barrier(2)

    def settle() -> None:
        with app.app_context():
            start.wait(60)
            setups.settle(setup.id, returned=True)

    threads = [Thread(target=settle) for _ in range(2)]
    with outside_contexts():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    later(timedelta(minutes=1))
    assert methods.shown(acme) == [("3155", True)]
    assert methods.both_sides_agree(app, acme)


@pytest.mark.parametrize("name", [ONCE, "paypal"])
def test_who_never_comes_back_is_saved_by_the_webhook(
    app: Flask, acme: Customer, alice_actor: Actor, name: str
) -> None:
    setup = methods.begins(alice_actor, name)
    answers(app, setup, approved=True)
    later(timedelta(0))
    assert [each.kind for each in methods.live(acme)] == [setup.kind]
    assert [each.state for each in setups_of(acme)] == ["succeeded"]


def test_a_lost_webhook_is_made_up_for_by_the_sweep(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    plant(app, "event:*", "lose", 50)
    answers(app, methods.begins(alice_actor, "paypal"), approved=True)
    later(timedelta(0))
    assert methods.live(acme) == []
    later(timedelta(minutes=5))
    assert methods.shown(acme) == [("paypal", True)]


@pytest.mark.parametrize("name", [ONCE, "paypal"])
def test_who_says_no_saves_nothing(app: Flask, acme: Customer, alice_actor: Actor, name: str) -> None:
    setup = methods.begins(alice_actor, name)
    answers(app, setup, approved=False)
    with as_customer(acme.customer_id):
        ended = setups.settle(setup.id, returned=True)
    assert (ended.state, at_processor(app), methods.live(acme)) == ("failed", ["canceled"], [])
    assert "was not confirmed, so nothing was saved" in setups.refusal(ended).sentence


def test_the_banks_question_left_alone_is_given_up_after_a_day(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    methods.begins(alice_actor, ONCE)
    later(DAY - timedelta(minutes=1))
    assert [each.state for each in setups_of(acme)] == ["requires_action"]
    later(DAY + timedelta(hours=7))
    assert ([each.state for each in setups_of(acme)], at_processor(app)) == (["canceled"], ["canceled"])


def test_given_up_it_can_no_longer_be_approved(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    setup = methods.begins(alice_actor, "paypal")
    with as_customer(acme.customer_id):
        ended = setups.settle(setup.id, give_up=True)
    assert (ended.state, ended.problem) == ("canceled", "given_up")
    answers(app, setup, approved=True)
    later(timedelta(hours=1))
    assert (methods.live(acme), methods.attached(app)) == ([], [])


def test_approved_before_it_was_given_up_it_is_saved(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    setup = methods.begins(alice_actor, "paypal")
    answers(app, setup, approved=True)
    with as_customer(acme.customer_id):
        assert setups.settle(setup.id, give_up=True).state == "succeeded"
    assert methods.shown(acme) == [("paypal", True)]


def test_a_card_that_the_bank_refuses_is_not_saved(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    with pytest.raises(Refused) as refused:
        shop.add_method(alice_actor, REFUSED)
    assert (refused.value.status, refused.value.field) == (422, "test_method")
    assert refused.value.sentence == "The card's security code is wrong. Nothing was saved."
    assert (methods.live(acme), methods.attached(app), at_processor(app)) == ([], [], ["canceled"])


def test_a_name_that_is_no_test_method_is_refused(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    with pytest.raises(Refused, match="not one of the test methods"):
        shop.add_method(alice_actor, "pm_card_unheard_of")
    assert methods.live(acme) == []
