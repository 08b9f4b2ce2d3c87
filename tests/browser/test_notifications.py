"""Notifications in a real browser: a channel is saved and tested by the keyboard, and a digest switched on, in each look."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect

from app.config import Settings
from app.models.customers import Customer
from tests.browser.conftest import Opens
from tests.support import databases
from tests.support.databases import Database
from tests.support.looks import LOOKS, findings
from tests.support.receiver import receiving
from tests.support.webhook_cast import send

PATH = "/billing/notifications/"


@pytest.fixture
def settings(database: Database) -> Settings:
    """Settings with which this machine itself may be named."""
    return databases.settings_for(database, webhooks_allow_loopback=True)


def test_a_channel_is_saved_and_tested_by_the_keyboard_and_a_digest_switched_on(
    app: Flask, signs_in: Opens, acme: Customer, tmp_path: Path
) -> None:
    page = signs_in(**LOOKS["light"])
    page.set_default_timeout(60_000)
    page.goto(PATH)
    assert findings(page) == []
    with receiving(tmp_path) as receiver:
        page.fill("#chat_url", "zebra")
        page.keyboard.press("Enter")
        expect(page.locator("#chat_url-error")).to_contain_text("Enter a web address")
        expect(page.locator("#chat_url")).to_be_focused()
        page.fill("#chat_url", receiver.slack())
        page.keyboard.press("Enter")
        expect(page.locator("#notifications-channel-title")).to_be_focused()
        page.locator("#notifications-test button").press("Enter")
        expect(page.locator("#notifications-channel")).to_contain_text("The test message is on its way.")
        assert send() == 1
        expect(page.locator("#notifications-channel")).to_contain_text("The test message has arrived.")
    page.locator("[name=digest]").check()
    page.fill("#time_zone", "Europe/Zurich")
    page.locator("#notifications-digest_form button").click()
    expect(page.locator("#notifications-digest")).to_contain_text("The next one goes to alice@acme.example")
    assert findings(page) == []
    narrow = LOOKS["narrow dark"]
    page.set_viewport_size(narrow["viewport"])
    page.emulate_media(color_scheme=narrow["color_scheme"])
    assert findings(page) == []
