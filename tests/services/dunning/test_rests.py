"""What a correction added to an invoice is not charged by itself where all that was paid of it is gone, or disputed."""

from datetime import timedelta

from flask import Flask

from app import clock
from app.config import Settings
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.documents import Document
from app.models.payments import Payment
from app.services import jobs
from app.services.customers import address
from app.services.reversals import refunds
from app.services.verification.verify import verify
from tests.support import cast, dunning
from tests.support.corrections import BERLIN, OSLO, at, corrects
from tests.support.documents import documents_of, sold_with_tax
from tests.support.dunning import DAY
from tests.support.periods import now_of
from tests.support.reversals import buys, sends_back

LATER = timedelta(days=1, minutes=1)


def corrected(app: Flask, more: str = "") -> tuple[Customer, Document, Payment]:
    """Return who has paid 100.00 for an invoice to Norway, which was corrected to 119.00, and asks for 19.00."""
    customer = sold_with_tax(more)
    address.change(customer.customer_id, OSLO, "", 0, by="mem_alice", as_typed=True)
    actor: Actor = cast.make_actor(cast.ALICE, customer)
    payment = buys(app, actor, 10_000)
    corrects(customer, documents_of(customer)[0], at(BERLIN))
    return customer, documents_of(customer)[-1], payment


def hears(app: Flask, settings: Settings) -> None:
    """Let the processor's events arrive and be worked on."""
    controls.deliver_due(settings, app.wsgi_app)
    jobs.run_due(names=["webhooks_worked"])


def charged(customer: Customer) -> list[int]:
    """Return what was charged beside the purchase."""
    return [minor for document, minor, _state, _at in dunning.charged(customer) if document]


def test_a_rest_is_not_charged_where_what_was_paid_went_back_and_is_again_where_it_comes_back(
    app: Flask, settings: Settings
) -> None:
    customer, right, payment = corrected(app)
    refund = sends_back(payment)
    now = clock.now()
    for day in range(8):
        dunning.collects(now + day * DAY)
    assert (charged(customer), now_of(right).state, dunning.standing(customer)) == ([], "open", "good")
    assert dunning.events(customer) == []
    assert verify() == []
    controls.end_refund(settings, refunds.settle(refund.id).processor_id or "", succeeded=False)
    hears(app, settings)
    assert now_of(right).returned_minor == 0
    dunning.collects(now + 9 * DAY)
    assert (charged(customer), now_of(right).state, verify()) == ([1_900], "paid", [])


def test_a_rest_is_not_charged_while_what_was_paid_is_disputed_nor_when_that_is_lost(
    app: Flask, settings: Settings
) -> None:
    customer, right, payment = corrected(app)
    dispute = controls.dispute(settings, payment.processor_id or "")
    hears(app, settings)
    now = clock.now()
    dunning.collects(now)
    dunning.collects(now + LATER)
    assert (charged(customer), dunning.standing(customer)) == ([], "good")
    controls.close_dispute(settings, dispute, won=False)
    hears(app, settings)
    for day in range(2, 9):
        dunning.collects(now + day * LATER)
    assert (charged(customer), now_of(right).state, dunning.standing(customer), verify()) == ([], "open", "good", [])


def test_a_rest_is_charged_once_the_dispute_is_won(app: Flask, settings: Settings) -> None:
    customer, right, payment = corrected(app)
    dispute = controls.dispute(settings, payment.processor_id or "")
    hears(app, settings)
    controls.close_dispute(settings, dispute, won=True)
    hears(app, settings)
    dunning.collects(clock.now() + LATER)
    assert (charged(customer), now_of(right).state, verify()) == ([1_900], "paid", [])


def test_who_was_suspended_for_a_rest_is_served_again_when_what_was_paid_went_back(
    app: Flask, settings: Settings
) -> None:
    customer, right, payment = corrected(app, "[invoices]\ncharge_automatically = false\n")
    now = clock.now()
    for day in range(8):
        dunning.collects(now + day * LATER)
    assert dunning.standing(customer) == "suspended"
    dispute = controls.dispute(settings, payment.processor_id or "")
    hears(app, settings)
    assert (dunning.standing(customer), dunning.events(customer)[-1]) == ("good", "restored")
    controls.close_dispute(settings, dispute, won=False)
    hears(app, settings)
    dunning.collects(now + 9 * LATER)
    assert (dunning.standing(customer), now_of(right).state, verify()) == ("good", "open", [])
