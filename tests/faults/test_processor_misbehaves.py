"""S1–S13: the processor refuses, resets, times out, fails, declines and forgets, before and after doing what was asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, ids
from app.config import Settings
from app.demo.payment_methods import add_test_method
from app.domain.addresses.profile import Profile
from app.domain.money import Money
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.database import db
from app.models.events import InboxEvent
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.services import jobs
from app.services.payment_methods import saved
from app.services.payments import top_ups
from tests.support import tiers
from tests.support.outcome import Outcome, faults, outcome, recover
from tests.support.sandbox_events import send_event

BEFORE = {"refuse": "S1", "reset_before": "S2", "timeout_before": "S4", "500_before": "S5", "409": "S7", "429": "S8"}
AFTER = {"reset_after": "S3", "timeout_after": "S4", "500_after": "S6", "garbled_after": "S3"}
FAULTS = [
    pytest.param(name, marks=pytest.mark.fault(fault), id=f"{fault}-{name}") for name, fault in (BEFORE | AFTER).items()
]
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
        return add_test_method(alice_actor, "pm_card_visa").id


@pytest.mark.parametrize(("fault", "request_name"), tiers.each_once(FAULTS, REQUESTS))
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
@pytest.mark.parametrize(("fault", "request_name"), tiers.each_once(FAULTS, REQUESTS))
def test_a_long_outage_ends_with_one_charge_and_its_credit_or_neither(
    app: Flask, alice_actor: Actor, visa: str, request_name: str, fault: str
) -> None:
    with faults(app, (request_name, fault, FOREVER)):
        state = buys(app, alice_actor, visa)
        if request_name == "create_intent":
            assert state == "canceled"
        elif request_name == "confirm_intent" and fault in AFTER:
            assert state == "succeeded"  # its answer was lost, but asking for its state said so
        else:
            assert state == "confirming"
    recover(app)
    end = outcome(app, alice_actor.customer_id)
    if (request_name == "confirm_intent" and fault in AFTER) or request_name == "fetch_intent":
        assert end == Outcome([2500], [25_000_000], ["succeeded"])
    else:
        assert end == Outcome([], [], ["canceled"])


@pytest.mark.fault("S9")
def test_a_decline_is_final_at_the_processor_too(app: Flask, alice_actor: Actor) -> None:
    with app.app_context(), as_customer(alice_actor.customer_id):
        poor = add_test_method(alice_actor, "pm_card_chargeCustomerFail").id
    assert buys(app, alice_actor, poor) == "failed"
    recover(app)
    assert outcome(app, alice_actor.customer_id) == Outcome([], [], ["failed"])


@pytest.mark.fault("S2", "S9")
def test_a_decline_whose_cancellation_is_lost_stays_open_until_it_is_certain(app: Flask, alice_actor: Actor) -> None:
    with app.app_context(), as_customer(alice_actor.customer_id):
        poor = add_test_method(alice_actor, "pm_card_chargeCustomerFail").id
    with faults(app, ("cancel_intent", "reset_before", FOREVER)):
        assert buys(app, alice_actor, poor) == "confirming"
    recover(app)
    assert outcome(app, alice_actor.customer_id) == Outcome([], [], ["failed"])


@pytest.mark.fault("S10")
@pytest.mark.case("AC-12")
def test_a_bank_question_never_answered_is_given_up_after_a_day(app: Flask, alice_actor: Actor) -> None:
    with app.app_context(), as_customer(alice_actor.customer_id):
        asks = add_test_method(alice_actor, "pm_card_authenticationRequired").id
    assert buys(app, alice_actor, asks) == "requires_action"
    recover(app)
    assert outcome(app, alice_actor.customer_id) == Outcome([], [], ["canceled"])


@pytest.mark.case("AC-16", "AC-1")
def test_the_same_form_in_an_outage_is_still_one_order(app: Flask, alice_actor: Actor, visa: str) -> None:
    key = ids.new_form_key()
    with faults(app, ("confirm_intent", "timeout_after", FOREVER), ("fetch_intent", "reset_before", FOREVER)):
        assert {buys(app, alice_actor, visa, key) for _ in range(3)} == {"confirming"}
    recover(app)
    assert outcome(app, alice_actor.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])


@pytest.mark.fault("S11")
@pytest.mark.case("AC-1")
def test_a_key_that_was_used_for_something_else_charges_nothing(app: Flask, alice_actor: Actor, visa: str) -> None:
    """Somebody else's bug has used the key of our confirmation: the processor refuses it, and the order ends uncharged."""
    with using_up(app, "confirm_intent"):
        assert buys(app, alice_actor, visa) == "failed"
    recover(app)
    assert outcome(app, alice_actor.customer_id) == Outcome([], [], ["failed"])


