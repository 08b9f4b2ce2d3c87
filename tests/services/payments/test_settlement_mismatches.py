"""What the processor says beside what was promised: other amounts, currencies and names."""

import json
from typing import Any

import pytest
import stripe
import structlog
from flask import Flask
from sqlalchemy import select

from app import ids
from app.config import Settings
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.gateways.sandbox import charges, controls, deliveries, payment_intents
from app.gateways.sandbox.store import opened
from app.models.customers import Customer
from app.models.database import db
from app.models.events import OutboxEvent
from app.models.ledger import Transfer
from app.models.scope import as_service
from app.services.payments import settlement
from app.services.verification.verify import verify
from tests.support.outcome import Outcome, faults, outcome, recover
from tests.support.unheard import (
    MANY,
    PAID,
    SUCCEEDED,
    buys,
    charged_unheard,
    credited,
    pass_time,
    received,
    stands,
    visa,
)

__all__ = ["visa"]


@pytest.mark.both_databases
@pytest.mark.case("AC-18")
@pytest.mark.fault("S15")
@pytest.mark.parametrize("heard", [True, False])
def test_another_amount_is_credited_as_received_and_is_visible(
    app: Flask, alice_actor: Actor, visa: str, heard: bool
) -> None:
    with structlog.testing.capture_logs() as logs, faults(app, ("confirm_intent", "other_amount", 1)):
        if heard:
            payment = buys(app, alice_actor, visa)
        else:
            with faults(app, ("fetch_intent", "reset_before", MANY)):
                payment = buys(app, alice_actor, visa)
            pass_time(app)
    assert outcome(app, alice_actor.customer_id) == Outcome([2600], [26_000_000], ["succeeded"])
    now = stands(payment)
    assert (now.amount_minor, now.received_minor, now.problem) == (2500, 2600, "another_amount")
    assert {"payment": payment.id, "why": "another_amount"}.items() <= reported(logs).items()
    assert needs_review(alice_actor.customer_id) == [(payment.id, "another_amount", 2500, 2600)]


@pytest.mark.case("AC-43")
@pytest.mark.fault("S15")
def test_another_currency_is_never_credited_and_is_reported(app: Flask, alice_actor: Actor, visa: str) -> None:
    with structlog.testing.capture_logs() as logs, faults(app, ("confirm_intent", "other_currency", 1)):
        payment = buys(app, alice_actor, visa)
    assert {"payment": payment.id, "why": "another_currency"}.items() <= reported(logs).items()
    recover(app)
    now = stands(payment)
    assert (now.state, now.problem, now.received_minor) == ("confirming", "another_currency", 0)
    assert credited(alice_actor.customer_id) == []
    with as_service("look at the ledger"):
        assert db.session.scalars(select(Transfer.id)).all() == []
    assert [violation.invariant for violation in verify()] == ["I9"]  # a person must look
    assert needs_review(alice_actor.customer_id) == [(payment.id, "another_currency", 2500, 0)]


def needs_review(customer_id: str) -> list[tuple[object, ...]]:
    """Return what was reported to the seller for a person to look at."""
    with as_service("look at the outbox"):
        rows = db.session.scalars(
            select(OutboxEvent).where(
                OutboxEvent.customer_id == customer_id, OutboxEvent.type == "payment.needs_review"
            )
        )
        events = [(row.source_id, json.loads(row.data)) for row in rows]
    assert all(source == data["payment"] for source, data in events)
    return [(source, data["reason"], data["amount_minor"], data["received_minor"]) for source, data in events]


def reported(logs: Any) -> dict[str, Any]:
    """Return what was said to the seller, once."""
    (said,) = [each for each in logs if each["event"] == "payment_needs_review"]
    assert said["log_level"] == "error"
    return dict(said)


def paid_elsewhere(settings: Settings, **metadata: str) -> str:
    """Let somebody else's intent at the same processor succeed; return its id."""
    with opened(settings.database_url) as store:
        intent = payment_intents.create(store, {"amount": 2500, "currency": "usd", "metadata": metadata})
        charges.succeed(store, intent)
        return str(intent["id"])


@pytest.mark.case("AC-30/31", "AC-43")
@pytest.mark.fault("S17")
def test_intents_of_others_are_ignored(
    app: Flask, settings: Settings, alice_actor: Actor, globex: Customer, visa: str
) -> None:
    with faults(app, ("confirm_intent", "processing", 1)):
        payment = buys(app, alice_actor, visa)
    mine = {"payment": payment.id, "customer": alice_actor.customer_id}
    for metadata in ({}, {"order": "77"}, {"payment": ids.new("pay"), "customer": globex.customer_id}, mine):
        paid_elsewhere(settings, **metadata)
    pass_time(app)
    assert [event.state for event in received(SUCCEEDED)] == ["done"] * 4
    assert stands(payment).state == "processing"
    assert credited(alice_actor.customer_id) == credited(globex.customer_id) == []
    assert verify() == []


@pytest.mark.case("AC-43")
@pytest.mark.fault("S17")
@pytest.mark.parametrize(
    "wrong", [{"customer": "cus_other"}, {"payment": "pay_other"}, {"customer": "", "payment": ""}]
)
def test_our_intent_with_another_name_on_it_is_not_credited(
    app: Flask, settings: Settings, alice_actor: Actor, visa: str, wrong: dict[str, str]
) -> None:
    payment = charged_unheard(app, alice_actor, visa)
    with opened(settings.database_url) as store:
        intent = payment_intents.found(store, payment.processor_id or "")
        store.keep(intent | {"metadata": intent["metadata"] | wrong})
    with structlog.testing.capture_logs() as logs:
        settlement.settle(payment.id)
    assert reported(logs)["why"] == "another_payment"
    assert (stands(payment).state, stands(payment).problem) == ("confirming", "another_payment")
    settlement.settle(payment.id)
    assert needs_review(alice_actor.customer_id) == [(payment.id, "another_payment", 2500, 0)]  # once
    assert credited(alice_actor.customer_id) == []
    assert [violation.invariant for violation in verify()] == ["I9"]  # a person must look


@pytest.mark.both_databases
@pytest.mark.fault("W6")
def test_what_is_credited_is_what_was_promised_not_what_the_event_says(
    app: Flask, settings: Settings, alice_actor: Actor, visa: str
) -> None:
    payment = charged_unheard(app, alice_actor, visa)
    event = next(each for each in controls.objects(settings, "event") if each["type"] == SUCCEEDED)
    event["data"]["object"]["amount_received"] = 9_999_999
    body = json.dumps(event)
    signature = stripe.WebhookSignature.generate_signature_header(body, controls.webhook_secret(settings))
    assert deliveries.post(app.wsgi_app, body, signature, base_url=settings.base_url) == 200
    pass_time(app)
    assert Credits(sum(credited(alice_actor.customer_id))) == Credits(payment.credits_micros)
    assert outcome(app, alice_actor.customer_id) == PAID
