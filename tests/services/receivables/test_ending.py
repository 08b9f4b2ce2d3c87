"""What a seller does with an invoice that is due: void it, give a credit note, stop collecting it."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.errors import NotFound, Refused
from app.domain.money import Money
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.events import AuditEntry
from app.models.scope import as_service
from app.services.receivables import ending
from app.services.verification.verify import verify
from tests.services.receivables.test_closing import figures, said
from tests.support import periods
from tests.support.documents import documents_of
from tests.support.periods import OVER, now_of, pays
from tests.support.reversals import buys
from tests.support.shop import ASKS, GOOD, add_method


@pytest.fixture
def small(app: Flask) -> Customer:
    """A customer with $7.05 used below zero."""
    made = periods.customer()
    periods.uses(made, 705)
    return made


def due(whose: Customer) -> Document:
    document = periods.closes(whose)
    assert document is not None
    return document


def voids(document: Document) -> Document:
    with clock.at(OVER + timedelta(hours=1)):
        return ending.void(document.id, by="seller", reason="Wrong month")


@pytest.mark.both_databases
def test_a_void_invoice_takes_its_usage_back_keeps_its_number_and_the_period_is_closed_anew(
    app: Flask, small: Customer
) -> None:
    invoice = due(small)
    void = voids(invoice)
    assert (void.state, void.number) == ("void", invoice.number)
    assert voids(invoice).id == invoice.id
    assert figures(small) == (-705, 2000, 1295)
    assert verify() == []
    again = periods.closes(small, at=OVER + timedelta(hours=2))
    assert again is not None
    assert again.id != invoice.id
    assert said(again) == said(invoice)
    assert figures(small) == (0, 1295, 1295)
    assert verify() == []
    with as_service("look at the audit trail"):
        found = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "invoice.voided")).one()
    assert (found.actor, found.subject) == ("seller", invoice.id)


def test_credit_that_came_since_pays_the_usage_of_a_void_invoice(app: Flask, small: Customer) -> None:
    invoice = due(small)
    periods.gives(small, 5, at=OVER + timedelta(minutes=5))
    voids(invoice)
    assert figures(small) == (-205, 2000, 1795)
    assert said(periods.closes(small, at=OVER + timedelta(hours=2)))[1] == 205
    assert verify() == []


def test_what_is_paid_or_being_paid_is_not_voided(app: Flask, small: Customer) -> None:
    invoice, alice = due(small), periods.manager(small)
    pays(alice, invoice, add_method(alice, ASKS).id)
    for change in (ending.void, ending.give_up):
        with pytest.raises(Refused) as refused:
            change(invoice.id, by="seller", reason="No")
        assert refused.value.reason == "payment_under_way"
    pays(alice, invoice, add_method(alice, GOOD).id)
    with pytest.raises(Refused) as refused:
        ending.void(invoice.id, by="seller", reason="No")
    assert refused.value.reason == "not_payable"
    with pytest.raises(NotFound):
        ending.void("inv_none", by="seller", reason="No")


def test_a_credit_note_takes_off_what_is_due_and_the_whole_of_it_ends_the_invoice(app: Flask, small: Customer) -> None:
    invoice, alice = due(small), periods.manager(small)
    part = Money(381, "USD")
    note = ending.credit(invoice.id, part, by="seller", reason="Goodwill", key="first")
    assert ending.credit(invoice.id, part, by="seller", reason="Goodwill", key="first").id == note.id
    assert (note.total_minor, note.net_minor, note.tax_minor) == (381, 305, 76)
    with pytest.raises(Refused) as refused:
        pays(alice, invoice, add_method(alice, GOOD).id, 881)
    assert refused.value.reason == "amount_changed"
    with pytest.raises(Refused) as refused:
        ending.credit(invoice.id, Money(501, "USD"), by="seller", reason="Too much")
    assert refused.value.reason == "amount_out_of_range"
    assert verify() == []
    ending.credit(invoice.id, None, by="seller", reason="The rest")
    ended = now_of(invoice)
    assert (ended.state, ended.paid_minor, ended.credited_minor, ended.returned_minor) == ("paid", 0, 881, 881)
    assert sum(each.tax_minor for each in documents_of(small)[1:]) == invoice.tax_minor
    assert figures(small) == (0, 2000, 2000)
    assert verify() == []


def test_what_a_credit_note_left_is_paid_and_a_paid_one_gets_none_by_hand(app: Flask, small: Customer) -> None:
    invoice, alice = due(small), periods.manager(small)
    ending.credit(invoice.id, Money(381, "USD"), by="seller", reason="Goodwill")
    payment = pays(alice, invoice, add_method(alice, GOOD).id, 500)
    assert payment.state == "succeeded"
    assert (now_of(invoice).state, now_of(invoice).paid_minor) == ("paid", 500)
    with pytest.raises(Refused) as refused:
        ending.credit(invoice.id, None, by="seller", reason="More")
    words = f"This invoice is paid. Refund its payment {payment.id}: that writes the credit note."
    assert (refused.value.reason, refused.value.sentence) == ("invoice_paid", words)
    assert verify() == []


def test_what_no_payment_has_paid_says_why_nothing_goes_back(app: Flask, small: Customer) -> None:
    credited = due(small)
    ending.credit(credited.id, None, by="seller", reason="All")
    with pytest.raises(Refused, match="Credit notes have taken all") as refused:
        ending.credit(credited.id, None, by="seller", reason="More")
    assert refused.value.reason == "invoice_paid"


def test_what_credit_has_paid_comes_back_as_credit_by_a_credit_note_and_no_more_than_that(app: Flask) -> None:
    at_use = periods.customer("at_use")
    with clock.at(periods.BEGIN):
        buys(app, periods.manager(at_use), 1000)
    periods.uses(at_use, 400)
    invoice = due(at_use)
    assert (invoice.state, invoice.credits_applied_minor, figures(at_use)[0]) == ("paid", 500, 500)
    note = ending.credit(invoice.id, Money(200, "USD"), by="seller", reason="Goodwill", key="first")
    assert ending.credit(invoice.id, Money(200, "USD"), by="seller", reason="Goodwill", key="first").id == note.id
    assert (note.total_minor, note.net_minor, note.payable_minor, figures(at_use)[0]) == (200, 160, 0, 700)
    with pytest.raises(Refused, match=r"at most \$3\.00, which credit has paid") as refused:
        ending.credit(invoice.id, Money(301, "USD"), by="seller", reason="More")
    assert refused.value.reason == "amount_out_of_range"
    assert ending.credit(invoice.id, None, by="seller", reason="The rest").total_minor == 300
    with pytest.raises(Refused, match="all of that has come back already"):
        ending.credit(invoice.id, None, by="seller", reason="More")
    assert (now_of(invoice).state, figures(at_use)[0]) == ("paid", 1000)
    assert verify() == []


def test_who_pays_after_all_has_paid_what_was_no_longer_collected(app: Flask, small: Customer) -> None:
    invoice, alice = due(small), periods.manager(small)
    ending.give_up(invoice.id, by="seller", reason="Insolvent")
    assert figures(small) == (0, 1295, 1295)
    assert pays(alice, invoice, add_method(alice, GOOD).id).state == "succeeded"
    assert now_of(invoice).state == "paid"
    assert figures(small) == (0, 2000, 2000)


def test_what_waits_for_an_invoice_that_is_void_waits_for_the_next_one(app: Flask) -> None:
    small = periods.customer()
    periods.uses(small, 24)
    first = due(small)
    periods.uses(small, 400, at=OVER + timedelta(days=1))
    december = OVER + timedelta(days=31)
    second = periods.closes(small, at=december, number=2)
    assert second is not None
    with clock.at(december + timedelta(minutes=1)):
        ending.void(second.id, by="seller", reason="Wrong")
    assert now_of(first).carried_to_id is None
    third = periods.closes(small, at=december + timedelta(minutes=2), number=2)
    assert third is not None
    assert (third.carried_minor, now_of(first).carried_to_id) == (30, third.id)
    assert verify() == []
