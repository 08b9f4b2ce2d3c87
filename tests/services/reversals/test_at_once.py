"""Many workers at once over one payment: each refund and dispute is booked once, and never more than was received."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from app.config import Settings
from app.domain.errors import Refused
from app.domain.money import Credits, Money
from app.domain.people.members import Actor
from app.domain.reversals import DisputeState, ProcessorDispute, ProcessorRefund, RefundState
from app.models.customers import Customer
from app.models.database import db
from app.models.reversals import Refund
from app.models.scope import as_customer
from app.services.reversals import disputes, refund_booking, refunds
from app.services.usage import recording
from app.services.verification.verify import verify
from tests.support.client import outside_contexts
from tests.support.reversals import buys, money_back, payment_of
from tests.support.shop import remaining

WORKERS = 6


@pytest.mark.case("AC-41/42", "AC-44")
def test_six_refunds_at_once_send_back_what_was_paid_and_no_more(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)

    def refund(_number: int) -> str:
        with app.app_context():
            try:
                return refunds.refund(
                    payment.id, amount=Money(1000, "USD"), reason="Not needed", requested_by="support", repeat=True
                ).state
            except Refused as refusal:
                return refusal.reason

    with outside_contexts(), ThreadPoolExecutor(WORKERS) as pool:
        ends = sorted(pool.map(refund, range(WORKERS)))
    assert ends == ["more_than_left"] * 4 + ["succeeded"] * 2
    assert money_back(settings, payment) == payment_of(payment).refunded_minor == 2000
    assert remaining(acme) == 5_000_000
    assert verify() == []


@pytest.mark.case("AC-70")
@pytest.mark.fault("W2")
def test_the_same_news_at_once_from_many_sides_is_booked_once(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    payment = buys(app, alice_actor, 2500)
    intent, now = payment.processor_id or "", payment.created_at
    refund = ProcessorRefund("re_1", intent, Money(700, "USD"), RefundState.SUCCEEDED, "", now)
    dispute = ProcessorDispute("du_1", intent, Money(900, "USD"), "$9.00", DisputeState.OPEN, "fraudulent", now)

    def hears(number: int) -> str:
        with app.app_context():
            if number % 2:
                return refund_booking.record(payment.id, refund)
            return disputes.record(payment.id, dispute)

    with outside_contexts(), ThreadPoolExecutor(WORKERS) as pool:
        assert set(pool.map(hears, range(4 * WORKERS))) == {""}
    stands = payment_of(payment)
    assert (stands.refunded_minor, stands.disputed_minor, remaining(acme)) == (700, 900, 9_000_000)
    with as_customer(acme.customer_id):
        assert len(db.session.scalars(select(Refund)).all()) == 1
    assert verify() == []


def test_spending_and_taking_back_at_once_come_to_the_same_sum(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    payment = buys(app, alice_actor, 2500)

    def moves(number: int) -> int:
        with app.app_context():
            if number % 4 == 0:
                refunds.refund(payment.id, amount=Money(100 + number, "USD"), reason="Why", requested_by="support")
                return (100 + number) * 10_000
            recording.record(acme.customer_id, key=f"k{number}", credits=Credits(1_000_000), description="Requests")
            return 1_000_000

    with outside_contexts(), ThreadPoolExecutor(WORKERS) as pool:
        gone = sum(pool.map(moves, range(24)))
    assert remaining(acme) == 25_000_000 - gone
    assert verify() == []
