"""Whatever becomes of a call on any rail: nothing is charged twice, and every end is reported once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.config import Settings
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.mails import Mail
from app.models.payments import Attempt
from app.models.scope import as_customer, as_service
from app.services.payments import collection, top_ups
from tests.support import shop, tiers
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
    rows,
    saved,
    stands,
)

__all__ = ["gavin", "hooli"]


LOST = ["refuse", "reset_before", "timeout_before", "reset_after", "timeout_after", "500_after"]


@pytest.mark.case("AC-19/20", "AC-22")
@pytest.mark.parametrize("fault", tiers.some(3, LOST))
def test_whatever_becomes_of_the_second_call_it_can_be_gone_on_with(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer, fault: str
) -> None:
    payment = charges(alice_actor, saved(alice_actor, shop.ASKS))
    with faults(app, ("confirm_intent", fault, MANY), ("fetch_intent", "reset_before", MANY)):
        collection.resume(payment.id, BACK(payment.id))
    later(app, timedelta(minutes=3))
    with app.app_context(), clock.at(clock.now() + timedelta(minutes=4)):
        asked = collection.resume(payment.id, BACK(payment.id))
        assert asked.action_url.startswith("http")
        controls.answer_challenge(settings, payment.processor_id or "", approved=True)
    recover(app)
    assert outcome(app, acme.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])


@pytest.mark.parametrize(("fault", "way"), tiers.each_once(LOST, ["saved", "paypal"]))
def test_whatever_becomes_of_the_first_call_nothing_is_charged_twice(
    app: Flask, settings: Settings, alice_actor: Actor, acme: Customer, fault: str, way: str
) -> None:
    method = saved(alice_actor, shop.ASKS) if way == "saved" else ""
    with faults(app, ("confirm_intent", fault, MANY), ("fetch_intent", "reset_before", MANY)):
        payment = charges(alice_actor, method) if method else buys(alice_actor, "paypal")
    assert payment.state == "confirming"
    later(app, timedelta(minutes=3))
    waiting = stands(payment)
    assert waiting.state in {"requires_action", "canceled"}
    if waiting.state == "requires_action":
        with app.app_context(), clock.at(clock.now() + timedelta(minutes=4)):
            assert collection.resume(payment.id, BACK(payment.id)).action_url.startswith("http")
        controls.answer_challenge(settings, payment.processor_id or "", approved=True)
    recover(app)
    paid = waiting.state == "requires_action"
    wanted = Outcome([2500], [25_000_000], ["succeeded"]) if paid else Outcome([], [], ["canceled"])
    assert outcome(app, acme.customer_id) == wanted


# What is committed before each call


class Looking:
    """A gateway that looks at what is committed before it asks for money."""

    def __init__(self, app: Flask) -> None:
        self._gateway, self.seen = app.extensions["purser.gateway"], list[tuple[str, list[str]]]()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._gateway, name)

        def looked(*args: Any, **kwargs: Any) -> object:
            if name in {"confirm_intent", "confirm_one_time"}:
                with as_service("look before the call"):
                    started = select(Attempt.idempotency_key).where(Attempt.state == "started")
                    self.seen.append((kwargs["key"], list(db.session.scalars(started))))
                    db.session.rollback()
            return call(*args, **kwargs)

        return looked


@pytest.fixture
def looking(app: Flask) -> Looking:
    """A gateway that looks first; not yet in place."""
    return Looking(app)


@pytest.mark.case("AC-9", "AC-24")
@pytest.mark.parametrize("way", ["pm_card_visa", "pm_card_authenticationRequired", "paypal", "crypto"])
def test_the_attempt_and_its_key_are_committed_before_the_call(
    app: Flask, alice_actor: Actor, looking: Looking, way: str
) -> None:
    method = saved(alice_actor, way) if way.startswith("pm_") else way
    app.extensions["purser.gateway"] = looking
    payment = charges(alice_actor, method) if way.startswith("pm_") else buys(alice_actor, method)
    collection.resume(payment.id, BACK(payment.id))
    keys = [f"{payment.id}:confirm:{number}" for number, _state, _code in attempts(payment)]
    assert looking.seen == [(key, [key]) for key in keys]
    assert len(keys) == (2 if way == shop.ASKS else 1)


@pytest.mark.case("AC-23")
@pytest.mark.parametrize("path", ["declined", "declined late", "refused at the bank", "unanswered", "given up"])
def test_every_way_to_fail_is_reported_once(
    app: Flask, settings: Settings, gavin: Actor, hooli: Customer, path: str
) -> None:
    name = {"declined": shop.BROKE, "declined late": "pm_failedDelayed_de"}.get(path, shop.ASKS)
    payment = buys(gavin, saved(gavin, name), currency="EUR")
    if path == "refused at the bank":
        controls.answer_challenge(settings, payment.processor_id or "", approved=False)
    if path == "given up":
        with as_customer(hooli.customer_id):
            top_ups.give_up(payment.id)
    recover(app)
    later(app, timedelta(days=9))
    assert stands(payment).state in {"failed", "canceled"}
    assert events_of(payment) == ["payment.failed"]
    assert outcome(app, hooli.customer_id).charged_minor == []


@pytest.mark.case("AC-12")
@pytest.mark.parametrize("answered", [False, True], ids=["leaves", "answers"])
def test_who_leaves_the_bank_is_mailed_the_way_back_and_who_answers_is_not(
    app: Flask, settings: Settings, alice_actor: Actor, answered: bool
) -> None:
    payment = buys(alice_actor, saved(alice_actor, shop.ASKS))
    later(app, timedelta(minutes=10))
    assert rows(Mail, payment, Mail.state) == ["pending"]
    if answered:
        controls.answer_challenge(settings, payment.processor_id or "", approved=True)
    later(app, timedelta(minutes=20))
    states = dict(zip(rows(Mail, payment, Mail.key), rows(Mail, payment, Mail.state), strict=True))
    wanted = {f"action_needed:{payment.id}": "dropped", f"receipt:{payment.id}": "sent"}
    assert states == (wanted if answered else {f"action_needed:{payment.id}": "sent"})
