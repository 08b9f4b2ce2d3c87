"""The status line of auto-recharge comes from the decision that was kept, and is silent where a charge is to come."""

from datetime import datetime, timedelta

from flask import Flask

from app import clock
from app.domain.auto_recharge.decision import Outcome
from app.domain.money import MICROS, Credits
from app.domain.people.members import Actor
from app.domain.status_line import Kind
from app.models.customers import Customer
from app.services.payment_methods import saved
from app.services.reversals import refunds
from tests.services.balance.test_status_facts import line
from tests.support import recharge, shop, spend

NOW = datetime.fromisoformat("2026-11-21T12:00:00Z")


def said(customer: Customer, hours: float) -> Outcome | None:
    """Return what the line says of auto-recharge then."""
    with clock.at(NOW + timedelta(hours=hours)):
        found = line(customer)
    assert found is None or found.kind is not Kind.FAILED or found.facts.recharge is None
    return found.facts.recharge.outcome if found is not None and found.facts.recharge is not None else None


def test_after_the_last_decline_it_has_stopped_until_other_terms_are_saved(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    with clock.at(NOW):
        spend.gives(acme, "10")
        shop.add_method(alice_actor, shop.BROKE)
        recharge.on(alice_actor)
    for hours in (0, 1, 7):
        recharge.runs(app, NOW + timedelta(hours=hours), times=1)
        assert said(acme, hours) is None
    recharge.runs(app, NOW + timedelta(hours=31), times=2)
    assert recharge.decisions(acme)[-1] == "suspended"
    assert said(acme, 31.2) is Outcome.SUSPENDED
    with clock.at(NOW + timedelta(hours=31.3)):
        recharge.chooses(alice_actor, threshold=Credits(25 * MICROS))
    assert said(acme, 31.4) is None


def test_another_card_is_charged_at_once_and_the_line_goes(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    with clock.at(NOW):
        spend.gives(acme, "10")
        shop.add_method(alice_actor, shop.BROKE)
        recharge.on(alice_actor)
    for hours in (0, 1, 7, 31):
        recharge.runs(app, NOW + timedelta(hours=hours), times=2)
    assert said(acme, 31) is Outcome.SUSPENDED
    with clock.at(NOW + timedelta(hours=31, minutes=1)):
        good = shop.add_method(alice_actor)
        saved.make_default(alice_actor, good.id)
    recharge.runs(app, NOW + timedelta(hours=31, minutes=1), times=1)
    assert recharge.states(acme)[-1] == (2500, "succeeded")
    assert said(acme, 31.1) is None


def test_money_that_went_back_and_switched_it_off_is_said_for_a_week(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    with clock.at(NOW):
        spend.gives(acme, "10")
        shop.add_method(alice_actor)
        recharge.on(alice_actor)
        recharge.runs(app, NOW, times=1)
    with clock.at(NOW + timedelta(hours=1)):
        refunds.refund(recharge.automatic(acme)[0].id, reason="Wrong customer", requested_by="support")
    recharge.runs(app, NOW + timedelta(hours=1), times=2)
    assert not recharge.row(acme).enabled
    assert said(acme, 2) is Outcome.MONEY_WENT_BACK
    assert said(acme, 24 * 7 + 1) is None
    with clock.at(NOW + timedelta(hours=3)):
        recharge.on(alice_actor)
    assert said(acme, 3) is None
