"""Wallets, and a bank that asked while nobody was there, in a real browser with JavaScript and without."""

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app import clock, ids
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services import jobs
from app.services.payments import resume_links, top_ups
from tests.browser.conftest import Opens
from tests.browser.test_spine import buys, heading, in_every_look, is_clean, saves_method, with_and_in_proof_without
from tests.support import shop, tiers

WALLETS = {"paypal": "Approve this payment at PayPal", "crypto": "Pay from your wallet"}


def later(app: Flask, wait: timedelta) -> None:
    """Let the worker run, `wait` from now."""
    with app.app_context(), clock.at(clock.now() + wait):
        for _ in range(3):
            jobs.run_due()


def pays_by(page: Page, way: str, amount: str = "25.00") -> None:
    """Choose the way to pay, then buy."""
    page.goto(shop.PATH)
    page.check(f"input[name=method][value={way}]")
    buys(page, amount)


@pytest.mark.parametrize(("javascript", "rail"), tiers.each_once([True, False], list(WALLETS)))
def test_a_wallet_pays(app: Flask, signs_in: Opens, acme: Customer, javascript: bool, rail: str) -> None:
    page = signs_in(java_script_enabled=javascript)
    pays_by(page, rail)
    assert heading(page) == WALLETS[rail]
    page.locator("#add_credits-payment a.btn--primary").click()
    page.locator("[name=approve]").click()
    page.wait_for_url("**/billing/add-credits/payments/pay_*")
    assert heading(page) == "Added $25.00 to your balance"
    assert (shop.charges(app), shop.remaining(acme)) == ([2500], 25_000_000)


@with_and_in_proof_without
def test_a_wallet_declines_and_a_card_pays(app: Flask, signs_in: Opens, acme: Customer, javascript: bool) -> None:
    page = signs_in(java_script_enabled=javascript)
    saves_method(page, shop.GOOD)
    pays_by(page, "paypal")
    page.get_by_role("link", name="Continue to PayPal").click()
    page.locator("[name=decline]").click()
    page.wait_for_url("**/billing/add-credits/payments/pay_*")
    assert heading(page) == "Nothing was charged"
    page.get_by_role("link", name="Try again").click()
    expect(page.locator("input[name=method]:checked")).to_have_value("paypal")
    page.locator("input[name=method]").first.check()
    page.get_by_role("button", name="Add $25.00 to my balance").click()
    expect(page.locator("#add_credits-payment-title")).to_have_text("Added $25.00 to your balance")
    assert shop.charges(app) == [2500]


@with_and_in_proof_without
def test_coins_arrive_while_the_page_is_open(app: Flask, signs_in: Opens, acme: Customer, javascript: bool) -> None:
    page = signs_in(java_script_enabled=javascript)
    pays_by(page, "crypto")
    page.locator("#add_credits-payment a.btn--primary").click()
    page.locator("[name=later]").click()
    page.wait_for_url("**/billing/add-credits/payments/pay_*")
    assert heading(page) == "The network is confirming your payment"
    later(app, timedelta(minutes=11))
    if not javascript:
        page.get_by_role("link", name="Look again").click()
    expect(page.locator("#add_credits-payment-title")).to_have_text("Added $25.00 to your balance")


@with_and_in_proof_without
@pytest.mark.case("AC-11", "AC-12")
def test_a_charge_that_waits_for_its_customer(
    app: Flask, signs_in: Opens, alice_actor: Actor, acme: Customer, javascript: bool
) -> None:
    waits(alice_actor)
    page = signs_in(java_script_enabled=javascript)
    page.goto("/billing/")
    page.get_by_role("link", name="Continue", exact=True).click()
    page.get_by_role("button", name="Continue to your bank").click()
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url("**/billing/add-credits/payments/pay_*")
    assert heading(page) == "Added $25.00 to your balance"
    assert (shop.charges(app), shop.remaining(acme)) == ([2500], 25_000_000)


def waits(actor: Actor) -> None:
    """Charge a card whose bank asks, while nobody is there."""
    top_ups.charge(
        actor.customer_id,
        by="auto_recharge",
        form_key=ids.new_form_key(),
        amount=Money(2500, "USD"),
        pack="",
        method_id=shop.add_method(actor, shop.ASKS).id,
        return_url=resume_links.return_url,
    )


@pytest.mark.proof
@in_every_look
def test_axe_finds_nothing_on_the_way_by_wallet(
    signs_in: Opens, alice_actor: Actor, acme: Customer, look: dict[str, object]
) -> None:
    waits(alice_actor)
    page = signs_in(**look)
    page.goto("/billing/")
    is_clean(page, "overview with a payment that waits")
    page.get_by_role("link", name="Continue", exact=True).click()
    is_clean(page, "a charge that waits")
    for rail, title in WALLETS.items():
        pays_by(page, rail, "30.00" if rail == "crypto" else "31.00")
        assert heading(page) == title
        is_clean(page, rail)
    page.locator("#add_credits-payment a.btn--primary").click()
    page.locator("[name=later]").click()
    page.wait_for_url("**/billing/add-credits/payments/pay_*")
    is_clean(page, "coins on their way")
