"""Paying an invoice in a real browser: declined, paid another way, and back: nothing is charged a second time."""

from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Payment
from app.models.scope import as_service
from tests.browser.conftest import Opens
from tests.pages.test_invoices import PATH, invoices
from tests.support.looks import LOOKS, findings
from tests.support.shop import BROKE, GOOD, add_method


def test_declined_then_paid_another_way_and_back(
    app: Flask, signs_in: Opens, acme: Customer, alice_actor: Actor
) -> None:
    due = invoices(acme, 10_050)
    broke, good = add_method(alice_actor, BROKE), add_method(alice_actor, GOOD)
    page = signs_in(**LOOKS["light"])
    page.goto(PATH)
    page.locator("#invoices-due a").first.click()
    pay = page.get_by_role("button", name="Pay $125.63")
    expect(pay).to_be_visible()
    for look in ("light", "narrow dark"):
        page.set_viewport_size(LOOKS[look]["viewport"])
        page.emulate_media(color_scheme=LOOKS[look]["color_scheme"])
        assert findings(page) == [], look
    page.check(f"input[value='{broke.id}']")
    pay.click()
    expect(page.locator("#invoice_payment-form")).to_contain_text("Nothing was charged.")
    page.check(f"input[value='{good.id}']")
    page.get_by_role("button", name="Pay $125.63").click()
    page.wait_for_url(f"**{PATH}/{due}")
    expect(page.locator("#invoices-document-title")).to_have_text("Paid")
    page.go_back()
    page.reload()
    expect(page.locator("#invoice_payment-form")).to_contain_text("This invoice is paid already.")
    with as_service("look at payments"):
        states = sorted(db.session.scalars(select(Payment.state).where(Payment.document_id == due)))
    assert states == ["failed", "succeeded"]
