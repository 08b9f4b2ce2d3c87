"""Packs of credits, accounts that are past due, suspended or closed, and money that went back, in the pseudo-language."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.amounts import NO_BREAK
from app.domain.people.members import Actor
from app.domain.reversals import DisputeState
from app.languages import PSEUDO
from app.models.customers import Customer
from app.models.ledger import Transfer
from app.models.payments import Payment
from app.models.reversals import Dispute, Refund
from app.services.customers import registration
from tests.pages.test_pseudo_invoices import is_said
from tests.pages.test_pseudo_payments import changed
from tests.support import cast, plans, shop
from tests.support.browser import Browser
from tests.support.pseudo import ASKED, PART, offered
from tests.support.reversals import bank_says, buys, sends_back

__all__ = ["offered"]
ADD, RECHARGE = shop.PATH, "/billing/auto-recharge/"


def test_packs_of_credits_are_said_in_the_language(app: Flask, origin: str) -> None:
    cast.apply_catalog("analytics")
    initech = registration.create(name="Initech", email="b@initech.example", catalog="analytics", external_id="initech")
    actor = cast.make_actor(cast.ALICE, initech)
    visa = shop.add_method(actor)
    browser = cast.signed_in(app, origin, actor)
    for path in (ADD, RECHARGE):
        is_said(browser.opens(path, **ASKED), initech)
    page = browser.opens(ADD)
    sent = {each: page.value(each) for each in ("csrf_token", "form_key")} | {"method": visa.id}
    for typed, status in (
        ({"pack": "gold"}, 422),
        ({"pack": ""}, 422),
        ({"pack": "standard", "seen": "1 EUR"}, 409),
        ({"pack": "standard"}, 200),
    ):
        is_said(browser.posts(ADD, sent | typed, **PART), initech, "Torstraße", status=status)
    seen = browser.posts(ADD, sent | {"pack": "standard"}, **ASKED)
    done = browser.posts(ADD, shop.filled(seen), **PART)
    is_said(done, initech, "Torstraße")
    assert "2.500.000 tokens" in done.text
    total = f"{ADD}total?pack=standard&method={visa.id}"
    is_said(browser.opens(total, **PART), initech)


OPEN_TO_ALL = (
    "", "plan/", "plan/cancellation/", "plan/change?plan=personal", "add-credits/", "add-credits/code/",
    "auto-recharge/", "usage/", "spend-management/", "invoices", "payment-methods/", "balance-history",
)  # fmt: skip


@pytest.mark.parametrize(
    "standing",
    [pytest.param("past_due", marks=pytest.mark.proof), pytest.param("suspended", marks=pytest.mark.proof), "closed"],
)
def test_an_account_that_is_not_in_good_standing_is_said_in_the_language(
    alice: Browser, bob: Browser, acme: Customer, alice_actor: Actor, standing: str
) -> None:
    shop.add_method(alice_actor)
    page = alice.opens(ADD)
    sent = {each: page.value(each) for each in ("csrf_token", "form_key", "method")} | {
        "amount": "25",
        "typed_in": PSEUDO,
    }
    plans.stands(acme, standing)
    for path in OPEN_TO_ALL:
        is_said(alice.opens(f"/billing/{path}", **ASKED), acme)
    for path in ("", "plan/", "add-credits/"):
        is_said(bob.opens(f"/billing/{path}", **ASKED), acme)
    bought = alice.posts(ADD, sent | {"seen": "2500 USD"}, **PART)
    is_said(bought, acme, status=bought.status)
    if standing == "closed":
        assert bought.status == 409


def test_what_went_back_of_a_payment_is_said_in_the_language(
    app: Flask, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    refund = sends_back(payment, 700)
    path = f"{ADD}payments/{payment.id}"
    for state in ("created", "pending", "failed", "canceled"):
        changed(Refund, refund.id, state=state)
        is_said(alice.opens(path, **ASKED), acme)
    changed(Refund, refund.id, state="succeeded")
    with clock.at(clock.now() + timedelta(minutes=1)):
        bank_says(payment, DisputeState.OPEN, clock.now(), 1800)
    (dispute,) = plans.rows(Dispute, acme)
    for rail in ("card", "paypal"):
        changed(Payment, payment.id, rail=rail)
        for state in ("open", "lost", "won"):
            changed(Dispute, dispute.id, state=state, claimed="€23.01")
            page = alice.opens(path, **ASKED)
            assert "23,01 €" in page.text.replace(NO_BREAK, " ")
            is_said(page, acme)
    (held,) = [each for each in plans.rows(Transfer, acme) if each.kind == "disputed"]
    entry = alice.opens(f"/billing/balance-history/{held.id}", **ASKED)
    assert "23,01 €" in entry.text.replace(NO_BREAK, " ")
    is_said(entry, acme)
