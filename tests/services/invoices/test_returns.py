"""What goes back gets its credit note once, whoever says so, how often and in which order; what comes back voids it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import create_engine, pool, text

from app import clock, ids
from app.config import Settings
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.lines import Line, LineKind
from app.domain.invoices.totals import totals
from app.domain.money import Money
from app.domain.people.members import Actor
from app.domain.reversals import DisputeState, ProcessorDispute, ProcessorRefund, RefundState
from app.domain.tax.treatment import Category, Reason, Treatment
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.payments import Payment
from app.models.scope import as_service
from app.services.catalog import versions
from app.services.invoices import credit_notes, drafting, numbering
from app.services.ledger import posting
from app.services.reversals import disputes, refund_booking
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support import cast
from tests.support.databases import Database
from tests.support.documents import documents_of, let_documents_change, sold_at_use
from tests.support.outcome import faults
from tests.support.reversals import buys, later, payment_of, sends_back
from tests.support.sandbox_events import send_event
from tests.support.unheard import charged_unheard, visa

__all__ = ["visa"]

MANY = 50
PARTS = [3137, 5, 2, 2, 2, 4187, 5228]
VAT = Treatment(Category.STANDARD, Decimal(25), "MOMS", "SE", Reason.STANDARD, seller_number="SE556703748501")


def _said(customer: Customer) -> list[tuple[str, str, int, int]]:
    return [(each.kind, each.state, each.total_minor, each.returned_minor) for each in documents_of(customer)]


def _won_after_all(payment: Payment, dispute: str, minor: int) -> None:
    money, intent = Money(minor, "USD"), payment.processor_id or ""
    found = ProcessorDispute(dispute, intent, money, "", DisputeState.WON, "fraudulent", clock.now())
    assert disputes.record(payment.id, found) == ""


def test_a_part_refund_and_a_lost_dispute_return_the_invoice_and_no_more(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    sends_back(payment, 1000)
    opened = controls.dispute(settings, payment.processor_id or "")  # the bank claims all of it
    later(app)
    assert _said(acme) == [("invoice", "paid", 2500, 1000), ("credit_note", "issued", 1000, 0)]  # it is only held
    controls.close_dispute(settings, opened, won=False)
    later(app)
    lost = [("invoice", "paid", 2500, 2500), ("credit_note", "issued", 1000, 0), ("credit_note", "issued", 1500, 0)]
    assert _said(acme) == lost
    assert documents_of(acme)[2].reason == "Lost dispute"
    send_event(settings, "charge.dispute.closed", opened)
    later(app)
    assert _said(acme) == lost
    assert verify() == []
    for _twice in range(2):
        _won_after_all(payment, opened, 2500)
        assert _said(acme) == [
            ("invoice", "paid", 2500, 1000),
            ("credit_note", "issued", 1000, 0),
            ("credit_note", "void", 1500, 0),
        ]
    intent, now = payment.processor_id or "", clock.now()
    again = ProcessorRefund("re_again", intent, Money(1500, "USD"), RefundState.SUCCEEDED, "", now)
    assert refund_booking.record(payment.id, again) == ""  # made in the processor's dashboard
    assert [each.total_minor for each in documents_of(acme) if each.state == "issued"] == [1000, 1500]
    assert documents_of(acme)[0].returned_minor == 2500
    assert verify() == []


def test_a_dispute_that_is_won_has_no_document(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    opened = controls.dispute(settings, payment.processor_id or "")
    later(app)
    controls.close_dispute(settings, opened, won=True)
    later(app)
    assert _said(acme) == [("invoice", "paid", 2500, 0)]
    assert verify() == []


def test_under_at_use_a_lost_dispute_is_a_refund_receipt(app: Flask, settings: Settings) -> None:
    customer = sold_at_use()
    payment = buys(app, cast.make_actor(cast.ALICE, customer), 2500)
    opened = controls.dispute(settings, payment.processor_id or "", amount=900)
    later(app)
    controls.close_dispute(settings, opened, won=False)
    later(app)
    assert _said(customer) == [("receipt", "issued", 2500, 900), ("refund_receipt", "issued", 900, 0)]
    assert {each.tax_minor for each in documents_of(customer)} == {0}
    assert verify() == []


@pytest.mark.fault("W1", "W2", "W3")
@pytest.mark.parametrize("how", ["duplicate", "reorder", "lose"])
def test_a_refund_heard_twice_early_or_never_has_one_credit_note(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor, visa: str, how: str
) -> None:
    payment = charged_unheard(app, alice_actor, visa)
    assert _said(acme) == []
    with faults(app, ("event:*", how, MANY)):
        refund = controls.refund(settings, payment.processor_id or "", 700)
        send_event(settings, "charge.refunded", refund)  # twice as well, and before the payment is settled
        later(app)
    later(app, timedelta(hours=1))
    if how == "lose":
        send_event(settings, "refund.updated", refund)
        later(app, timedelta(hours=1))
    assert payment_of(payment).refunded_minor == 700
    assert _said(acme) == [("invoice", "paid", 2500, 700), ("credit_note", "issued", 700, 0)]
    assert verify() == []


def test_what_was_paid_before_there_were_documents_goes_back_without_one(
    app: Flask, settings: Settings, database: Database, acme: Customer, alice_actor: Actor
) -> None:
    before, after = buys(app, alice_actor, 2500), buys(app, alice_actor, 900)
    with create_engine(database.superuser_url, poolclass=pool.NullPool).begin() as connection:
        let_documents_change(connection)
        for table in ("document_files", "document_lines", "document_taxes", "documents"):
            connection.execute(text(f"delete from {table}"))
        connection.execute(text("delete from number_series"))
        connection.execute(text("update payments set settled_before_documents = true"))
    sends_back(before, 1000)
    opened = controls.dispute(settings, after.processor_id or "")
    later(app)
    controls.close_dispute(settings, opened, won=False)
    later(app)
    _won_after_all(after, opened, 900)
    assert (payment_of(before).refunded_minor, payment_of(after).disputed_minor) == (1000, 0)
    assert _said(acme) == []
    assert verify() == []


@pytest.mark.both_databases
def test_parts_return_an_invoice_with_its_tax_to_the_cent(app: Flask, acme: Customer) -> None:
    """100.50 at 25 % is 25.13, and so much comes back in whatever parts."""
    with as_service("sell with tax"), transaction() as session:
        books = posting.lock(session, acme.customer_id)
        payment = _paid(acme, 12563)
        session.add(payment)
        session.flush()
        line = Line(LineKind.TOP_UP, "Credit", Money(10050, "USD"), drafting.rate_of(VAT))
        source = drafting.Source("payment", payment.id, payment.id)
        buyer, catalog = dict.fromkeys(drafting.BUYER, ""), versions.of(books.customer)
        made = drafting.draft(books, catalog, Kind.INVOICE, source, [line], totals([line]), [VAT], buyer)
        numbering.finalize(session, made, State.PAID, clock.now())
        for number, minor in enumerate(PARTS):
            part = Money(minor, "USD")
            assert credit_notes.write(books, payment, ("refund", f"ref_{number}", "Refund"), part, clock.now())
    invoice, *notes = documents_of(acme)
    assert (invoice.net_minor, invoice.tax_minor, invoice.returned_minor) == (10050, 2513, 12563)
    assert (sum(each.net_minor for each in notes), sum(each.tax_minor for each in notes)) == (10050, 2513)
    assert [each.total_minor for each in notes] == PARTS
    assert [each.tax_minor for each in notes] == [627, 2, 0, 0, 1, 837, 1046]  # the last is not burdened with the rest
    assert "the tax of a rate is not its share of what is taxed" not in {each.sentence for each in verify()}


def _paid(customer: Customer, minor: int) -> Payment:
    now = clock.now()
    return Payment(
        id=ids.new("pay"),
        customer_id=customer.customer_id,
        purpose="top_up",
        state="succeeded",
        amount_minor=minor,
        received_minor=minor,
        currency="USD",
        credits_micros=minor,
        rail="paypal",
        form_key=ids.new_form_key(),
        processor_id="pi_taxed",
        created_by="mem_alice",
        created_at=now,
        updated_at=now,
        next_check_at=now,
    )
