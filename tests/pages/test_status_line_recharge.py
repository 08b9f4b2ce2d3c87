"""The status line says that auto-recharge has stopped, or that it asks, and leads to its page."""

from dataclasses import replace
from datetime import datetime, timedelta

from flask import Flask

from app import clock
from app.domain.money import MICROS, Credits, Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.scope import as_service
from app.services.reversals import refunds
from app.services.transaction import transaction
from tests.support import recharge, shop, spend
from tests.support.browser import Browser

LINE = "#status_line strong"
USAGE = "/billing/usage/"
NOW = datetime.fromisoformat("2026-11-21T12:00:00Z")


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def test_a_limit_that_is_reached_and_a_charge_that_asks_are_said(
    app: Flask, alice: Browser, bob: Browser, acme: Customer, alice_actor: Actor
) -> None:
    with as_service("make the customer one of before"), transaction() as session:
        session.get_one(Customer, acme.customer_id).created_at = at(-24)
    with clock.at(NOW):
        shop.add_method(alice_actor)
        recharge.on(alice_actor, threshold="80")
        recharge.runs(app, times=1)
    recharge.runs(app, at(0.1), times=1)
    with clock.at(at(0.2)):
        assert alice.opens("/billing/").texts("#overview-recharge") == ["Stopped"]
        page = alice.opens(USAGE)
        assert page.find("#status_line a")["href"] == "/billing/auto-recharge/"
        assert page.texts(LINE) == ["Auto-recharge has stopped: its limit leaves less than one purchase."]
        page = alice.opens("/billing/auto-recharge/")
        assert page.texts(LINE) == ["Auto-recharge has stopped: its limit leaves less than one purchase."]
        assert page.texts("#auto_recharge-now") == ["Auto-recharge has stopped"], "what stands above it says so, too"
        terms = recharge.terms(alice_actor)
        recharge.chooses(
            alice_actor, period_limit=Money(50000, "USD"), caution=replace(terms.caution, ask_above=Money(1000, "USD"))
        )
        recharge.runs(app, times=1)
        assert alice.opens(USAGE).texts(LINE) == ["An automatic charge of $50.00 waits for your yes."]
        assert "Ask Alice Archer to answer." in bob.opens(USAGE).texts("#status_line")[0]


def test_overview_says_both_days_and_after_a_refund_that_it_is_off(
    app: Flask, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    with as_service("make the customer one of before"), transaction() as session:
        session.get_one(Customer, acme.customer_id).created_at = at(-240)
    with clock.at(at(-239)):
        spend.gives(acme, "200")
    for day in range(10):
        with clock.at(at(-238 + 24 * day)):
            spend.uses(acme, "10")
    with clock.at(NOW):
        shop.add_method(alice_actor)
        recharge.on(alice_actor)
        page = alice.opens("/billing/")
        note = page.texts("#overview-balance .overview-now__note")[0]
        assert note.startswith("With auto-recharge, credits last until about ") and "its limit is reached about" in note
        assert note.endswith("Without it, until about 1 Dec.")
        assert "Forecast at the last days’ pace without auto-recharge, with its range" in page.text
        recharge.chooses(alice_actor, threshold=Credits(150 * MICROS))
        recharge.runs(app, times=1)
        refunds.refund(recharge.automatic(acme)[0].id, reason="Wrong customer", requested_by="support")
    recharge.runs(app, at(1), times=2)
    with clock.at(at(2)):
        said = alice.opens(USAGE).texts(LINE)[0]
        assert said == "Auto-recharge was switched off on 21 Nov 2026: an automatic charge was refunded or is disputed."
        assert alice.opens("/billing/").texts("#overview-recharge") == ["Disabled"]
