"""What is written of money that goes back: who asked for it and why, how it stood before, and what hosts receive."""

import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, ids
from app.config import Settings
from app.domain.errors import NotFound
from app.domain.money import Money
from app.domain.people.members import Actor
from app.domain.reversals import DisputeState, ProcessorDispute
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry, OutboxEvent
from app.models.reversals import Dispute, Refund
from app.models.scope import as_customer
from app.services.balance import breakdown
from app.services.payments import collection, purchases, top_ups
from app.services.reversals import disputes, refunds
from tests.support.reversals import buys, fetched, later, sends_back


def audited(of: Customer, subject: str) -> list[tuple[str, str, object, object]]:
    """Return who did what to it, and how it was before and after."""
    with as_customer(of.customer_id):
        rows = db.session.scalars(
            select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.at, AuditEntry.id)
        )
        return [
            (row.actor, row.action, json.loads(row.before or "null"), json.loads(row.after or "null")) for row in rows
        ]


def sent(of: Customer, subject: str) -> list[tuple[str, object]]:
    """Return the events about it."""
    with as_customer(of.customer_id):
        rows = db.session.scalars(
            select(OutboxEvent).where(OutboxEvent.source_id == subject).order_by(OutboxEvent.sequence)
        )
        return [(row.type, json.loads(row.data)) for row in rows]


def test_a_refund_says_who_asked_why_and_how_it_stood(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    payment = buys(app, alice_actor, 2500)
    refund = sends_back(payment, 1000)
    later(app)
    money = {"payment": payment.id, "amount_minor": 1000, "currency": "USD"}
    facts = {**money, "refund": refund.id, "credits_micros": 10_000_000}
    assert fetched(refund).state == "succeeded"
    assert audited(acme, refund.id) == [
        ("support", "refund.wished", None, {**money, "reason": "Not needed"}),
        ("processor", "refund.succeeded", {"state": "created"}, {**facts, "problem": ""}),
    ]
    event = {**facts, "customer": acme.customer_id, "credits": "10.00", "credit_unit": "USD"}
    assert sent(acme, refund.id) == [("refund.created", event)]


def test_a_refund_made_at_the_processor_has_an_id_and_a_row_like_any_other(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    made = controls.refund(settings, payment.processor_id or "", amount=1000)
    later(app)
    with as_customer(acme.customer_id):
        (row,) = db.session.scalars(select(Refund))
    assert ids.is_id(row.id, "ref") and row.processor_id == made
    assert (row.amount_minor, row.currency, row.state, row.credits_micros) == (1000, "USD", "succeeded", 10_000_000)
    assert (row.requested_by, row.reason) == ("processor", "Made at the payment processor")


@pytest.mark.both_databases
def test_a_dispute_keeps_why_as_far_as_it_fits_and_until_when_to_answer_and_what_becomes_of_both(
    app: Flask, alice_actor: Actor
) -> None:
    payment, now = buys(app, alice_actor, 2500), clock.now()
    long = "fraudulent " * 10
    for why, until in [(long, now + timedelta(days=7)), (long.upper(), now + timedelta(days=9))]:
        found = ProcessorDispute(
            "du_1", payment.processor_id or "", Money(2500, "USD"), "$25.00", DisputeState.OPEN, why, now, until
        )
        assert disputes.record(payment.id, found) == ""
        with as_customer(payment.customer_id):
            kept = db.session.scalars(select(Dispute).execution_options(populate_existing=True)).one()
            assert (kept.reason, kept.respond_by) == (why[:100], until)


def test_a_dispute_says_what_is_disputed_why_and_how_it_stood(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    made = controls.dispute(settings, payment.processor_id or "", amount=3701, currency="eur")
    later(app)
    controls.close_dispute(settings, made, won=False)
    later(app)
    with as_customer(acme.customer_id):
        dispute = db.session.scalars(select(Dispute).where(Dispute.processor_id == made)).one()
    facts = {
        "dispute": dispute.id, "payment": payment.id, "amount_minor": 2500, "currency": "USD",
        "credits_micros": 25_000_000, "claimed": "€37.01",
    }  # fmt: skip
    known = {**facts, "reason": dispute.reason}
    assert dispute.reason
    assert audited(acme, dispute.id) == [
        ("processor", "dispute.opened", None, known),
        ("processor", "dispute.lost", {"state": "open"}, known),
    ]
    event = {**facts, "customer": acme.customer_id, "credits": "25.00", "credit_unit": "USD"}
    assert sent(acme, dispute.id) == [("dispute.opened", event), ("dispute.lost", event)]


def test_what_is_not_there_is_named(app: Flask, acme: Customer) -> None:
    with pytest.raises(NotFound, match=r"There is no such refund\."):
        refunds.settle("ref_none")
    with pytest.raises(NotFound, match=r"There is no such payment\."):
        refunds.refund("pay_none", amount=None, reason="None", requested_by="support")
    with as_customer(acme.customer_id), pytest.raises(NotFound, match=r"There is no such payment\."):
        purchases.read("pay_none")
    with as_customer(acme.customer_id), pytest.raises(NotFound, match=r"There is no such payment\."):
        top_ups.get("pay_none")
    with pytest.raises(NotFound, match=r"There is no such payment\."):
        collection.collect("pay_none", return_url="")
    with as_customer(acme.customer_id), pytest.raises(NotFound, match=r"There is no such movement\."):
        breakdown.behind("none")


def test_what_went_back_is_read_in_the_order_in_which_it_began(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    made = controls.dispute(settings, payment.processor_id or "", amount=300)
    later(app)
    first, second = sends_back(payment, 100), sends_back(payment, 200, repeat=True)
    later(app)
    with as_customer(acme.customer_id):
        dispute = db.session.scalars(select(Dispute).where(Dispute.processor_id == made)).one()
        found = purchases.read(payment.id).reversals
    began = sorted([(dispute.opened_at, dispute.id), (first.created_at, first.id), (second.created_at, second.id)])
    amounts = {dispute.id: 300, first.id: 100, second.id: 200}
    assert [each.amount.amount_minor for each in found] == [amounts[row_id] for _at, row_id in began]
