"""Correct an invoice in a real browser: the fields follow the country, the preview is read, and it is done once."""

import re

from flask import Flask
from playwright.sync_api import expect

from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.customers import address
from tests.browser.conftest import Opens
from tests.support.corrections import NEW_YORK
from tests.support.documents import documents_of
from tests.support.looks import LOOKS, findings
from tests.support.reversals import buys


def test_an_invoice_is_corrected(app: Flask, signs_in: Opens, acme: Customer, alice_actor: Actor) -> None:
    address.change(acme.customer_id, NEW_YORK, "PO-7", 0, by="mem_alice", as_typed=True)
    buys(app, alice_actor, 2500)
    (wrong,) = documents_of(acme)
    page = signs_in(**LOOKS["light"])
    page.goto(f"/billing/invoices/{wrong.id}")
    page.locator(".invoice__correct a").click()
    expect(page.locator("h1")).to_have_text(f"Correct invoice {wrong.number}")
    assert findings(page) == []
    page.select_option("#country", "SE")
    expect(page.get_by_label("Town", exact=False)).to_be_visible()  # the fields are Sweden's now
    page.fill("#company", "Acme AB")
    page.fill("#line1", "Drottninggatan 1")
    page.fill("#city", "Stockholm")
    page.fill("#postal_code", "111 51")
    page.fill("#region", "")
    page.locator("#invoice_correction-preview").click()
    expect(page.locator("#invoice_correction-seen")).to_be_focused()
    narrow = LOOKS["narrow dark"]
    page.set_viewport_size(narrow["viewport"])
    page.emulate_media(color_scheme=narrow["color_scheme"])
    assert findings(page) == []
    page.locator("#invoice_correction-confirm").click()
    expect(page).to_have_url(re.compile(rf"/billing/invoices/(?!{wrong.id})inv_"))
    expect(page.get_by_role("link", name=wrong.number)).to_be_visible()  # in the place of which it stands
    assert len(documents_of(acme)) == 3
