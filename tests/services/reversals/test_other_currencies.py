"""Disputes and refunds that do not fit their payment: nothing that a bank takes back is left to be spent."""

import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.config import Settings
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.gateways.sandbox.store import opened
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry, InboxEvent
from app.models.payments import Payment
from app.models.reversals import Dispute
from app.models.scope import as_customer, as_service
from app.services.payments import purchases
from app.services.reconciliation import books
from app.services.verification.verify import verify
from tests.support.reversals import buys, fetched, later, payment_of, sends_back
from tests.support.shop import remaining


def disputed(app: Flask, settings: Settings, payment: Payment, minor: int, currency: str) -> Dispute:
    """Let the bank dispute the payment in its own currency, and the webhooks arrive."""
    made = controls.dispute(settings, payment.processor_id or "", amount=minor, currency=currency)
    later(app)
    with as_customer(payment.customer_id):
        return db.session.scalars(select(Dispute).where(Dispute.processor_id == made)).one()


def decided(app: Flask, settings: Settings, dispute: Dispute, *, won: bool) -> Dispute:
    controls.close_dispute(settings, dispute.processor_id, won=won)
    later(app)
    return fetched(dispute)


def problems(app: Flask) -> list[str]:
    with app.app_context():
        return books.problems_of(books.run())


@pytest.mark.parametrize(
    ("minor", "currency", "claimed"),
    [
        (3701, "eur", "€37.01"),  # lost, it was neither held nor taken: the credit was spent
        (9999, "usd", "$99.99"),
        (12_345, "isk", "12345 isk"),  # no amount that Stripe has
        (500, "usdc", "500 usdc"),
    ],
)
def test_what_is_left_of_the_payment_is_held_and_gone_when_the_dispute_is_lost(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor, minor: int, currency: str, claimed: str
) -> None:
    payment = buys(app, alice_actor, 4000)
    dispute = disputed(app, settings, payment, minor, currency)
    assert (dispute.state, dispute.amount_minor, dispute.currency) == ("open", 4000, "USD")
    assert (dispute.claimed, dispute.credits_micros, remaining(acme)) == (claimed, 40_000_000, 0)
    words = f"{dispute.processor_id} disputes {claimed} of {payment.id}: $40.00, all that was left of it, is held."
    assert problems(app) == [words]
    with as_customer(acme.customer_id):
        (shown,) = purchases.read(payment.id).reversals
        audited = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "dispute.opened")).one()
    assert shown.claimed == claimed == json.loads(audited.after)["claimed"]
    lost = decided(app, settings, dispute, won=False)
    assert (lost.state, payment_of(payment).state, remaining(acme)) == ("lost", "disputed", 0)
    assert problems(app) == [words.replace("is held", "was taken")]
    assert verify() == []


def test_what_was_held_returns_when_the_dispute_is_won(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 4000)
    sends_back(payment, 1000)
    dispute = disputed(app, settings, payment, 3701, "eur")
    assert (dispute.amount_minor, remaining(acme)) == (3000, 0)
    won = decided(app, settings, dispute, won=True)
    assert (won.state, payment_of(payment).disputed_minor, remaining(acme)) == ("won", 0, 30_000_000)
    assert problems(app) == [], "nothing is left for a person"
    assert verify() == []


def test_what_a_dispute_says_of_its_own_payment_is_not_named(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 4000)
    assert disputed(app, settings, payment, 3000, "usd").claimed == ""
    assert problems(app) == []


@pytest.mark.parametrize(
    ("minor", "currency", "why"), [(925, "eur", "another_currency"), (50, "isk", "amount_unreadable")]
)
def test_a_refund_in_another_currency_is_named_until_somebody_has_looked(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor, minor: int, currency: str, why: str
) -> None:
    payment = buys(app, alice_actor, 4000)
    refund = controls.refund(settings, payment.processor_id or "", amount=1000)
    with opened(settings.database_url) as store:
        made = store.find("refund", refund)
        assert made is not None
        made.update(amount=minor, currency=currency)
        store.keep(made)
    later(app)
    assert remaining(acme) == 40_000_000
    assert problems(app) == [f"{refund} does not fit its payment ({why}): nothing was booked for it."]
    later(app, timedelta(days=9))
    with as_service("look at the inbox"):
        states = set(db.session.scalars(select(InboxEvent.state).where(InboxEvent.object_id == refund)))
    assert "new" in states or "dead" in states
    assert verify() == []
