"""Credit that comes while invoices are open pays them at once: oldest first, as far as it goes, in one transaction."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.errors import Refused
from app.domain.invoices import coverage
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.mails import Mail
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.services.invoices import payers
from app.services.receivables import ending
from app.services.verification.verify import verify
from tests.services.receivables.test_closing import figures
from tests.support import dunning, periods
from tests.support.dunning import standing
from tests.support.periods import OVER, now_of, pays
from tests.support.reversals import buys, sends_back
from tests.support.shop import ASKS, GOOD, add_method

LATER = OVER + timedelta(hours=1)


@pytest.fixture
def prepaid(app: Flask) -> Customer:
    """A customer whose bought credit pays invoices, and who has used 8.00 of no credit: 10.00 with the tax."""
    made = periods.customer("at_use", "at_invoice")
    periods.uses(made, 800)
    return made


def owes(whose: Customer) -> Document:
    document = periods.closes(whose)
    assert document is not None
    return document


def adds(app: Flask, alice: Actor, cents: int, at: datetime = LATER) -> Payment:
    with clock.at(at):
        return buys(app, alice, cents)


def paid_of(document: Document) -> tuple[str, int, int]:
    row = now_of(document)
    return row.state, row.paid_minor, row.credit_paid_minor


def mailed(whose: Customer) -> list[str]:
    with as_service("look at mails"):
        rows = select(Mail.template).where(Mail.customer_id == whose.customer_id).order_by(Mail.created_at, Mail.id)
        return [each for each in db.session.scalars(rows) if each == "paid_from_credit"]


@pytest.mark.both_databases
def test_a_top_up_pays_the_oldest_invoice_first_and_a_part_of_the_next(app: Flask, prepaid: Customer) -> None:
    first = owes(prepaid)
    second_month = OVER + timedelta(days=20)
    periods.uses(prepaid, 400, at=second_month)
    second = periods.closes(prepaid, at=OVER + timedelta(days=40), number=2)
    assert second is not None
    adds(app, periods.manager(prepaid), 1200, at=OVER + timedelta(days=41))
    assert (paid_of(first), paid_of(second)) == (("paid", 1000, 1000), ("open", 200, 200))
    assert figures(prepaid)[0] == 0
    assert mailed(prepaid) == ["paid_from_credit"] * 2
    with as_customer(prepaid.customer_id):
        (by,) = payers.of(now_of(first))
    assert (by.payment_id, by.amount, by.paid_with) == ("", Money(1000, "USD"), "Credit balance")
    assert (now_of(first).paid_with, now_of(first).paid_at) == ("Credit balance", OVER + timedelta(days=41))
    assert verify() == []


@pytest.mark.both_databases
def test_whoever_is_suspended_is_served_in_the_transaction_that_adds_enough(app: Flask, prepaid: Customer) -> None:
    owes(prepaid)
    end, alice = dunning.fails_until_suspended(), periods.manager(prepaid)
    assert standing(prepaid) == "suspended"
    adds(app, alice, 500, at=end + timedelta(hours=1))
    assert standing(prepaid) == "suspended"
    adds(app, alice, 600, at=end + timedelta(hours=2))
    assert (standing(prepaid), dunning.events(prepaid)[-1:]) == ("good", ["restored"])
    assert dunning.events(prepaid).count("restored") == 1
    assert dunning.allowed(prepaid, end + timedelta(hours=3)) == ""
    assert figures(prepaid)[0] == 100
    assert verify() == []


@pytest.mark.parametrize(("taxed", "more"), [("at_purchase", ""), ("at_use", "\n[invoices]\ncredits_first = false\n")])
def test_the_other_catalogs_leave_open_invoices_alone(app: Flask, taxed: str, more: str) -> None:
    small = periods.customer(taxed, more=more)
    periods.uses(small, 800)
    invoice = owes(small)
    adds(app, periods.manager(small), 1200)
    assert paid_of(invoice) == ("open", 0, 0)


def test_credit_that_nobody_bought_pays_no_invoice_that_was_taxed_without_it(app: Flask, prepaid: Customer) -> None:
    invoice = owes(prepaid)
    periods.gives(prepaid, 50, at=LATER)
    assert paid_of(invoice) == ("open", 0, 0)


def test_an_invoice_whose_payment_is_under_way_is_left_to_it_and_paid_once_that_has_failed(
    app: Flask, prepaid: Customer
) -> None:
    invoice, alice = owes(prepaid), periods.manager(prepaid)
    with clock.at(OVER):
        payment = pays(alice, invoice, add_method(alice, ASKS).id)
    assert payment.state == "requires_action"
    adds(app, alice, 1500)
    assert paid_of(invoice) == ("open", 0, 0)
    dunning.sweeps(OVER + timedelta(days=2))
    dunning.collects(OVER + timedelta(days=2, minutes=1))
    assert paid_of(invoice) == ("paid", 1000, 1000)
    assert figures(prepaid)[0] == 500
    assert verify() == []


def test_a_void_invoice_gives_the_credit_back_which_pays_the_next_one(app: Flask, prepaid: Customer) -> None:
    invoice = owes(prepaid)
    adds(app, periods.manager(prepaid), 500)
    with clock.at(LATER + timedelta(hours=1)):
        void = ending.void(invoice.id, by="seller", reason="Wrong month")
    assert (void.state, void.paid_minor, void.credit_paid_minor) == ("void", 0, 0)
    assert figures(prepaid)[0] == -300  # 8.00 used, 5.00 bought
    assert verify() == []
    again = periods.closes(prepaid, at=LATER + timedelta(hours=2))
    assert again is not None
    assert (again.total_minor, again.credits_applied_minor, again.payable_minor) == (1000, 500, 500)
    assert verify() == []


def test_credit_that_comes_back_below_zero_has_paid_what_was_used() -> None:
    """The fault: it was counted as nothing, so that the next invoice asked for it again."""
    rows = [
        coverage.Row("1", "usage", 100, period=1),
        coverage.Row("2", "credit_returned", 30, shares={}),
        coverage.Row("3", "credit_returned", 90, shares={"purchased": -20}),
    ]
    (usage,) = coverage.paid(rows)
    assert (usage.bought, usage.given, usage.open) == (100, 0, 0)


def test_money_that_came_for_the_top_up_goes_back_and_the_invoice_stays_paid(app: Flask, prepaid: Customer) -> None:
    invoice = owes(prepaid)
    payment = adds(app, periods.manager(prepaid), 1000)
    assert paid_of(invoice)[0] == "paid"
    with clock.at(LATER + timedelta(hours=1)):
        sends_back(payment)
    assert paid_of(invoice) == ("paid", 1000, 1000)
    assert figures(prepaid)[0] == -1000
    assert verify() == []


def test_what_credit_has_paid_of_an_invoice_comes_back_by_credit_notes_once(app: Flask, prepaid: Customer) -> None:
    invoice, alice = owes(prepaid), periods.manager(prepaid)
    adds(app, alice, 500)
    with clock.at(LATER + timedelta(hours=1)):
        assert pays(alice, invoice, add_method(alice, GOOD).id, 500).received_minor == 500
        assert ending.credit(invoice.id, None, by="seller", reason="Not owed").total_minor == 500
        with pytest.raises(Refused) as refused:
            ending.credit(invoice.id, None, by="seller", reason="Not owed")
    assert (refused.value.reason, figures(prepaid)[0], verify()) == ("invoice_paid", 500, [])


def test_one_that_is_paid_is_not_voided(app: Flask, prepaid: Customer) -> None:
    invoice = owes(prepaid)
    adds(app, periods.manager(prepaid), 1000)
    with pytest.raises(Refused) as refused:
        ending.void(invoice.id, by="seller", reason="No")
    assert refused.value.reason == "not_payable"
