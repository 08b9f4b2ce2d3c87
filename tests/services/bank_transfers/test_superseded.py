"""A pro-forma of an invoice that asks for another amount since is cancelled with its sentence, and a new one offered."""

from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.bank_transfers.allocation import Standing
from app.domain.money import Money
from app.models.customers import Customer
from app.models.database import db
from app.models.events import OutboxEvent
from app.models.scope import as_service
from app.services.ledger import posting
from app.services.receivables import ending, settling
from app.services.transaction import transaction
from tests.services.bank_transfers.test_invoices_due import invoiced, ordered, small
from tests.support import cast, periods
from tests.support.transfers import sent, sound, standing, unapplied

__all__ = ["small"]


def events(pro_forma: str) -> list[str]:
    with as_service("look at events"):
        return sorted(db.session.scalars(select(OutboxEvent.type).where(OutboxEvent.source_id == pro_forma)))


def test_after_a_credit_note_it_is_cancelled_says_so_and_the_new_amount_is_ordered(
    app: Flask, origin: str, small: Customer
) -> None:
    invoice, alice = invoiced(small), periods.manager(small)
    order = ordered(alice, invoice)
    ending.credit(invoice.id, Money(381, "USD"), by="seller", reason="Goodwill")
    assert standing(alice, order).standing is Standing.CANCELED
    assert events(order.id) == ["pro_forma.canceled", "pro_forma.created"]
    browser = cast.signed_in(app, origin, alice)
    page = browser.opens(f"/billing/bank-transfers/{order.id}")
    assert "$5.00 is to be paid of the invoice now" in page.text and "Order a new one." in page.text
    assert (
        browser.follows(page, "#bank_transfers-pro_forma .btn--primary").path
        == f"/billing/invoices/{invoice.id}/payment"
    )
    sent(app, small.customer_id, 881)
    assert unapplied(small.customer_id) == 881, "nothing waits for it"
    again = ordered(alice, invoice, 500)
    assert standing(alice, again).standing is Standing.PAID
    assert unapplied(small.customer_id) == 381
    later = browser.opens(f"/billing/bank-transfers/{order.id}")
    assert "This no longer asks for money." in later.text and not later.soup.select(".btn--primary")
    sound(app, small.customer_id)


def test_a_payment_of_a_part_cancels_it_too_and_the_same_amount_leaves_it(app: Flask, small: Customer) -> None:
    invoice, alice = invoiced(small), periods.manager(small)
    order = ordered(alice, invoice)
    with as_service("settle parts"), transaction() as session:
        books = posting.lock(session, small.customer_id)
        settling.end(books, [], "Visa", clock.now())
    assert standing(alice, order).standing is Standing.WAITING
    with as_service("settle parts"), transaction() as session:
        books = posting.lock(session, small.customer_id)
        settling.locked(books, invoice.id).paid_minor += 81
        settling.end(books, [], "Visa", clock.now())
    assert standing(alice, order).standing is Standing.CANCELED
    assert standing(alice, ordered(alice, invoice, 800)).standing is Standing.WAITING


def test_what_is_carried_to_an_invoice_counts_and_given_up_it_does_not(app: Flask) -> None:
    small = periods.customer(more='\n[payment_methods]\nkinds = ["card", "bank_transfer"]\n')
    periods.uses(small, 24)
    first = periods.closes(small)
    periods.uses(small, 705, at=periods.OVER)
    second = periods.closes(small, at=periods.OVER.replace(month=12), number=2)
    assert first is not None and second is not None
    alice = periods.manager(small)
    order = ordered(alice, second, 881 + 30)
    ending.give_up(first.id, by="seller", reason="Too small")
    assert standing(alice, order).standing is Standing.CANCELED
    assert standing(alice, ordered(alice, second, 881)).standing is Standing.WAITING
