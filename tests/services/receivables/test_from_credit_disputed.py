"""A bank disputes the payment whose credit has paid an invoice: the invoice stays paid, the credit is owed or comes back."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.reversals import DisputeState
from app.models.customers import Customer
from app.services.receivables import ending
from app.services.verification.verify import verify
from tests.services.receivables.test_closing import figures
from tests.services.receivables.test_from_credit import LATER, adds, mailed, owes, paid_of
from tests.support import dunning, periods
from tests.support.documents import documents_of
from tests.support.reversals import bank_says, payment_of

HOUR = timedelta(hours=1)
OPEN, WON, LOST = DisputeState.OPEN, DisputeState.WON, DisputeState.LOST


@pytest.fixture
def prepaid(app: Flask) -> Customer:
    """A customer whose bought credit pays invoices, and who has used 8.00 of no credit: 10.00 with the tax."""
    made = periods.customer("at_use", "at_invoice")
    periods.uses(made, 800)
    return made


@pytest.mark.both_databases
@pytest.mark.parametrize(("end", "left"), [(WON, 200), (LOST, -1000)])
def test_the_invoice_stays_paid_and_what_was_bought_is_owed_until_the_dispute_is_won(
    app: Flask, prepaid: Customer, end: DisputeState, left: int
) -> None:
    invoice, alice = owes(prepaid), periods.manager(prepaid)
    top_up = adds(app, alice, 1200)
    assert (paid_of(invoice), figures(prepaid)[0]) == (("paid", 1000, 1000), 200)
    bank_says(top_up, OPEN, LATER + HOUR)
    assert (paid_of(invoice), figures(prepaid)[0]) == (("paid", 1000, 1000), -1000)
    assert verify() == []
    bank_says(top_up, end, LATER + 2 * HOUR)
    assert (paid_of(invoice), figures(prepaid)[0]) == (("paid", 1000, 1000), left)
    assert payment_of(top_up).state == ("succeeded" if end is WON else "disputed")
    assert (dunning.standing(prepaid), verify()) == ("good", [])
    adds(app, alice, 1500, at=LATER + 3 * HOUR)
    assert figures(prepaid)[0] == left + 1500
    assert mailed(prepaid) == ["paid_from_credit"]
    assert verify() == []


@pytest.mark.both_databases
def test_credit_that_is_disputed_pays_nothing_and_pays_once_the_dispute_is_won(app: Flask) -> None:
    small = periods.customer("at_use", "at_invoice")
    top_up = adds(app, periods.manager(small), 1000, at=periods.BEGIN)
    bank_says(top_up, OPEN, periods.BEGIN + HOUR)
    periods.uses(small, 800)
    invoice = owes(small)
    assert (paid_of(invoice), invoice.payable_minor, figures(small)[0]) == (("open", 0, 0), 1000, 0)
    assert verify() == []
    bank_says(top_up, WON, LATER)
    assert (paid_of(invoice), figures(small)[0]) == (("paid", 1000, 1000), 0)
    assert (mailed(small), verify()) == (["paid_from_credit"], [])


def test_what_was_used_of_it_before_the_dispute_stays_used_and_only_the_tax_is_due(
    app: Flask, prepaid: Customer
) -> None:
    top_up = adds(app, periods.manager(prepaid), 1000, at=periods.BEGIN)
    bank_says(top_up, OPEN, periods.USED + HOUR)
    invoice = owes(prepaid)
    assert (invoice.credits_applied_minor, invoice.payable_minor, figures(prepaid)[0]) == (800, 200, -800)
    assert verify() == []
    bank_says(top_up, WON, LATER)
    assert (paid_of(invoice), figures(prepaid)[0]) == (("paid", 200, 200), 0)
    assert verify() == []


def test_another_top_up_covers_what_is_disputed_first_and_the_invoice_with_the_rest(
    app: Flask, prepaid: Customer
) -> None:
    invoice, alice = owes(prepaid), periods.manager(prepaid)
    first = adds(app, alice, 500)
    assert paid_of(invoice) == ("open", 500, 500)
    bank_says(first, OPEN, LATER + HOUR)
    assert (paid_of(invoice), figures(prepaid)[0]) == (("open", 500, 500), -500)
    adds(app, alice, 800, at=LATER + 2 * HOUR)
    assert (paid_of(invoice), figures(prepaid)[0]) == (("open", 800, 800), 0)
    assert verify() == []
    bank_says(first, WON, LATER + 3 * HOUR)
    assert (paid_of(invoice), figures(prepaid)[0]) == (("paid", 1000, 1000), 300)
    assert verify() == []


@pytest.mark.parametrize(("end", "left"), [(WON, -300), (LOST, -800)])
def test_what_is_voided_while_its_credit_is_disputed_gives_that_credit_back_once(
    app: Flask, prepaid: Customer, end: DisputeState, left: int
) -> None:
    invoice, alice = owes(prepaid), periods.manager(prepaid)
    top_up = adds(app, alice, 500)
    bank_says(top_up, OPEN, LATER + HOUR)
    with clock.at(LATER + 2 * HOUR):
        ending.void(invoice.id, by="seller", reason="Wrong month")
    assert (paid_of(invoice), figures(prepaid)[0]) == (("void", 0, 0), -800)
    assert verify() == []
    bank_says(top_up, end, LATER + 3 * HOUR)
    assert (figures(prepaid)[0], verify()) == (left, [])
    again = periods.closes(prepaid, at=LATER + 4 * HOUR)
    assert again is not None
    assert again.payable_minor == (500 if end is WON else 1000)
    assert verify() == []


def test_a_credit_note_gives_back_what_disputed_credit_has_paid_and_nothing_twice(
    app: Flask, prepaid: Customer
) -> None:
    invoice, alice = owes(prepaid), periods.manager(prepaid)
    top_up = adds(app, alice, 1000)
    bank_says(top_up, OPEN, LATER + HOUR)
    bank_says(top_up, LOST, LATER + 2 * HOUR)
    assert figures(prepaid)[0] == -1000
    with clock.at(LATER + 3 * HOUR):
        ending.credit(invoice.id, None, by="seller", reason="Not owed")
    assert (paid_of(invoice)[0], figures(prepaid)[0], verify()) == ("paid", 0, [])
    notes = [each for each in documents_of(prepaid) if each.kind == "credit_note"]
    assert [each.total_minor for each in notes] == [1000]
