"""Spend management in a real browser: switched on, tried, saved, refused; with JavaScript and without."""

import pytest
from playwright.sync_api import expect

from app.models.customers import Customer
from tests.browser.conftest import Opens
from tests.browser.test_spine import in_every_look, is_clean, tabs_to, with_and_without
from tests.support import spend
from tests.support.meters import accept_one

PATH = "/billing/spend-management/"
SAVE = "#spend_management-save"
BEFORE = (False, "50", "40")
"""What the catalog suggests, switched off."""


@pytest.fixture
def acme(catalog: str) -> Customer:
    """Alice's customer, who has used something today."""
    made = spend.since_august()
    accept_one(made.customer_id, id="today", meter="requests", quantity=10_000)
    return made


@with_and_without
def test_a_daily_limit_is_saved_and_says_what_it_stops(signs_in: Opens, acme: Customer, javascript: bool) -> None:
    page = signs_in(java_script_enabled=javascript)
    page.goto(PATH)
    page.locator("#enabled").check()
    page.fill("#daily_limit", "25")
    page.fill("#notify_threshold", "20")
    page.locator(SAVE).click()
    expect(page.locator(".toast--ok")).to_contain_text("Spend management is saved.")
    expect(page.locator("#spend_management-limit_effect")).to_contain_text("25.00")
    assert spend.held(acme) == (True, "25", "20")
    page.goto("/billing/")
    expect(page.locator("main")).to_contain_text("25.00")


@with_and_without
def test_a_threshold_above_the_limit_is_refused_beside_its_field(
    signs_in: Opens, acme: Customer, javascript: bool
) -> None:
    page = signs_in(java_script_enabled=javascript)
    page.goto(PATH)
    page.locator("#enabled").check()
    page.fill("#daily_limit", "5")
    page.fill("#notify_threshold", "6")
    page.locator(SAVE).click()
    expect(page.locator("#notify_threshold-error")).to_contain_text("must not be more than the daily limit")
    expect(page.locator("#daily_limit")).to_have_value("5")
    assert spend.held(acme) == BEFORE


@with_and_without
def test_trying_saves_nothing(signs_in: Opens, acme: Customer, javascript: bool) -> None:
    page = signs_in(java_script_enabled=javascript)
    page.goto(PATH)
    page.locator("#enabled").check()
    page.fill("#daily_limit", "5")
    page.fill("#notify_threshold", "")
    page.locator("#spend_management-simulate").click()
    expect(page.locator("#spend_management-would-stop")).to_contain_text("would have refused calls on")
    assert spend.held(acme) == BEFORE


def test_trying_what_cannot_be_read_leads_to_the_field(signs_in: Opens, acme: Customer) -> None:
    page = signs_in()
    page.goto(PATH)
    expect(page.locator("#spend_management-tries")).to_contain_text("These are the limits that are saved")
    expect(page.locator("#spend_management-tries")).to_be_visible()
    page.locator("#enabled").check()
    expect(page.locator("#spend_management-tries")).to_be_hidden()
    page.fill("#daily_limit", "nothing")
    page.locator("#spend_management-simulate").click()
    expect(page.locator("#daily_limit")).to_be_focused()
    expect(page.locator("#daily_limit")).to_have_attribute("aria-invalid", "true")
    page.fill("#daily_limit", "5")
    page.fill("#notify_threshold", "")
    page.locator("#spend_management-simulate").click()
    expect(page.locator("#spend_management-would-stop")).to_contain_text("$5.00")
    expect(page.locator("#daily_limit")).not_to_have_attribute("aria-invalid", "true")


def test_the_keyboard_alone_saves(signs_in: Opens, acme: Customer) -> None:
    page = signs_in(viewport={"width": 1360, "height": 900})
    page.goto(PATH)
    tabs_to(page, "enabled")
    page.keyboard.press("Space")
    tabs_to(page, "spend_management-save")
    page.keyboard.press("Enter")
    expect(page.locator(".toast--ok")).to_contain_text("Spend management is saved.")


@in_every_look
def test_axe_finds_nothing_in_any_state(signs_in: Opens, acme: Customer, look: dict[str, object]) -> None:
    page = signs_in(**look)
    page.goto(PATH)
    is_clean(page, "off")
    page.locator("#enabled").check()
    page.fill("#daily_limit", "nothing")
    page.locator(SAVE).click()
    expect(page.locator("#daily_limit-error")).to_be_visible()
    is_clean(page, "refused")
    page.fill("#daily_limit", "5")
    page.fill("#notify_threshold", "")
    page.locator("#spend_management-simulate").click()
    expect(page.locator("#spend_management-would-stop")).to_be_visible()
    is_clean(page, "tried")
    page.locator(SAVE).click()
    expect(page.locator(".toast--ok")).to_be_visible()
    is_clean(page, "on")
    page.goto(f"{PATH}webhook/")
    is_clean(page, "webhook")
