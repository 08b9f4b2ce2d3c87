"""A refund made elsewhere that is more than what is left: it waits while one of ours is open, and then has to be seen."""

from datetime import timedelta

from flask import Flask
from structlog.testing import capture_logs

from app import clock
from app.config import Settings
from app.domain.money import Money
from app.domain.people.members import Actor
from app.domain.reversals import ProcessorRefund, RefundState
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.payments import Payment
from app.services.reversals import refund_booking
from app.services.verification.verify import verify
from tests.support.outcome import faults
from tests.support.reversals import buys, fetched, later, money_back, payment_of, sends_back
from tests.support.shop import remaining

MANY = 50


def elsewhere(payment: Payment, minor: int, state: RefundState = RefundState.SUCCEEDED) -> str:
    """Book what the processor says of a refund that nobody made here; return why it must be looked at again."""
    amount = Money(minor, payment.currency)
    return refund_booking.record(
        payment.id, ProcessorRefund("re_elsewhere", payment.processor_id or "", amount, state, "", clock.now())
    )


def test_more_than_is_left_waits_for_the_refund_that_is_open(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    payment, other = buys(app, alice_actor, 2500), buys(app, alice_actor, 2600)
    with faults(app, ("create_refund", "reset_before", MANY)):
        sends_back(payment, 1000)
    with capture_logs() as logs:
        assert elsewhere(payment, 1501) == "refund_under_way"
    (said,) = [each for each in logs if each["event"] == "payment_needs_review"]
    assert (said["payment"], said["refund"], said["why"]) == (payment.id, "re_elsewhere", "refund_under_way")
    assert elsewhere(other, 2601) == refund_booking.NO_ROOM, "the open refund is another payment's"
    assert elsewhere(payment, 1501, RefundState.FAILED) == "", "nothing went back"
    assert (payment_of(payment).refunded_minor, payment_of(other).refunded_minor) == (1000, 0)
    assert elsewhere(payment, 1500) == ""
    assert (payment_of(payment).refunded_minor, remaining(acme)) == (2500, 36_000_000)


def test_what_went_back_elsewhere_is_booked_once_ours_is_refused(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    with faults(app, ("create_refund", "reset_before", MANY)):
        ours = sends_back(payment, 1000)
        controls.refund(settings, payment.processor_id or "")
        later(app)
        assert (payment_of(payment).refunded_minor, remaining(acme)) == (1000, 25_000_000)
    for hours in (1, 2, 4):
        later(app, timedelta(hours=hours))
    assert (fetched(ours).state, money_back(settings, payment)) == ("failed", 2500)
    assert (payment_of(payment).state, payment_of(payment).refunded_minor, remaining(acme)) == ("refunded", 2500, 0)
    assert verify() == []
