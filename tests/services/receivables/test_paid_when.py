"""By which day, and how, an invoice is said to be paid: by the payments that pay it, or by none."""

import csv
import io
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app import clock, locale
from app.gateways.pdf.renderer import Renderer
from app.models.customers import Customer
from app.models.documents import Document
from app.models.payments import Payment
from app.models.scope import as_customer
from app.printing import html_of
from app.services.invoices import e_invoices, reads
from app.services.receivables import ending, receipts
from tests.services.invoices.test_corrections_more_tax import bought_in_oslo
from tests.services.receivables.test_corrections_paid import LATER, STOCKHOLM, due, paid
from tests.support import cast, periods
from tests.support.api import api_for
from tests.support.corrections import BERLIN, OSLO, at, corrects
from tests.support.documents import documents_of
from tests.support.periods import now_of, pays
from tests.support.shop import add_method

PATH = "/billing/invoices"
VISA, MASTERCARD = "Visa ending in 4242", "Mastercard ending in 4444"


def settled(document: Document) -> tuple[datetime | None, str]:
    found = now_of(document)
    return found.settled_at, found.settled_with


def last_of(whose: Customer) -> Document:
    return documents_of(whose)[-1]


def chain(app: Flask) -> tuple[Customer, cast.Actor, list[Document], list[Payment]]:
    """Return a purchase that was corrected to more tax, which another card paid days later, and back again."""
    customer, actor, first = bought_in_oslo(app)
    begun = clock.now()
    wrong = last_of(customer)
    with clock.at(begun + timedelta(days=3)):
        corrects(customer, wrong, at(BERLIN))
        more = last_of(customer)
        second = pays(actor, more, add_method(actor, "pm_card_mastercard").id, 1_900)
    with clock.at(begun + timedelta(days=5)):
        corrects(customer, now_of(more), at(OSLO))
    return customer, actor, [wrong, more, last_of(customer)], [first, second]


def test_a_corrected_purchase_is_paid_by_the_payments_that_pay_it(app: Flask, origin: str, drawing: Renderer) -> None:
    customer, actor, (wrong, more, back), (first, second) = chain(app)
    bought, days = settled(wrong)[0], [locale.day(clock.now() + timedelta(days=each)) for each in (0, 3)]
    assert settled(wrong) == (bought, VISA)
    when, how = settled(more)
    assert (locale.day(when), how) == (days[1], "Several payments")
    assert settled(back) == (bought, VISA)  # what the other card had paid went back
    with as_customer(customer.customer_id):
        parts = reads.one(back.id)
        assert parts.payment_id == first.id
        paper, e_invoice = " ".join(html_of(parts).split()), e_invoices.of(parts)
        given = {each.id: [one.payment_id for one in receipts.of_invoice(now_of(each))] for each in (more, back)}
        assert given == {more.id: [second.id], back.id: []}
        assert receipts.payments_of([now_of(each) for each in (wrong, more, back)]) == {more.id: second.id}
    assert f"$100.00 paid on {days[0]}" in paper
    assert f"{days[0]} · {VISA}" in paper
    assert f"· {MASTERCARD}" not in paper  # which is named where money goes back to
    assert getattr(e_invoice, "paid_with", VISA) == VISA
    browser = cast.signed_in(app, origin, actor)
    sheet = browser.opens(f"{PATH}.csv").response.get_data(as_text=True)
    said = {row["Id"]: (row["Payment date"], row["Payment method"]) for row in csv.DictReader(io.StringIO(sheet))}
    assert said[back.id] == (f"{bought:%Y-%m-%d}", VISA)
    assert said[more.id] == (f"{when:%Y-%m-%d}", "Several payments")
    sent = api_for(app, "billing:read").get(f"/customers/{customer.customer_id}/invoices").get_json()["data"]
    shown = {each["id"]: (each["paid_minor"], each["paid_with"], each["payment"]) for each in sent}
    assert [shown[each.id] for each in (wrong, more, back)] == [
        (0, VISA, first.id),  # the one in its place has taken it over
        (0, "Several payments", first.id),
        (10_000, VISA, first.id),
    ]


def test_an_open_invoice_that_is_corrected_is_paid_by_what_it_had_taken_over(app: Flask) -> None:
    customer, _actor, _first = bought_in_oslo(app)
    (wrong,) = documents_of(customer)
    corrects(customer, wrong, at(BERLIN))
    partly = last_of(customer)
    with clock.at(clock.now() + timedelta(days=4)):
        corrects(customer, partly, at(OSLO))
    assert settled(wrong) == settled(partly) == settled(last_of(customer))
    assert settled(wrong)[1] == VISA


@pytest.mark.parametrize("how", ["corrected", "credited"])
def test_what_nobody_has_paid_has_no_day_of_payment(app: Flask, origin: str, how: str) -> None:
    small = periods.customer()
    actor = periods.manager(small)
    wrong = due(small, OSLO)
    with clock.at(LATER):
        if how == "corrected":
            corrects(small, now_of(wrong), at(STOCKHOLM))
        else:
            ending.credit(wrong.id, None, by="seller", reason="Goodwill")
        assert settled(wrong) == (None, "")
        browser = cast.signed_in(app, origin, actor)
        page = browser.opens(f"{PATH}/{wrong.id}")
        assert "Paid" not in page.find("#invoices-document").get_text()
        assert "is paid" not in page.find("#invoices-document").get_text()
        sent = api_for(app, "billing:read").get(f"/customers/{small.customer_id}/invoices/{wrong.id}").get_json()
        assert (sent["paid_at"], sent["paid_with"], sent["paid_minor"]) == (None, "", 0)
        why = browser.opens(f"{PATH}/{wrong.id}/payment").text
        instead = f"was corrected: {last_of(small).number} has taken its place"
        assert (instead if how == "corrected" else "credit notes took all of it off") in why
        assert "is paid already" not in why


def test_an_invoice_that_is_partly_paid_says_so(app: Flask, origin: str) -> None:
    customer, actor, _first = bought_in_oslo(app)
    corrects(customer, documents_of(customer)[0], at(BERLIN))
    page = cast.signed_in(app, origin, actor).opens(f"{PATH}/{last_of(customer).id}")
    text = " ".join(page.find("#invoices-document").get_text(" ").split())
    assert "$100.00 of this invoice is paid, and $19.00 is still to be paid." in text
    assert "has not been paid yet" not in text


def test_an_invoice_that_two_cards_have_paid_names_several(app: Flask) -> None:
    small = periods.customer()
    actor = periods.manager(small)
    wrong = due(small, OSLO)
    with clock.at(LATER):
        paid(actor, wrong)
        corrects(small, now_of(wrong), at(STOCKHOLM))
    with clock.at(LATER + timedelta(days=2)):
        pays(actor, right := last_of(small), add_method(actor, "pm_card_mastercard").id, 176)
    when, how = settled(right)
    assert when is not None
    assert (when.date(), how) == ((LATER + timedelta(days=2)).date(), "Several payments")
