"""What pages and mails say of a correction: who has paid, where money goes back, which day's rates hold."""

import csv
import io
import json
from datetime import date

from flask import Flask
from sqlalchemy import select

from app import clock, locale
from app.config import Settings
from app.domain.invoices.e_invoice import EInvoice
from app.domain.mails import INVOICE
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.mails import Mail
from app.models.reversals import Refund
from app.models.scope import as_customer, as_service
from app.printing import html_of
from app.services.invoices import e_invoices, reads
from app.services.mail import payment_text
from tests.services.invoices.test_corrections_more_tax import bought_in_oslo
from tests.services.receivables.test_corrections_paid import LATER, STOCKHOLM, due, paid
from tests.support import cast, periods
from tests.support.browser import Browser
from tests.support.corrections import BERLIN, OSLO, at, corrects
from tests.support.documents import documents_of
from tests.support.periods import now_of
from tests.support.reversals import later

PATH = "/billing/invoices"


def words(browser: Browser, document_id: str) -> str:
    return " ".join(browser.opens(f"{PATH}/{document_id}").find("#invoices-document").get_text(" ").split()).replace(
        " ,", ","
    )


def printed(whose: Customer, document_id: str) -> str:
    with as_customer(whose.customer_id):
        return " ".join(html_of(reads.one(document_id)).split())


def prices(whose: Customer, document_id: str) -> list[tuple[int, str, int]]:
    """Return quantity and price, for how many, of each line of the e-invoice."""
    with as_customer(whose.customer_id):
        found = e_invoices.of(reads.one(document_id))
    assert isinstance(found, EInvoice)
    return [(each.quantity, f"{each.price}", each.price_quantity) for each in found.items]


def mailed(whose: Customer, document_id: str) -> str:
    with as_service("look at a mail"):
        rows = db.session.scalars(select(Mail).where(Mail.customer_id == whose.customer_id, Mail.template == INVOICE))
        context = next(each for each in (json.loads(row.context) for row in rows) if each["document"] == document_id)
    said = payment_text.of(INVOICE, whose.customer_id, context)
    assert said is not None
    return " ".join(said.text.split())


def test_what_is_due_is_not_said_to_be_paid_by_what_was_paid_before(app: Flask, origin: str) -> None:
    customer, actor, _payment = bought_in_oslo(app)
    corrects(customer, documents_of(customer)[0], at(BERLIN))
    wrong, note, right = documents_of(customer)
    browser = cast.signed_in(app, origin, actor)
    shown = words(browser, right.id)
    day = locale.day(clock.now())
    assert "Payment method" not in shown
    assert f"$100.00 on {day}, Visa ending in 4242, taken over from {wrong.number}:" in shown
    sheet = browser.opens(f"{PATH}.csv").response.get_data(as_text=True)
    ways = {row["Id"]: row["Payment method"] for row in csv.DictReader(io.StringIO(sheet))}
    assert ways == {wrong.id: "Visa ending in 4242", note.id: "", right.id: ""}
    paper = printed(customer, right.id)
    assert f"Of this, $100.00 was paid on {day} with Visa ending in 4242, for {wrong.number}." in paper
    paid(actor, right, 1_900)
    assert printed(customer, right.id) == paper  # whenever it is drawn
    assert f"Invoice in its place {right.number}" in words(browser, note.id)
    assert f"{right.number} takes its place." in printed(customer, note.id)


def test_where_a_difference_goes_is_on_both_documents_and_in_the_mail(
    app: Flask, origin: str, settings: Settings
) -> None:
    small = periods.customer()
    actor = periods.manager(small)
    wrong = due(small)
    with clock.at(LATER):
        paid(actor, wrong)
        made = corrects(small, now_of(wrong), at(OSLO))
        later(app)
        browser = cast.signed_in(app, origin, actor)
        arrived = f"$1.76 went back to Visa ending in 4242. Refund {made.refund_id}"
        for document_id in (made.credit_note_id, made.replacement_id):
            assert arrived in words(browser, document_id)
        with app.test_request_context():
            said = mailed(small, made.replacement_id)
        assert f"$1.76 of what you paid went back to Visa ending in 4242 (refund {made.refund_id})." in said
        with as_service("look at a refund"):
            processor_id = db.session.get_one(Refund, made.refund_id).processor_id
        controls.end_refund(settings, processor_id or "", succeeded=False)
        later(app)
        failed = "$1.76 could not be returned to Visa ending in 4242. Your seller sends it again."
        for document_id in (made.credit_note_id, made.replacement_id):
            assert failed in words(browser, document_id)


def test_the_day_whose_rates_hold_is_called_the_same_before_and_after(app: Flask, origin: str) -> None:
    small = periods.customer()
    actor = periods.manager(small)
    wrong, last_day = due(small, OSLO), date(2026, 10, 31)
    with clock.at(LATER):
        corrects(small, wrong, at(STOCKHOLM))
        right = documents_of(small)[-1]
        browser = cast.signed_in(app, origin, actor)
        shown = words(browser, right.id)
        day = locale.day(last_day)
        assert f"Tax rates of {day}" in shown
        assert "Day of the sale" not in shown
        page = browser.opens(f"{PATH}/{right.id}/correction")
        typed = {"country": "SE", "company": "Other AB", "line1": "Gatan 1", "city": "Lund", "postal_code": "222 22"}
        seen = browser.submits(page, "#invoice_correction-form", button="#invoice_correction-preview", **typed)
        assert f"Tax rates of {day}" in " ".join(seen.soup.get_text(" ").split()).replace(" ,", ",")
        paper = printed(small, right.id)
        assert ("Tax rates of" in paper, "Date of sale" in paper) == (True, False)
        assert ("$0.0004" in shown, "$0.0004" in paper) == (True, True)
        assert prices(small, right.id) == prices(small, wrong.id)
