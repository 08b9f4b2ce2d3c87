"""Payment methods in a real browser: add, default, remove, the bank, PayPal, a mandate; and Stripe's own form."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser as ChromiumBrowser
from playwright.sync_api import Page, Route, expect

from app.config import Settings
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.models.scope import as_service
from app.services.customers import registration
from app.services.transaction import transaction
from tests.browser.conftest import LOADS_WITHIN, Opens, by_the_page
from tests.browser.test_spine import in_every_look, is_clean, tabs_to, with_and_in_proof_without
from tests.support import methods, shop, stripe_api, tiers
from tests.support.methods import ACCOUNT, ONCE, REFUSED
from tests.support.server import serving, serving_here
from tests.support.shop import GOOD

PATH = "/billing/payment-methods/"
OTHER = "pm_card_mastercard"


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Alice's customer, whose seller takes every kind and offers the processor's portal."""
    methods.sells(manage='"both"')
    return registration.create(name="Acme", email="billing@acme.example", catalog="analytics", external_id="acme")


def adds(page: Page, kind: str, test_method: str) -> None:
    """Open the form for a kind and send it."""
    page.goto(PATH)
    page.get_by_role("link", name=kind).click()
    page.select_option("#test_method", test_method)
    if "SEPA" in kind:
        page.get_by_label("I accept this mandate").check()
    page.locator("#payment_methods-save").click()


def says(page: Page, words: str) -> None:
    """Wait until the page says that it worked."""
    expect(page.locator(".toast--ok")).to_contain_text(words)


def rows(page: Page) -> list[str]:
    """Return what the table says of each method: its name and how it stands."""
    found = page.locator(".table--methods tbody tr:not(.table__wide)").all()
    return [
        f"{each.locator('th .method__name').inner_text().splitlines()[0]}: {each.locator('td').nth(2).inner_text()}"
        for each in found
    ]


@with_and_in_proof_without
def test_add_default_and_remove(app: Flask, signs_in: Opens, acme: Customer, javascript: bool) -> None:
    page = signs_in(java_script_enabled=javascript)
    adds(page, "Add new credit card", GOOD)
    says(page, "Visa ending in 4242 is saved.")
    adds(page, "Add new credit card", OTHER)
    says(page, "Mastercard ending in 4444 is saved.")
    page.get_by_role("button", name="Set as default: Mastercard").click()
    says(page, "Mastercard ending in 4444 is your default payment method now.")
    assert methods.shown(acme) == [("4444", True), ("4242", False)]
    page.get_by_role("link", name="Remove Mastercard ending in 4444").click()
    expect(page.get_by_role("heading", name="Remove Mastercard ending in 4444?")).to_be_focused()
    page.get_by_role("link", name="Keep it").click()
    expect(page.get_by_role("heading", name="Remove Mastercard")).to_have_count(0)
    page.get_by_role("link", name="Remove Mastercard ending in 4444").click()
    page.get_by_role("button", name="Remove it").click()
    says(page, "Mastercard ending in 4444 is removed. Visa ending in 4242 is your default payment method now.")
    assert rows(page) == ["Visa ending in 4242: Default"]
    assert methods.both_sides_agree(app, acme)


@with_and_in_proof_without
@pytest.mark.parametrize(
    ("approves", "kind", "name"),
    tiers.each_once(
        [pytest.param(True, id="approves"), pytest.param(False, id="declines")],
        [("Add new credit card", ONCE), ("Add PayPal", "paypal")],
    ),
)
def test_the_bank_or_paypal_asks(
    signs_in: Opens, acme: Customer, javascript: bool, approves: bool, kind: str, name: str
) -> None:
    page = signs_in(java_script_enabled=javascript)
    adds(page, kind, name)
    page.wait_for_url("**/sandbox/**")
    page.locator(f"[name={'approve' if approves else 'decline'}]").click()
    if approves:
        says(page, "is saved.")
        expect(page).to_have_url(re.compile(f"{PATH}$"))
    else:
        expect(page.locator("#payment_methods-setup-title")).to_have_text("Nothing was saved")
    assert len(methods.live(acme)) == int(approves)