@pytest.mark.fault("S12")
@pytest.mark.case("AC-22")
@pytest.mark.parametrize("fault", tiers.some(2, AFTER))
def test_after_the_keys_lifetime_an_unknown_charge_is_looked_up_and_not_repeated(
    app: Flask, settings: Settings, alice_actor: Actor, visa: str, fault: str
) -> None:
    with faults(app, ("confirm_intent", fault, FOREVER), ("fetch_intent", "reset_before", FOREVER)):
        assert buys(app, alice_actor, visa) == "confirming"
        for hours in range(0, 30, 3):  # an outage longer than any key is kept
            with app.app_context(), clock.at(clock.now() + timedelta(hours=hours)):
                jobs.run_due()
    asked = [each["line"] for each in controls.requests(settings)]
    confirmed = [line for line in asked if "/payment_intents/" in line and line.endswith("/confirm")]
    assert len(confirmed) == 1, "asked again with a key that the processor may have forgotten"
    recover(app)
    assert outcome(app, alice_actor.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])


@pytest.mark.fault("S13")
def test_a_card_that_was_detached_at_the_processor_charges_nothing(
    app: Flask, settings: Settings, alice_actor: Actor, visa: str
) -> None:
    with app.app_context(), as_customer(alice_actor.customer_id):
        (method,) = saved.saved()
        answer = app.extensions["purser.gateway"].detach_method(method.processor_id, key="by the seller")
        assert answer is None
    assert buys(app, alice_actor, visa) in {"failed", "canceled"}
    recover(app)
    end = outcome(app, alice_actor.customer_id)
    assert end.charged_minor == [] and set(end.states) <= {"failed", "canceled"}


@pytest.mark.fault("S13")
def test_a_card_that_is_detached_between_intent_and_confirmation_charges_nothing(
    app: Flask, alice_actor: Actor, visa: str
) -> None:
    gateway = app.extensions["purser.gateway"]

    class Detaching:
        """Detaches the card just before each confirmation."""

        def __getattr__(self, name: str) -> Callable[..., Any]:
            return getattr(gateway, name)  # type: ignore[no-any-return]

        def confirm_intent(self, intent_id: str, *, method: str, **rest: Any) -> Any:
            gateway.detach_method(method, key=f"{intent_id}:away")
            return gateway.confirm_intent(intent_id, method=method, **rest)

    app.extensions["purser.gateway"] = Detaching()
    assert buys(app, alice_actor, visa) in {"failed", "canceled"}
    recover(app)
    assert outcome(app, alice_actor.customer_id).charged_minor == []


@pytest.mark.fault("S16")
def test_an_event_of_an_unknown_type_is_kept_and_changes_nothing(
    app: Flask, settings: Settings, alice_actor: Actor, visa: str
) -> None:
    assert buys(app, alice_actor, visa) == "succeeded"
    with as_service("look for the payment"):
        intent_id = db.session.scalars(select(Payment.processor_id)).one() or ""
    sent = [send_event(settings, kind, intent_id) for kind in ("payment_intent.teleported", "moon.landed")]
    recover(app)
    with as_service("look into the inbox"):
        kept = {event.id: event.state for event in db.session.scalars(select(InboxEvent))}
    assert {kept[event_id] for event_id in sent} == {"done"}
    assert outcome(app, alice_actor.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])


@contextmanager
def using_up(app: Flask, call: str) -> Iterator[None]:
    """Let another request use up the key of the next calls of this name before they are made."""
    gateway = app.extensions["purser.gateway"]

    class UsedUp:
        """Sends a creation of its own with the key first."""

        def __getattr__(self, name: str) -> Callable[..., Any]:
            made = getattr(gateway, name)

            def asks(*args: Any, **kwargs: Any) -> Any:
                if name == call:
                    gateway.create_customer(customer_id="cus_x", profile=Profile("X", "x@x.example"), key=kwargs["key"])
                return made(*args, **kwargs)

            return asks

    app.extensions["purser.gateway"] = UsedUp()
    yield
    app.extensions["purser.gateway"] = gateway
