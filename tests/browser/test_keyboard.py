"""By the keyboard alone: a purchase by a new card with its receipt, a limit and an alert."""

import re

from flask import Flask
from playwright.sync_api import Page, expect

from app.models.customers import Customer
from tests.browser.conftest import Opens
from tests.support import shop, spend

MOST_STEPS = 80


def tabs_to(page: Page, selector: str) -> None:
    """Press Tab until what is wanted has the focus."""
    for _ in range(MOST_STEPS):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {selector}")


def types(page: Page, selector: str, text: str) -> None:
    """Go to the field and type over what stands there."""
    tabs_to(page, selector)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def test_a_purchase_a_limit_and_an_alert(app: Flask, signs_in: Opens, acme: Customer) -> None:
    page = signs_in(permissions=["clipboard-read", "clipboard-write"])
    page.goto(shop.PATH)
    types(page, "#amount", "31.50")
    expect(page.locator(shop.BUY)).to_have_text("Add $31.50 to my balance")
    tabs_to(page, "#method-new")
    tabs_to(page, shop.BUY)
    page.keyboard.press("Enter")
    expect(page.locator("#add_credits-payment-title")).to_be_focused()
    assert shop.charges(app) == [3150]
    gives_its_receipt(page)

    page.goto("/billing/spend-management/")
    tabs_to(page, "#enabled")
    page.keyboard.press("Space")
    types(page, "#daily_limit", "30")
    types(page, "#notify_threshold", "80 %")
    tabs_to(page, "#spend_management-save")
    page.keyboard.press("Enter")
    expect(page.locator("#spend_management-today")).to_be_focused()
    assert spend.held(acme) == (True, "30", "24")

    page.goto("/billing/usage/")
    types(page, "#usage-alert_form #threshold", "80")
    tabs_to(page, "#usage-alert_form button")
    page.keyboard.press("Enter")
    expect(page.locator("#usage-alert_list")).to_contain_text("80")


def gives_its_receipt(page: Page) -> None:
    """See that the receipt prints on one page by its button, and that its id is copied."""
    page.evaluate("window.print = () => { document.title = 'printed'; }")
    page.get_by_role("button", name="Print").press("Enter")
    expect(page).to_have_title("printed")
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", prefer_css_page_size=True))) == 1
    copy = page.locator(".receipt .copy")
    copy.press("Enter")
    expect(copy).to_have_class(re.compile("copied"))
    assert page.evaluate("navigator.clipboard.readText()") == page.locator(".receipt code").inner_text()
    page.evaluate("delete document.documentElement.dataset.prints")
    expect(page.locator(".receipt .print")).to_be_hidden()  # as without a script
