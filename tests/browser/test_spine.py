"""The spine in a real browser: a customer buys credit and sees it, with JavaScript and without."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app import clock
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.services import jobs
from tests.browser.conftest import Opens, by_the_page
from tests.support import looks, shop, tiers
from tests.support.looks import LOOKS
from tests.support.shop import ASKS, BROKE, GOOD

PAGES = ("/billing/", "/billing/add-credits/", "/billing/balance-history")
in_every_look = pytest.mark.parametrize(
    ("database", "look"),
    [
        pytest.param("sqlite", LOOKS["light"], id="sqlite-light", marks=pytest.mark.proof),
        pytest.param("postgresql", LOOKS["dark"], id="postgresql-dark", marks=pytest.mark.proof),
        pytest.param("sqlite", LOOKS["narrow"], id="sqlite-narrow"),
        pytest.param("postgresql", LOOKS["narrow"], id="postgresql-narrow", marks=pytest.mark.proof),
        pytest.param("sqlite", LOOKS["narrow dark"], id="sqlite-narrow dark", marks=pytest.mark.proof),
    ],
    indirect=["database"],
)
"""What a page looks like has nothing to do with the database: each look is looked at on one of the two.

In `make test` it is the narrow one, where more can go wrong.
"""
with_and_without = pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])
with_and_in_proof_without = pytest.mark.parametrize(
    "javascript", tiers.some(1, [True, False], ids=["javascript", "no javascript"])
)
"""Where the page's own tests, whose browser runs no JavaScript, prove the same: `make test` walks it with JavaScript alone."""


def saves_method(page: Page, name: str) -> None:
    """Save a test method, then open Add credits."""
    kind = "sepa_debit" if name.endswith("_de") else "card"
    page.goto(f"/billing/payment-methods/?add={kind}")
    page.select_option("#test_method", name)
    page.get_by_role("button", name="Save this payment method").click()
    expect(page.locator(".toast--ok")).to_contain_text("is saved")
    page.goto(shop.PATH)


def buys(page: Page, amount: str = "25.00") -> None:
    """Type the amount and press the button once it says the total; without JavaScript a first press may ask for it."""
    page.fill("#amount", amount)
    confirm = page.get_by_role("button", name=f"Add ${amount} to my balance")
    if not page.evaluate("'htmx' in window") and not page.locator(shop.BUY).get_attribute("value"):
        page.get_by_role("button", name="to my balance").click()
    confirm.click()


def heading(page: Page) -> str:
    """Return what the payment's page says first."""
    title = page.locator("#add_credits-payment-title")
    expect(title).to_be_visible()
    return title.inner_text().strip()


@with_and_without
def test_a_customer_buys_credit_and_the_three_pages_agree(
    app: Flask, signs_in: Opens, acme: Customer, alice_actor: Actor, javascript: bool
) -> None:
    page = signs_in(java_script_enabled=javascript)
    page.context.clear_cookies()
    by_the_page(page, alice_actor.email)
    saves_method(page, GOOD)
    buys(page)
    assert heading(page) == "Added $25.00 to your balance"
    expect(page).to_have_url(re.compile(r"/payments/pay_"))
    expect(page.locator("#balance-badge")).to_contain_text("$25.00")
    page.goto("/billing/")
    expect(page.locator("#overview-balance .lead")).to_contain_text("$25.00")
    page.set_viewport_size(LOOKS["light"]["viewport"])
    assert looks.blank(page) == []
    expect(page.locator("#balance-badge")).to_contain_text("$25.00")
    page.goto("/billing/balance-history")
    expect(page.locator("main table")).to_contain_text("+$25.00")
    expect(page.locator("#balance-badge")).to_contain_text("$25.00")
    assert (shop.charges(app), shop.remaining(acme)) == ([2500], 25_000_000)


@with_and_in_proof_without
def test_a_declined_card_is_said_and_another_one_buys(
    app: Flask, signs_in: Opens, acme: Customer, javascript: bool
) -> None:
    page = signs_in(java_script_enabled=javascript)
    saves_method(page, BROKE)
    buys(page)
    expect(page.locator("#method-error")).to_have_text("The card has insufficient funds. Nothing was charged.")
    expect(page.locator("#amount")).to_have_value("25.00")
    assert (shop.charges(app), shop.remaining(acme)) == ([], 0)
    page.get_by_label("New payment method").check()
    page.select_option("#test_method", GOOD)
    expect(page.locator("#amount")).to_have_value("25.00")
    page.get_by_role("button", name="Add $25.00 to my balance").click()
    assert heading(page) == "Added $25.00 to your balance"
    assert shop.charges(app) == [2500]


