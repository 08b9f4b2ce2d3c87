"""Wallets, coins and debits: charged once, credited when the money is there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app import ids
from app.config import Settings
from app.domain.errors import Refused
from app.domain.methods import Rail
from app.domain.money import Money
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.ledger import Transfer
from app.models.scope import as_customer
from app.services.catalog import versions
from app.services.payment_methods import saved as saved_methods
from app.services.payments import settlement, top_ups
from app.services.verification.verify import verify
from tests.support import cast, shop
from tests.support.outcome import Outcome, faults, outcome, recover
from tests.support.rails import (
    BACK,
    MANY,
    attempts,
    buys,
    charges,
    events_of,
    gavin,
    hooli,
    later,
    mails,
    rows,
    saved,
    stands,
)

__all__ = ["gavin", "hooli"]


# Paid once


@pytest.mark.parametrize("rail", ["paypal", "crypto"])
def test_a_wallet_pays_once_and_nothing_is_saved(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer, rail: str
) -> None:
    payment = buys(alice_actor, rail)
    assert (payment.state, payment.rail, payment.method_id) == ("requires_action", rail, None)
    assert payment.action_url.startswith("http")
    controls.answer_challenge(settings, payment.processor_id or "", approved=True)
    settlement.settle(payment.id)
    assert outcome(app, acme.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])
    name = {"paypal": "PayPal", "crypto": "Cryptocurrency"}[rail]
    assert set(rows(Transfer, payment, Transfer.description)) == {f"Credits bought with {name}"}
    assert mails(payment) == [f"receipt:{payment.id}"]
    with as_customer(acme.customer_id):
        assert saved_methods.saved() == []


def test_a_wallet_that_declines_charges_nothing(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    payment = buys(alice_actor, "paypal")
    controls.answer_challenge(settings, payment.processor_id or "", approved=False)
    assert settlement.settle(payment.id).state == "failed"
    assert outcome(app, acme.customer_id) == Outcome([], [], ["failed"])
    assert mails(payment) == []  # the page has said it


def test_coins_that_take_a_while_are_credited_when_they_arrive(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    payment = buys(alice_actor, "crypto")
    controls.answer_challenge(settings, payment.processor_id or "", approved=True, later=True)
    assert settlement.settle(payment.id).state == "processing"
    assert outcome(app, acme.customer_id) == Outcome([], [], ["processing"])
    later(app, timedelta(minutes=11))
    assert outcome(app, acme.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])


def test_a_wallet_that_nobody_answers_is_given_up_after_a_day(app: Flask, alice_actor: Actor, acme: Customer) -> None:
    payment = buys(alice_actor, "crypto")
    later(app, timedelta(hours=23))
    assert stands(payment).state == "requires_action"
    later(app, timedelta(hours=24))
    assert (stands(payment).state, stands(payment).problem) == ("canceled", "not_confirmed")
    assert outcome(app, acme.customer_id) == Outcome([], [], ["canceled"])


def test_only_what_the_seller_takes_can_be_used(alice_actor: Actor, gavin: Actor, hooli: Customer) -> None:
    card = saved(gavin, shop.GOOD)
    for actor, way, currency in (
        (gavin, "crypto", "EUR"),
        (alice_actor, "sepa_debit", "USD"),
        (alice_actor, card, "USD"),
    ):
        with pytest.raises(Refused):
            buys(actor, way, currency=currency)
    debit = saved(gavin, "pm_success_de")
    terms = (cast.EXAMPLES / "platform.toml").read_text()
    versions.apply(terms.replace(', "sepa_debit"', ""))
    with pytest.raises(Refused) as refused:
        buys(gavin, debit, currency="EUR")
    assert (refused.value.reason, refused.value.status) == ("kind_not_taken", 422)
    assert shop.payments(hooli) == []


def test_nobody_is_charged_by_a_wallet_while_away(alice_actor: Actor, acme: Customer) -> None:
    for rail in ("paypal", "crypto"):
        with pytest.raises(Refused) as refused:
            charges(alice_actor, rail)
        assert refused.value.status == 404
    assert shop.payments(acme) == []


@pytest.mark.case("AC-2")
def test_the_same_wallet_in_two_tabs_is_asked_about(alice_actor: Actor, acme: Customer) -> None:
    buys(alice_actor, "paypal")
    with as_customer(acme.customer_id), pytest.raises(Refused) as refused:
        top_ups.buy(
            alice_actor,
            form_key=ids.new_form_key(),
            amount=Money(2500, "USD"),
            pack="",
            method_id="paypal",
            return_url=BACK,
            repeat=False,
        )
    assert refused.value.reason == "waits_already"
    assert refused.value.sentence == "Your payment of $25.00 for the same credits waits for your approval."
    assert len(shop.payments(acme)) == 1


@pytest.mark.case("AC-17")
def test_paying_by_card_gives_up_the_wallet_that_waits(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    waiting = buys(alice_actor, "paypal")
    buys(alice_actor, saved(alice_actor, shop.GOOD))
    assert stands(waiting).state == "canceled"
    controls.answer_challenge(settings, waiting.processor_id or "", approved=True)  # too late
    later(app)
    assert outcome(app, acme.customer_id) == Outcome([2500], [25_000_000], ["canceled", "succeeded"])


class Late:
    """A gateway at which something happens just before a cancellation arrives."""

    def __init__(self, app: Flask, happens: Callable[[], object]) -> None:
        self._gateway, self._happens = app.extensions["purser.gateway"], [happens]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._gateway, name)

        def late(*args: Any, **kwargs: Any) -> object:
            if name == "cancel_intent" and self._happens:
                self._happens.pop()()
            return call(*args, **kwargs)

        return late


@pytest.mark.case("AC-17", "AC-28")
def test_a_cancellation_that_came_too_early_is_not_remembered(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer
) -> None:
    payment = buys(alice_actor, "crypto")
    number = payment.processor_id or ""
    sent = Late(app, lambda: controls.answer_challenge(settings, number, approved=True, later=True))
    app.extensions["purser.gateway"] = sent
    with as_customer(acme.customer_id):
        assert top_ups.give_up(payment.id).state == "processing"  # the coins were sent in the same moment
    controls.finish(settings, number, succeeded=False)
    later(app)
    assert stands(payment).state == "failed"
    assert outcome(app, acme.customer_id) == Outcome([], [], ["failed"])


# Debited over days


def test_a_debit_takes_days_and_is_credited_when_the_money_is_there(app: Flask, gavin: Actor, hooli: Customer) -> None:
    before = shop.remaining(hooli)
    payment = buys(gavin, saved(gavin, "pm_success_de"), currency="EUR")
    assert (payment.state, payment.rail) == ("processing", Rail.SEPA_DEBIT)
    later(app, timedelta(days=2))
    assert (stands(payment).state, shop.remaining(hooli), mails(payment)) == ("processing", before, [])
    assert rows(Transfer, payment, Transfer.kind).count("payment") == 0  # neither due nor paid
    assert verify(hooli.customer_id) == []
    later(app, timedelta(days=3, minutes=1))
    assert outcome(app, hooli.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])
    assert (shop.remaining(hooli), mails(payment)) == (before + 25_000_000, [f"receipt:{payment.id}"])
    assert attempts(payment) == [(1, "succeeded", "")]


@pytest.mark.case("AC-23", "AC-28")
@pytest.mark.fault("S14")
@pytest.mark.parametrize("heard", [True, False], ids=["webhook", "sweep"])
def test_a_debit_that_fails_days_later_is_never_credited_and_the_customer_is_notified(
    app: Flask, gavin: Actor, hooli: Customer, heard: bool
) -> None:
    payment = buys(gavin, saved(gavin, "pm_insufficientFunds_de"), currency="EUR")
    with faults(app, *([] if heard else [("event:*", "lose", MANY)])):
        later(app, timedelta(days=3, hours=7))
    recover(app)
    assert outcome(app, hooli.customer_id) == Outcome([], [], ["failed"])
    assert (events_of(payment), mails(payment)) == (["payment.failed"], [f"payment_failed:{payment.id}"])
    assert len(attempts(payment)) == 1
