"""Payment Methods that need the customer: banks that ask, mandates, and the processor's portal."""

from collections.abc import Callable

import pytest
from flask import Flask

from app.domain.people.members import Actor
from app.extensions import limiter
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.services import jobs
from app.services.payment_methods import saved
from tests.support import methods, shop
from tests.support.browser import Browser
from tests.support.methods import ACCOUNT, ONCE, REFUSED
from tests.support.methods_page import ADD, FRAGMENT, OTHER, PATH, adds, erika, table
from tests.support.shop import GOOD
from tests.support.statements import counted

__all__ = ["erika"]


@pytest.mark.case("AC-12")
@pytest.mark.parametrize(("name", "approve"), [(ONCE, True), (ONCE, False), ("paypal", True), ("paypal", False)])
def test_the_bank_or_paypal_asks_and_the_customer_comes_back(
    alice: Browser, acme: Customer, name: str, approve: bool
) -> None:
    asks = adds(alice, "paypal" if name == "paypal" else "card", name)
    assert "/sandbox/" in asks.path
    page = alice.submits(asks, "form", button=f"[name={'approve' if approve else 'decline'}]")
    if approve:
        assert page.path == PATH
        assert page.notices() == ["PayPal is saved." if name == "paypal" else "Visa ending in 3155 is saved."]
        assert len(methods.live(acme)) == 1
    else:
        assert page.texts("#payment_methods-setup h2") == ["Nothing was saved"]
        assert "was not confirmed, so nothing was saved" in page.text
        assert methods.live(acme) == []
        again = alice.follows(page, "#payment_methods-setup a.btn--primary")
        assert len(again.soup.select(ADD)) == 1


def test_htmx_is_sent_to_the_bank_as_a_whole_page(alice: Browser) -> None:
    form = alice.opens(f"{PATH}?add=card")
    sent = {"csrf_token": form.value("csrf_token"), "kind": "card", "test_method": ONCE}
    answer = alice.posts(PATH, sent, **FRAGMENT)
    assert (answer.status, answer.response.text) == (200, "")
    assert "/sandbox/challenge/seti_" in answer.response.headers["HX-Redirect"]


