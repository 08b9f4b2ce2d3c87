"""What stands in other forms of a page stays when one is sent; a choice whose answer did not come is taken back."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect

from app.domain.people.members import Actor
from app.domain.usage_alerts import Threshold
from app.models.customers import Customer
from app.services.alerts import thresholds
from app.services.customers import registration
from tests.browser.conftest import Opens, at_one_moment, held
from tests.browser.test_spine import with_and_in_proof_without
from tests.support import cast, shop, spend, tiers
from tests.support.meters import accept_one
from tests.support.webhook_cast import settings

__all__ = ["settings"]

USAGE, HISTORY, LIMITS, METHODS = (
    "/billing/usage/",
    "/billing/balance-history",
    "/billing/spend-management/",
    "/billing/payment-methods/",
)
URL = "http://127.0.0.1:9/hook"


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Alice's customer on a plan with limits, with a webhook."""
    cast.apply_catalog("analytics")
    made = registration.create(
        name="Acme", email="billing@acme.example", catalog="analytics", external_id="acme", plan="team"
    )
    accept_one(made.customer_id, id="first", meter="sessions", quantity=50_000)
    return made


def opens_alert_form(page: Page) -> None:
    if not page.locator("#usage-alert_form").is_visible():
        page.get_by_text("Add an alert").click()


def adds_alert(page: Page, number: str) -> None:
    opens_alert_form(page)
    form = page.locator("#usage-alert_form")
    form.locator("[name=threshold]").fill(number)
    form.get_by_role("button", name="Add alert").click()


@with_and_in_proof_without
def test_on_usage_what_was_typed_beside_stays(signs_in: Opens, acme: Customer, javascript: bool) -> None:
    thresholds.add(acme.customer_id, Threshold("sessions", 50, True), actor="test")
    page = signs_in(java_script_enabled=javascript)
    page.goto(USAGE)
    email, number = page.locator("#usage-email_form [name=email]"), page.locator("#usage-alert_form [name=threshold]")
    email.fill("ops@acme")
    adds_alert(page, "many")
    expect(page.locator("#usage-alerts")).to_contain_text("Enter a percentage in digits")
    expect(number).to_have_value("many")  # what was sent and refused stays in any case
    if not javascript:
        return  # a browser that loads the page anew has nothing else of it
    expect(email).to_have_value("ops@acme")
    adds_alert(page, "80")
    expect(page.locator("#usage-alerts")).to_contain_text("80 %")
    expect(email).to_have_value("ops@acme")
    expect(number).to_have_value("")
    opens_alert_form(page)
    number.fill("95")
    page.locator("#usage-alerts summary").first.click()
    page.get_by_role("button", name="Remove it").first.click()
    expect(page.locator("#usage-alerts tbody tr")).to_have_count(1)
    expect(number).to_have_value("95")
    expect(number).to_be_visible()
    expect(email).to_have_value("ops@acme")
    email.fill("ops@acme.example")
    page.get_by_role("button", name="Add address").click()
    expect(page.locator("#usage-alerts")).to_contain_text("Not confirmed")
    expect(number).to_have_value("95")


def test_on_spend_management_what_was_typed_stays_while_the_webhook_changes(signs_in: Opens, acme: Customer) -> None:
    spend.chooses(acme, "50000", url=URL)
    page = signs_in()
    page.goto(f"{LIMITS}webhook/")
    address = page.locator("#webhook_url")
    address.fill("https://hooks.acme.example")
    expect(page.locator("#spend_management-unsaved")).to_have_text("Not saved yet")
    page.get_by_role("button", name="Send a test event").click()
    expect(page.locator("#notices")).to_contain_text("A test event was queued.")
    page.get_by_role("link", name="Show the secret").click()
    expect(page.locator("#spend_management-webhook-secret")).to_contain_text("whsec_")
    page.get_by_role("link", name="Make a new secret").click()
    expect(page.locator("#spend_management-webhook-asks")).to_be_focused()
    expect(address).to_have_value("https://hooks.acme.example")
    expect(page.locator("#spend_management-unsaved")).to_have_text("Not saved yet")


