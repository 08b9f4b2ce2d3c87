"""The mail about an invoice that stands otherwise by now: corrected, credited or paid since it got its number."""

from flask import Flask

from app import clock
from app.models.customers import Customer
from app.models.documents import Document
from app.services.mail import payment_text
from app.services.receivables import ending
from tests.services.invoices.test_corrections_more_tax import bought_in_oslo
from tests.services.receivables.test_corrections_paid import LATER, due, paid
from tests.support import periods
from tests.support.corrections import BERLIN, OSLO, at, corrects
from tests.support.documents import documents_of
from tests.support.periods import now_of


def said(app: Flask, whose: Customer, document: Document) -> str:
    """Return the text and the HTML of the mail as it is written now."""
    with app.test_request_context():
        found = payment_text.of("invoice", whose.customer_id, {"document": document.id})
    assert found is not None
    for text in (found.text, found.html):
        assert ("It is paid." in text) == (", paid." in found.html)
    return " ".join(f"{found.text} {found.html}".split())


def test_an_invoice_that_was_corrected_meanwhile_names_the_one_that_stands(app: Flask) -> None:
    customer, actor, _first = bought_in_oslo(app)
    corrects(customer, documents_of(customer)[-1], at(BERLIN))
    more = documents_of(customer)[-1]
    assert said(app, customer, more).count("Please pay it by") == 2
    paid(actor, more, 1_900)
    since = said(app, customer, now_of(more))  # its PDF asks for the money
    assert (since.count("It has been paid since."), "It is paid." in since) == (2, False)
    corrects(customer, now_of(more), at(OSLO))
    last = documents_of(customer)[-1]
    text = said(app, customer, now_of(more))
    assert text.count(f"It was corrected since: {last.number} has taken its place.") == 2
    assert "It is paid" not in text
    assert "has been paid" not in text
    assert said(app, customer, last).count("It is paid.") == 2


def test_an_invoice_that_was_credited_before_anybody_paid_it_is_not_called_paid(app: Flask) -> None:
    small = periods.customer()
    wrong = due(small)
    with clock.at(LATER):
        ending.credit(wrong.id, None, by="seller", reason="Goodwill")
        text = said(app, small, now_of(wrong))
    assert text.count("Nothing is to be paid of it any more: it was credited.") == 2
    assert "It is paid" not in text
