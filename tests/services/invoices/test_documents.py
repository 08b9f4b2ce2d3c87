"""Every payment that is settled gets its document in the same transaction, and what goes back gets one of its own."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.errors import Broken
from app.domain.money import Money
from app.domain.people.members import Actor
from app.domain.reversals import ProcessorRefund, RefundState
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import DocumentLine, DocumentTax
from app.models.events import OutboxEvent
from app.models.payments import Payment
from app.models.scope import as_service
from app.services.ledger import documentation
from app.services.payments import settlement
from app.services.reversals import refund_booking
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support import cast
from tests.support.documents import documents_of, sold_at_use, sold_with_tax
from tests.support.outcome import faults
from tests.support.reversals import buys, sends_back

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def _said(customer: Customer) -> list[tuple[str, str, str | None, int, int]]:
    return [
        (each.kind, each.state, each.number, each.total_minor, each.returned_minor) for each in documents_of(customer)
    ]


@pytest.mark.both_databases
def test_a_top_up_gets_a_paid_invoice_at_once(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    payment = buys(app, alice_actor, 2500)
    (invoice,) = documents_of(acme)
    assert (invoice.kind, invoice.state, invoice.source_id) == ("invoice", "paid", payment.id)
    assert (invoice.net_minor, invoice.tax_minor, invoice.total_minor, invoice.payable_minor) == (2500, 0, 2500, 2500)
    assert (invoice.paid_minor, invoice.paid_with) == (2500, "Visa ending in 4242")
    assert invoice.issued_at is not None
    assert invoice.number == f"RG-{invoice.issued_at.year}-000001"
    assert (invoice.customer_name, invoice.catalog_version) == (acme.name, acme.catalog_version)
    with as_service("look at its parts"):
        (line,) = db.session.scalars(select(DocumentLine)).all()
        (tax,) = db.session.scalars(select(DocumentTax)).all()
        written = db.session.scalars(select(OutboxEvent.type).where(OutboxEvent.source_id == invoice.id)).all()
    assert (line.kind, line.net_minor, line.quantity) == ("top_up", 2500, 1)
    assert (tax.category, tax.percent_micros, tax.tax_minor) == ("O", 0, 0)
    assert sorted(written) == ["invoice.finalized", "invoice.paid"]
    assert verify() == []


def test_what_goes_back_gets_credit_notes_that_never_exceed_the_invoice(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    sends_back(payment, 1000)
    sends_back(payment)
    year = documents_of(acme)[0].year
    assert _said(acme) == [
        ("invoice", "paid", f"RG-{year}-000001", 2500, 2500),
        ("credit_note", "issued", f"RGCN-{year}-000001", 1000, 0),
        ("credit_note", "issued", f"RGCN-{year}-000002", 1500, 0),
    ]
    assert verify() == []


def test_a_refund_that_did_not_arrive_voids_its_credit_note(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    payment = buys(app, alice_actor, 2500)
    made = sends_back(payment, 1000)
    late = ProcessorRefund(
        made.processor_id or "", payment.processor_id or "", Money(1000, "USD"), RefundState.FAILED, made.id, NOON
    )
    assert refund_booking.record(payment.id, late) == ""
    year = documents_of(acme)[0].year
    assert _said(acme) == [
        ("invoice", "paid", f"RG-{year}-000001", 2500, 0),
        ("credit_note", "void", f"RGCN-{year}-000001", 1000, 0),
    ]
    assert verify() == []


def test_under_at_use_a_top_up_gets_a_receipt_and_its_refund_a_refund_receipt(app: Flask) -> None:
    customer = sold_at_use()
    payment = buys(app, cast.make_actor(cast.ALICE, customer), 2500)
    sends_back(payment, 700)
    assert [(each.kind, each.state, each.total_minor, each.tax_minor) for each in documents_of(customer)] == [
        ("receipt", "issued", 2500, 0),
        ("refund_receipt", "issued", 700, 0),
    ]
    with as_service("look at its parts"):
        assert db.session.scalars(select(DocumentTax)).all() == []
    assert verify() == []


def test_what_was_ordered_before_tax_was_charged_gets_no_invoice_where_tax_is_due(app: Flask) -> None:
    customer = sold_with_tax()
    actor = cast.make_actor(cast.ALICE, customer)
    with faults(app, ("fetch_intent", "reset_before", 50)):
        payment = buys(app, actor, 2500)
    with as_service("order it before"), transaction() as session:
        row = session.get_one(Payment, payment.id)
        row.net_minor, row.treatment = None, ""
    assert settlement.settle(payment.id).state == "succeeded"
    assert [each.kind for each in documents_of(customer)] == ["receipt"]
    assert verify() == []


def test_later_edits_change_no_document(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    buys(app, alice_actor, 2500)
    before = documents_of(acme)[0].customer_name
    with as_service("edit"):
        db.session.get_one(Customer, acme.customer_id).name = "Another name"
        db.session.commit()
    assert documents_of(acme)[0].customer_name == before


def test_without_documents_nothing_is_settled(app: Flask, alice_actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documentation, "_writers", [])
    with pytest.raises(Broken):
        buys(app, alice_actor, 2500)
    with as_service("look"):
        assert db.session.scalars(select(Payment.received_minor)).all() == [0]
