"""A correction that raises the tax of what is paid: what was paid is taken over, and the difference alone is due."""

from datetime import timedelta

import pytest
from flask import Flask, render_template

from app import clock, ids
from app.config import Settings
from app.domain.errors import Refused
from app.domain.invoices.statement import Span
from app.domain.money import Money
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.payments import Payment
from app.models.reversals import Refund
from app.models.scope import as_customer, as_service
from app.presenters import invoice_sentences as sentences
from app.presenters import invoices
from app.services.customers import address
from app.services.invoices import corrections, reads, statement
from app.services.mail import billing_text
from app.services.receivables import ending, payments_due
from app.services.verification.verify import verify
from tests.support import cast
from tests.support.corrections import BERLIN, OSLO, at, corrects, numbered, seen
from tests.support.documents import documents_of, sold_with_tax
from tests.support.periods import now_of, pays
from tests.support.reversals import buys, later, money_back, payment_of, reversal_rows, sends_back
from tests.support.shop import GOOD, add_method


def owed(whose: Customer) -> int:
    """Return what the statement of account says is to be paid."""
    with as_customer(whose.customer_id):
        today = clock.now().date()
        return statement.statement(whose, Span(today - timedelta(days=1), today)).sums.closing


def bought_in_oslo(app: Flask) -> tuple[Customer, Actor, Payment]:
    """Return who has bought for 100.00 without tax, because the address said Norway."""
    customer = sold_with_tax("[invoices]\ncharge_automatically = false\n")  # whoever pays presses a button
    address.change(customer.customer_id, OSLO, "", 0, by="mem_alice", as_typed=True)
    actor = cast.make_actor(cast.ALICE, customer)
    return customer, actor, buys(app, actor, 10_000)


def test_the_difference_is_due_and_paid_once_and_what_was_paid_is_taken_over(app: Flask, settings: Settings) -> None:
    customer, actor, payment = bought_in_oslo(app)
    (wrong,) = documents_of(customer)
    assert (wrong.total_minor, wrong.tax_minor) == (10_000, 0)
    ledger = reversal_rows(customer)
    preview = seen(customer, wrong, at(BERLIN))
    assert (preview.taken_over, preview.difference, preview.due) == (
        Money(10_000, "USD"), Money(0, "USD"), Money(1_900, "USD"),
    )  # fmt: skip
    made = corrects(customer, wrong, at(BERLIN))
    assert corrects(customer, wrong, at(BERLIN), preview.mark).id == made.id
    assert numbered(customer) == [
        ("invoice", "paid", 10_000, 0), ("credit_note", "issued", 10_000, 0), ("invoice", "open", 11_900, 1_900),
    ]  # fmt: skip
    wrong, note, right = documents_of(customer)
    assert (right.paid_minor, right.taken_over_minor, note.taken_over_minor) == (10_000, 10_000, 10_000)
    assert right.issued_at is not None
    assert right.due_on == right.issued_at.date()  # `invoices.due_days`: at once
    later(app)
    assert reversal_rows(customer) == ledger  # no credit and no money has moved
    assert len(controls.objects(settings, "charge")) == 1
    assert (owed(customer), verify()) == (1_900, [])
    method = add_method(actor, GOOD).id
    with pytest.raises(Refused) as whole:
        pays(actor, right, method, 11_900)
    assert whole.value.reason == "amount_changed"
    form_key = ids.new_form_key()
    for _press in range(2):
        paid = pays(actor, right, method, 1_900, form_key)
    assert (paid.state, paid.received_minor) == ("succeeded", 1_900)
    right = now_of(right)
    assert (right.state, right.paid_minor, owed(customer), verify()) == ("paid", 11_900, 0, [])
    sends_back(paid, 900)  # what goes back later is returned of it, whichever payment it was
    sends_back(payment)
    sends_back(paid)
    assert (now_of(right).returned_minor, owed(customer), verify()) == (11_900, 0, [])


