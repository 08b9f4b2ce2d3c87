"""Refunds: money and credit go back together, at most what was received, once, whatever fails on the way."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, ids
from app.config import Settings
from app.domain.authorizations import AuthorizationRequest
from app.domain.errors import Refused
from app.domain.money import Credits, Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry, OutboxEvent
from app.models.ledger import Account, Grant, Transfer
from app.models.scope import as_customer, as_service
from app.services.authorizations import holds
from app.services.balance import history
from app.services.balance.history import HistoryQuery
from app.services.ledger import corrections, grants
from app.services.reversals import refunds
from app.services.transaction import transaction
from app.services.usage import recording
from app.services.verification.verify import verify
from tests.support.outcome import faults
from tests.support.reversals import buys, fetched, later, money_back, payment_of, reversal_rows, sends_back
from tests.support.shop import remaining


@pytest.mark.both_databases
@pytest.mark.case("AC-34", "AC-41/42")
def test_a_refund_takes_the_money_and_the_credit_that_it_bought(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    before = reversal_rows(acme)
    made = sends_back(payment, 1000)
    assert (made.state, made.credits_micros, made.amount_minor) == ("succeeded", 10_000_000, 1000)
    assert remaining(acme) == 15_000_000
    assert money_back(settings, payment) == 1000
    assert reversal_rows(acme)[: len(before)] == before, "what was posted was changed"
    rest = sends_back(payment)
    assert (rest.amount_minor, rest.credits_micros, remaining(acme)) == (1500, 15_000_000, 0)
    stands = payment_of(payment)
    assert (stands.state, stands.refunded_minor) == ("refunded", 2500)
    assert verify() == []


@pytest.mark.case("AC-41/42")
def test_no_more_goes_back_than_was_received(app: Flask, settings: Settings, alice_actor: Actor) -> None:
    payment = buys(app, alice_actor, 2500)
    sends_back(payment, 2000)
    for wrong, reason in [(501, "more_than_left"), (0, "amount_too_small"), (-1, "amount_too_small")]:
        with pytest.raises(Refused) as refusal:
            sends_back(payment, wrong)
        assert refusal.value.reason == reason
    sends_back(payment, 500)
    with pytest.raises(Refused) as refusal:
        sends_back(payment)
    assert refusal.value.reason == "nothing_left"
    assert money_back(settings, payment) == 2500
    assert verify() == []


@pytest.mark.case("AC-41/42")
def test_parts_that_cannot_be_shared_evenly_add_up_to_the_whole(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    payment = buys(app, alice_actor, 500)
    taken = [sends_back(payment, part, repeat=True).credits_micros for part in (167, 167, 166)]
    assert sum(taken) == 5_000_000
    assert remaining(acme) == 0
    assert verify() == []


def test_a_refund_needs_a_reason_a_paid_payment_and_its_own_currency(app: Flask, alice_actor: Actor) -> None:
    with faults(app, ("confirm_intent", "processing", 1)):
        open_payment = buys(app, alice_actor, 2500)
    with pytest.raises(Refused) as refusal:
        sends_back(open_payment)
    assert refusal.value.reason == "not_paid"
    payment = buys(app, alice_actor, 2600)
    for wrong, reason in [
        ({"reason": " "}, "reason_missing"),
        ({"requested_by": ""}, "reason_missing"),
        ({"amount": Money(100, "EUR")}, "another_currency"),
    ]:
        with pytest.raises(Refused) as refusal:
            refunds.refund(payment.id, **({"reason": "Why", "requested_by": "support"} | wrong))  # type: ignore[arg-type]
        assert (refusal.value.reason, refusal.value.status) == (reason, 422)
    assert verify() == []


def test_the_same_command_typed_twice_is_one_refund(app: Flask, settings: Settings, alice_actor: Actor) -> None:
    payment = buys(app, alice_actor, 2500)
    sends_back(payment, 1000)
    with pytest.raises(Refused) as refusal:
        sends_back(payment, 1000)
    assert refusal.value.reason == "refunded_just_now"
    sends_back(payment, 1000, repeat=True)
    with clock.at(clock.now() + timedelta(minutes=11)):
        sends_back(payment, 500)
    assert money_back(settings, payment) == 2500
    assert verify() == []


def test_credit_that_was_used_is_owed_and_the_next_credit_pays_it(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 10_000)
    recording.record(acme.customer_id, key="k", credits=Credits(100_000_000), description="Requests")
    sends_back(payment)
    assert remaining(acme) == -100_000_000
    with as_customer(acme.customer_id):
        account = db.session.scalars(select(Account).where(Account.name == "credits")).one()
        assert (account.floor, account.debt) == (-50_000_000, 50_000_000)
        assert history.numbers().available_to_use.micros == 0
    with pytest.raises(Refused) as refusal:
        recording.record(acme.customer_id, key="k2", credits=Credits(1), description="Requests")
    assert refusal.value.reason == "insufficient_credits"
    for micros, debt in [(30_000_000, 20_000_000), (71_000_000, 0)]:
        grants.give(
            acme.customer_id, kind="promotional", credits=Credits(micros), granted_by="support", reason="Welcome"
        )
        with as_customer(acme.customer_id):
            assert db.session.scalars(select(Account.debt).where(Account.name == "credits")).one() == debt
    assert remaining(acme) == 1_000_000
    recording.record(acme.customer_id, key="k3", credits=Credits(1_000_000), description="Requests")
    assert verify() == []


def test_its_own_purchase_is_taken_back_before_what_was_given(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    given = grants.give(
        acme.customer_id, kind="promotional", credits=Credits(5_000_000), granted_by="support", reason="Welcome"
    )
    payment = buys(app, alice_actor, 2500)
    refund = sends_back(payment)
    with as_customer(acme.customer_id):
        (row,) = history.history(HistoryQuery(kind="refunded")).entries
        entry = history.entry(row.id)
        assert entry.refund is not None and entry.payment is not None
        assert (entry.refund.id, entry.payment.id) == (refund.id, payment.id)
        assert [(part.micros, grant.kind) for part, grant in entry.allocations] == [(25_000_000, "purchased")]
        db.session.expunge_all()
    assert fetched(given).remaining_micros == 5_000_000
    assert verify() == []


def _ends_tomorrow(customer: Customer) -> Grant:
    """Let what was bought end, as a pack does that lasts a day; return its grant."""
    with as_service("a pack that lasts a day"), transaction() as session:
        grant = session.scalars(select(Grant).where(Grant.payment_id.is_not(None))).one()
        grant.expires_at = clock.now() + timedelta(days=1)
    return grant


def test_credit_that_has_gone_unused_is_not_taken_a_second_time(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    payment = buys(app, alice_actor, 2500)
    recording.record(acme.customer_id, key="k", credits=Credits(15_000_000), description="Requests")
    _ends_tomorrow(acme)
    with clock.at(clock.now() + timedelta(days=1)):
        assert remaining(acme) == 0
        assert sends_back(payment, 1000).credits_micros == 0  # what the 10.00 bought has left the balance already
        assert remaining(acme) == 0
        assert sends_back(payment, 1500).credits_micros == 15_000_000  # this was used: it is owed
        assert remaining(acme) == -15_000_000
        assert verify() == []


def test_usage_of_credit_that_ended_and_was_refunded_is_not_corrected(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    used = recording.record(acme.customer_id, key="k", credits=Credits(15_000_000), description="Requests")
    other = recording.record(acme.customer_id, key="l", credits=Credits(1_000_000), description="Requests")
    _ends_tomorrow(acme)
    with clock.at(clock.now() + timedelta(days=1)):
        corrections.correct(
            other.id, by="support", reason="Counted twice"
        )  # it ends with the rest: nothing is lost by it
        assert sends_back(payment).credits_micros == 15_000_000
        grants.give(acme.customer_id, kind="promotional", credits=Credits(50_000_000), granted_by="s", reason="Sorry")
        before = remaining(acme)
        with pytest.raises(Refused) as refusal:
            corrections.correct(used.id, by="support", reason="Counted twice")
        assert (refusal.value.reason, refusal.value.status) == ("credit_went_back", 409)
        assert remaining(acme) == before == 35_000_000
        of_the_gift = recording.record(acme.customer_id, key="m", credits=Credits(2_000_000), description="Requests")
        corrections.correct(of_the_gift.id, by="support", reason="Counted twice")
        assert remaining(acme) == before
        assert (
            corrections.correct(other.id, by="support", reason="Counted twice").corrects_id == other.id
        )  # twice is once
        assert verify() == []


def test_bought_credit_is_refunded_and_not_voided(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    buys(app, alice_actor, 2500)
    with as_customer(acme.customer_id):
        grant_id = db.session.scalars(select(Grant.id).where(Grant.payment_id.is_not(None))).one()
    with pytest.raises(Refused) as refusal:
        grants.void(grant_id, by="support", reason="By mistake")
    assert (refusal.value.reason, refusal.value.status) == ("credit_was_bought", 409)
    assert remaining(acme) == 25_000_000
    assert verify() == []


@pytest.mark.case("AC-34")
@pytest.mark.fault("S14")
def test_a_refund_that_does_not_arrive_is_posted_back(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    payment = buys(app, alice_actor, 2500, "pm_card_refundFail")
    made = sends_back(payment)
    assert (made.state, payment_of(payment).state, remaining(acme)) == ("succeeded", "refunded", 0)
    rows = reversal_rows(acme)
    later(app, timedelta(days=2))
    made = fetched(made)
    assert (made.state, made.problem) == ("failed", "expired_or_canceled_card")
    stands = payment_of(payment)
    assert (stands.state, stands.refunded_minor, remaining(acme)) == ("succeeded", 0, 25_000_000)
    assert reversal_rows(acme)[: len(rows)] == rows, "what was posted was changed"
    with as_customer(acme.customer_id):
        back = db.session.scalars(select(Transfer).where(Transfer.kind == "refund_failed")).one()
        taken = db.session.scalars(select(Transfer).where(Transfer.kind == "refunded")).one()
        assert back.corrects_id == taken.id
        types = list(db.session.scalars(select(OutboxEvent.type).order_by(OutboxEvent.sequence)))
    assert types[-2:] == ["refund.created", "refund.failed"]
    again = sends_back(payment)
    assert again.credits_micros == 25_000_000
    assert verify() == []


def test_a_refund_that_takes_days_has_taken_the_credit_at_once(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    payment = buys(app, alice_actor, 2500, "pm_card_pendingRefund")
    made = sends_back(payment)
    assert (made.state, payment_of(payment).state, remaining(acme)) == ("pending", "succeeded", 0)
    later(app, timedelta(days=2))
    assert (fetched(made).state, payment_of(payment).state) == ("succeeded", "refunded")
    assert verify() == []


def test_who_sent_money_back_and_why_is_written_down(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    made = sends_back(buys(app, alice_actor, 2500), 1000)
    with as_customer(acme.customer_id):
        rows = db.session.scalars(select(AuditEntry).where(AuditEntry.subject == made.id).order_by(AuditEntry.id)).all()
        assert [(row.actor, row.action) for row in rows] == [
            ("support", "refund.wished"),
            ("processor", "refund.succeeded"),
        ]
        assert "Not needed" in rows[0].after


def test_a_refund_of_nothing_we_know_is_not_found(app: Flask, acme: Customer) -> None:
    with pytest.raises(Refused) as refusal:
        refunds.refund(ids.new("pay"), reason="Why", requested_by="support")
    assert refusal.value.status == 404


@pytest.mark.case("AC-41/42", "AC-55")
def test_what_was_allowed_before_money_went_back_is_captured_and_passes_the_limit_by_what_went_back(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    first = buys(app, alice_actor, 4000)
    buys(app, alice_actor, 2500)
    with as_service("read what Acme may owe"):
        protection = db.session.get_one(Customer, acme.customer_id).overage_protection_micros
    room = 65_000_000 + protection
    held = holds.authorize(AuthorizationRequest(acme.customer_id, micros=room))
    assert held.allowed
    sends_back(first)
    assert not holds.authorize(AuthorizationRequest(acme.customer_id, micros=1_000_000)).allowed
    assert holds.capture(held.id).micros == room
    assert remaining(acme) == -protection - 40_000_000, "by what went back"
    assert not holds.authorize(AuthorizationRequest(acme.customer_id, micros=1)).allowed
    assert verify() == []
