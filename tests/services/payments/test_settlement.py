"""Settlement by whatever comes first: webhooks early, twice, late, in any order or never."""

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

from app import clock
from app.config import Settings
from app.domain.people.members import Actor
from app.gateways.sandbox import controls, deliveries, payment_intents
from app.gateways.sandbox.store import opened
from app.models.database import db
from app.models.events import OutboxEvent
from app.models.scope import as_service
from app.services.reconciliation.inbox import MAX_TRIES
from app.services.verification.verify import verify
from tests.support.outcome import Outcome, faults, outcome, recover
from tests.support.sandbox_events import send_event
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

ONCE = ["credits.granted", "invoice.finalized", "invoice.paid"]
"""The events of one purchase."""


def events_of(customer_id: str) -> list[str]:
    with as_service("look at the outbox"):
        events = select(OutboxEvent.type).where(OutboxEvent.customer_id == customer_id)
        return list(db.session.scalars(events.order_by(OutboxEvent.sequence)))


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
    assert events_of(alice_actor.customer_id) == ONCE
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
    assert events_of(alice_actor.customer_id) == ONCE
    assert outcome(app, alice_actor.customer_id) == PAID


@pytest.mark.both_databases
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
        send_event(settings, late, payment.processor_id or "")
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
    send_event(settings, SUCCEEDED, payment.processor_id or "")  # the event says so, the processor does not
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
    assert events_of(alice_actor.customer_id) == ONCE


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

    with opened(settings.database_url) as store:  # mended by a person, it ends by itself
        store.keep(intent)
    recover(app)
    assert outcome(app, alice_actor.customer_id) == Outcome([2500, 2500], [25_000_000] * 2, ["succeeded"] * 2)
