"""Pay an invoice: the exact amount is on the button, another is refused, and the invoice says how its payment stands."""

from datetime import UTC, datetime, time, timedelta

import pytest
from flask import Flask

from app import clock, locale
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.documents import Document
from app.models.scope import as_customer
from app.services.receivables import ending, paying
from tests.support import cast, periods
from tests.support.browser import Browser
from tests.support.periods import OVER, now_of
from tests.support.shop import ASKS, BROKE, GOOD, add_method
from tests.support.statements import counted

FORM = "form[aria-label='Pay this invoice']"


@pytest.fixture
def small(app: Flask) -> Customer:
    """A customer whose October left $7.05 below zero."""
    made = periods.customer()
    periods.uses(made, 705)
    return made


@pytest.fixture
def invoice(small: Customer) -> Document:
    document = periods.closes(small)
    assert document is not None
    return document


@pytest.fixture
def ann(small: Customer) -> Actor:
    return periods.manager(small)


@pytest.fixture
def browser(app: Flask, origin: str, ann: Actor) -> Browser:
    return cast.signed_in(app, origin, ann)


def path(invoice: Document) -> str:
    return f"/billing/invoices/{invoice.id}/payment"


@pytest.mark.both_databases
def test_what_is_due_is_listed_counted_and_paid(ann: Actor, browser: Browser, invoice: Document) -> None:
    add_method(ann, GOOD)
    listed = browser.opens("/billing/invoices")
    assert listed.texts("#invoices-due thead th") == ["Invoice Date", "Invoice ID", "Due Date", "Amount", "Actions"]
    assert listed.texts("#invoices-due td[data-label='Amount']") == ["$8.81"]
    assert listed.texts(".nav__count")[0].startswith("1")
    number, day = invoice.number, locale.day(invoice.due_on or OVER.date())
    assert invoice.due_on is not None
    with clock.at(datetime.combine(invoice.due_on, time(23), UTC)):
        assert browser.opens("/billing/").texts("#overview-due .overview-invoice") == [f"{number}: $8.81, due by {day}"]
        assert browser.opens("/billing/invoices").texts("#invoices-due .pill") == []
    with clock.at(datetime.combine(invoice.due_on, time(), UTC) + timedelta(days=1)):
        said = browser.opens("/billing/")
        assert said.texts("#overview-due a") == ["1 invoice to pay"]
        assert said.texts("#overview-due .overview-invoice") == [f"{number}: $8.81, overdue since {day}"]
        listed = browser.opens("/billing/invoices")
        assert listed.texts("#invoices-due .pill") == ["Overdue"]
        assert listed.texts("#invoices-history td[data-label='Status']") == ["Overdue"]
        late = browser.opens(f"/billing/invoices/{invoice.id}")
        assert f"This invoice is overdue: it was to be paid by {day}." in late.text
    form = browser.opens(path(invoice))
    assert form.texts("#invoice_payment-pay") == ["Pay $8.81"]
    paid = browser.submits(form, FORM, button="#invoice_payment-pay")
    assert paid.texts("#invoices-document-title") == ["Paid"]
    after = browser.opens("/billing/invoices")
    assert after.texts("#invoices-due td") == []
    assert after.texts(".nav__count") == []
    assert after.texts("#invoices-history td[data-label='Status']")[0] == "Paid"


def test_another_amount_than_was_seen_is_refused_with_the_new_one(
    ann: Actor, browser: Browser, invoice: Document
) -> None:
    add_method(ann, GOOD)
    form = browser.opens(path(invoice))
    ending.credit(invoice.id, Money(381, "USD"), by="seller", reason="Goodwill")
    refused = browser.submits(form, FORM, button="#invoice_payment-pay")
    assert refused.status == 409
    assert "$5.00 is to be paid now" in refused.text
    assert refused.texts("#invoice_payment-pay") == ["Pay $5.00"]
    assert now_of(invoice).state == "open"


