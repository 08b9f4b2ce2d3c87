"""Who left what was used below zero unpaid is lent nothing more: an invoice given up, a payment that a bank looks at."""

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.money import Money
from app.domain.people.members import Actor
from app.domain.reversals import DisputeState
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.payments import Payment
from app.models.scope import as_customer
from app.services.receivables import ending
from app.services.verification.verify import verify
from tests.services.receivables.test_exposure import MORE, allowed, cents
from tests.services.receivables.test_interim import MINUTE, invoices, writes
from tests.support import dunning, periods
from tests.support.documents import documents_of
from tests.support.periods import USED, now_of, pays
from tests.support.reversals import bank_says, sends_back
from tests.support.shop import BROKE, GOOD, add_method

WHY = {"by": "seller", "reason": "Nobody answers"}
LATER = USED + 5 * MINUTE


@pytest.fixture
def later(app: Flask) -> Customer:
    return periods.customer("at_use", "at_invoice", overage="5", more=MORE)


@pytest.fixture
def alice(later: Customer) -> Actor:
    return periods.manager(later)


def given_up(later: Customer, alice: Actor) -> Document:
    """Return an interim invoice of 26.00 before tax that nobody collects any more."""
    add_method(alice, BROKE)
    periods.uses(later, 2600)
    assert writes() == 1
    with clock.at(USED + MINUTE):
        return ending.give_up(documents_of(later)[0].id, **WHY)


@pytest.mark.both_databases
def test_after_an_invoice_is_given_up_nothing_is_lent_and_no_next_one_is_written_until_it_is_paid(
    app: Flask, later: Customer, alice: Actor
) -> None:
    invoice = given_up(later, alice)
    assert (cents(later), invoice.state) == ((0, 0, 0), "uncollectible")
    periods.uses(later, 3000, at=USED + 2 * MINUTE)
    assert (writes(USED + 3 * MINUTE), len(documents_of(later))) == (0, 1)
    assert allowed(later, 1, "nothing") == "insufficient_credits"
    assert verify() == []
    card = add_method(alice, GOOD)
    assert cents(later)[0] == 0
    with clock.at(USED + 4 * MINUTE):
        assert pays(alice, invoice, card.id).state == "succeeded"
    assert cents(later)[:2] == (2000, 2000)
    assert writes(LATER) == 1
    assert verify() == []


def test_the_seller_lends_again_by_a_credit_note_on_what_was_given_up(
    app: Flask, later: Customer, alice: Actor
) -> None:
    invoice = given_up(later, alice)
    with clock.at(LATER):
        ending.credit(invoice.id, Money(100, "USD"), **WHY)
        assert cents(later)[0] == 0
        ending.credit(invoice.id, None, **WHY)
    assert cents(later) == (2000, 0, 2500)
    assert verify() == []


@pytest.mark.both_databases
@pytest.mark.parametrize("end", [DisputeState.WON, DisputeState.LOST])
def test_nothing_is_lent_while_a_bank_looks_at_a_payment(
    app: Flask, later: Customer, alice: Actor, end: DisputeState
) -> None:
    payment = paid(later, alice)
    bank_says(payment, DisputeState.OPEN, LATER)
    assert cents(later) == (0, 0, 500)
    assert verify() == []
    bank_says(payment, end, LATER + MINUTE)
    assert cents(later) == (2000, 0, 2500)
    assert verify() == []


def test_what_the_seller_refunds_is_owed_by_nobody_and_may_be_lent_again(
    app: Flask, later: Customer, alice: Actor
) -> None:
    payment = paid(later, alice)
    with clock.at(LATER):
        sends_back(payment)
    assert cents(later) == (2000, 0, 2500)
    assert invoices(later)[0][:2] == ("interim", "paid")
    assert now_of(documents_of(later)[0]).returned_minor == 3250
    assert verify() == []


def paid(later: Customer, alice: Actor) -> Payment:
    """Return the payment of an interim invoice."""
    add_method(alice, GOOD)
    periods.uses(later, 2600)
    assert writes() == 1
    dunning.collects(USED + MINUTE)
    assert cents(later) == (2000, 0, 2500)
    with as_customer(later.customer_id):
        return db.session.scalars(select(Payment)).one()
