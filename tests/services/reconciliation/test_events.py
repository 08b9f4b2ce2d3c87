"""What an event asks of us: nothing where it is not ours or not known, another try where nobody answers."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from app.config import Settings
from app.domain.payments import Intent, IntentStatus, ProcessorEvent
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.gateways.stripe.gateway import StripeGateway
from app.models.customers import Customer
from app.services.reconciliation import events
from app.services.verification.verify import verify
from tests.support.outcome import faults
from tests.support.reversals import buys, payment_of
from tests.support.shop import add_method, remaining

MANY = 50
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def event(kind: str, object_type: str, object_id: str) -> ProcessorEvent:
    return ProcessorEvent("evt_1", kind, object_type, object_id, NOW, livemode=False)


@pytest.mark.fault("S16")
@pytest.mark.parametrize(
    ("kind", "object_type"),
    [
        ("invoice.paid", "invoice"),
        ("charge.refunded", "charge"),
        ("payment_intent.of_the_future", "payment_intent"),
        ("setup_intent.of_the_future", "setup_intent"),
        ("charge.dispute.of_the_future", "dispute"),
        ("refund.of_the_future", "refund"),
        ("payment_method.of_the_future", "payment_method"),
        ("mandate.of_the_future", "mandate"),
        ("", ""),
    ],
)
def test_what_is_unknown_or_about_nothing_of_ours_is_done_with_no_effect(
    app: Flask, acme: Customer, kind: str, object_type: str
) -> None:
    for object_id in ("", "nobody_1", "x" * 100):
        assert events.act(event(kind, object_type, object_id)) == ""
    assert remaining(acme) == 0
    assert verify() == []


@pytest.mark.fault("S16")
def test_an_unknown_type_about_a_payment_of_ours_only_lets_us_look(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    for _ in range(2):
        assert events.act(event("payment_intent.dreamed_of", "payment_intent", payment.processor_id or "")) == ""
    assert (payment_of(payment).state, remaining(acme)) == ("succeeded", 25_000_000)
    assert verify() == []


def test_another_product_at_the_same_processor_is_left_alone(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    gateway: StripeGateway = app.extensions["purser.gateway"]
    saved = add_method(alice_actor)
    theirs = gateway._client.v1.payment_intents.create(
        {"amount": 700, "currency": "usd", "customer": at_processor(settings)}, {"idempotency_key": "another product"}
    )
    paid = gateway.confirm_intent(
        theirs.id, method=saved.processor_id, return_url="http://127.0.0.1/", off_session=False, key="another payment"
    )
    assert isinstance(paid, Intent) and paid.status is IntentStatus.SUCCEEDED
    refund = controls.refund(settings, theirs.id, 100)
    dispute = controls.dispute(settings, theirs.id)
    for kind, object_id in [("payment_intent", theirs.id), ("refund", refund), ("dispute", dispute)]:
        assert events.act(event(f"{kind}.updated", kind, object_id)) == ""
    assert remaining(acme) == 0
    assert verify() == []


def at_processor(settings: Settings) -> str:
    (customer,) = controls.objects(settings, "customer")
    name: str = customer["id"]
    return name


@pytest.mark.both_databases
def test_without_an_answer_it_is_tried_again(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    refund = controls.refund(settings, payment.processor_id or "", 100)
    dispute = controls.dispute(settings, payment.processor_id or "", amount=200)
    method = controls.objects(settings, "payment_method")[0]["id"]
    for call, object_type, object_id in [
        ("fetch_intent", "payment_intent", "pi_another"),
        ("fetch_setup", "setup_intent", "seti_another"),
        ("fetch_refund", "refund", refund),
        ("fetch_dispute", "dispute", dispute),
        ("fetch_method", "payment_method", method),
    ]:
        with faults(app, (call, "500_before", MANY)):
            happened = event("anything", object_type, object_id)
            assert events.act(happened) == events.UNAVAILABLE
    assert remaining(acme) == 25_000_000
    assert events.act(event("anything", "refund", refund)) == ""
    assert events.act(event("anything", "dispute", dispute)) == ""
    assert remaining(acme) == 22_000_000
    assert verify() == []


@pytest.mark.both_databases
@pytest.mark.fault("W3")
@pytest.mark.parametrize("kind", ["refund", "dispute"])
def test_what_goes_back_of_a_payment_whose_own_event_is_still_to_come_is_settled_first_and_booked_at_once(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor, kind: str
) -> None:
    with faults(app, ("confirm_intent", "timeout_after", MANY), ("fetch_intent", "reset_before", MANY)):
        payment = buys(app, alice_actor, 2500)
    assert payment.state == "confirming"
    back = controls.refund if kind == "refund" else controls.dispute
    name = back(settings, payment.processor_id or "", amount=700)
    assert events.act(event(f"{kind}.created", kind, name)) == "", "it need not be tried again"
    found = payment_of(payment)
    assert (found.state, found.refunded_minor + found.disputed_minor) == ("succeeded", 700)
    assert remaining(acme) == 18_000_000
    assert verify() == []