def test_on_payment_methods_the_form_for_one_more_stays_open_as_it_was(
    signs_in: Opens, acme: Customer, alice_actor: Actor
) -> None:
    for name in (shop.GOOD, "pm_card_mastercard", "pm_card_amex"):
        shop.add_method(alice_actor, name)
    page = signs_in()
    page.goto(f"{METHODS}?add=card")
    chosen = page.locator("#test_method option").nth(3).get_attribute("value") or ""
    page.locator("#test_method").select_option(chosen)
    page.get_by_role("button", name=re.compile("Set as default")).first.click()
    expect(page.locator("#notices")).to_contain_text("is your default payment method now.")
    expect(page.locator("#test_method")).to_have_value(chosen)


def test_a_second_press_at_the_same_place_makes_no_other_method_the_default(
    signs_in: Opens, acme: Customer, alice_actor: Actor
) -> None:
    for name in (shop.GOOD, "pm_card_mastercard", "pm_card_amex", "pm_card_chargeCustomerFail"):
        shop.add_method(alice_actor, name)
    page = signs_in()
    at_one_moment(page)
    page.goto(METHODS)
    button = page.get_by_role("button", name=re.compile("Set as default")).nth(1)
    wanted = (button.get_attribute("aria-label") or "").removeprefix("Set as default: ")
    box = button.bounding_box()
    assert box is not None
    for _press in range(2):
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(page.locator("tr", has=page.locator(".method__default")).first).to_contain_text(wanted)
    expect(page.locator("[aria-busy]")).to_have_count(0)
    page.goto(METHODS)
    expect(page.locator("tr", has=page.locator(".method__default")).first).to_contain_text(wanted)


@pytest.mark.parametrize("way", tiers.some(1, ["refused", "500"]))
def test_a_choice_whose_answer_did_not_come_is_taken_back(signs_in: Opens, acme: Customer, way: str) -> None:
    def fails(route: Route) -> None:
        if way == "500":
            route.fulfill(status=500, body="<p>No.</p>", content_type="text/html")
        else:
            route.abort("connectionrefused")

    page = signs_in()
    page.goto(USAGE)
    days = page.locator("#usage-history_days")
    page.route(re.compile(r"days=90"), fails)
    days.select_option("90")
    expect(page.locator("#notices")).to_contain_text("so this page shows what it showed before")
    expect(days).to_have_value("period")
    page.unroute(re.compile(r"days=90"))
    days.select_option("90")
    expect(page).to_have_url(re.compile("days=90"))
    expect(page.locator("#notices")).not_to_contain_text("did not answer")
    page.route(re.compile(r"days=30"), fails)
    days.select_option("30")
    expect(days).to_have_value("90")
    page.goto(HISTORY)
    page.route(re.compile(r"from=2026-01-05"), fails)
    page.locator("[name=q]").fill("words")
    page.locator("[name=from]").fill("2026-01-05")
    page.locator("[name=from]").blur()
    expect(page.locator("#notices")).to_contain_text("so this page shows what it showed before")
    expect(page.locator("[name=from]")).to_have_value("")
    expect(page.locator("[name=q]")).to_have_value("words")


def test_what_is_typed_while_a_form_is_on_its_way_stays(signs_in: Opens, acme: Customer) -> None:
    page, waiting = signs_in(), list[Route]()

    def holds(route: Route) -> None:
        waiting.append(route)

    page.goto("/billing/tax/")
    page.route(re.compile(r"/billing/tax/$"), holds)
    page.select_option("#country", "DE")
    page.fill("#value", "DE136695977")
    page.locator("#tax_settings-add").click()
    expect(page.locator("#tax_settings-add")).to_be_disabled()
    page.fill("#value", "DE136695976")
    page.select_option("#kind", "eu_vat")
    held(page, waiting).continue_()
    expect(page.locator("#value-error")).to_contain_text("This cannot be right")
    expect(page.locator("#value")).to_have_value("DE136695976")
    expect(page.locator("#kind")).to_have_value("eu_vat")
    expect(page.locator("#country")).to_have_value("DE")  # as it was sent


@with_and_in_proof_without
def test_back_shows_the_choice_that_the_page_shows(signs_in: Opens, acme: Customer, javascript: bool) -> None:
    page = signs_in(java_script_enabled=javascript)
    page.goto(USAGE)
    days = page.locator("#usage-history_days")
    days.select_option("90")
    if not javascript:
        page.locator("#usage-history form button").click()
    expect(page).to_have_url(re.compile("days=90"))
    expect(page.locator("#usage-history_days")).to_have_value("90")
    page.go_back()
    expect(page).not_to_have_url(re.compile("days=90"))
    expect(page.locator("#usage-history_days")).to_have_value("period")
