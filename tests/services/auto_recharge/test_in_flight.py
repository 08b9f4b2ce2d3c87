"""What a member or the seller changes while a charge is in flight (H4, H5): it ends as the bank says, and is the last."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from app import clock
from app.domain.money import Money
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import PaymentMethod
from app.models.scope import as_customer, as_service
from app.services import writing_turn
from app.services.auto_recharge import charging, stop
from app.services.payment_methods import saved as saved_methods
from app.services.payments import collection
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support import recharge, shop, spend
from tests.support.outcome import Outcome, faults, outcome
from tests.support.rails import BACK
from tests.support.restored import MANY

NOW = datetime.fromisoformat("2026-11-21T12:00:00Z")
Change = Callable[[Actor, PaymentMethod], None]


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.at(NOW):
        yield


def switched_off(actor: Actor, _method: PaymentMethod) -> None:
    recharge.chooses(actor, enabled=False)


def limit_lowered(actor: Actor, _method: PaymentMethod) -> None:
    recharge.chooses(actor, accepts=False, period_limit=Money(2500, "USD"))


def card_removed(actor: Actor, method: PaymentMethod) -> None:
    with as_customer(actor.customer_id):
        saved_methods.remove(actor, method.id)


def suspended(actor: Actor, _method: PaymentMethod) -> None:
    with as_service("change a standing"), transaction() as session:
        session.get_one(Customer, actor.customer_id).standing = "suspended"


def stopped(actor: Actor, _method: PaymentMethod) -> None:
    found = stop.everything(actor.customer_id, recharge.terms(actor), by=actor.member_id, address="")
    assert found.in_flight is not None and found.given_up is None, "what the bank may have cannot be called back"


CHANGES = [switched_off, limit_lowered, card_removed, suspended, stopped]


@pytest.mark.fault("H4", "H5", "S4")
@pytest.mark.parametrize("change", CHANGES)
def test_a_charge_that_the_bank_has_is_credited_once_and_no_other_one_follows(
    app: Flask, acme: Customer, alice_actor: Actor, change: Change
) -> None:
    card = shop.add_method(alice_actor)
    recharge.on(alice_actor)
    with faults(app, ("confirm_intent", "timeout_after", MANY), ("fetch_intent", "reset_before", MANY)):
        recharge.runs(app, times=1)
        assert recharge.states(acme) == [(2500, "confirming")]
        change(alice_actor, card)
    recharge.runs(app, NOW + timedelta(minutes=20))
    assert (recharge.states(acme), recharge.budget(acme)) == ([(2500, "succeeded")], (0, 2500))
    spend.uses(acme, "24", NOW + timedelta(minutes=30))
    for hours in (1, 2, 30):
        recharge.runs(app, NOW + timedelta(hours=hours), times=2)
    assert (recharge.states(acme), shop.remaining(acme)) == ([(2500, "succeeded")], 1_000_000)
    assert outcome(app, acme.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])


@pytest.mark.fault("H4", "H5", "S10")
@pytest.mark.parametrize("change", [switched_off, card_removed, suspended])
def test_one_that_waits_for_the_customer_is_given_up_after_a_day_and_frees_its_budget(
    app: Flask, acme: Customer, alice_actor: Actor, change: Change
) -> None:
    card = shop.add_method(alice_actor, shop.ASKS)
    recharge.on(alice_actor)
    recharge.runs(app)
    assert recharge.budget(acme) == (2500, 0)
    change(alice_actor, card)
    for hours in (2, 25, 30):
        recharge.runs(app, NOW + timedelta(hours=hours), times=2)
    (payment,) = recharge.automatic(acme)
    assert payment.state in {"canceled", "failed"}
    assert (recharge.budget(acme), shop.charges(app)) == ((0, 0), [])
    assert verify(acme.customer_id) == []


@pytest.mark.case("AC-12")
@pytest.mark.fault("H4")
def test_switched_off_while_the_bank_asks_the_customer_may_still_approve_it(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    card = shop.add_method(alice_actor, shop.ASKS)
    recharge.on(alice_actor)
    recharge.runs(app)
    switched_off(alice_actor, card)
    (payment,) = recharge.automatic(acme)
    collection.resume(payment.id, BACK(payment.id))
    controls.answer_challenge(app.extensions["purser.settings"], payment.processor_id or "", approved=True)
    assert collection.resume(payment.id, BACK(payment.id)).state == "succeeded"
    recharge.runs(app, NOW + timedelta(hours=1))
    assert (recharge.states(acme), recharge.budget(acme)) == ([(2500, "succeeded")], (0, 2500))


@contextmanager
def elsewhere() -> Iterator[None]:
    """Let the threads that begin now write as another process does: this one's turn is nothing to them."""
    turns = dict(writing_turn._turns)
    writing_turn._turns.clear()
    try:
        yield
    finally:
        writing_turn._turns.update(turns)


@contextmanager
def just_before(number: int, work: Callable[[], object]) -> Iterator[None]:
    """Let another process do the work just before this thread begins its transaction of that number."""
    me, begun = threading.get_ident(), [0]
    db.session.rollback()

    def began(*_connection: object) -> None:
        if threading.get_ident() == me:
            begun[0] += 1
            if begun[0] == number:
                with elsewhere(), ThreadPoolExecutor(1) as pool:
                    pool.submit(work).result()

    event.listen(db.engine, "checkout", began)
    try:
        yield
    finally:
        event.remove(db.engine, "checkout", began)


@pytest.mark.fault("H4")
@pytest.mark.parametrize("number", [1, 2])
def test_a_limit_that_was_lowered_before_the_order_holds_for_it(
    app: Flask, acme: Customer, alice_actor: Actor, number: int
) -> None:
    shop.add_method(alice_actor)
    recharge.on(alice_actor, threshold="80")
    before: list[int] = []

    def lowers() -> None:
        with app.app_context(), clock.at(NOW):
            before.extend(minor for minor, _state in recharge.states(acme))
            limit_lowered(alice_actor, PaymentMethod())

    with as_service("look"), just_before(number, lowers):
        charging.look_at(acme.customer_id)
    assert recharge.terms(alice_actor).period_limit.amount_minor == 2500, "it was lowered"
    assert [minor for minor, _state in recharge.states(acme)] == (before or [2500])
