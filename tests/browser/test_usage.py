"""Usage in a real browser: bars with words, the events behind a number, alerts; with JavaScript and without."""

import re

import pytest
from flask import Flask
from playwright.sync_api import expect

from app.domain.usage_alerts import Threshold
from app.models.customers import Customer
from app.services.alerts import thresholds
from app.services.customers import registration
from tests.browser.conftest import Opens, at_one_moment
from tests.browser.test_spine import in_every_look, is_clean, with_and_in_proof_without, with_and_without
from tests.support import cast
from tests.support.meters import accept_one

PATH = "/billing/usage/"


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Alice's customer on a plan with limits: one meter hardly used, one nearly, one beyond what is included."""
    cast.apply_catalog("analytics")
    made = registration.create(
        name="Acme", email="billing@acme.example", catalog="analytics", external_id="acme", plan="team"
    )
    for meter, quantity in (("sessions", 50_000), ("events", 2_200_000), ("enrichments", 6_000), ("storage", 900)):
        accept_one(made.customer_id, id=f"first-{meter}", meter=meter, quantity=quantity)
    return made


@with_and_in_proof_without
def test_a_number_opens_the_events_behind_it(signs_in: Opens, acme: Customer, javascript: bool) -> None:
    page = signs_in(java_script_enabled=javascript)
    page.goto(PATH)
    expect(page.locator("main")).to_contain_text("2,200,000")
    expect(page.locator("main")).to_contain_text("Near the limit: 300,000 events left")
    page.goto(f"{PATH}events")
    page.locator(f"main a[href*='{PATH}events/']").first.click()
    expect(page).to_have_url(re.compile(r"/billing/usage/events/\d{4}-\d\d-\d\d"))
    expect(page.locator("main")).to_contain_text("first-events")


@with_and_without
def test_an_alert_is_added_and_removed(signs_in: Opens, acme: Customer, javascript: bool) -> None:
    page = signs_in(java_script_enabled=javascript)
    page.goto(PATH)
    form = page.locator("#usage-alert_form")
    form.locator("[name=meter]").select_option("sessions")
    form.locator("[name=threshold]").fill("90000")
    form.locator("[name=measure]").select_option(index=1)
    form.get_by_role("button", name="Add alert").click()
    row = page.locator("#usage-alerts tbody tr").first
    expect(row).to_contain_text("90,000")
    expect(row).to_contain_text("Not reached")
    row.locator("summary").click()
    row.get_by_role("button", name="Remove it").click()
    expect(page.locator("#usage-alerts")).to_contain_text("There is no usage alert yet.")


@with_and_in_proof_without
def test_no_number_of_presses_at_one_place_removes_more_than_one_alert(
    signs_in: Opens, acme: Customer, javascript: bool
) -> None:
    for percent in (50, 60, 70, 80):
        thresholds.add(acme.customer_id, Threshold("sessions", percent, True), actor="test")
    thresholds.add_email(acme.customer_id, "ops@acme.example", actor="test")
    page = signs_in(java_script_enabled=javascript)
    at_one_moment(page)
    page.goto(PATH)
    rows = page.locator("#usage-alerts tbody tr")
    rows.nth(1).locator("summary").scroll_into_view_if_needed()
    box = rows.nth(1).locator("summary").bounding_box()
    assert box is not None
    for _press in range(6):
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("[aria-busy]")).to_have_count(0)
    expect(rows).to_have_count(5)
    rows.nth(1).locator("summary").click()
    button = rows.nth(1).get_by_role("button", name="Remove it")
    box = button.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(rows.filter(has_text="60 %")).to_have_count(0)
    for _press in range(5):  # at what came there
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("[aria-busy]")).to_have_count(0)
    page.goto(PATH)
    expect(rows.filter(has_text="60 %")).to_have_count(0)
    expect(rows).to_have_count(4)


def test_show_on_a_choice_that_is_shown_already_is_no_step_back(signs_in: Opens, acme: Customer) -> None:
    page = signs_in()
    page.goto(PATH)
    form = page.locator("#usage-history form")
    for meter in ("events", "storage"):
        form.locator("[name=meter]").select_option(meter)
        expect(page).to_have_url(re.compile(rf"meter={meter}"))
    with page.expect_response(re.compile("meter=storage")):
        form.get_by_role("button", name="Show").press(
            "Enter"
        )  # seen once the keyboard reaches it: a choice sends itself
    expect(form.locator("[name=meter]")).to_have_value("storage")
    page.wait_for_function("!document.querySelector('#usage-history[aria-busy]')")
    page.go_back()
    expect(page).to_have_url(re.compile(r"meter=events"))


@in_every_look
def test_axe_finds_nothing_on_any_page_of_usage(signs_in: Opens, acme: Customer, look: dict[str, object]) -> None:
    page = signs_in(**look)
    for path in ("/billing/", PATH, f"{PATH}events", f"{PATH}storage"):
        page.goto(path)
        if path == PATH:
            page.locator("#usage-history_chart summary").click()
        is_clean(page, path)
    page.goto(f"{PATH}events")
    page.goto(str(page.locator(f"main a[href*='{PATH}events/']").first.get_attribute("href")))
    is_clean(page, "a day")
