"""A bank transfer in a real browser: ordered by a choice and a press, copied, missing a cent, and paid."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from app.models.customers import Customer
from tests.browser.conftest import Opens
from tests.support import transfers
from tests.support.looks import LOOKS, findings


@pytest.fixture
def catalog(app: Flask) -> str:
    """The example catalog, with bank transfers."""
    transfers.take_transfers()
    return "gateway"


def test_an_order_is_sent_for_seen_and_paid(app: Flask, signs_in: Opens, acme: Customer) -> None:
    page = signs_in(**LOOKS["light"])
    page.goto("/billing/add-credits/")
    page.get_by_text("Bank transfer", exact=False).last.click()
    page.locator("#add_credits-buy").click()
    expect(page.locator("h1")).to_have_text("Pro-forma")
    expect(page.get_by_role("button", name="Copy Account number")).to_be_visible()
    assert findings(page) == []
    order = page.url
    transfers.sent(app, acme.customer_id, 2499)
    page.goto("/billing/bank-transfers/")
    expect(page.get_by_text("$0.01 is missing")).to_be_visible()
    assert findings(page) == []
    narrow = LOOKS["narrow dark"]
    page.set_viewport_size(narrow["viewport"])
    page.emulate_media(color_scheme=narrow["color_scheme"])
    assert findings(page) == []
    page.goto(order)
    assert findings(page) == []
    transfers.arrives(app, acme.customer_id, 1)
    page.goto("/billing/bank-transfers/")
    page.get_by_role("button", name="Look for transfers now").click()
    expect(page.locator(".toast--ok")).to_contain_text("This is what has arrived by now.")
    expect(page.locator("#bank_transfers-content .pill").first).to_have_text("Paid")