def test_what_is_refunded_or_lost_before_the_difference_is_paid_leaves_it_due(app: Flask, settings: Settings) -> None:
    customer, _actor, payment = bought_in_oslo(app)
    corrects(customer, documents_of(customer)[0], at(BERLIN))
    right = documents_of(customer)[-1]
    with pytest.raises(Refused) as no:
        ending.void(right.id, by="seller", reason="Wrong")
    assert no.value.reason == "corrects_another"
    sends_back(payment, 4_000)
    with pytest.raises(Refused) as returned:
        seen(customer, now_of(right), at(OSLO))
    assert returned.value.reason == "returned"
    assert (now_of(right).state, now_of(right).returned_minor, owed(customer), verify()) == ("open", 4_000, 1_900, [])
    dispute = controls.dispute(settings, payment.processor_id or "", amount=6_000)
    later(app)
    assert verify() == []
    is_overdue, words = said_late(customer, right)
    assert not is_overdue
    assert words.startswith("A payment of this invoice was disputed. $19.00 is still to be paid: its correction added")
    controls.close_dispute(settings, dispute, won=False)
    later(app)
    assert (now_of(right).state, now_of(right).returned_minor, owed(customer), verify()) == ("open", 10_000, 1_900, [])
    with as_customer(customer.customer_id):
        page = sentences.sentence(reads.one(right.id))
    mail = billing_text.returned(customer.customer_id, {"document": documents_of(customer)[-1].id})
    assert mail is not None
    with app.test_request_context():
        text = " ".join(render_template("mail/credit_note.txt", **mail, attached="").split())
    assert "The $100.00 that was paid of this invoice went back. $19.00 is still to be paid" in page
    for said in (page, text):
        assert "is still to be paid: its correction added it. It is not charged by itself." in said
    ending.credit(right.id, None, by="seller", reason="All of it went back")
    right = now_of(right)
    assert (right.state, right.returned_minor, owed(customer), verify()) == ("paid", 11_900, 0, [])


def test_a_dispute_that_is_won_lets_the_difference_be_overdue_again(app: Flask, settings: Settings) -> None:
    customer, _actor, payment = bought_in_oslo(app)
    corrects(customer, documents_of(customer)[0], at(BERLIN))
    right = documents_of(customer)[-1]
    dispute = controls.dispute(settings, payment.processor_id or "", amount=6_000)
    later(app)
    assert said_late(customer, right)[0] is False
    controls.close_dispute(settings, dispute, won=True)
    later(app)
    is_overdue, words = said_late(customer, right)
    assert (is_overdue, words.split(":")[0]) == (True, "This invoice is overdue")


def said_late(customer: Customer, document: Document) -> tuple[bool, str]:
    """Return whether the page says a month later that the invoice is overdue, and its sentence."""
    mail = billing_text.invoice(customer.customer_id, {"document": document.id})
    assert mail is not None
    with clock.at(clock.now() + timedelta(days=30)), as_customer(customer.customer_id):
        due = payments_due.standing()[document.id]
        assert due.is_overdue is (invoices.due_status(due) == "Overdue")
        assert due.is_overdue is mail["stands"].startswith("Please pay it by ")
        return due.is_overdue, sentences.due_sentence(due)


def test_an_invoice_with_a_difference_due_is_corrected_again_and_is_paid_by_what_was_taken_over(app: Flask) -> None:
    customer, _actor, payment = bought_in_oslo(app)
    corrects(customer, documents_of(customer)[0], at(BERLIN))
    corrects(customer, documents_of(customer)[-1], at(BERLIN, po_number="7"))
    again = documents_of(customer)[-1]
    assert (again.state, again.taken_over_minor, again.payable_minor, owed(customer)) == ("open", 10_000, 11_900, 1_900)
    corrects(customer, again, at(OSLO))
    last = documents_of(customer)[-1]
    assert (last.state, last.paid_minor, last.payable_minor, owed(customer)) == ("paid", 10_000, 10_000, 0)
    assert (now_of(again).paid_minor, now_of(again).credited_minor) == (10_000, 1_900)
    sends_back(payment)
    assert (now_of(last).returned_minor, verify()) == (10_000, [])


def test_what_was_paid_in_addition_goes_back_to_the_payment_that_has_paid_it(app: Flask, settings: Settings) -> None:
    customer, actor, payment = bought_in_oslo(app)
    corrects(customer, documents_of(customer)[0], at(BERLIN))
    second = pays(actor, right := documents_of(customer)[-1], add_method(actor, GOOD).id, 1_900)
    made = corrects(customer, now_of(right), at(OSLO))
    later(app)
    assert (made.payment_id, made.difference_minor) == (second.id, 1_900)
    assert (money_back(settings, second), money_back(settings, payment)) == (1_900, 0)
    assert (payment_of(second).state, payment_of(payment).state, owed(customer), verify()) == (
        "refunded", "succeeded", 0, [],
    )  # fmt: skip
    with pytest.raises(Refused):
        sends_back(second)  # nothing of it is left
    with as_service("look at a refund"):
        processor_id = db.session.get_one(Refund, made.refund_id).processor_id
    controls.end_refund(settings, processor_id or "", succeeded=False)
    later(app)
    assert verify() == []
    assert corrections.return_difference(made.id, by="support").payment_id == second.id
    sends_back(payment)
    assert verify() == []
