"""Spend management in a real browser: switched on, tried, saved, refused; with JavaScript and without."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from app import clock
from app.models.customers import Customer
from tests.browser.conftest import Opens
from tests.browser.test_spine import in_every_look, is_clean, tabs_to, with_and_in_proof_without
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


@with_and_in_proof_without
def test_a_daily_limit_is_saved_and_says_what_it_stops(signs_in: Opens, acme: Customer, javascript: bool) -> None:
    page = signs_in(java_script_enabled=javascript)
    page.goto(PATH)
    page.locator("#enabled").check()
    page.fill("#daily_limit", "25")
    page.fill("#notify_threshold", "20")
    page.locator(SAVE).click()
    expect(page.locator(".toast--ok")).to_contain_text("Spend management is saved.")
    expect(page.locator("#spend_management-limit_effect")).to_contain_text("so $21.00 is left.")
    assert spend.held(acme) == (True, "25", "20")
    page.goto("/billing/")
    expect(page.locator("main")).to_contain_text("25.00")


@with_and_in_proof_without
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


@with_and_in_proof_without
def test_trying_saves_nothing(signs_in: Opens, acme: Customer, javascript: bool) -> None:
    page = signs_in(java_script_enabled=javascript)
    page.goto(PATH)
    page.locator("#enabled").check()
    page.fill("#daily_limit", "5")
    page.fill("#notify_threshold", "")
    page.locator("#spend_management-simulate").click()
    expect(page.locator("#spend_management-said")).to_contain_text("With a daily limit of $5.00, calls would")
    assert spend.held(acme) == BEFORE


def test_trying_what_cannot_be_read_leads_to_the_field(signs_in: Opens, acme: Customer) -> None:
    page = signs_in()
    page.goto(PATH)
    page.locator("#enabled").check()
    page.fill("#daily_limit", "nothing")
    page.locator("#spend_management-simulate").click()
    expect(page.locator("#daily_limit")).to_be_focused()
    expect(page.locator("#daily_limit")).to_have_attribute("aria-invalid", "true")
    page.fill("#daily_limit", "5")
    page.fill("#notify_threshold", "")
    page.locator("#spend_management-simulate").click()
    expect(page.locator("#spend_management-said")).to_contain_text("$5.00")
    expect(page.locator("#daily_limit")).not_to_have_attribute("aria-invalid", "true")


def test_the_keyboard_alone_sets_a_limit(signs_in: Opens, acme: Customer) -> None:
    page = signs_in(viewport={"width": 1360, "height": 900})
    page.goto(PATH)
    tabs_to(page, "enabled")
    page.keyboard.press("Space")
    tabs_to(page, "daily_limit")
    page.keyboard.press("Control+A")
    page.keyboard.type("45")
    tabs_to(page, "spend_management-save")
    page.keyboard.press("Enter")
    expect(page.locator(".toast--ok")).to_contain_text("Spend management is saved.")
    assert spend.held(acme) == (True, "45", "40")


def test_the_line_and_the_sentence_follow_what_is_typed_and_it_is_said_that_it_is_not_saved(
    signs_in: Opens, acme: Customer
) -> None:
    spend.uses(acme, "30", clock.now() - timedelta(days=2))
    page = signs_in(viewport={"width": 1360, "height": 900})
    page.goto(PATH)
    unsaved, line = page.locator("#spend_management-unsaved"), page.locator("#spend_management-chart .mark--limit")
    expect(unsaved).to_be_empty()
    page.locator("#enabled").check()
    expect(unsaved).to_have_text("Not saved yet")
    page.locator("#enabled").uncheck()
    expect(unsaved).to_be_empty()
    page.locator("#enabled").check()
    before = line.get_attribute("transform") or ""
    field = page.locator("#daily_limit")
    field.press_sequentially("0")
    field.fill("10")
    expect(line).not_to_have_attribute("transform", before)
    expect(page.locator("#spend_management-said")).to_contain_text("With a daily limit of $10.00, calls would have")
    expect(page.locator("#spend_management-said")).to_contain_text("refused on 1 of the last")
    expect(field).to_be_focused()
    expect(field).to_have_value("10")
    assert page.evaluate("document.documentElement.scrollHeight") <= 1200
    page.fill("#notify_threshold", "11")
    page.locator(SAVE).click()
    expect(page.locator("#notify_threshold-error")).to_be_visible()
    page.locator("#spend_management-share").click()
    expect(page.locator(".toast--ok")).to_be_visible()
    expect(page.locator("#notify_threshold")).to_have_value("8.00")
    expect(unsaved).to_be_empty()


def test_without_javascript_the_switch_says_at_once_that_it_is_not_saved(signs_in: Opens, acme: Customer) -> None:
    page = signs_in(java_script_enabled=False, viewport={"width": 380, "height": 800})
    page.goto(PATH)
    expect(page.locator(".unsaved--switch")).to_be_hidden()
    page.locator("#enabled").check()
    expect(page.locator(".unsaved--switch")).to_be_visible()
    assert (page.locator("html").bounding_box() or {})["height"] <= 2400
    page.get_by_role("link", name="Log", exact=True).click()
    expect(page.locator("#spend_management-refused")).to_be_visible()


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
    expect(page.locator("#spend_management-said")).to_contain_text("$5.00")
    is_clean(page, "tried")
    page.locator(SAVE).click()
    expect(page.locator(".toast--ok")).to_be_visible()
    is_clean(page, "on")
    for part in ("webhook/", "log"):
        page.goto(f"{PATH}{part}")
        is_clean(page, part)
