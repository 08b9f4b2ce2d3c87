"""Disputes: held when they open, gone when they are lost, back when they are won; never more than was received."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.config import Settings
from app.domain.errors import Refused
from app.domain.money import Credits, Money
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.events import OutboxEvent
from app.models.ledger import Account, Transfer
from app.models.payments import Payment
from app.models.reversals import Dispute
from app.models.scope import as_customer
from app.services.ledger import grants
from app.services.reversals import refunds
from app.services.usage import recording
from app.services.verification.verify import verify
from tests.support.outcome import faults
from tests.support.reversals import buys, fetched, later, payment_of, reversal_rows
from tests.support.sandbox_events import send_event
from tests.support.shop import remaining

MANY = 50


def disputed(app: Flask, settings: Settings, payment: Payment, minor: int | None = None) -> Dispute:
    """Let the bank dispute the payment and the webhooks arrive."""
    opened = controls.dispute(settings, payment.processor_id or "", amount=minor)
    later(app)
    with as_customer(payment.customer_id):
        return db.session.scalars(select(Dispute).where(Dispute.processor_id == opened)).one()


def decided(app: Flask, settings: Settings, dispute: Dispute, *, won: bool) -> Dispute:
    controls.close_dispute(settings, dispute.processor_id, won=won)
    later(app)
    return fetched(dispute)


def balances(customer: Customer) -> dict[str, int]:
    """Return the customer's accounts that hold anything."""
    with as_customer(customer.customer_id):
        return {f"{row.unit}/{row.name}": row.balance for row in db.session.scalars(select(Account)) if row.balance}


@pytest.mark.case("AC-70")
@pytest.mark.fault("S14")
def test_a_dispute_holds_the_credit_and_keeps_it_when_it_is_lost(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    dispute = disputed(app, settings, payment)
    assert (dispute.state, dispute.amount_minor, dispute.credits_micros) == ("open", 2500, 25_000_000)
    assert dispute.respond_by is not None
    stands = payment_of(payment)
    assert (stands.state, stands.disputed_minor, remaining(acme)) == ("succeeded", 2500, 0)
    assert balances(acme) == {
        "money:USD/processor": -2500,
        "money:USD/disputes": 2500,
        "credits:USD/purchases": -25_000_000,
        "credits:USD/disputes": 25_000_000,
    }
    assert verify() == []
    dispute = decided(app, settings, dispute, won=False)
    assert (dispute.state, payment_of(payment).state, remaining(acme)) == ("lost", "disputed", 0)
    assert balances(acme) == {}
    assert verify() == []


@pytest.mark.case("AC-34", "AC-70")
def test_a_dispute_that_is_won_gives_everything_back(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    given = grants.give(
        acme.customer_id, kind="promotional", credits=Credits(3_000_000), granted_by="support", reason="Welcome"
    )
    payment = buys(app, alice_actor, 2500)
    recording.record(acme.customer_id, key="k", credits=Credits(8_000_000), description="Requests")
    before, rows = balances(acme), reversal_rows(acme)
    dispute = disputed(app, settings, payment)
    assert remaining(acme) == -5_000_000
    dispute = decided(app, settings, dispute, won=True)
    assert (dispute.state, payment_of(payment).state, payment_of(payment).disputed_minor) == ("won", "succeeded", 0)
    assert (balances(acme), remaining(acme)) == (before, 20_000_000)
    assert fetched(given).remaining_micros == 0
    assert reversal_rows(acme)[: len(rows)] == rows, "what was posted was changed"
    with as_customer(acme.customer_id):
        back = db.session.scalars(select(Transfer).where(Transfer.kind == "dispute_won")).one()
        held = db.session.scalars(select(Transfer).where(Transfer.kind == "disputed")).one()
        assert back.corrects_id == held.id
        types = select(OutboxEvent.type).where(OutboxEvent.type.startswith("dispute.")).order_by(OutboxEvent.sequence)
        assert list(db.session.scalars(types)) == ["dispute.opened", "dispute.won"]
    assert verify() == []


@pytest.mark.case("AC-70", "AC-41/42")
def test_refunds_and_disputes_never_take_more_than_was_received(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    refunds.refund(payment.id, amount=Money(1000, "USD"), reason="Not needed", requested_by="support")
    dispute = disputed(app, settings, payment)  # the bank wants all of it back
    assert (dispute.amount_minor, dispute.credits_micros, remaining(acme)) == (1500, 15_000_000, 0)
    with pytest.raises(Refused) as refusal:
        refunds.refund(payment.id, reason="Not needed", requested_by="support")
    assert refusal.value.reason == "nothing_left"
    decided(app, settings, dispute, won=False)
    stands = payment_of(payment)
    assert (stands.state, stands.refunded_minor, stands.disputed_minor) == ("disputed", 1000, 1500)
    assert verify() == []


def test_a_dispute_of_what_has_all_gone_back_takes_nothing(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    refunds.refund(payment.id, reason="Not needed", requested_by="support")
    controls.dispute(settings, payment.processor_id or "")
    later(app)
    with as_customer(acme.customer_id):
        assert db.session.scalars(select(Dispute)).all() == []
    assert (payment_of(payment).state, remaining(acme)) == ("refunded", 0)
    assert verify() == []


@pytest.mark.case("AC-70")
def test_two_disputes_of_one_payment_are_two_holds(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    first, second = disputed(app, settings, payment, 1000), disputed(app, settings, payment, 500)
    assert remaining(acme) == 10_000_000
    decided(app, settings, first, won=True)
    decided(app, settings, second, won=False)
    stands = payment_of(payment)
    assert (stands.state, stands.disputed_minor, remaining(acme)) == ("disputed", 500, 20_000_000)
    assert verify() == []


@pytest.mark.fault("W1", "W2", "W3")
def test_its_webhooks_in_any_order_and_number_come_to_the_same(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    with faults(app, ("event:*", "duplicate", MANY), ("event:charge.dispute.created", "reorder", MANY)):
        opened = controls.dispute(settings, payment.processor_id or "")
        controls.close_dispute(settings, opened, won=False)
        later(app)
    with as_customer(acme.customer_id):
        dispute = db.session.scalars(select(Dispute)).one()
    assert (dispute.state, remaining(acme), payment_of(payment).state) == ("lost", 0, "disputed")
    for kind in ("charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"):
        send_event(settings, kind, opened)
    later(app, timedelta(days=1))
    assert (fetched(dispute).state, remaining(acme)) == ("lost", 0)
    assert verify() == []


def test_a_dispute_that_was_over_before_we_heard_of_it_moves_nothing(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    opened = controls.dispute(settings, payment.processor_id or "")
    controls.close_dispute(settings, opened, won=True)
    later(app)
    assert (payment_of(payment).disputed_minor, remaining(acme)) == (0, 25_000_000)
    with as_customer(acme.customer_id):
        assert db.session.scalars(select(Dispute)).all() == []
    assert verify() == []


@pytest.mark.case("AC-70")
def test_a_card_that_is_disputed_soon_after_it_paid(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    payment = buys(app, alice_actor, 2500, "pm_card_createDispute")
    later(app)
    later(app, timedelta(days=1))
    assert (payment_of(payment).disputed_minor, remaining(acme)) == (2500, 0)
    later(app, timedelta(days=9))  # nobody answers the bank
    assert (payment_of(payment).state, remaining(acme)) == ("disputed", 0)
    assert verify() == []
