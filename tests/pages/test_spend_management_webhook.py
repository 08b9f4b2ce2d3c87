"""Spend management and the webhook URL: part of the set, guarded by its version, and of use without any limit."""

from datetime import timedelta

import pytest

from app.models.customers import Customer
from tests.support import spend
from tests.support.browser import Browser, Page
from tests.support.noon import NOON, noon
from tests.support.noon import since_august as acme
from tests.support.webhook_cast import settings

__all__ = ["acme", "noon", "settings"]
PATH = "/billing/spend-management/"
FORM = "form[aria-label='Spend management']"
SAVE = "#spend_management-save"
WEBHOOK, ADDRESS = f"{PATH}webhook/", "#spend_management-webhook_url"
HOOK, OTHER = "http://127.0.0.1:9/hook", "http://127.0.0.1:9/other"


def saves(browser: Browser, page: Page | None = None, **fields: object) -> Page:
    """Fill in the form of the limits as it stands, and save it."""
    return browser.submits(page or browser.opens(PATH), FORM, button=SAVE, **fields)


def sends_to(browser: Browser, url: str, page: Page | None = None) -> Page:
    """Save the address."""
    return browser.submits(page or browser.opens(WEBHOOK), ADDRESS, webhook_url=url)


@pytest.mark.both_databases
def test_a_tab_gone_by_does_not_bring_back_the_old_address(alice: Browser, acme: Customer) -> None:
    sends_to(alice, HOOK)
    stale, limits = alice.opens(WEBHOOK), alice.opens(PATH)
    sends_to(alice, OTHER)
    page = sends_to(alice, HOOK, stale)
    assert page.status == 409
    assert f"webhook URL {OTHER}. Nothing of yours was saved" in page.errors()[0]
    assert saves(alice, limits, enabled=True).status == 409
    assert alice.opens(WEBHOOK).value("webhook_url") == OTHER
    assert spend.held(acme) == (False, "50", "40")
    assert sends_to(alice, HOOK, page).notices() == ["The webhook URL is saved."]
    assert alice.opens(WEBHOOK).value("webhook_url") == HOOK


def test_an_address_alone_can_be_switched_on_and_not_be_taken_away_then(alice: Browser, acme: Customer) -> None:
    assert sends_to(alice, HOOK).notices() == ["The webhook URL is saved."]
    page = saves(alice, enabled=True, daily_limit="", notify_threshold="")
    assert page.notices() == ["Spend management is saved."]
    assert spend.held(acme) == (True, "", "")
    refused = sends_to(alice, "")
    assert (refused.status, refused.texts("#webhook_url-error")) == (
        422,
        ["Set a daily limit, an e-mail threshold or a webhook URL, or switch spend management off."],
    )
    assert alice.opens(WEBHOOK).value("webhook_url") == HOOK


def test_the_limits_are_saved_without_the_address(alice: Browser, acme: Customer) -> None:
    sends_to(alice, HOOK)
    page = saves(alice, enabled=True, daily_limit="30", notify_threshold="20")
    assert page.notices() == ["Spend management is saved."] and HOOK not in page.response.text
    assert alice.opens(WEBHOOK).value("webhook_url") == HOOK
    assert "when your balance is low, used up or recovered" in alice.opens(WEBHOOK).text


def test_that_nothing_is_sent_any_more_is_said(alice: Browser) -> None:
    sends_to(alice, HOOK)
    assert sends_to(alice, "").notices() == [
        "Nothing is sent to your program any more. Its secret is kept for the next webhook URL."
    ]


def test_what_is_held_counts_and_what_is_above_the_limit_is_said(alice: Browser, acme: Customer) -> None:
    spend.chooses(acme, "10")
    spend.uses(acme, "4")
    spend.holds(acme, "5")
    meter = alice.opens(PATH).find(".meter")
    words = " ".join(meter.get_text(" ").split())
    assert words.startswith(
        "Near the limit: 90 % of $10.00 used or held. At today’s pace the limit is reached at about 13:20"
    )
    assert meter.select("[role=meter]")[0]["aria-valuetext"] == "$4.00 of $10.00 used today, $5.00 held"
    spend.uses(acme, "3.25")
    page = alice.opens(PATH)
    assert "Over the limit: 122 % of $10.00 used or held, over by $2.25." in page.text
    assert page.find(".meter [role=meter]")["aria-valuenow"] == "100"


def test_the_days_that_were_tried_open(alice: Browser, acme: Customer) -> None:
    for days in range(1, 13):
        spend.uses(acme, "2", NOON - timedelta(days=days))
    page = alice.opens(PATH)
    sent = {"csrf_token": page.value("csrf_token"), "version": "0", "daily_limit": "1", "notify_threshold": ""}
    tried = alice.posts(PATH + "simulation", sent)
    days = tried.find("#spend_management-days")
    assert len(days.select("tbody tr")) == 12 and days.has_attr("open")
    assert [row.get_text(" ").endswith("–") for row in days.select("tbody tr")] == [False] * 10 + [True] * 2
