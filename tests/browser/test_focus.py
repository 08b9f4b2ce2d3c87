"""Where the focus goes after a part of the page changed, and the pages that the spine does not open."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from app.domain.money import Credits
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.services.ledger import corrections, grants
from app.services.usage import recording
from tests.browser.conftest import Opens
from tests.browser.test_spine import is_clean, saves_method
from tests.support import shop, tiers
from tests.support.looks import LOOKS
from tests.support.shop import GOOD

CHOSEN = "input[name=method]:checked"


def test_focus_stays_with_the_reader_after_each_answer(app: Flask, signs_in: Opens, acme: Customer) -> None:
    page = signs_in()
    saves_method(page, GOOD)
    page.fill("#amount", "25.00")
    confirm = page.get_by_role("button", name="Add $25.00 to my balance")
    expect(confirm).to_be_visible()
    controls.plant(app.extensions["purser.settings"], "*", "refuse", 50)
    confirm.click()
    notice = page.locator("#add_credits-form .notice--bad")
    expect(notice).to_contain_text("does not answer right now")
    expect(notice).to_be_focused()
    assert shop.charges(app) == []


def test_a_suggested_amount_keeps_what_was_chosen_in_place(signs_in: Opens, acme: Customer) -> None:
    page = signs_in()
    saves_method(page, GOOD)
    saves_method(page, shop.BROKE)
    chosen = page.locator(CHOSEN).input_value()
    suggested = page.get_by_role("group", name="Suggested amounts").get_by_role("button").nth(1)
    words = suggested.inner_text()
    suggested.click()
    expect(page.locator("#add_credits-buy")).to_have_text(f"Add {words} to my balance")
    expect(suggested).to_have_attribute("aria-pressed", "true")
    expect(suggested).to_be_focused()
    assert page.locator(CHOSEN).input_value() == chosen


def test_what_is_wrong_no_more_is_said_no_more(signs_in: Opens, acme: Customer) -> None:
    page = signs_in()
    page.goto(shop.PATH)
    page.select_option("#test_method", shop.BROKE)
    page.locator("#add_credits-buy").click()
    wrong = page.locator("#method-error")
    expect(wrong).to_have_text("The card has insufficient funds. Nothing was charged.")
    page.check("input[name=method][value=paypal]")
    expect(wrong).to_have_count(0)
    page.fill("#amount", "1")
    expect(page.locator("#add_credits-total")).to_contain_text("Enter an amount from $5.00 to $5,000.00.")
    page.fill("#amount", "30")
    expect(page.locator("#add_credits-buy")).to_have_text("Add $30.00 to my balance")
    expect(page.locator("#add_credits-total")).not_to_contain_text("Enter an amount")


def test_a_link_to_a_review_moves_no_focus(signs_in: Opens, acme: Customer) -> None:
    page = signs_in()
    page.goto(f"{shop.PATH}?amount=5000&review=1")
    expect(page.locator("#add_credits-buy")).to_be_visible()
    expect(page.locator("#add_credits-buy")).not_to_be_focused()


@pytest.mark.parametrize("look", tiers.some(1, [LOOKS["narrow"], LOOKS["light"]], ids=["narrow", "light"]))
def test_the_sandbox_processor_is_clean_and_keeps_to_its_width(signs_in: Opens, look: dict[str, object]) -> None:
    page = signs_in(**look)
    saves_method(page, GOOD)
    page.goto("/dev/processor/")
    is_clean(page, "/dev/processor/")


@pytest.mark.parametrize("look", tiers.some(1, [LOOKS["narrow"], LOOKS["light"]], ids=["narrow", "light"]))
def test_one_long_word_of_the_sellers_widens_no_page(signs_in: Opens, acme: Customer, look: dict[str, object]) -> None:
    word = "w" * 300
    given = {"kind": "promotional", "granted_by": "seller", "reason": word, "description": word}
    grant = grants.give(acme.customer_id, credits=Credits(50_000_000), **given)  # type: ignore[arg-type]  # all text
    usage = recording.record(acme.customer_id, key="k", credits=Credits(1_000_000), description=word)
    corrections.correct(usage.id, by="seller", reason=word)
    grants.void(grant.id, by="seller", reason=word)
    page = signs_in(**look)
    page.goto("/billing/")
    expect(page.locator("#overview-latest")).to_contain_text(word)
    is_clean(page, "Overview")
    page.goto("/billing/balance-history")
    is_clean(page, "Balance history")
    page.goto("/billing/balance-history?view=rows")
    is_clean(page, "Balance history, every row")
    entries = page.locator(".table--history a").evaluate_all("links => links.map(link => link.href)")
    assert len(entries) == 4
    for entry in entries[: tiers.sample_of(1, proof=4)]:
        page.goto(entry)
        expect(page.locator("main")).to_contain_text(word[:100])
        is_clean(page, entry)


def test_the_open_menu_is_in_a_landmark(signs_in: Opens) -> None:
    page = signs_in(**LOOKS["narrow"])
    page.goto("/billing/")
    page.locator(".menu summary").click()
    expect(page.locator(".menu .member__who")).to_be_visible()
    is_clean(page, "the open menu")


def test_an_empty_filter_stays_out_of_the_address(signs_in: Opens) -> None:
    page = signs_in()
    page.goto("/billing/balance-history")
    page.fill("[name=q]", "hours")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**/billing/balance-history?q=hours")
