"""An invoice that is due is paid by bank transfer: exactly, once, and by nothing that it does not ask for any more."""

import pytest
from flask import Flask

from app import clock, ids
from app.domain.bank_transfers.allocation import Standing
from app.domain.errors import Refused
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.bank_transfers import ProForma
from app.models.customers import Customer
from app.models.documents import Document
from app.models.scope import as_customer, as_service
from app.services.customers import address
from app.services.receivables import transferring
from app.services.transaction import transaction
from tests.support import cast, periods, transfers
from tests.support.corrections import BERLIN, OSLO
from tests.support.documents import documents_of
from tests.support.periods import now_of, pays
from tests.support.shop import GOOD, add_method, payments
from tests.support.transfers import sent, sound, standing, unapplied

TAKING = '\n[payment_methods]\nkinds = ["card", "bank_transfer"]\n'


@pytest.fixture
def small(app: Flask) -> Customer:
    """A customer with $7.05 used below zero, and an invoice of $8.81 for it, whose seller takes bank transfers."""
    made = periods.customer(more=TAKING)
    periods.uses(made, 705)
    return made


def invoiced(whose: Customer) -> Document:
    """The invoice."""
    document = periods.closes(whose)
    assert document is not None
    return document


def ordered(actor: Actor, document: Document, minor: int = 881) -> ProForma:
    """Its pro-forma."""
    with as_customer(actor.customer_id):
        return transferring.order(actor, document.id, form_key=ids.new_form_key(), amount=Money(minor, "USD"))


def test_its_pro_forma_is_made_out_as_the_invoice_is(app: Flask, small: Customer, origin: str) -> None:
    actor = periods.manager(small)
    address.change(small.customer_id, BERLIN, "", 0, by="mem_alice", as_typed=True)
    order = ordered(actor, invoiced(small))
    address.change(small.customer_id, OSLO, "", 1, by="mem_alice", as_typed=True)
    with clock.at(periods.OVER):
        page = cast.signed_in(app, origin, actor).opens(f"/billing/bank-transfers/{order.id}")
    seller, buyer, *_ = page.texts("#bank_transfers-pro_forma address")
    assert "Torstraße 140" in buyer and "Oslo" not in buyer
    assert seller == "Small AB Sweden Tax ID SE556012579001"
    assert "Price kept until" not in page.text, "what is invoiced has its price"


@pytest.mark.both_databases
def test_the_exact_sum_pays_the_invoice(app: Flask, small: Customer) -> None:
    invoice, alice = invoiced(small), periods.manager(small)
    order = ordered(alice, invoice)
    assert ordered(alice, invoice).id == order.id, "an invoice waits once"
    sent(app, small.customer_id, 880)
    assert standing(alice, order).standing is Standing.WAITING and now_of(invoice).state == "open"
    sent(app, small.customer_id, 2)
    paid = now_of(invoice)
    assert (paid.state, paid.paid_minor, paid.paid_with) == ("paid", 881, "Bank transfer")
    assert standing(alice, order).standing is Standing.PAID and unapplied(small.customer_id) == 1
    sound(app, small.customer_id)


def test_what_is_paid_by_card_meanwhile_takes_no_cash(app: Flask, small: Customer) -> None:
    invoice, alice = invoiced(small), periods.manager(small)
    order = ordered(alice, invoice)
    pays(alice, invoice, add_method(alice, GOOD).id)
    sent(app, small.customer_id, 881)
    assert standing(alice, order).standing is Standing.CANCELED
    assert unapplied(small.customer_id) == 881 and len(payments(small)) == 1
    with pytest.raises(Refused, match="paid already"):
        ordered(alice, invoice)
    sound(app, small.customer_id)


def test_another_amount_than_is_due_is_refused(app: Flask, small: Customer) -> None:
    invoice, alice = invoiced(small), periods.manager(small)
    with pytest.raises(Refused) as refusal:
        ordered(alice, invoice, 880)
    assert (refusal.value.reason, refusal.value.status) == ("amount_changed", 409)


def test_a_pro_forma_asks_for_the_price_with_its_tax_and_its_invoice_says_the_same(app: Flask) -> None:
    whose = periods.customer(more=TAKING)
    alice = periods.manager(whose)
    order = transfers.ordered(alice, "100.50")
    assert (order.net_minor, order.amount_minor) == (10_050, 12_563)
    sent(app, whose.customer_id, 12_563)
    (document,) = documents_of(whose)
    assert (document.kind, document.state) == ("invoice", "paid")
    assert (document.net_minor, document.tax_minor, document.total_minor) == (10_050, 2_513, 12_563)
    (payment,) = payments(whose)
    assert (payment.credits_micros, payment.treatment) == (100_500_000, order.treatment)
    sound(app, whose.customer_id)


def test_what_is_due_no_more_by_that_amount_takes_no_cash(app: Flask, small: Customer) -> None:
    invoice, alice = invoiced(small), periods.manager(small)
    order = ordered(alice, invoice)
    with as_service("take a part of it off"), transaction() as session:
        session.get_one(Document, invoice.id).paid_minor = 81
    sent(app, small.customer_id, 881)
    assert standing(alice, order).standing is Standing.WAITING and now_of(invoice).state == "open"
    assert unapplied(small.customer_id) == 881 and payments(small) == []
    again = ordered(alice, invoice, 800)
    assert standing(alice, order).standing is Standing.CANCELED
    assert standing(alice, again).standing is Standing.PAID and unapplied(small.customer_id) == 81
