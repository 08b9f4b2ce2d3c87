"""S1–S9: the processor refuses, resets, times out, fails and declines, before and after doing what it was asked."""

import pytest
from flask import Flask

from app import ids
from app.domain.money import Money
from app.domain.people import Actor
from app.models.scope import as_customer
from app.services import payment_methods, top_ups
from tests.faults.outcome import Outcome, faults, outcome, recover

BEFORE = ["refuse", "reset_before", "timeout_before", "500_before", "409", "429"]
AFTER = ["reset_after", "timeout_after", "500_after"]
REQUESTS = ["create_intent", "confirm_intent", "fetch_intent"]
FOREVER = 50


def buys(app: Flask, actor: Actor, method: str, form_key: str = "") -> str:
    with app.app_context(), as_customer(actor.customer_id):
        return top_ups.buy(
            actor,
            form_key=form_key or ids.new_form_key(),
            amount=Money(2500, "USD"),
            pack="",
            method_id=method,
            return_url="http://127.0.0.1/{}".format,
        ).state


@pytest.fixture
def visa(app: Flask, alice_actor: Actor) -> str:
    with app.app_context(), as_customer(alice_actor.customer_id):
        return payment_methods.add_test_method(alice_actor, "pm_card_visa").id


@pytest.mark.parametrize("request_name", REQUESTS)
@pytest.mark.parametrize("fault", BEFORE + AFTER)
def test_one_bad_moment_is_ridden_out_or_says_nothing_false(
    app: Flask, alice_actor: Actor, visa: str, request_name: str, fault: str
) -> None:
    with faults(app, (request_name, fault, 1)):
        state = buys(app, alice_actor, visa)
    assert state != "failed", "unknown was read as failed"
    recover(app)
    end = outcome(app, alice_actor.customer_id)
    assert set(end.states) <= {"succeeded", "canceled"}


@pytest.mark.case("AC-19/20")
@pytest.mark.parametrize("request_name", REQUESTS)
@pytest.mark.parametrize("fault", BEFORE + AFTER)
def test_a_long_outage_ends_with_one_charge_and_its_credit_or_neither(
    app: Flask, alice_actor: Actor, visa: str, request_name: str, fault: str
) -> None:
    with faults(app, (request_name, fault, FOREVER)):
        state = buys(app, alice_actor, visa)
        if request_name == "create_intent":
            assert state == "canceled"
        elif request_name == "confirm_intent" and fault in AFTER:
            assert state == "succeeded"  # its answer was lost, but asking how things stand told
        else:
            assert state == "confirming"
    recover(app)
    end = outcome(app, alice_actor.customer_id)
    if (request_name == "confirm_intent" and fault in AFTER) or request_name == "fetch_intent":
        assert end == Outcome([2500], [25_000_000], ["succeeded"])
    else:
        assert end == Outcome([], [], ["canceled"])


def test_a_decline_is_final_at_the_processor_too(app: Flask, alice_actor: Actor) -> None:
    with app.app_context(), as_customer(alice_actor.customer_id):
        poor = payment_methods.add_test_method(alice_actor, "pm_card_chargeCustomerFail").id
    assert buys(app, alice_actor, poor) == "failed"
    recover(app)
    assert outcome(app, alice_actor.customer_id) == Outcome([], [], ["failed"])


def test_a_decline_whose_cancellation_is_lost_stays_open_until_it_is_certain(app: Flask, alice_actor: Actor) -> None:
    with app.app_context(), as_customer(alice_actor.customer_id):
        poor = payment_methods.add_test_method(alice_actor, "pm_card_chargeCustomerFail").id
    with faults(app, ("cancel_intent", "reset_before", FOREVER)):
        assert buys(app, alice_actor, poor) == "confirming"
    recover(app)
    assert outcome(app, alice_actor.customer_id) == Outcome([], [], ["failed"])


@pytest.mark.case("AC-12")
def test_a_bank_question_never_answered_is_given_up_after_a_day(app: Flask, alice_actor: Actor) -> None:
    with app.app_context(), as_customer(alice_actor.customer_id):
        asks = payment_methods.add_test_method(alice_actor, "pm_card_authenticationRequired").id
    assert buys(app, alice_actor, asks) == "requires_action"
    recover(app)
    assert outcome(app, alice_actor.customer_id) == Outcome([], [], ["canceled"])


@pytest.mark.case("AC-16", "AC-1")
def test_the_same_form_in_an_outage_is_still_one_wish(app: Flask, alice_actor: Actor, visa: str) -> None:
    key = ids.new_form_key()
    with faults(app, ("confirm_intent", "timeout_after", FOREVER), ("fetch_intent", "reset_before", FOREVER)):
        assert {buys(app, alice_actor, visa, key) for _ in range(3)} == {"confirming"}
    recover(app)
    assert outcome(app, alice_actor.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])
