"""Transfers that arrive: exact, short, in excess, twice, for two orders, for none, too late, in another currency."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask

from app import clock
from app.domain.bank_transfers.allocation import Standing
from app.domain.errors import Refused
from app.domain.money import Money
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services import jobs
from app.services.bank_transfers import cash, orders, returns
from tests.support.outcome import faults, recover
from tests.support.shop import payments, remaining
from tests.support.transfers import (
    arrives,
    at_processor,
    movements,
    ordered,
    owner_of,
    sent,
    sound,
    standing,
    unapplied,
)

pytestmark = pytest.mark.usefixtures("alice_actor")


@pytest.mark.both_databases
def test_the_exact_sum_pays_and_credits_once(app: Flask, alice_actor: Actor, acme: Customer) -> None:
    before, order = remaining(acme), ordered(alice_actor)
    assert standing(alice_actor, order).standing is Standing.WAITING and payments(acme) == []
    sent(app, acme.customer_id, 2500)
    assert standing(alice_actor, order).standing is Standing.PAID
    (payment,) = payments(acme)
    assert (payment.state, payment.received_minor, payment.rail) == ("succeeded", 2500, "bank_transfer")
    assert remaining(acme) - before == 25_000_000
    cash.look(acme.customer_id)
    assert (unapplied(acme.customer_id), len(payments(acme)), len(movements(acme.customer_id))) == (0, 1, 2)
    sound(app, acme.customer_id)


@pytest.mark.both_databases
def test_a_cent_short_stays_open_and_visible_and_the_rest_pays(app: Flask, alice_actor: Actor, acme: Customer) -> None:
    order = ordered(alice_actor)
    sent(app, acme.customer_id, 2499)
    assert standing(alice_actor, order).standing is Standing.WAITING and payments(acme) == []
    assert unapplied(acme.customer_id) == 2499
    sound(app, acme.customer_id)
    sent(app, acme.customer_id, 1)
    assert standing(alice_actor, order).standing is Standing.PAID and unapplied(acme.customer_id) == 0
    sound(app, acme.customer_id)


@pytest.mark.both_databases
def test_what_was_sent_in_excess_stays_and_is_used_by_the_next_order(
    app: Flask, alice_actor: Actor, acme: Customer
) -> None:
    order = ordered(alice_actor)
    sent(app, acme.customer_id, 3200)
    assert standing(alice_actor, order).standing is Standing.PAID and unapplied(acme.customer_id) == 700
    sound(app, acme.customer_id)
    small = ordered(alice_actor, "5.00")
    assert standing(alice_actor, small).standing is Standing.PAID and unapplied(acme.customer_id) == 200
    assert [each.received_minor for each in payments(acme)] == [2500, 500]
    sound(app, acme.customer_id)


def test_two_transfers_pay_one_order_and_one_pays_two_the_oldest_first(
    app: Flask, alice_actor: Actor, acme: Customer
) -> None:
    first = ordered(alice_actor, "30.00")
    sent(app, acme.customer_id, 1000)
    sent(app, acme.customer_id, 2000)
    assert standing(alice_actor, first).standing is Standing.PAID
    second, third, fourth = (ordered(alice_actor, each) for each in ("10.00", "20.00", "40.00"))
    sent(app, acme.customer_id, 3500)
    found = [standing(alice_actor, each).standing for each in (second, third, fourth)]
    assert found == [Standing.PAID, Standing.PAID, Standing.WAITING] and unapplied(acme.customer_id) == 500
    sound(app, acme.customer_id)


def test_without_an_order_or_after_it_was_cancelled_or_too_late_the_sum_stays_the_customers(
    app: Flask, alice_actor: Actor, acme: Customer
) -> None:
    order, late = ordered(alice_actor), ordered(alice_actor, "40.00")
    with as_customer(acme.customer_id):
        orders.give_up(alice_actor, order.id)
        orders.give_up(alice_actor, order.id)
    sent(app, acme.customer_id, 2500)
    assert (unapplied(acme.customer_id), payments(acme)) == (2500, []), "nothing is paid that was cancelled"
    with clock.at(clock.now() + timedelta(days=14)):
        assert orders.expire_due() == 1
        sent(app, acme.customer_id, 4000)
        found = [standing(alice_actor, each).standing for each in (order, late)]
        assert found == [Standing.CANCELED, Standing.EXPIRED]
        assert (unapplied(acme.customer_id), payments(acme)) == (6500, [])
        sound(app, acme.customer_id)


def test_what_is_being_paid_or_paid_is_not_cancelled(app: Flask, alice_actor: Actor, acme: Customer) -> None:
    order = ordered(alice_actor)
    sent(app, acme.customer_id, 2500)
    with as_customer(acme.customer_id), pytest.raises(Refused) as refusal:
        orders.give_up(alice_actor, order.id)
    assert refusal.value.reason == "being_paid"


def test_another_currency_is_written_down_and_pays_nothing(app: Flask, alice_actor: Actor, acme: Customer) -> None:
    order = ordered(alice_actor)
    sent(app, acme.customer_id, 2500, "EUR")
    assert standing(alice_actor, order).standing is Standing.WAITING
    (movement,) = movements(acme.customer_id)
    assert (movement.currency, movement.is_booked, unapplied(acme.customer_id)) == ("EUR", False, 0)
    sound(app, acme.customer_id)


def test_a_webhook_twice_or_late_or_lost_changes_nothing_of_what_is_paid(
    app: Flask, alice_actor: Actor, acme: Customer
) -> None:
    order, later = ordered(alice_actor), ordered(alice_actor, "30.00")
    settings = app.extensions["purser.settings"]
    controls.plant(settings, "event:customer_cash_balance_transaction.created", "duplicate", 2)
    arrives(app, acme.customer_id, 2500)
    jobs.run_due()
    jobs.run_due()
    assert standing(alice_actor, order).standing is Standing.PAID
    controls.plant(settings, "event:customer_cash_balance_transaction.created", "lose", 9)
    arrives(app, acme.customer_id, 3000)
    jobs.run_due()
    assert standing(alice_actor, later).standing is Standing.WAITING
    with clock.at(clock.now() + timedelta(minutes=61)):
        jobs.run_due()
    assert standing(alice_actor, later).standing is Standing.PAID
    assert len(payments(acme)) == 2
    sound(app, acme.customer_id)


@pytest.mark.both_databases
def test_the_seller_sends_back_what_is_left_and_no_more(app: Flask, alice_actor: Actor, acme: Customer) -> None:
    ordered(alice_actor, "50.00")
    sent(app, acme.customer_id, 3000)
    with pytest.raises(Refused) as refusal:
        returns.send_back(acme.customer_id, amount=Money(3001, "USD"), reason="Sent twice", requested_by="seller")
    assert refusal.value.reason == "more_than_is_left"
    made = returns.send_back(acme.customer_id, reason="Sent twice", requested_by="seller")
    assert (made.state, made.amount_minor) == ("sent", 3000) and made.movement_id
    assert unapplied(acme.customer_id) == 0 == at_processor(app, acme.customer_id)
    sound(app, acme.customer_id)


def test_a_bank_that_calls_a_transfer_back_leaves_less_and_it_is_not_used(
    app: Flask, alice_actor: Actor, acme: Customer
) -> None:
    order = ordered(alice_actor)
    sent(app, acme.customer_id, 2400)
    controls.move_cash(app.extensions["purser.settings"], owner_of(acme.customer_id), "funding_reversed", -2400, "USD")
    sent(app, acme.customer_id, 100)
    assert standing(alice_actor, order).standing is Standing.WAITING and unapplied(acme.customer_id) == 100
    sound(app, acme.customer_id)


def test_a_sum_on_its_way_into_a_payment_is_not_used_again(app: Flask, alice_actor: Actor, acme: Customer) -> None:
    first, second = ordered(alice_actor), ordered(alice_actor, "25.00")
    with faults(app, ("create_intent", "timeout_after", 1), ("cancel_intent", "timeout_before", 9)):
        sent(app, acme.customer_id, 2600)
        assert unapplied(acme.customer_id) in {100, 2600}
    controls.plant(app.extensions["purser.settings"], "fetch_intent", "timeout_before", 9)
    cash.look(acme.customer_id)
    cash.look(acme.customer_id)
    under_way = [each for each in payments(acme) if each.state not in {"canceled", "failed", "succeeded"}]
    assert len(under_way) == 1 and unapplied(acme.customer_id) == 100
    controls.clear_faults(app.extensions["purser.settings"])
    recover(app)
    found = [standing(alice_actor, each).standing for each in (first, second)]
    assert found == [Standing.PAID, Standing.WAITING]
    sound(app, acme.customer_id)


@pytest.mark.both_databases
def test_two_looks_at_once_write_a_movement_down_once(app: Flask, alice_actor: Actor, acme: Customer) -> None:
    order = ordered(alice_actor)
    arrives(app, acme.customer_id, 2500)
    start = Barrier(3)

    def look() -> None:
        with app.app_context():
            start.wait(60)
            cash.look(acme.customer_id)

    threads = [Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cash.look(acme.customer_id)
    assert standing(alice_actor, order).standing is Standing.PAID
    assert [each.kind for each in movements(acme.customer_id)] == ["funded", "applied_to_payment"]
    assert len([each for each in payments(acme) if each.state == "succeeded"]) == 1
    sound(app, acme.customer_id)
