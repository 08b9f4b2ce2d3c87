"""The statement of account over bank transfers and corrections: what pays no document is in the customer's favour."""

from datetime import date

import pytest
from flask import Flask, render_template

from app import printing
from app.domain.invoices.statement import Span
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.scope import as_customer
from app.presenters import invoice_sentences as sentences
from app.presenters import statement as words
from app.services.bank_transfers import cash, movements
from app.services.invoices import reads, statement
from app.services.mail import billing_text
from tests.support import cast, transfers
from tests.support.corrections import PARIS, at, corrects, verified
from tests.support.documents import documents_of, sold_with_tax
from tests.support.reversals import buys, later, sends_back
from tests.support.transfers import ordered, sent, standing, unapplied

EVER = Span(date(2026, 1, 1), date(2999, 12, 31))


def _closing(customer: Customer) -> int:
    with as_customer(customer.customer_id):
        return statement.statement(customer, EVER).sums.closing


@pytest.fixture
def catalog(app: Flask) -> str:
    """The example's catalog, taking bank transfers."""
    transfers.take_transfers()
    return cast.CATALOG


def test_a_transfer_is_in_the_customers_favour_until_it_pays(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    ordered(alice_actor)
    sent(app, acme.customer_id, 2499)
    assert (_closing(acme), unapplied(acme.customer_id)) == (-2499, 2499)
    sent(app, acme.customer_id, 11)
    assert (_closing(acme), unapplied(acme.customer_id)) == (-10, 10), "the order is paid once, and the rest is kept"
    with as_customer(acme.customer_id):
        found = statement.statement(acme, EVER)
    assert [(each.what, each.minor) for each in found.rows] == [
        ("cash_in", -2499), ("cash_in", -11), (documents_of(acme)[0].kind, 2500),
    ]  # fmt: skip
    assert (found.sums.charged, found.sums.paid, found.sums.paid_back) == (2500, -2510, 0)


def test_a_refund_of_a_transfer_is_said_everywhere_to_be_unused_and_sent_to_no_bank(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    order = ordered(alice_actor)
    sent(app, acme.customer_id, 2500)
    payment = standing(alice_actor, order).payment
    assert payment is not None
    sends_back(payment, 1000)
    assert cash.look(acme.customer_id)
    note = documents_of(acme)[-1]
    with as_customer(acme.customer_id):
        found = statement.statement(acme, EVER)
        assert (found.sums.paid, found.sums.paid_back, found.sums.closing) == (-2500, 0, -1000), "no more than was sent"
        said = {each.title: each.payment for each in words.rows(found)}
        html = printing.html_of(reads.one(note.id))
        page = sentences.sentence(reads.one(note.id), is_kept=movements.keeps(note))
    assert said["Refund of a payment by bank transfer"] == Money(-1000, "USD")
    assert said["Not used yet"] == Money(1000, "USD")
    mail = billing_text.returned(acme.customer_id, {"document": note.id})
    assert mail is not None and mail["is_kept"]
    with app.test_request_context():
        text = " ".join(render_template("mail/credit_note.txt", **mail, attached="").split())
    for shown in (html, page, text):
        assert "under Not used yet" in shown
        assert "refunded" not in shown.lower() and "returned to you" not in shown


def test_a_correction_leaves_what_goes_back_in_the_customers_favour_until_it_has(app: Flask) -> None:
    customer = sold_with_tax()
    payment = buys(app, cast.make_actor(cast.ALICE, customer), 10_000)
    (wrong,) = documents_of(customer)
    number = verified(customer)
    assert _closing(customer) == 0
    corrects(customer, wrong, at(PARIS, registration_id=number.id))
    later(app)
    with as_customer(customer.customer_id):
        found = statement.statement(customer, EVER)
    assert sorted((each.what, each.minor) for each in found.rows) == [
        ("credit_note", -11_900), ("invoice", 10_000), ("invoice", 11_900), ("money_refunded", 1900), ("payment", -11_900),
    ]  # fmt: skip
    assert found.sums.closing == 0
    sends_back(payment, 4000)
    later(app)
    assert _closing(customer) == 0
