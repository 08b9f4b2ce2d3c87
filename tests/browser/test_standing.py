"""Who is past due, suspended, or waits for a debit reads it on pages that are clean in light and dark, wide and narrow."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from tests.browser.conftest import Opens
from tests.pages.test_invoice_debit import ARRIVES, DEBITS
from tests.support import dunning, periods
from tests.support.dunning import DAY
from tests.support.looks import LOOKS, findings
from tests.support.periods import OVER
from tests.support.shop import BROKE, add_method

OVERVIEW, INVOICES, PLAN = "/billing/", "/billing/invoices", "/billing/plan/"


@pytest.fixture
def acme(app: Flask) -> Customer:
    """A customer in euros, who pays what it has used by card or debit."""
    return periods.customer(currency="EUR", overage="200", more=DEBITS)


def looks_at(page: Page, address: str, look: str, said: str) -> None:
    """Open the page in this look, and hold it to the rules of access and to its width."""
    page.set_viewport_size(LOOKS[look]["viewport"])
    page.emulate_media(color_scheme=LOOKS[look]["color_scheme"])
    page.goto(address)
    expect(page.locator("main")).to_contain_text(said)
    assert findings(page) == [], (address, look)


@pytest.mark.proof
def test_past_due_suspended_and_while_a_debit_is_open(signs_in: Opens, acme: Customer, alice_actor: Actor) -> None:
    with clock.at(OVER):
        add_method(alice_actor, BROKE)
    dunning.invoiced(acme, 10_050)
    dunning.collects()
    page = signs_in(**LOOKS["light"])
    looks_at(page, INVOICES, "narrow dark", "An invoice is past due.")
    looks_at(page, OVERVIEW, "light", "past due")
    dunning.fails_until_suspended()
    looks_at(page, OVERVIEW, "narrow dark", "Calls are refused: your account is suspended.")
    looks_at(page, PLAN, "dark", "Pay the invoices that are due first.")
    looks_at(page, INVOICES, "light", "Your account is suspended: calls are refused.")
    with clock.at(OVER + 6 * DAY):
        add_method(alice_actor, ARRIVES)
    dunning.collects(OVER + 6 * DAY)
    looks_at(page, INVOICES, "dark", "until your bank has answered, nothing else is charged")
    looks_at(page, OVERVIEW, "narrow", "suspended")