def test_what_waits_for_the_customer_is_shown_and_can_be_given_up(
    alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    methods.begins(alice_actor, "paypal")
    page = alice.opens(PATH)
    assert "PayPal is waiting for you." in page.text
    waits = alice.follows(page, ".notice a")
    assert waits.texts("#payment_methods-setup h2") == ["PayPal is waiting for you"]
    assert "/sandbox/wallet/" in str(waits.find("#payment_methods-setup a.btn--primary")["href"])
    over = alice.submits(waits, "form[action$='/cancellation']")
    assert over.texts("#payment_methods-setup h2") == ["Nothing was saved"]
    assert "is waiting for you" not in alice.opens(PATH).text


def test_an_unknown_end_is_waited_for_and_then_shown(app: Flask, alice: Browser, acme: Customer) -> None:
    settings = app.extensions["purser.settings"]
    controls.plant(settings, "confirm_setup", "timeout_after")
    controls.plant(settings, "fetch_setup", "timeout_before")
    page = adds(alice)
    assert page.texts("#payment_methods-setup h2") == ["We have not heard back about this payment method yet"]
    assert page.find("#payment_methods-setup")["hx-trigger"] == "every 2s"
    back = alice.opens(f"{page.path}/return")
    assert (back.path, back.notices()) == (PATH, ["Visa ending in 4242 is saved."])
    assert alice.opens(page.path).texts("#payment_methods-setup h2") == ["Your payment method is saved"]
    assert len(methods.live(acme)) == 1


def test_a_debit_shows_its_mandate_and_needs_it_accepted(
    erika: Callable[..., tuple[Browser, Customer, Actor]],
) -> None:
    browser, customer, _actor = erika()
    form = browser.opens(f"{PATH}?add=sepa_debit")
    assert "you authorise (A) Meridian Analytics GmbH and Stripe" in form.find("#mandate-text").get_text()
    refused = browser.submits(form, ADD, test_method=ACCOUNT)
    assert (refused.status, refused.errors()) == (422, ["Read the mandate and accept it first."])
    assert methods.live(customer) == []
    page = browser.submits(refused, ADD, test_method=ACCOUNT, accept=True)
    assert page.notices() == ["SEPA direct debit ending in 3000 is saved."]
    assert table(page)[0][2] == "Does not expire"


def test_the_mandate_can_be_downloaded_by_its_customer_alone(
    erika: Callable[..., tuple[Browser, Customer, Actor]], mallory: Browser
) -> None:
    browser, _customer, _actor = erika()
    page = adds(browser, "sepa_debit", ACCOUNT, accept=True)
    address = str(page.find(".table--methods a[href*=mandates]")["href"])
    file = browser.opens(address).response
    assert file.mimetype == "text/plain"
    assert file.headers["Content-Disposition"].startswith("attachment; filename=sepa-mandate-man_")
    assert "Accepted by:          Erika Ebner" in file.text
    assert mallory.opens(address).status == 404


def test_the_mandate_of_a_removed_account_can_still_be_downloaded(
    erika: Callable[..., tuple[Browser, Customer, Actor]],
) -> None:
    browser, _customer, actor = erika()
    account = shop.add_method(actor, ACCOUNT)
    page = browser.opens(PATH)
    address = str(page.find(".table--methods a[href*=mandates]")["href"])
    assert page.soup.select("#payment_methods-earlier") == []
    saved.remove(actor, account.id)
    page = browser.opens(PATH)
    (earlier,) = page.texts("#payment_methods-earlier li")
    assert earlier.startswith("Bank account (IBAN) ending in 3000, accepted on ")
    file = browser.follows(page, "#payment_methods-earlier a").response
    assert str(page.find("#payment_methods-earlier a")["href"]) == address
    assert "Account:              Bank account (IBAN) ending in 3000\n" in file.text


def test_earlier_mandates_are_those_of_accounts_that_were_saved(
    app: Flask, erika: Callable[..., tuple[Browser, Customer, Actor]], mallory: Browser
) -> None:
    browser, _customer, actor = erika()
    controls.plant(app.extensions["purser.settings"], "create_setup", "timeout_before")
    assert methods.begins(actor, ACCOUNT).mandate_id, "accepted, and nothing was saved"
    saved.remove(actor, shop.add_method(actor, ACCOUNT).id)
    for _ in range(2):
        shop.add_method(actor, ACCOUNT)
    page = browser.opens(PATH)
    assert len(page.soup.select("#payment_methods-earlier li")) == 2, "the removed one and the replaced one"
    assert mallory.opens(PATH).soup.select("#payment_methods-earlier") == []


def test_the_portal_is_opened_where_the_catalog_offers_it(
    erika: Callable[..., tuple[Browser, Customer, Actor]], alice: Browser
) -> None:
    assert alice.opens(PATH).soup.select("form[action$='/portal']") == []
    browser, customer, actor = erika(manage='"both"')
    card = shop.add_method(actor)
    there = browser.submits(browser.opens(PATH), "form[action$='/portal']")
    assert there.status == 200
    assert "/sandbox/" in there.path
    controls.detach(browser.client.application.extensions["purser.settings"], card.processor_id)
    back = browser.opens(f"{PATH}portal/return")
    assert back.path == PATH
    assert "No payment method is saved yet." in back.text
    assert methods.live(customer) == []


@pytest.mark.parametrize("is_heard_first", [False, True])
def test_a_default_that_went_in_the_portal_is_said_like_one_that_went_here(
    erika: Callable[..., tuple[Browser, Customer, Actor]], is_heard_first: bool
) -> None:
    browser, customer, actor = erika(manage='"both"')
    card = shop.add_method(actor)
    shop.add_method(actor, OTHER)
    there = browser.submits(browser.opens(PATH), "form[action$='/portal']")
    gone = browser.submits(there, f"form:has([value='{card.processor_id}'])")
    if is_heard_first:
        jobs.run_due()
        assert methods.shown(customer) == [("4444", True)], "the processor's webhook was quicker than the customer"
    back = browser.follows(gone, "a[href*='/portal/return']")
    words = "Visa ending in 4242 is removed. Mastercard ending in 4444 is your default payment method now."
    assert (back.path, back.notices()) == (PATH, [words])


def test_a_portal_left_as_it_was_says_nothing(
    erika: Callable[..., tuple[Browser, Customer, Actor]], mallory: Browser
) -> None:
    browser, customer, actor = erika(manage='"both"')
    card = shop.add_method(actor)
    there = browser.submits(browser.opens(PATH), "form[action$='/portal']")
    back = browser.follows(there, "a[href*='/portal/return']")
    assert (back.path, back.notices()) == (PATH, [])
    saved.remove(actor, card.id)
    assert mallory.opens(f"{PATH}portal/return?default={card.id}").notices() == []
    shop.add_method(actor)
    assert browser.opens(f"{PATH}portal/return?default={card.id}").notices() == [], "the same card stands there anew"
    assert methods.shown(customer) == [("4242", True)]


def test_where_the_processor_manages_methods_nothing_is_added_here(
    erika: Callable[..., tuple[Browser, Customer, Actor]],
) -> None:
    browser, _customer, actor = erika(manage='"both"')
    shop.add_method(actor)
    methods.sells(manage='"processor_portal"')
    page = browser.opens(f"{PATH}?add=card")
    assert "added and removed in Stripe’s portal" in page.text
    assert page.soup.select(f"{ADD}, a[title=Remove], #payment_methods-content a.btn") == []
    assert len(page.soup.select("form[action$='/portal']")) == 1


def test_a_viewer_sees_them_and_whom_to_ask(alice: Browser, alice_actor: Actor, bob: Browser) -> None:
    card = shop.add_method(alice_actor)
    shop.add_method(alice_actor, OTHER)
    for query in ("", "?add=card", f"?remove={card.id}"):
        page = bob.opens(PATH + query)
        assert (page.status, len(table(page))) == (200, 2)
        assert "Ask Alice Archer to add or remove a payment method." in page.text
        assert page.soup.select("main form, main a[title=Remove], #payment_methods-content a.btn") == []


@pytest.mark.case("AC-59")
def test_mallory_cannot_touch_acmes(app: Flask, acme: Customer, alice_actor: Actor, mallory: Browser) -> None:
    card, setup = shop.add_method(alice_actor), methods.begins(alice_actor, "paypal")
    token = mallory.opens(PATH).soup.select("[name=csrf_token]")[0]["value"]
    for path in (f"{card.id}/default", f"{card.id}/removal", f"setups/{setup.id}/cancellation"):
        assert mallory.posts(PATH + path, {"csrf_token": token}).status in {404, 409}
    for path in (f"setups/{setup.id}", f"setups/{setup.id}/return"):
        assert mallory.opens(PATH + path).status == 404
    assert "Visa" not in mallory.opens(f"{PATH}?remove={card.id}").find("#payment_methods-content").get_text()
    assert methods.shown(acme) == [("4242", True)]


def test_many_tries_in_an_hour_are_refused_at_both_doors(app: Flask, alice: Browser, acme: Customer) -> None:
    sent = shop.filled(shop.reviewed(alice)) | {"kind": "card", "method": "new", "test_method": REFUSED}
    doors = [PATH, shop.PATH]
    assert [alice.posts(door, sent).status for door in doors * 15] == [422] * 30
    limiter.reset()  # as in another web process, which counts for itself
    for door in doors:
        refused = alice.posts(door, sent)
        assert (refused.status, "Too many tries. Wait an hour, then try again." in refused.text) == (429, True)
    assert len(controls.objects(app.extensions["purser.settings"], "setup_intent")) == 30


def test_the_number_of_statements_does_not_grow_with_the_methods(
    erika: Callable[..., tuple[Browser, Customer, Actor]],
) -> None:
    browser, _customer, actor = erika()
    shop.add_method(actor, ACCOUNT)
    with counted() as few:
        browser.opens(PATH)
    for name in (GOOD, OTHER, "pm_card_amex", "pm_disputed_de"):
        shop.add_method(actor, name)
    with counted() as many:
        browser.opens(PATH)
    assert len(many) == len(few) <= 9
