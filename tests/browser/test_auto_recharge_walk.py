"""Everything that a customer does with auto-recharge, in one browser, with and without JavaScript, and by the keyboard."""

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app import clock
from app.domain.auto_recharge.caution import Caution
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from tests.browser.conftest import Opens
from tests.browser.test_auto_recharge import PATH, SAVE
from tests.browser.test_confirm_access import a_while_later, confirms
from tests.browser.test_keyboard import tabs_to, types
from tests.browser.test_spine import is_clean, with_and_in_proof_without
from tests.support import cast, recharge, shop, spend


@pytest.fixture
def acme(catalog: str) -> Customer:
    """Acme, since three days, with $19 left: below the threshold that the page suggests."""
    now = clock.now()
    with clock.at(now - timedelta(days=3)):
        customer = cast.make_customer("Acme")
        spend.gives(customer, "50")
    spend.uses(customer, "31", now - timedelta(days=2))
    return customer


def saved(page: Page) -> None:
    """Save, and accept the sentence that is then asked for."""
    page.locator(SAVE).click()
    accepted(page)


def accepted(page: Page) -> None:
    """Accept the sentence that is asked for, and save again."""
    expect(page.locator("#consent-error")).to_contain_text("Accept this sentence")
    page.locator("#consent").check()
    page.locator(SAVE).click()


@with_and_in_proof_without
def test_preview_errors_two_tabs_consent_a_higher_limit_the_brakes_yes_and_the_stop(
    app: Flask, signs_in: Opens, acme: Customer, alice_actor: Actor, javascript: bool
) -> None:
    with clock.at(clock.now() - timedelta(days=3)):
        shop.add_method(alice_actor)
    page = signs_in(java_script_enabled=javascript)
    page.goto(PATH)
    page.locator("#enabled").check()
    page.locator("#auto_recharge-simulate").click()
    expect(page.locator("#auto_recharge-previewed")).to_contain_text("1 charge, $25.00 in all")
    page.emulate_media(media="print")
    expect(page.locator("#auto_recharge-preview")).to_be_hidden()
    page.emulate_media(media="screen")

    page.fill("#threshold", "21.5")
    page.fill("#period_limit", "10")
    page.locator(SAVE).click()
    expect(page.locator("#period_limit-error")).to_contain_text("more than the limit of $10.00")
    expect(page.locator("#threshold")).to_have_value("21.5")
    other = page.context.new_page()
    other.goto(PATH)
    page.fill("#period_limit", "50")
    saved(page)
    expect(page.locator(".toast--ok, .notice--ok")).to_contain_text("Auto-recharge is saved.")
    assert recharge.consents(acme)[-1].sentence.endswith(
        "below $21.50: as much as it takes to reach it again, and at most $50.00 in each billing period. "
        "I can switch this off at any time."
    )

    other.locator("#enabled").check()
    other.fill("#threshold", "5")
    other.locator(SAVE).click()
    expect(other.locator("main")).to_contain_text("Other terms were saved meanwhile.")
    expect(other.locator("#threshold")).to_have_value("5")
    other.close()

    a_while_later()
    page.fill("#period_limit", "60")
    page.locator(SAVE).click()
    confirms(page)
    accepted(page)
    expect(page.locator("#auto_recharge-used")).to_have_text("$0.00 of $60.00")
    assert recharge.terms(alice_actor).period_limit == Money(6000, "USD")

    recharge.chooses(alice_actor, accepts=False, caution=Caution(ask_above=Money(2000, "USD")))
    recharge.runs(app)
    page.goto(PATH)
    is_clean(page, "a charge waits for a yes")
    page.get_by_role("button", name="Yes, charge $25.00").click()
    expect(page.locator("main, #notices")).to_contain_text(["Yes: it is charged once."])
    recharge.runs(app)
    assert recharge.states(acme) == [(2500, "succeeded")]

    page.goto(PATH)
    page.locator(".recharge-stop summary").click()
    page.locator("#auto_recharge-stop").click()
    expect(page.locator("#auto_recharge-now")).to_have_text("Auto-recharge is off")
    assert not recharge.terms(alice_actor).enabled


def test_by_the_keyboard_alone_it_is_switched_on_and_stopped(
    signs_in: Opens, acme: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    page = signs_in()
    page.goto(PATH)
    tabs_to(page, "#enabled")
    page.keyboard.press("Space")
    types(page, "#threshold", "12")
    expect(page.locator("#auto_recharge-consent")).to_contain_text("below $12.00")
    tabs_to(page, "#consent")
    page.keyboard.press("Space")
    tabs_to(page, SAVE)
    page.keyboard.press("Enter")
    expect(page.locator("#auto_recharge-now")).to_have_text("Auto-recharge is on")
    assert "below $12.00" in recharge.consents(acme)[-1].sentence
    tabs_to(page, ".recharge-stop summary")
    page.keyboard.press("Enter")
    tabs_to(page, "#auto_recharge-stop")
    page.keyboard.press("Enter")
    expect(page.locator("#auto_recharge-now")).to_have_text("Auto-recharge is off")
    assert not recharge.terms(alice_actor).enabled