def test_what_was_credited_is_said_and_a_paid_one_names_its_payment(
    ann: Actor, browser: Browser, invoice: Document
) -> None:
    add_method(ann, GOOD)
    note = ending.credit(invoice.id, Money(381, "USD"), by="seller", reason="Goodwill")
    second = browser.opens(path(invoice))
    seen = browser.opens(f"/billing/invoices/{invoice.id}")
    assert seen.texts("tfoot th")[-2:] + seen.texts("tfoot td")[-2:] == [
        "Credit notes",
        "To pay now",
        "−$3.81",
        "$5.00",
    ]
    assert seen.texts("#invoices-document h3")[-1] == "Credited"
    assert "was taken off what is to be paid" in browser.opens(f"/billing/invoices/{note.id}").text
    paid = browser.submits(browser.opens(path(invoice)), FORM, button="#invoice_payment-pay")
    with as_customer(invoice.customer_id):
        payment = paying.of_invoice(invoice.id)
    assert payment is not None
    assert payment.id in paid.find("#invoices-document").text
    assert paid.texts("tfoot th")[-2:] + paid.texts("tfoot td")[-2:] == ["Credit notes", "Paid", "−$3.81", "−$5.00"]
    again = browser.submits(second, FORM, button="#invoice_payment-pay")
    assert (again.status, again.text.count("This invoice is paid already.")) == (409, 1)


def test_a_declined_card_is_said_and_another_pays(ann: Actor, browser: Browser, invoice: Document) -> None:
    broke, good = add_method(ann, BROKE), add_method(ann, GOOD)
    declined = browser.submits(browser.opens(path(invoice)), FORM, button="#invoice_payment-pay", method=broke.id)
    assert declined.status == 402
    assert "insufficient funds. Nothing was charged." in declined.text
    paid = browser.submits(declined, FORM, button="#invoice_payment-pay", method=good.id)
    assert paid.texts("#invoices-document-title") == ["Paid"]


def test_what_waits_for_the_bank_is_said_and_given_up(ann: Actor, browser: Browser, invoice: Document) -> None:
    add_method(ann, ASKS)
    waits = browser.submits(browser.opens(path(invoice)), FORM, button="#invoice_payment-pay")
    assert "waits until you approve it" in waits.text
    assert waits.texts("a.btn--primary") == ["Continue to approve it"]
    again = browser.submits(waits, "form[aria-label='Cancel this payment']")
    assert again.texts("#invoices-due a") == ["Pay $8.81"]


def test_a_viewer_looks_and_does_not_pay(app: Flask, origin: str, small: Customer, invoice: Document) -> None:
    bob = cast.signed_in(app, origin, cast.make_actor(cast.BOB, small))
    page = bob.opens(path(invoice))
    assert "Your role can look, not pay" in page.texts("h2")
    assert page.texts("#invoice_payment-pay") == []
    token = page.soup.select("[name=csrf_token]")[0]["value"]
    assert bob.posts(path(invoice), {"csrf_token": token}).status == 403


def test_it_is_not_there_for_strangers_and_other_customers(
    visitor: Browser, mallory: Browser, invoice: Document
) -> None:
    assert visitor.opens(path(invoice)).texts("h1") == ["Sign in"]
    assert mallory.opens(path(invoice)).status == 404


def test_what_is_too_little_for_a_charge_says_that_it_is_added_to_the_next(app: Flask, origin: str) -> None:
    small = periods.customer()
    periods.uses(small, 24)
    little = periods.closes(small)
    assert little is not None
    browser = cast.signed_in(app, origin, periods.manager(small))
    listed = browser.opens("/billing/invoices")
    assert listed.texts("#invoices-due td") == []
    assert listed.texts("#invoices-history td[data-label='Status']") == ["Carried over"]
    assert listed.texts(".nav__count") == []
    assert "it is added to your next invoice" in browser.opens(f"/billing/invoices/{little.id}").text
    assert "is less than our payment processor charges" in browser.opens(path(little)).text


@pytest.mark.both_databases
def test_it_asks_a_fixed_number_of_statements(ann: Actor, browser: Browser, invoice: Document) -> None:
    browser.opens(path(invoice))
    with counted() as asked:
        browser.opens(path(invoice))
    assert len(asked) <= 12
