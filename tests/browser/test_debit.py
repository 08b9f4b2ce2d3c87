"""SEPA debit in a real browser: a mandate accepted in place, days under way, and then the credit."""

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.models.customers import Customer
from app.services.customers import registration
from tests.browser.conftest import Opens
from tests.browser.test_rails import later
from tests.browser.test_spine import heading, in_every_look, is_clean, with_and_in_proof_without
from tests.support import cast, shop


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Alice's customer, who buys in euros here."""
    cast.apply_catalog("platform")
    return registration.create(name="Acme", email="billing@acme.example", catalog="platform", external_id="acme")


def chooses_debit(page: Page) -> None:
    """Choose a new bank account, with the amount typed before, and accept its mandate."""
    page.goto(shop.PATH)
    page.fill("#amount", "31.50")
    page.get_by_label("New payment method").check()
    page.select_option("#test_method", "pm_success_de")
    priced = page.get_by_role("button", name="Add €31.50 to my balance")
    if not page.evaluate("'htmx' in window"):
        page.locator(shop.BUY).click()  # without JavaScript the first press asks to check
    expect(priced).to_be_visible()
    page.get_by_label("I accept this mandate").check()


@with_and_in_proof_without
def test_it_is_on_its_way_for_days(app: Flask, signs_in: Opens, acme: Customer, javascript: bool) -> None:
    before = shop.remaining(acme)
    page = signs_in(java_script_enabled=javascript)
    chooses_debit(page)
    page.get_by_role("button", name="Add €31.50 to my balance").click()
    assert heading(page) == "The direct debit is on its way"
    page.goto("/billing/")
    expect(page.locator("#overview-under_way")).to_contain_text("€31.50 is on its way by SEPA direct debit.")
    assert shop.remaining(acme) == before
    later(app, timedelta(days=3, minutes=1))
    page.goto("/billing/")
    expect(page.locator("#overview-under_way")).to_have_count(0)
    assert shop.remaining(acme) == before + 31_500_000


@pytest.mark.proof
@in_every_look
def test_axe_finds_nothing_on_the_way_of_a_debit(signs_in: Opens, look: dict[str, object]) -> None:
    page = signs_in(**look)
    page.goto(shop.PATH)
    is_clean(page, "euros, nothing saved")
    chooses_debit(page)
    is_clean(page, "the debit is chosen")
    page.get_by_role("button", name="Add €31.50 to my balance").click()
    assert heading(page) == "The direct debit is on its way"
    is_clean(page, "the debit is on its way")
    page.goto("/billing/")
    is_clean(page, "overview with a debit")
