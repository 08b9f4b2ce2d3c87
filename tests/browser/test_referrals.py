"""Referrals and codes in a real browser: each look is axe clean, and a code is redeemed by the keyboard."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from app.models.customers import Customer
from tests.browser.conftest import Opens, notices_stay
from tests.services.credit_codes.test_redeeming import code
from tests.support import referred
from tests.support.looks import LOOKS, findings
from tests.support.periods import OVER, USED
from tests.support.referred import code_of, invited, inviter
from tests.support.reversals import buys

PATH = "/account/referrals/"


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Alice's customer: it has invited another, and was given credit for it."""
    ours = inviter()
    with referred.on(USED):
        buys(app, referred.manager(invited(ours), "Mallory"), 250_000)
    referred.gives(OVER)
    code("WELCOME10", catalog="small", lasts_days=90)
    return ours


def test_the_page_is_clean_in_each_look_and_a_code_is_redeemed_by_the_keyboard(signs_in: Opens, acme: Customer) -> None:
    page = signs_in(**LOOKS["light"])
    notices_stay(page)
    page.goto(PATH)
    expect(page.locator("#referrals-link")).to_contain_text(code_of(acme))
    assert findings(page) == []
    page.goto("/billing/add-credits/code/")
    page.fill("[name=code]", "never-was")
    page.keyboard.press("Enter")
    expect(page.locator("#code-error")).to_contain_text("This code is not valid")
    assert findings(page) == []
    page.fill("[name=code]", "welcome10")
    page.keyboard.press("Enter")
    expect(page.locator("#credit_codes-offer")).to_contain_text("$10.00")
    assert findings(page) == []
    page.locator("#credit_codes-redemption button").press("Enter")
    expect(page.locator("#notices")).to_contain_text("$10.00 of credit was added to your balance.")
    narrow = LOOKS["narrow dark"]
    page.set_viewport_size(narrow["viewport"])
    page.emulate_media(color_scheme=narrow["color_scheme"])
    page.goto(PATH)
    assert findings(page) == []
