"""A payment is settled whatever its document has to say: nothing that a catalog or customer may hold is too long for it."""

from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, ids
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.lines import Line, LineKind
from app.domain.invoices.totals import totals
from app.domain.money import Money
from app.domain.tax.treatment import Category, Reason, Treatment
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import DocumentTax
from app.models.invoicing import InvoiceAddress
from app.models.scope import as_service
from app.models.tax import TaxRegistration
from app.services.catalog import versions
from app.services.invoices import drafting, numbering
from app.services.ledger import posting
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support import cast
from tests.support.documents import documents_of, sold_in_azores
from tests.support.reversals import buys, sends_back

LONG = "N" * 60


def _exempted(customer: Customer) -> None:
    """Give the customer an address on the Azores, as long as it may be, and a certificate that exempts it there."""
    with as_service("give an address"):
        db.session.add(
            InvoiceAddress(
                customer_id=customer.customer_id,
                company="C" * 200,
                line1="L" * 200,
                line2="L" * 200,
                city="P" * 100,
                postal_code="9500-123",
                region="R" * 100,
                country="PT",
                po_number="O" * 100,
                changed_at=clock.now(),
                changed_by="alice",
            )
        )
        db.session.add(
            TaxRegistration(
                id=ids.new("tax"),
                customer_id=customer.customer_id,
                kind="exemption",
                country="PT",
                value=LONG,
                state="verified",
                territories="PT PT-20",
                created_at=clock.now(),
                created_by="alice",
                verified_at=clock.now(),
            )
        )
        db.session.commit()


@pytest.mark.both_databases
def test_the_longest_words_fit_on_an_invoice_and_its_credit_note(app: Flask) -> None:
    customer = sold_in_azores()
    _exempted(customer)
    sends_back(buys(app, cast.make_actor(cast.ALICE, customer), 2500), 700)
    assert [(each.kind, each.po_number) for each in documents_of(customer)] == [
        ("invoice", "O" * 100),
        ("credit_note", "O" * 100),
    ]
    with as_service("look at tax"):
        taxes = db.session.scalars(select(DocumentTax)).all()
    assert {(each.country, each.category, each.buyer_number, each.seller_number) for each in taxes} == {
        ("PT-20", "E", LONG, "T" * 200)
    }
    assert {each.name for each in taxes} == {"V" * 200}
    assert verify() == []


@pytest.mark.both_databases
def test_the_most_that_the_processor_charges_is_proved(app: Flask, acme: Customer) -> None:
    """10 thousand million rupiah, whose tax in millionths of a percent is more than 64 bits hold."""
    vat = Treatment(Category.STANDARD, Decimal(11), "PPN", "ID", Reason.STANDARD)
    with as_service("sell with tax"), transaction() as session:
        books = posting.lock(session, acme.customer_id)
        line = Line(LineKind.TOP_UP, "Credit", Money(999_999_999_999, "IDR"), drafting.rate_of(vat))
        source, buyer = drafting.Source("test", "1"), dict.fromkeys(drafting.BUYER, "")
        catalog = versions.of(books.customer)
        made = drafting.draft(books, catalog, Kind.INVOICE, source, [line], totals([line]), [vat], buyer)
        numbering.finalize(session, made, State.OPEN, clock.now())
    assert [each.total_minor for each in documents_of(acme)] == [1_109_999_999_999]
    assert verify() == []
