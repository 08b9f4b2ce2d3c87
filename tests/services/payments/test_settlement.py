"""Webhooks in every order, and none at all: whatever comes, a payment ends where the processor says, credited once."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import stripe
import structlog
from flask import Flask
from sqlalchemy import select

from app import clock, ids
from app.config import Settings
from app.domain.money import Credits, Money
from app.domain.people import Actor
from app.gateways.sandbox import charges, controls, deliveries, payment_intents
from app.gateways.sandbox.store import opened
from app.models.customers import Customer
from app.models.database import db
from app.models.events import InboxEvent, OutboxEvent
from app.models.ledger import Grant, Transfer
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.services import jobs
from app.services.payment_methods import saved
from app.services.payments import settlement, top_ups
from app.services.reconciliation.inbox import MAX_TRIES
from app.services.verification.verify import verify
from tests.faults.outcome import Outcome, faults, outcome, recover

SUCCEEDED = "payment_intent.succeeded"
PAID = Outcome([2500], [25_000_000], ["succeeded"])
MANY = 50


@pytest.fixture
def visa(app: Flask, alice_actor: Actor) -> str:
    with app.app_context(), as_customer(alice_actor.customer_id):
        return saved.add_test_method(alice_actor, "pm_card_visa").id


def buys(app: Flask, actor: Actor, method: str) -> Payment:
    with app.app_context(), as_customer(actor.customer_id):
        return top_ups.buy(
            actor,
            form_key=ids.new_form_key(),
            amount=Money(2500, "USD"),
            pack="",
            method_id=method,
            return_url="http://127.0.0.1/{}".format,
        )


def charged_unheard(app: Flask, actor: Actor, method: str) -> Payment:
    """Buy, and lose every answer after the charge: only the webhook or the sweep can tell of it."""
    with faults(app, ("confirm_intent", "timeout_after", MANY), ("fetch_intent", "reset_before", MANY)):
        payment = buys(app, actor, method)
    assert payment.state == "confirming"
    return payment


def stands(payment: Payment) -> Payment:
    with as_service("look at a payment"):
        return db.session.scalars(
            select(Payment).where(Payment.id == payment.id).execution_options(populate_existing=True)
        ).one()


def pass_time(app: Flask, wait: timedelta = timedelta(0)) -> dict[str, int]:
    """Let the job worker run once, `wait` from now."""
    with app.app_context(), clock.at(clock.now() + wait):
        return jobs.run_due()


def received(event_type: str) -> list[InboxEvent]:
    with as_service("look at the inbox"):
        return list(
            db.session.scalars(
                select(InboxEvent).where(InboxEvent.type == event_type).execution_options(populate_existing=True)
            )
        )


def events_of(customer_id: str) -> list[str]:
    with as_service("look at the outbox"):
        return list(db.session.scalars(select(OutboxEvent.type).where(OutboxEvent.customer_id == customer_id)))


class Overtaken:
    """A gateway whose answers come late: all webhooks of a call have arrived and been worked on before it returns."""

    def __init__(self, app: Flask) -> None:
        self._app, self._gateway = app, app.extensions["purser.gateway"]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._gateway, name)

        def overtaken(*args: object, **kwargs: object) -> object:
            answer = call(*args, **kwargs)
            if name in {"create_intent", "confirm_intent"}:
                pass_time(self._app)
            return answer

        return overtaken


@pytest.mark.case("AC-35")
@pytest.mark.fault("W8")
def test_the_webhook_is_before_our_own_answer(app: Flask, alice_actor: Actor, visa: str) -> None:
    app.extensions["purser.gateway"] = Overtaken(app)
    with clock.at(clock.now()):  # however slow the machine, no event is due again before our own answer
        payment = buys(app, alice_actor, visa)
    assert payment.state == "succeeded"
    assert outcome(app, alice_actor.customer_id) == PAID
    assert [event.state for event in received(SUCCEEDED)] == ["done"]
    assert [event.problem for event in received("payment_intent.created")] == ["not_saved_yet"]  # tried again
    recover(app)
    assert {event.state for event in received("payment_intent.created")} == {"done"}
    assert events_of(alice_actor.customer_id) == ["credits.granted"]
    assert outcome(app, alice_actor.customer_id) == PAID


@pytest.mark.case("AC-32/33", "AC-35")
@pytest.mark.fault("W1")
def test_a_webhook_delivered_twice_credits_once(app: Flask, alice_actor: Actor, visa: str) -> None:
    charged_unheard(app, alice_actor, visa)
    with faults(app, ("event:*", "duplicate", MANY)):
        pass_time(app)
    assert outcome(app, alice_actor.customer_id) == PAID
    assert [(event.state, event.tries) for event in received(SUCCEEDED)] == [("done", 1)]
    recover(app)
    assert events_of(alice_actor.customer_id) == ["credits.granted"]
    assert outcome(app, alice_actor.customer_id) == PAID


@pytest.mark.case("AC-32/33")
@pytest.mark.fault("W2")
def test_a_webhook_delivered_at_once_from_many_sides_credits_once(
    app: Flask, settings: Settings, alice_actor: Actor, visa: str
) -> None:
    charged_unheard(app, alice_actor, visa)
    event = next(each for each in controls.objects(settings, "event") if each["type"] == SUCCEEDED)
    body = json.dumps(event)
    signature = stripe.WebhookSignature.generate_signature_header(body, controls.webhook_secret(settings))

    def arrives(_number: int) -> int:
        return deliveries.post(app.wsgi_app, body, signature, base_url=settings.base_url)

    def works(_number: int) -> int:
        return pass_time(app)["webhooks_worked"]

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(arrives, range(12))) == {200}
        assert len(received(SUCCEEDED)) == 1
        list(pool.map(works, range(6)))
    pass_time(app)
    assert [event.state for event in received(SUCCEEDED)] == ["done"]
    assert outcome(app, alice_actor.customer_id) == PAID


@pytest.mark.case("AC-21", "AC-28")
@pytest.mark.fault("W3")
def test_webhooks_in_the_wrong_order_only_move_forward(
    app: Flask, settings: Settings, alice_actor: Actor, visa: str
) -> None:
    with faults(app, ("confirm_intent", "processing", 1)):
        payment = buys(app, alice_actor, visa)
    assert payment.state == "processing"
    assert outcome(app, alice_actor.customer_id) == Outcome([], [], ["processing"])
    controls.finish(settings, payment.processor_id or "", succeeded=True)
    controls.plant(settings, "event:payment_intent.processing", "reorder")
    controls.plant(settings, "event:payment_intent.created", "reorder")
    pass_time(app)
    assert outcome(app, alice_actor.customer_id) == PAID
    for late in ("payment_intent.processing", "payment_intent.payment_failed", "payment_intent.canceled"):
        controls.send_event(settings, late, payment.processor_id or "")
        pass_time(app)
    assert outcome(app, alice_actor.customer_id) == PAID
    assert received("payment_intent.canceled")[0].state == "done"


@pytest.mark.case("AC-28")
@pytest.mark.fault("S14")
def test_a_payment_that_fails_days_later_is_never_credited(
    app: Flask, settings: Settings, alice_actor: Actor, visa: str
) -> None:
    with faults(app, ("confirm_intent", "processing", 1)):
        payment = buys(app, alice_actor, visa)
    controls.finish(settings, payment.processor_id or "", succeeded=False)
    pass_time(app)
    assert outcome(app, alice_actor.customer_id) == Outcome([], [], ["failed"])
    controls.send_event(settings, SUCCEEDED, payment.processor_id or "")  # the event says so, the processor does not
    pass_time(app)
    assert outcome(app, alice_actor.customer_id) == Outcome([], [], ["failed"])
    assert events_of(alice_actor.customer_id) == ["payment.failed"]


@pytest.mark.case("AC-19/20", "AC-22")
@pytest.mark.fault("W5")
def test_the_sweep_settles_when_no_webhook_ever_comes(app: Flask, alice_actor: Actor, visa: str) -> None:
    payment = charged_unheard(app, alice_actor, visa)
    with faults(app, ("event:*", "lose", MANY)):
        pass_time(app)
        assert stands(payment).state == "confirming"
        pass_time(app, timedelta(minutes=15))  # paid is credited within a quarter of an hour (I9)
    assert received(SUCCEEDED) == []
    assert outcome(app, alice_actor.customer_id) == PAID


@pytest.mark.fault("W4")
def test_a_webhook_three_days_late_changes_nothing(app: Flask, alice_actor: Actor, visa: str) -> None:
    charged_unheard(app, alice_actor, visa)
    with faults(app, ("event:*", "late", MANY)):
        pass_time(app)
    pass_time(app, timedelta(minutes=15))
    assert outcome(app, alice_actor.customer_id) == PAID
    assert received(SUCCEEDED) == []
    pass_time(app, timedelta(days=3, minutes=1))
    assert [event.state for event in received(SUCCEEDED)] == ["done"]
    assert outcome(app, alice_actor.customer_id) == PAID
    assert events_of(alice_actor.customer_id) == ["credits.granted"]


@pytest.mark.fault("W9")
def test_a_poison_event_goes_dead_and_the_rest_flows(
    app: Flask, settings: Settings, alice_actor: Actor, visa: str
) -> None:
    poisoned = charged_unheard(app, alice_actor, visa)
    with opened(settings.database_url) as store:  # the processor says: succeeded, and nothing received
        intent = payment_intents.found(store, poisoned.processor_id or "")
        store.keep(intent | {"amount_received": 0})
    with structlog.testing.capture_logs() as logs:
        pass_time(app)
        other = charged_unheard(app, alice_actor, visa)
        for step in range(MAX_TRIES + 2):
            pass_time(app, timedelta(minutes=2 * step))
    assert stands(other).state == "succeeded"
    assert stands(poisoned).state == "confirming"  # kept open for a person, never credited
    ends = {event.object_id: (event.state, event.tries, event.problem) for event in received(SUCCEEDED)}
    assert ends[poisoned.processor_id or ""] == ("dead", MAX_TRIES, "failed")
    assert ends[other.processor_id or ""][0] == "done"
    assert [each["why"] for each in logs if each["event"] == "inbox_event_dead"].count("failed") >= 1
    assert credited(alice_actor.customer_id) == [25_000_000]
    assert verify() == []

    with opened(settings.database_url) as store:  # put right by a person, it ends by itself
        store.keep(intent)
    recover(app)
    assert outcome(app, alice_actor.customer_id) == Outcome([2500, 2500], [25_000_000] * 2, ["succeeded"] * 2)


def credited(customer_id: str) -> list[int]:
    with as_service("look at the grants"):
        return list(db.session.scalars(select(Grant.micros).where(Grant.customer_id == customer_id)))


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
    """Return what the seller was told a person must look at."""
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
