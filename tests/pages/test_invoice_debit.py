"""An invoice paid by SEPA direct debit: for days it is neither due nor paid; then it is paid, due again, or charged back."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock, ids, locale
from app.domain.errors import Refused
from app.domain.methods import Rail
from app.domain.payments import debit_expected
from app.domain.people.members import Actor
from app.extensions import settings
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.mails import Mail
from app.models.scope import as_customer, as_service
from app.services.catalog import versions
from app.services.payment_methods import mandates, setups
from app.services.receivables import transferring
from app.services.verification.verify import verify
from tests.support import cast, periods, rails
from tests.support.api import Api, api_for, problem_of
from tests.support.browser import Browser
from tests.support.documents import documents_of
from tests.support.periods import now_of

FORM = "form[aria-label='Pay this invoice']"
DEBITS = '\n[payment_methods]\nkinds = ["card", "sepa_debit", "bank_transfer"]\ntransfer_country = "DE"\n'
ARRIVES, FAILS, DISPUTED = "pm_success_de", "pm_failedDelayed_de", "pm_disputed_de"
DAYS = timedelta(days=3, minutes=1)


@pytest.fixture
def small(app: Flask) -> Customer:
    """A customer in euros, whose October left €100.50 below zero."""
    made = periods.customer(currency="EUR", overage="200", more=DEBITS)
    periods.uses(made, 10_050)
    return made


@pytest.fixture
def invoice(small: Customer) -> Document:
    document = periods.closes(small, at=clock.now())
    assert document is not None
    assert document.payable_minor == 12_563
    return document


@pytest.fixture
def ann(small: Customer) -> Actor:
    return periods.manager(small)


@pytest.fixture
def browser(app: Flask, origin: str, ann: Actor) -> Browser:
    return cast.signed_in(app, origin, ann)


def debited(app: Flask, browser: Browser, ann: Actor, invoice: Document, name: str) -> None:
    """Save a bank account, and pay the invoice by it; it is on its way then."""
    with as_customer(ann.customer_id):
        setups.begin(
            ann, kind=Rail.SEPA_DEBIT, test_method=name, address="203.0.113.7", user_agent="Tests",
            mandate_text_version=mandates.current(versions.offered("small")).version,
        )  # fmt: skip
    form = browser.opens(f"/billing/invoices/{invoice.id}/payment")
    shown = browser.submits(form, FORM, button="#invoice_payment-pay")
    assert shown.texts("#invoices-document-title") == ["Processing"]
    today = clock.now().date()
    usual, latest = (locale.day(day).removesuffix(f" {today.year}") for day in debit_expected(today))
    assert f"Usually by {usual}, at the latest about {latest}." in shown.text
    is_neither_due_nor_paid(app, browser, invoice)


def is_neither_due_nor_paid(app: Flask, browser: Browser, invoice: Document) -> None:
    """It is in no sum and no count, and nobody can pay it a second time."""
    listed = browser.opens("/billing/invoices")
    assert (listed.texts("#invoices-due td"), listed.texts(".nav__count")) == ([], [])
    assert listed.texts("#invoices-history td[data-label='Status']") == ["Processing"]
    assert browser.opens("/billing/").texts("#overview-due .overview-invoice") == []
    again = browser.opens(f"/billing/invoices/{invoice.id}/payment")
    assert again.texts("#invoice_payment-pay") == []
    assert "is being processed" in again.text
    found = read(api := api_for(app), invoice)
    assert (found["state"], found["paid_minor"], found["is_processing"]) == ("open", 0, True)
    (row,) = api.get(f"/customers/{invoice.customer_id}/invoices").get_json()["data"]
    assert row["is_processing"]
    asked = api.post(f"/customers/{invoice.customer_id}/invoices/{invoice.id}/pay", {})
    assert problem_of(asked) == (409, "payment_under_way")
    with as_customer(invoice.customer_id), pytest.raises(Refused) as refused:
        transferring.order(browser.actor, invoice.id, form_key=ids.new_form_key(), amount=None)
    assert refused.value.reason == "payment_under_way"
    assert now_of(invoice).state == "open"


def read(api: Api, invoice: Document) -> dict[str, object]:
    found: dict[str, object] = api.get(f"/customers/{invoice.customer_id}/invoices/{invoice.id}").get_json()
    return found


def mailed(invoice: Document) -> list[str]:
    with as_service("look at mails"):
        return sorted(db.session.scalars(select(Mail.template).where(Mail.customer_id == invoice.customer_id)))


@pytest.mark.both_databases
def test_it_arrives(app: Flask, browser: Browser, ann: Actor, small: Customer, invoice: Document) -> None:
    debited(app, browser, ann, invoice, ARRIVES)
    before = mailed(invoice)
    rails.later(app, DAYS)
    assert now_of(invoice).paid_minor == 12_563
    assert browser.opens(f"/billing/invoices/{invoice.id}").texts("#invoices-document-title") == ["Paid"]
    assert read(api_for(app), invoice)["state"] == "paid"
    assert [each for each in mailed(invoice) if each not in before] == ["receipt"]
    assert verify() == []


def test_it_fails_and_is_due_again(app: Flask, browser: Browser, ann: Actor, invoice: Document) -> None:
    debited(app, browser, ann, invoice, FAILS)
    before = mailed(invoice)
    rails.later(app, DAYS)
    assert now_of(invoice).state == "open"
    listed = browser.opens("/billing/invoices")
    assert listed.texts("#invoices-due td[data-label='Amount']") == ["€125.63"]
    assert listed.texts(".nav__count")[0].startswith("1")
    assert browser.opens(f"/billing/invoices/{invoice.id}/payment").texts("#invoice_payment-pay") == ["Pay €125.63"]
    assert not read(api_for(app), invoice)["is_processing"]
    assert [each for each in mailed(invoice) if each not in before] == ["invoice_unpaid", "payment_failed"]
    assert verify() == []


def test_what_has_arrived_is_charged_back(
    app: Flask, browser: Browser, ann: Actor, small: Customer, invoice: Document
) -> None:
    debited(app, browser, ann, invoice, DISPUTED)
    rails.later(app, DAYS)
    rails.later(app, timedelta(days=12))
    (dispute,) = controls.objects(settings(), "dispute")
    if dispute["status"] != "lost":
        controls.close_dispute(settings(), dispute["id"], won=False)
    rails.later(app, timedelta(days=13))
    notes = [(each.kind, each.tax_minor, each.total_minor) for each in documents_of(small)]
    assert notes == [("invoice", 2513, 12_563), ("credit_note", 2513, 12_563)]
    assert browser.opens(f"/billing/invoices/{invoice.id}").texts("#invoices-document-title") == ["Returned"]
    assert verify() == []
