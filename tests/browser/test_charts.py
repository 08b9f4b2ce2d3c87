"""Charts in a real browser: a day answers the pointer, the keys and a finger; without JavaScript it is a link."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app import clock
from app.models.customers import Customer
from app.services.customers import registration
from tests.browser.conftest import Opens
from tests.support import cast
from tests.support.meters import accept_one

PATH = "/billing/usage/"
CHART = "#usage-history_chart"
TIP = f"{CHART} .chart__tip"


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Alice's customer, who has used two meters beyond what is included on each of five days, most of all today."""
    cast.apply_catalog("analytics")
    now = clock.now()
    with clock.at(now - timedelta(days=4)):
        made = registration.create(
            name="Acme", email="billing@acme.example", catalog="analytics", external_id="acme", plan="team"
        )
    for days in range(4, -1, -1):
        with clock.at(now - timedelta(days=days)):
            for meter, quantity in (("sessions", 60_000), ("enrichments", 6_000 - days)):
                accept_one(made.customer_id, id=f"{days}-{meter}", meter=meter, quantity=quantity)
    return made


def day(page: Page, back: int) -> str:
    """Return how the page writes the day so many days ago."""
    at = clock.now() - timedelta(days=back)
    return f"{at.day} {at:%b} {at.year}"


def test_a_day_answers_the_pointer_and_opens_by_a_click(signs_in: Opens, acme: Customer) -> None:
    page = signs_in()
    page.goto(PATH)
    bars = page.locator(f"{CHART} .chart__plot > a")
    expect(bars).to_have_count(5)
    bars.nth(3).hover()
    expect(page.locator(TIP)).to_contain_text(day(page, 1))
    box, frame = page.locator(TIP).bounding_box(), page.locator(CHART).bounding_box()
    assert box and frame and frame["x"] - 1 <= box["x"] and box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
    page.keyboard.press("Escape")
    expect(page.locator(TIP)).to_be_hidden()
    bars.nth(2).hover()
    expect(page.locator(TIP)).to_be_visible()
    page.locator("h1").hover()
    expect(page.locator(TIP)).to_be_hidden()
    bars.nth(4).click()
    expect(page).to_have_url(re.compile(r"/billing/usage/all-meters/\d{4}-\d\d-\d\d$"))
    expect(page.locator("h1")).to_contain_text(day(page, 0))


def test_one_stop_of_the_tab_key_and_arrows_move_along(signs_in: Opens, acme: Customer) -> None:
    page = signs_in()
    page.goto(f"{PATH}?meter=sessions&days=30")
    page.locator("#usage-history_days").focus()
    page.keyboard.press("Tab")  # the button of the choice
    page.keyboard.press("Tab")
    expect(page.locator(TIP)).to_contain_text(day(page, 0))
    for key, back in (("ArrowLeft", 1), ("ArrowLeft", 2), ("Home", 4), ("ArrowLeft", 4), ("End", 0), ("ArrowLeft", 1)):
        page.keyboard.press(key)
        expect(page.locator(TIP)).to_contain_text(day(page, back))
    focused = page.locator(f"{CHART} .chart__plot > :focus")
    assert (focused.get_attribute("aria-label") or "").startswith(f"{day(page, 1)}: 60,000 ")
    page.keyboard.press("Tab")
    expect(page.locator(f"{CHART} .chart__plot > :focus")).to_have_count(0)  # the chart is one stop
    page.keyboard.press("Shift+Tab")
    expect(page.locator(TIP)).to_contain_text(day(page, 1))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/billing/usage/sessions/\d{4}-\d\d-\d\d$"))


def test_a_finger_first_reads_the_day_and_then_opens_it(signs_in: Opens, acme: Customer) -> None:
    page = signs_in(has_touch=True, viewport={"width": 380, "height": 800})
    page.goto(PATH)
    bar = page.locator(f"{CHART} .chart__plot > a").nth(4)
    bar.tap()
    expect(page.locator(TIP)).to_contain_text(day(page, 0))
    expect(page).to_have_url(re.compile(f"{PATH}$"))
    expect(page.locator("#announcer")).to_contain_text(day(page, 0))
    link = page.locator(TIP).get_by_role("link", name=f"Open {day(page, 0)}")
    height = link.bounding_box()
    assert height and height["height"] >= 44
    page.locator("h1").tap()
    expect(page.locator(TIP)).to_be_hidden()
    bar.tap()
    link.tap()
    expect(page).to_have_url(re.compile("/billing/usage/all-meters/"))


def test_without_javascript_each_day_is_a_link_with_a_title_and_a_row(signs_in: Opens, acme: Customer) -> None:
    page = signs_in(java_script_enabled=False)
    page.goto(PATH)
    bars = page.locator(f"{CHART} .chart__plot > a")
    assert (bars.nth(4).locator("title").text_content() or "").startswith(day(page, 0))
    page.locator(f"{CHART} summary").click()
    expect(page.locator(f"{CHART} tbody tr")).to_have_count(5)
    bars.nth(4).click()
    expect(page).to_have_url(re.compile("/billing/usage/all-meters/"))


def test_a_line_follows_what_is_typed_and_the_days_over_it_stand_out(signs_in: Opens, acme: Customer) -> None:
    page = signs_in()
    page.goto(f"{PATH}?meter=enrichments&days=30")
    page.evaluate(
        """() => {
          const plot = document.querySelector(".chart__plot");
          const line = document.createElementNS("http://www.w3.org/2000/svg", "g");
          line.setAttribute("class", "mark mark--limit mark--hidden");
          line.dataset.words = "Limit";
          line.append(document.createElementNS(line.namespaceURI, "text"));
          plot.append(line);
          plot.querySelectorAll(":scope > a").forEach((day, at) => { day.dataset.figure = 5996 + at; });
          const field = document.createElement("input");
          Object.assign(field.dataset, { chart: "usage-history_chart", chartMark: "limit" });
          field.id = "typed";
          document.querySelector("main").append(field);
        }"""
    )
    line, over = page.locator(f"{CHART} .mark--limit"), page.locator(f"{CHART} .chart__plot > .over")
    page.fill("#typed", "5,999")
    expect(line).to_be_visible()
    expect(line.locator("text")).to_have_text("Limit 5,999")
    expect(over).to_have_count(2)
    page.fill("#typed", "6000")
    expect(over).to_have_count(1)
    page.fill("#typed", "9000000")
    expect(line.locator("text")).to_have_text("Limit 9,000,000 ↑")
    expect(over).to_have_count(0)
    page.fill("#typed", "many")
    expect(line).to_be_hidden()
