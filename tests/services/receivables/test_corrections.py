"""A customer corrects the invoice of a period while it is due: the one in its place is due instead, once."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.addresses.address import Address
from app.domain.errors import Refused
from app.domain.invoices.statement import Span
from app.domain.money import Money
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document, DocumentLine
from app.models.events import OutboxEvent
from app.models.mails import Mail
from app.models.scope import as_customer, as_service
from app.services.invoices import statement
from app.services.receivables import ending
from app.services.verification.verify import verify
from tests.services.receivables.test_closing import figures
from tests.support import periods
from tests.support.corrections import OSLO, PARIS, at, corrects, seen, verified
from tests.support.documents import documents_of
from tests.support.periods import OVER, now_of, pays
from tests.support.reversals import buys, sends_back
from tests.support.shop import ASKS, GOOD, add_method

LATER = OVER + timedelta(hours=1)
STOCKHOLM = Address("Small AB", "Drottninggatan 1", "", "Stockholm", "111 51", "", "SE")


def due(whose: Customer) -> Document:
    document = periods.closes(whose)
    assert document is not None
    return document


def owed(whose: Customer) -> int:
    """Return what the statement of account says is to be paid."""
    with as_customer(whose.customer_id):
        day = OVER.date()
        return statement.statement(whose, Span(day, day + timedelta(days=30))).sums.closing


def lines_of(document: Document) -> list[tuple[str, str, int, str, str, str, int]]:
    with as_service("look at lines"):
        rows = db.session.scalars(
            select(DocumentLine).where(DocumentLine.document_id == document.id).order_by(DocumentLine.place)
        )
        return [
            (row.kind, row.description, row.net_minor, f"{row.ends_on}", row.meter, row.unit_price, row.quantity)
            for row in rows
        ]


def test_an_overage_that_is_due_is_due_by_the_invoice_in_its_place_and_goes_on_using_the_protection(
    app: Flask,
) -> None:
    small = periods.customer()
    periods.uses(small, 705)
    wrong = due(small)
    before, used = owed(small), figures(small)
    with clock.at(LATER):
        preview = seen(small, wrong, at(STOCKHOLM, po_number="4500012345"))
        assert (preview.due, preview.taxed_on.isoformat()) == (Money(881, "USD"), "2026-10-31")
        corrects(small, wrong, at(STOCKHOLM, po_number="4500012345"))
    wrong, note, right = documents_of(small)
    assert [(each.kind, each.state, each.total_minor, each.payable_minor) for each in (wrong, note, right)] == [
        ("invoice", "paid", 881, 881), ("credit_note", "issued", 881, 881), ("invoice", "open", 881, 881),
    ]  # fmt: skip
    assert (wrong.paid_minor, wrong.credited_minor, wrong.returned_minor) == (0, 881, 881)
    assert (right.buyer_company, right.po_number, right.due_on) == ("Small AB", "4500012345", wrong.due_on)
    assert lines_of(right) == lines_of(wrong)
    assert (owed(small), figures(small)) == (before, used) == (881, (0, 1295, 1295))
    assert verify() == []
    with clock.at(LATER):
        corrects(small, right, at(OSLO))  # what is wrong on that one too: tax falls to none
        again = documents_of(small)[-1]
        assert (again.state, again.total_minor, owed(small), figures(small)) == ("open", 705, 705, used)
        assert verify() == []
        with pytest.raises(Refused) as no:
            ending.void(again.id, by="seller", reason="Wrong")
        assert no.value.reason == "corrects_another"
        there = periods.closes(small, at=LATER)  # the period has its invoice
        assert there is not None
        assert there.id == wrong.id
        payment = pays(actor := periods.manager(small), again, add_method(actor, GOOD).id)
        assert (payment.state, now_of(again).state, owed(small)) == ("succeeded", "paid", 0)
        assert figures(small) == (0, 2000, 2000)
        assert verify() == []
        sends_back(payment, 100)
        assert documents_of(small)[-1].returns_id == again.id
    assert verify() == []
    with as_service("look at what is sent"):
        keys = db.session.scalars(select(Mail.key).where(Mail.template == "invoice")).all()
        events = db.session.scalars(select(OutboxEvent.type).where(OutboxEvent.source_id == right.id)).all()
    assert f"invoice:{right.id}" in keys
    assert events == ["invoice.finalized"]


def test_credit_that_has_paid_goes_on_paying_and_is_taken_once(app: Flask) -> None:
    small = periods.customer("at_use", more="\n[invoices]\ncredits_first = false\n")
    with clock.at(periods.BEGIN):
        buys(app, periods.manager(small), 8_000)
    periods.uses(small, 10_000)
    wrong = due(small)
    assert (wrong.total_minor, wrong.credits_applied_minor, wrong.payable_minor) == (12_500, 8_000, 4_500)
    used = figures(small)
    with clock.at(LATER):
        corrects(small, wrong, at(STOCKHOLM))
        right = documents_of(small)[-1]
        assert (right.credits_applied_minor, right.payable_minor, owed(small)) == (8_000, 4_500, 4_500)
        number = verified(small)
        assert seen(small, right, at(PARIS, registration_id=number.id)).due == Money(2_000, "USD")
        corrects(small, right, at(PARIS, registration_id=number.id))  # reverse charge
    again = documents_of(small)[-1]
    assert (again.total_minor, again.credits_applied_minor, again.payable_minor) == (10_000, 8_000, 2_000)
    assert (owed(small), figures(small)) == (2_000, used)
    assert verify() == []


def test_an_invoice_that_tax_alone_kept_due_is_paid_where_none_is_left(app: Flask) -> None:
    small = periods.customer("at_use", more="\n[invoices]\ncredits_first = false\n")
    with clock.at(periods.BEGIN):
        buys(app, periods.manager(small), 10_000)
    periods.uses(small, 10_000)
    wrong = due(small)
    assert wrong.payable_minor == 2_500
    with clock.at(LATER):
        corrects(small, wrong, at(OSLO))
    right = documents_of(small)[-1]
    assert (right.state, right.payable_minor, right.due_on, right.paid_with) == ("paid", 0, None, "Credit balance")
    assert owed(small) == 0
    assert verify() == []


def test_what_is_carried_over_is_collected_with_the_invoice_in_its_place_once(app: Flask) -> None:
    small = periods.customer()
    periods.uses(small, 30)
    early = due(small)
    assert early.due_on is None
    periods.uses(small, 705, at=LATER)
    december = OVER + timedelta(days=30)
    wrong = periods.closes(small, at=december, number=2)
    assert wrong is not None
    assert (wrong.payable_minor, wrong.carried_minor) == (881, 38)
    with clock.at(december):
        with pytest.raises(Refused) as no:
            seen(small, now_of(early), at(STOCKHOLM))
        assert no.value.reason == "carried_over"
        assert seen(small, wrong, at(STOCKHOLM)).due == Money(919, "USD")
        corrects(small, wrong, at(STOCKHOLM))
        right = documents_of(small)[-1]
        assert (right.carried_minor, now_of(early).carried_to_id) == (38, right.id)
        assert verify() == []
        pays(actor := periods.manager(small), right, add_method(actor, GOOD).id)
    assert [each.state for each in (now_of(early), now_of(right))] == ["paid", "paid"]
    assert verify() == []


def test_what_is_being_paid_or_partly_credited_is_not_corrected(app: Flask) -> None:
    small = periods.customer()
    periods.uses(small, 705)
    wrong = due(small)
    actor = periods.manager(small)
    with clock.at(LATER):
        mark = seen(small, wrong, at(STOCKHOLM)).mark
        pays(actor, wrong, add_method(actor, ASKS).id)
        with pytest.raises(Refused) as no:
            corrects(small, wrong, at(STOCKHOLM), mark)
        assert no.value.reason == "payment_under_way"
        pays(actor, wrong, add_method(actor, GOOD).id)
        with pytest.raises(Refused) as paid:
            corrects(small, wrong, at(STOCKHOLM), mark)  # what was to be paid then is paid
    assert paid.value.reason == "preview_gone_by"
    assert len(documents_of(small)) == 1
    assert verify() == []