@with_and_in_proof_without
@pytest.mark.parametrize("approves", tiers.some(1, [True, False], ids=["approves", "declines"]))
def test_the_bank_asks(app: Flask, signs_in: Opens, acme: Customer, javascript: bool, approves: bool) -> None:
    page = signs_in(java_script_enabled=javascript)
    saves_method(page, ASKS)
    buys(page)
    assert heading(page) == "Your bank asks you to confirm this payment"
    page.get_by_role("link", name="Continue to your bank").click()
    page.get_by_role("button", name="Approve" if approves else "Decline").click()
    page.wait_for_url("**/billing/add-credits/payments/pay_*")
    assert heading(page) == ("Added $25.00 to your balance" if approves else "Nothing was charged")
    assert (shop.charges(app), shop.remaining(acme)) == (([2500], 25_000_000) if approves else ([], 0))


@with_and_in_proof_without
def test_a_lost_answer_is_waited_for_and_the_page_changes_by_itself(
    app: Flask, signs_in: Opens, acme: Customer, javascript: bool
) -> None:
    settings = app.extensions["purser.settings"]
    page = signs_in(java_script_enabled=javascript)
    saves_method(page, GOOD)
    controls.plant(settings, "confirm_intent", "timeout_after")
    controls.plant(settings, "fetch_intent", "timeout_before", 3)
    buys(page)
    assert heading(page) == "We have not heard back about this payment yet"
    controls.clear_faults(settings)
    with clock.at(shop.payments(acme)[0].next_check_at):
        jobs.run_due()
    expect(page.locator("#add_credits-payment-title")).to_have_text("Added $25.00 to your balance")
    assert shop.charges(app) == [2500]


def test_a_double_click_buys_once(app: Flask, signs_in: Opens, acme: Customer) -> None:
    page = signs_in()
    saves_method(page, GOOD)
    page.fill("#amount", "25.00")
    page.get_by_role("button", name="Add $25.00 to my balance").dblclick()
    assert heading(page) == "Added $25.00 to your balance"
    assert (len(shop.payments(acme)), shop.charges(app)) == (1, [2500])


@with_and_in_proof_without
def test_going_back_and_sending_the_form_again_buys_once(
    app: Flask, signs_in: Opens, acme: Customer, javascript: bool
) -> None:
    page = signs_in(java_script_enabled=javascript)
    saves_method(page, GOOD)
    buys(page)
    assert heading(page) == "Added $25.00 to your balance"
    page.go_back()
    page.fill("#amount", "25.00")
    page.get_by_role("button", name="Add $25.00 to my balance").click()
    expect(page.get_by_text("You bought the same credits a few minutes ago")).to_be_visible()
    assert (len(shop.payments(acme)), shop.charges(app)) == (1, [2500])


def test_it_can_be_bought_with_the_keyboard_alone(app: Flask, signs_in: Opens, acme: Customer) -> None:
    page = signs_in(viewport={"width": 1360, "height": 900})
    saves_method(page, GOOD)
    page.goto(shop.PATH)
    tabs_to(page, "amount")
    page.keyboard.type("25.00")
    page.keyboard.press("Enter")
    expect(page.locator("#add_credits-buy")).to_be_focused()
    expect(page.locator("#add_credits-buy")).to_have_text("Add $25.00 to my balance")
    assert shop.charges(app) == []
    page.keyboard.press("Enter")
    assert heading(page) == "Added $25.00 to your balance"
    expect(page.locator("#add_credits-payment-title")).to_be_focused()
    assert shop.charges(app) == [2500]


@in_every_look
def test_axe_finds_nothing_and_nothing_scrolls_sideways(signs_in: Opens, look: dict[str, object]) -> None:
    page = signs_in(**look)
    unready(page)
    saves_method(page, GOOD)
    buys(page)
    assert heading(page) == "Added $25.00 to your balance"
    is_clean(page, "success")
    for path in PAGES:
        page.goto(path)
        is_clean(page, path)
    page.goto(shop.PATH)
    page.fill("#amount", "4.99")
    page.locator("#add_credits-buy").click()
    expect(page.locator("#amount-error")).to_be_visible()
    is_clean(page, "422")
    page.context.clear_cookies()
    page.goto("/sign-in")
    is_clean(page, "sign-in")


def unready(page: Page) -> None:
    """Look at the pages of a customer who has nothing yet."""
    for path in PAGES:
        page.goto(path)
        is_clean(page, f"{path} with nothing yet")


def is_clean(page: Page, where: str, within: str | None = None) -> None:
    """See that axe finds nothing on the page, or in what matches there, and that it does not scroll sideways."""
    assert (where, looks.findings(page, within)) == (where, [])


def tabs_to(page: Page, field: str) -> None:
    """Press Tab until the field has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == field:
            return
    raise AssertionError(f"Tab does not reach {field}")
