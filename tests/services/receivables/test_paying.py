"""An invoice that is due is paid once, by whoever presses how often, and its overage protection comes back."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock, ids
from app.domain.errors import NotFound, Refused
from app.domain.money import Money
from app.domain.reversals import ProcessorRefund, RefundState
from app.extensions import settings
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.events import OutboxEvent
from app.models.payments import Payment
from app.models.scope import as_service
from app.services.payments import settlement
from app.services.reversals import refund_booking
from app.services.verification.verify import verify
from tests.support import periods, rails
from tests.support.documents import documents_of
from tests.support.periods import OVER, now_of, pays
from tests.support.reversals import sends_back
from tests.support.shop import ASKS, BROKE, GOOD, add_method


@pytest.fixture
def small(app: Flask) -> Customer:
    """A customer with $7.05 used below zero, and an invoice of $8.81 for it."""
    made = periods.customer()
    periods.uses(made, 705)
    return made


def due(whose: Customer) -> Document:
    document = periods.closes(whose)
    assert document is not None
    return document


def protection(whose: Customer) -> tuple[int, int]:
    """Return what is left of the overage protection, and what unpaid invoices use of it, in cents."""
    with as_service("look at a customer"):
        row = db.session.scalars(
            select(Customer).where(Customer.customer_id == whose.customer_id).execution_options(populate_existing=True)
        ).one()
        return row.overage_protection_micros // 10_000, row.invoiced_overage_micros // 10_000


def events(document: Document) -> list[str]:
    with as_service("look at events"):
        return sorted(db.session.scalars(select(OutboxEvent.type).where(OutboxEvent.source_id == document.id)))


def many_payments() -> int:
    with as_service("count payments"):
        return int(db.session.scalar(select(func.count()).select_from(Payment)) or 0)


@pytest.mark.both_databases
def test_paying_it_marks_it_paid_in_the_settling_transaction(app: Flask, small: Customer) -> None:
    invoice, alice = due(small), periods.manager(small)
    assert protection(small) == (1295, 705)
    payment = pays(alice, invoice, add_method(alice, GOOD).id)
    paid = now_of(invoice)
    assert (payment.state, payment.document_id, payment.credits_micros) == ("succeeded", invoice.id, 0)
    assert (paid.state, paid.paid_minor, paid.paid_with) == ("paid", 881, "Visa ending in 4242")
    assert protection(small) == (2000, 0)
    assert events(invoice) == ["invoice.finalized", "invoice.paid"]
    assert verify() == []


def test_another_amount_than_was_seen_is_refused_and_nothing_is_charged(app: Flask, small: Customer) -> None:
    invoice, alice = due(small), periods.manager(small)
    with pytest.raises(Refused) as refused:
        pays(alice, invoice, add_method(alice, GOOD).id, 880)
    assert (refused.value.reason, refused.value.status) == ("amount_changed", 409)
    assert many_payments() == 0


def test_a_declined_payment_leaves_it_open_and_another_method_pays_it(app: Flask, small: Customer) -> None:
    invoice, alice = due(small), periods.manager(small)
    assert pays(alice, invoice, add_method(alice, BROKE).id).state == "failed"
    assert now_of(invoice).state == "open"
    assert pays(alice, invoice, add_method(alice, GOOD).id).state == "succeeded"
    assert now_of(invoice).state == "paid"
    assert verify() == []


def test_the_same_form_twice_is_one_payment_and_another_form_of_a_paid_one_is_refused(
    app: Flask, small: Customer
) -> None:
    invoice, alice = due(small), periods.manager(small)
    way, key = add_method(alice, GOOD).id, ids.new_form_key()
    assert pays(alice, invoice, way, form_key=key).id == pays(alice, invoice, way, form_key=key).id
    with pytest.raises(Refused) as refused:
        pays(alice, invoice, way)
    assert refused.value.reason == "not_payable"
    assert many_payments() == 1


def test_who_pays_another_way_gives_up_the_one_that_waits_for_the_bank(app: Flask, small: Customer) -> None:
    invoice, alice = due(small), periods.manager(small)
    waits = pays(alice, invoice, add_method(alice, ASKS).id)
    assert waits.state == "requires_action"
    assert pays(alice, invoice, add_method(alice, GOOD).id).state == "succeeded"
    assert rails.stands(waits).state == "canceled"
    assert now_of(invoice).paid_minor == 881


def test_a_bank_that_has_just_confirmed_pays_it_once(app: Flask, small: Customer) -> None:
    invoice, alice = due(small), periods.manager(small)
    waits = pays(alice, invoice, add_method(alice, ASKS).id)
    controls.answer_challenge(settings(), waits.processor_id or "", approved=True)
    with pytest.raises(Refused) as refused:
        pays(alice, invoice, add_method(alice, GOOD).id)
    assert refused.value.reason == "not_payable"
    assert (now_of(invoice).state, many_payments()) == ("paid", 1)


def test_a_viewers_or_anothers_invoice_is_not_there(app: Flask, small: Customer) -> None:
    invoice = due(small)
    other = periods.customer()
    mallory = periods.manager(other)
    with pytest.raises(NotFound):
        pays(mallory, invoice, add_method(mallory, GOOD).id)


def test_what_was_carried_over_is_paid_with_the_next_one_and_both_are_paid(app: Flask) -> None:
    small = periods.customer()
    periods.uses(small, 24)
    first = due(small)
    alice = periods.manager(small)
    with pytest.raises(Refused) as refused:
        pays(alice, first, add_method(alice, GOOD).id)
    assert refused.value.reason == "too_small"
    periods.uses(small, 400, at=OVER + timedelta(days=1))
    with clock.at(datetime(2026, 12, 2, tzinfo=UTC)):
        second = periods.closes(small, at=clock.now(), number=2)
        assert second is not None
        payment = pays(alice, second, add_method(alice, GOOD).id, 530)
    assert payment.state == "succeeded"
    assert [(each.state, each.paid_minor) for each in documents_of(small)] == [("paid", 30), ("paid", 500)]
    assert verify() == []
    sends_back(payment)
    assert [(each.kind, each.total_minor) for each in documents_of(small)][2:] == [
        ("credit_note", 500),
        ("credit_note", 30),
    ]
    assert verify() == []


def test_a_refund_writes_a_credit_note_and_takes_no_credit(app: Flask, small: Customer) -> None:
    invoice, alice = due(small), periods.manager(small)
    payment = pays(alice, invoice, add_method(alice, GOOD).id)
    made = sends_back(payment, 440)
    note = documents_of(small)[1]
    assert (note.kind, note.total_minor, note.returns_id, made.credits_micros) == ("credit_note", 440, invoice.id, 0)
    assert (now_of(invoice).state, now_of(invoice).returned_minor) == ("paid", 440)
    late = ProcessorRefund(
        made.processor_id or "", payment.processor_id or "", Money(440, "USD"), RefundState.FAILED, made.id, clock.now()
    )
    assert refund_booking.record(payment.id, late) == ""
    assert now_of(invoice).returned_minor == 0
    assert verify() == []


def test_settling_it_again_pays_it_once(app: Flask, small: Customer) -> None:
    invoice, alice = due(small), periods.manager(small)
    payment = pays(alice, invoice, add_method(alice, GOOD).id)
    settlement.settle(payment.id)
    assert now_of(invoice).paid_minor == 881
    assert events(invoice).count("invoice.paid") == 1


def test_what_is_for_top_ups_alone_pays_no_invoice(app: Flask) -> None:
    small = periods.customer(more='[payment_methods]\nkinds = ["card", "crypto"]\ntop_up_only = ["crypto"]\n')
    periods.uses(small, 705)
    with pytest.raises(Refused) as refused:
        pays(periods.manager(small), due(small), "crypto")
    assert (refused.value.reason, many_payments()) == ("kind_not_taken", 0)
