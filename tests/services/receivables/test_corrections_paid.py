"""A customer corrects the paid invoice of a period: what was paid and applied goes on paying, and nothing is posted."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.addresses.address import Address
from app.domain.errors import Refused
from app.domain.invoices.statement import Span
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.documents import Document
from app.models.payments import Payment
from app.models.scope import as_customer
from app.services.customers import address
from app.services.invoices import reads, statement
from app.services.verification.verify import verify
from tests.services.receivables.test_closing import figures
from tests.support import periods
from tests.support.corrections import OSLO, PARIS, at, corrects, seen, verified
from tests.support.documents import documents_of
from tests.support.outcome import faults
from tests.support.periods import OVER, now_of, pays
from tests.support.reversals import buys, later, money_back, reversal_rows, sends_back
from tests.support.shop import GOOD, add_method

LATER = OVER + timedelta(hours=1)
STOCKHOLM = Address("Small AB", "Drottninggatan 1", "", "Stockholm", "111 51", "", "SE")
HELSINKI = Address("Small Oy", "Mannerheimintie 1", "", "Helsinki", "00100", "", "FI")
FINNISH = '[[tax.rates]]\ncountry = "FI"\nname = "VAT"\npercent = "25.5"\nsince = 2021-01-01\n'


def owed(whose: Customer) -> int:
    """Return what the statement of account says is to be paid."""
    with as_customer(whose.customer_id):
        day = periods.BEGIN.date()
        return statement.statement(whose, Span(day, day + timedelta(days=120))).sums.closing


def due(whose: Customer, where: Address | None = None, cents: int = 705) -> Document:
    """Return the invoice of October, whose usage below zero it is."""
    if where is not None:
        address.change(whose.customer_id, where, "", 0, by="mem_alice", as_typed=True)
    periods.uses(whose, cents)
    document = periods.closes(whose)
    assert document is not None
    return document


def paid(actor: Actor, document: Document, minor: int | None = None) -> Payment:
    payment = pays(actor, document, add_method(actor, GOOD).id, minor)
    assert payment.state == "succeeded"
    return payment


@pytest.mark.both_databases
def test_an_address_alone_moves_no_money_and_no_credit(app: Flask) -> None:
    small = periods.customer()
    actor = periods.manager(small)
    wrong = due(small)
    with clock.at(LATER):
        payment = paid(actor, wrong)
        ledger, used = reversal_rows(small), figures(small)
        preview = seen(small, now_of(wrong), at(STOCKHOLM, po_number="7"))
        assert (preview.taken_over.amount_minor, preview.difference.amount_minor, preview.due.amount_minor) == (
            881,
            0,
            0,
        )
        corrects(small, now_of(wrong), at(STOCKHOLM, po_number="7"))
        later(app)
    wrong, note, right = documents_of(small)
    assert [(each.kind, each.state, each.total_minor) for each in (wrong, note, right)] == [
        ("invoice", "paid", 881), ("credit_note", "issued", 881), ("invoice", "paid", 881),
    ]  # fmt: skip
    assert (right.po_number, right.paid_at, right.paid_with) == ("7", wrong.paid_at, wrong.paid_with)
    assert (reversal_rows(small), figures(small), owed(small), verify()) == (ledger, used, 0, [])
    with as_customer(small.customer_id):
        assert {reads.one(each.id).payment_id for each in (wrong, note, right)} == {payment.id}
    with clock.at(LATER):
        sends_back(payment, 500)
        sends_back(payment)
    assert (now_of(right).returned_minor, owed(small), verify()) == (881, 0, [])


def test_less_tax_goes_back_to_the_payment_and_the_rest_of_it_is_of_the_invoice_in_its_place(
    app: Flask, settings: Settings
) -> None:
    small = periods.customer()
    actor = periods.manager(small)
    wrong = due(small)
    with clock.at(LATER):
        payment = paid(actor, wrong)
        used = figures(small)
        made = corrects(small, now_of(wrong), at(OSLO))
        later(app)
        assert (made.payment_id, made.difference_minor, money_back(settings, payment)) == (payment.id, 176, 176)
        right = documents_of(small)[-1]
        assert (right.state, right.total_minor, right.tax_minor) == ("paid", 705, 0)
        assert (figures(small), owed(small), verify()) == (used, 0, [])
        sends_back(payment)
    assert (now_of(right).returned_minor, money_back(settings, payment), verify()) == (705, 881, [])


def test_more_tax_is_due_and_overage_that_was_paid_uses_the_protection_no_more(app: Flask) -> None:
    small = periods.customer()
    actor = periods.manager(small)
    wrong = due(small, OSLO)
    assert wrong.total_minor == 705
    with clock.at(LATER):
        first = paid(actor, wrong)
        used = figures(small)
        assert used == (0, 2000, 2000)
        corrects(small, now_of(wrong), at(STOCKHOLM))
        right = documents_of(small)[-1]
        assert (right.state, right.paid_minor, right.payable_minor) == ("open", 705, 881)
        assert (figures(small), owed(small), verify()) == (used, 176, [])
        second = paid(actor, right, 176)
        assert (now_of(right).state, figures(small), owed(small), verify()) == ("paid", used, 0, [])
        sends_back(first)
        assert verify() == []
        sends_back(second)
    assert (now_of(right).returned_minor, verify()) == (881, [])


def test_what_was_more_than_the_difference_goes_back_first_and_without_a_document(app: Flask) -> None:
    small = periods.customer()
    actor = periods.manager(small)
    wrong = due(small, OSLO)
    with clock.at(LATER):
        paid(actor, wrong)
        corrects(small, now_of(wrong), at(STOCKHOLM))
        right = documents_of(small)[-1]
        with faults(app, ("confirm_intent", "other_amount", 1)):
            second = paid(actor, right, 176)
        assert (second.received_minor, owed(small), verify()) == (276, -100, [])
        sends_back(second, 100)
        assert (len(documents_of(small)), owed(small), verify()) == (3, 0, [])
        sends_back(second)
    assert (now_of(right).returned_minor, owed(small), verify()) == (176, 0, [])


def test_credit_applied_goes_on_paying_and_money_alone_goes_back(app: Flask, settings: Settings) -> None:
    small = periods.customer("at_use", more="\n[invoices]\ncredits_first = false\n")
    actor = periods.manager(small)
    with clock.at(periods.BEGIN):
        buys(app, actor, 8_000)
    wrong = due(small, cents=10_000)
    with clock.at(LATER):
        payment = paid(actor, wrong)
        used = figures(small)
        assert (payment.received_minor, now_of(wrong).credits_applied_minor) == (4_500, 8_000)
        corrects(small, now_of(wrong), at(PARIS, registration_id=verified(small).id))  # reverse charge
        later(app)
        right = documents_of(small)[-1]
        assert (right.total_minor, right.credits_applied_minor, right.paid_minor) == (10_000, 8_000, 2_000)
        assert (money_back(settings, payment), figures(small), owed(small), verify()) == (2_500, used, 0, [])


def test_what_credit_has_paid_wholly_takes_more_tax_and_never_gives_credit_back(app: Flask) -> None:
    small = periods.customer("at_use", more=FINNISH)
    actor = periods.manager(small)
    with clock.at(periods.BEGIN):
        buys(app, actor, 12_500)
    wrong = due(small, cents=10_000)
    assert (wrong.state, wrong.credits_applied_minor, wrong.payable_minor) == ("paid", 12_500, 0)
    with clock.at(LATER):
        with pytest.raises(Refused) as no:
            seen(small, wrong, at(OSLO))
        assert no.value.reason == "credit_would_return"
        used = figures(small)
        corrects(small, wrong, at(STOCKHOLM))
        same = documents_of(small)[-1]
        assert (same.state, same.paid_with, same.paid_at) == ("paid", wrong.paid_with, wrong.paid_at)
        corrects(small, same, at(HELSINKI))
        right = documents_of(small)[-1]
        assert (right.state, right.credits_applied_minor, right.payable_minor) == ("open", 12_500, 50)
        assert (figures(small), owed(small), verify()) == (used, 50, [])
        paid(actor, right, 50)
    assert (owed(small), verify()) == (0, [])


def test_one_that_was_paid_with_a_later_one_is_returned_of_what_stands_in_its_place(app: Flask) -> None:
    small = periods.customer()
    actor = periods.manager(small)
    early = due(small, cents=30)
    periods.uses(small, 705, at=LATER)
    december = OVER + timedelta(days=30)
    with clock.at(december):
        last = periods.closes(small, at=december, number=2)
        assert last is not None
        payment = paid(actor, last)
        assert payment.received_minor == 919
        corrects(small, now_of(early), at(OSLO))  # 0.08 goes back
        corrects(small, now_of(last), at(STOCKHOLM))
        assert verify() == []
        sends_back(payment)
    standing = [(each.total_minor, each.returned_minor) for each in documents_of(small) if not each.is_corrected]
    assert [each for each in standing if each[1]] == [(30, 30), (881, 881)]
    assert (owed(small), verify()) == (0, [])


def test_a_difference_that_is_too_small_to_be_charged_is_collected_with_the_next_invoice_once(app: Flask) -> None:
    small = periods.customer(more=FINNISH)
    actor = periods.manager(small)
    with clock.at(periods.USED):
        payment = buys(app, actor, 500)
    (wrong,) = documents_of(small)
    with clock.at(periods.USED):
        corrects(small, wrong, at(HELSINKI))
        right = documents_of(small)[-1]
        assert (right.state, right.paid_minor, right.payable_minor, right.due_on) == ("open", 625, 628, None)
    last = due(small, cents=1_205)
    assert (last.payable_minor, last.carried_minor, now_of(right).carried_to_id) == (881, 3, last.id)
    with clock.at(LATER):
        with pytest.raises(Refused) as no:
            seen(small, now_of(right), at(OSLO))
        assert no.value.reason == "carried_over"
        both = paid(actor, last)
        assert (both.received_minor, now_of(right).state, owed(small), verify()) == (884, "paid", 0, [])
        sends_back(both)
        assert (now_of(right).returned_minor, verify()) == (3, [])
        sends_back(payment)
    assert (now_of(right).returned_minor, verify()) == (628, [])
