"""Auto-recharge in a real browser: switched on, typed, read, refused, accepted, saved, stopped."""

from flask import Flask
from playwright.sync_api import expect

from app.domain.people.members import Actor
from app.models.customers import Customer
from tests.browser.conftest import Opens
from tests.support import recharge, shop
from tests.support.looks import LOOKS, findings

PATH = "/billing/auto-recharge/"
SAVE = "#auto_recharge-save"
CARET = "() => [document.activeElement.id, document.activeElement.selectionStart]"


def test_it_is_switched_on_with_the_sentence_that_follows_what_is_typed_and_stopped(
    app: Flask, signs_in: Opens, acme: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    page = signs_in(**LOOKS["light"])
    page.goto(PATH)
    expect(page.locator("#threshold")).not_to_be_visible()
    page.locator("#enabled").check()
    sentence = page.locator("#auto_recharge-consent")
    expect(sentence).to_contain_text("below $20.00")
    page.fill("#threshold", "1.50")
    page.evaluate("document.querySelector('#threshold').setSelectionRange(1, 1)")
    page.keyboard.type("2")
    expect(sentence).to_contain_text("below $12.50")
    assert page.evaluate(CARET) == ["threshold", 2], "who types goes on typing"
    page.locator("#auto_recharge-simulate").click()
    expect(page.locator("#auto_recharge-simulation")).to_contain_text("There is no complete day yet.")
    page.locator(SAVE).click()
    expect(page.locator("#consent-error")).to_contain_text("Accept this sentence")
    expect(page.locator("#consent")).to_be_focused()
    assert not recharge.terms(alice_actor).enabled
    assert findings(page) == []
    page.locator("#consent").check()
    page.locator(SAVE).click()
    expect(page.locator(".toast--ok")).to_contain_text("Auto-recharge is saved.")
    assert recharge.terms(alice_actor).enabled
    assert "below $12.50" in recharge.consents(acme)[-1].sentence
    narrow = LOOKS["narrow dark"]
    page.set_viewport_size(narrow["viewport"])
    page.emulate_media(color_scheme=narrow["color_scheme"])
    assert findings(page) == []
    page.locator(".recharge-stop summary").click()
    page.locator("#auto_recharge-stop").click()
    expect(page.locator("#auto_recharge-now")).to_have_text("Auto-recharge is off")
    assert not recharge.terms(alice_actor).enabled