@with_and_in_proof_without
def test_a_debits_mandate_is_accepted_and_downloaded(
    signs_in: Opens, acme: Customer, javascript: bool, tmp_path: Path
) -> None:
    page = signs_in(java_script_enabled=javascript)
    page.goto(f"{PATH}?add=sepa_debit")
    page.locator("#payment_methods-save").click()
    expect(page.locator("#accept-error")).to_have_text("Read the mandate and accept it first.")
    assert methods.live(acme) == []
    adds(page, "Add SEPA direct debit", ACCOUNT)
    says(page, "SEPA direct debit ending in 3000 is saved.")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the mandate").click()
    download.value.save_as(tmp_path / "mandate.txt")
    assert "Accepted by:          Alice Archer" in (tmp_path / "mandate.txt").read_text()


def test_a_refusal_keeps_the_choice(signs_in: Opens, acme: Customer) -> None:
    page = signs_in()
    adds(page, "Add new credit card", REFUSED)
    expect(page.locator("#test_method-error")).to_contain_text("security code is wrong")
    expect(page.locator("#test_method")).to_have_value(REFUSED)
    expect(page.locator("#test_method")).to_be_focused()


def test_the_keyboard_alone_adds_and_removes(signs_in: Opens, acme: Customer) -> None:
    page = signs_in(viewport={"width": 1360, "height": 900})
    page.goto(f"{PATH}?add=card")
    tabs_to(page, "payment_methods-save")
    page.keyboard.press("Enter")
    says(page, "Visa ending in 4242 is saved.")
    expect(page.locator("#payment_methods-saved")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#payment_methods-remove")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    says(page, "Visa ending in 4242 is removed.")
    assert methods.live(acme) == []


@with_and_in_proof_without
def test_what_was_removed_in_the_portal_is_gone_here(
    app: Flask, signs_in: Opens, acme: Customer, alice_actor: Actor, javascript: bool
) -> None:
    card = shop.add_method(alice_actor)
    page = signs_in(java_script_enabled=javascript)
    page.goto(PATH)
    page.get_by_role("button", name="Open Stripe’s portal").click()
    page.wait_for_url("**/sandbox/**")
    controls.detach(app.extensions["purser.settings"], card.processor_id)
    page.goto(f"{PATH}portal/return")
    expect(page.get_by_text("No payment method is saved yet.")).to_be_visible()


@in_every_look
def test_axe_finds_nothing_in_any_state(
    signs_in: Opens, acme: Customer, alice_actor: Actor, look: dict[str, object]
) -> None:
    page = signs_in(**look)
    for query in ("", "?add=card", "?add=sepa_debit", "?add=paypal"):
        page.goto(PATH + query)
        is_clean(page, f"nothing saved {query}")
    page.goto(f"{PATH}?add=sepa_debit")
    page.locator("#payment_methods-save").click()
    expect(page.locator("#accept-error")).to_be_visible()
    is_clean(page, "mandate not accepted")
    names = [GOOD, OTHER, "pm_card_amex", ACCOUNT]
    saved = [shop.add_method(alice_actor, name).id for name in names]
    with as_service("test"), transaction() as session:
        row = session.get_one(PaymentMethod, saved[0])
        row.exp_year, row.holder = 2020, "Wolfeschlegelsteinhausenbergerdorff-" + "Dorff" * 10
    setup = methods.begins(alice_actor, "paypal")
    for query in ("", f"?remove={saved[0]}", f"setups/{setup.id}"):
        page.goto(PATH + query)
        is_clean(page, f"many {query}")


@pytest.fixture
def at_stripe(
    chromium: ChromiumBrowser, settings: Settings, alice_actor: Actor, tmp_path: Path
) -> Iterator[tuple[Page, list[str]]]:
    """Alice's page at a portal with PAYMENTS=stripe, and what its content policy or a script complained of."""
    complaints: list[str] = []
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(stripe_api.answering(settings))
        keys = {"PAYMENTS": "stripe", "STRIPE_API_BASE": address, **stripe_api.KEYS}
        portal = serving(settings, tmp_path, **keys) if tiers.whole() else serving_here(settings, **keys)
        server = stack.enter_context(portal)
        context = chromium.new_context(base_url=server.url)
        context.set_default_timeout(LOADS_WITHIN)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Policy" in said.text else None)
        by_the_page(page, alice_actor.email)
        yield page, complaints
        context.close()


# Stripe's script cannot be had without Stripe: this one has the parts that the page uses, and no more.
STRIPE_JS = """
window.calls = [];
window.Stripe = (key) => ({
  elements: (options) => {
    window.calls.push(["elements", key, options.clientSecret]);
    return {create: (kind, options) => {
      window.calls.push(["create", kind, options]);
      const heard = {};
      return {
        on: (name, act) => { heard[name] = act; },
        mount: (place) => {
          place.append(Object.assign(document.createElement("p"), {textContent: "Stripe's form"}));
          setTimeout(() => heard.ready(), 10);
        },
      };
    }};
  },
  confirmSetup: async ({elements, confirmParams}) => {
    window.calls.push(["confirmSetup", typeof elements.create]);
    if (window.calls.filter((each) => each[0] === "confirmSetup").length === 1) {
      return {error: {message: "Your card was declined."}};
    }
    window.location.assign(confirmParams.return_url + "?redirect_status=succeeded");
    return new Promise(() => {});
  },
});
"""


def opens_stripes_form(page: Page, script: str | None) -> None:
    """Go to the page with Stripe's form; None: Stripe's script cannot be loaded."""

    def answer(route: Route) -> None:
        route.abort() if script is None else route.fulfill(body=script, content_type="text/javascript")

    page.route("https://js.stripe.com/**", answer)
    page.goto(PATH)
    page.get_by_role("link", name="Add new credit card").click()
    page.locator("#payment_methods-save").click()
    expect(page.locator("#stripe-form")).to_be_visible()


def test_stripes_form_saves_a_card(app: Flask, at_stripe: tuple[Page, list[str]], acme: Customer) -> None:
    page, complaints = at_stripe
    opens_stripes_form(page, STRIPE_JS)
    save = page.get_by_role("button", name="Save this payment method")
    expect(save).to_be_enabled()
    secret = str(page.locator("#stripe-form").get_attribute("data-secret"))
    assert page.evaluate("window.calls") == [
        ["elements", "pk_test_purser", secret],
        ["create", "payment", {"wallets": {"applePay": "never", "googlePay": "never", "link": "never"}}],
    ]
    is_clean(page, "Stripe's form")
    save.click()
    expect(page.locator("#stripe-error")).to_have_text("Your card was declined.")
    expect(save).to_be_enabled()
    back = str(page.locator("#stripe-form").get_attribute("data-return"))
    app.extensions["purser.gateway"].confirm_setup(
        secret.partition("_secret_")[0], method=GOOD, return_url=back, acceptance=None, key="browser"
    )
    save.click()
    says(page, "Visa ending in 4242 is saved.")
    assert methods.shown(acme) == [("4242", True)]
    assert complaints == []


def test_without_stripes_script_the_page_says_so(at_stripe: tuple[Page, list[str]], acme: Customer) -> None:
    page, _complaints = at_stripe
    opens_stripes_form(page, None)
    expect(page.locator("#stripe-error")).to_contain_text("could not be loaded")
    expect(page.get_by_role("button", name="Save this payment method")).to_be_disabled()
    page.get_by_role("link", name="Cancel and go back").click()
    expect(page).to_have_url(re.compile(f"{PATH}$"))
