"""Tax settings in a real browser: a number is added, shown as confirmed by itself, and removed after a question; in every look."""

from playwright.sync_api import expect

from app.models.customers import Customer
from app.services import jobs
from tests.browser.conftest import Opens
from tests.support.looks import LOOKS, findings, sideways

PATH = "/billing/tax/"
SCROLLS = "(() => { const box = document.querySelector('.table-scroll'); return box.scrollWidth - box.clientWidth; })()"
GOOD, WRONG = "DE136695976", "DE100000049"


def test_a_number_is_added_and_shown_as_confirmed_without_a_press(signs_in: Opens, acme: Customer) -> None:
    page = signs_in(**LOOKS["light"])
    page.goto(PATH)
    page.select_option("#country", "DE")
    page.fill("#value", "DE 136 695 97")
    page.locator("#tax_settings-add").click()
    expect(page.locator("#value")).to_be_focused()
    assert findings(page) == []
    for number in (GOOD, WRONG):
        page.select_option("#country", "DE")
        page.fill("#value", number)
        page.locator("#tax_settings-add").click()
        expect(page.locator(".table--tax")).to_contain_text(number)
    expect(page.locator("#tax_settings-numbers")).to_be_focused()
    jobs.JOBS["tax_numbers_checked"](10)
    expect(page.locator(".tax__state--verified")).to_be_visible()
    expect(page.locator(".tax__state--unverified")).to_be_visible()
    page.fill("#certificate", "EX-2026-" + 24 * "0")
    page.select_option("#territories", index=[0, 1, 2])
    page.set_input_files(
        "#file", files=[{"name": "c.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF"}]
    )
    page.locator("#tax_settings-send").click()
    expect(page.locator("a.tax__why")).to_be_visible()
    page.locator("a[title=Remove]").first.click()
    expect(page.locator("#tax_settings-remove")).to_be_focused()
    for width in (320, 380, 560, 768, 1000, 1300):
        page.set_viewport_size({"width": width, "height": 800})
        assert (sideways(page), page.evaluate(SCROLLS)) == ([], 0), width
    for name in ("light", "dark", "narrow", "narrow dark"):
        look = LOOKS[name]
        page.set_viewport_size(look["viewport"])
        page.emulate_media(color_scheme=look["color_scheme"])
        assert findings(page) == [], name
    page.get_by_role("button", name="Remove it").click()
    expect(page.locator(".toast--ok")).to_contain_text(f"{GOOD} is removed.")
    expect(page.locator(".table--tax tbody tr")).to_have_count(2)
