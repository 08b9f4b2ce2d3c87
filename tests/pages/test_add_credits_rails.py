"""Add credits by every rail: PayPal and cryptocurrency once, SEPA debit over days, and a card whose bank asks."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask

from app import clock, ids
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.payments import Payment
from app.services import jobs
from app.services.customers import registration
from app.services.payments import resume_links, top_ups
from tests.support import cast, shop
from tests.support.browser import Browser, Page
from tests.support.shop import BUY, FORM, NEW, PATH

FRAGMENT = {"HX-Request": "true"}
TITLE = "#add_credits-payment-title"
CONTINUE = "#add_credits-payment a.btn--primary"
GO_ON = "form[aria-label='Confirm with your bank']"


@pytest.fixture
def hooli(catalog: str) -> Customer:
    """A customer in euros, who may pay by card, SEPA debit and PayPal."""
    cast.apply_catalog("platform")
    return registration.create(name="Hooli", email="billing@hooli.example", catalog="platform", external_id="hooli")


@pytest.fixture
def gavin(app: Flask, origin: str, hooli: Customer) -> Browser:
    """The browser of Hooli's billing manager, signed in."""
    part = replace(cast.ALICE, name="Gavin Grove", email="gavin@hooli.example")
    return cast.signed_in(app, origin, cast.make_actor(part, hooli))


@pytest.fixture
def waiting(alice_actor: Actor, acme: Customer) -> Payment:
    """A charge that was made while nobody was there, and whose bank asks."""
    return top_ups.charge(
        acme.customer_id,
        by="auto_recharge",
        form_key=ids.new_form_key(),
        amount=Money(2500, "USD"),
        pack="",
        method_id=shop.add_method(alice_actor, shop.ASKS).id,
        return_url=resume_links.return_url,
    )


def later(app: Flask, wait: timedelta) -> None:
    """Let the worker run, `wait` from now."""
    with app.app_context(), clock.at(clock.now() + wait):
        for _ in range(3):
            jobs.run_due()


def pays_by_new(browser: Browser, name: str, **fields: object) -> Page:
    """Buy by a test method that is saved for it; what is asked of the method is answered with the last press."""
    page = shop.reviewed(browser, "31.50", method=NEW, test_method=name)
    return browser.submits(page, FORM, button=BUY, **fields)


@pytest.mark.both_databases
def test_who_has_nothing_saved_chooses_a_wallet_or_adds_a_method(alice: Browser, acme: Customer) -> None:
    page = alice.opens(PATH)
    ways = ["New", "PayPal", "Cryptocurrency"]
    assert [each.split()[0] for each in page.texts(".method-choice .choice__text")] == ways
    assert page.value("method") == NEW, "no wallet is chosen for the customer"


def test_only_what_the_seller_takes_is_offered(gavin: Browser, acme: Customer, hooli: Customer) -> None:
    page = gavin.opens(PATH)
    ways = [
        "New payment method Card, PayPal, SEPA direct debit: saved for the next time",
        "PayPal For this payment only",
        "Bank transfer You get a pro-forma and send the money from your bank; the credit comes when it arrives",
    ]
    assert page.texts(".method-choice .choice__text") == ways
    sent = {**shop.filled(shop.reviewed(gavin, method="paypal")), "method": "crypto"}
    refused = gavin.posts(PATH, sent)
    assert (refused.status, refused.errors()) == (404, ["There is no such payment method."])
    assert shop.payments(hooli) == []


@pytest.mark.parametrize("rail", ["paypal", "crypto"])
def test_a_wallet_pays_and_brings_the_customer_back(app: Flask, alice: Browser, acme: Customer, rail: str) -> None:
    page = shop.bought(alice, method=rail)
    words = {"paypal": "Approve this payment at PayPal", "crypto": "Pay from your wallet"}
    assert page.texts(TITLE) == [words[rail]]
    assert shop.charges(app) == []
    back = alice.submits(alice.follows(page, CONTINUE), "form", button="[name=approve]")
    (payment,) = shop.payments(acme)
    assert back.path == f"{PATH}payments/{payment.id}"
    assert back.texts(TITLE) == ["Added $25.00 to your balance"]
    assert {"paypal": "PayPal", "crypto": "Cryptocurrency"}[rail] in back.text
    assert (shop.charges(app), shop.remaining(acme)) == ([2500], 25_000_000)
    assert alice.follows(back, "#add_credits-payment a[href*=balance-history]").status == 200


@pytest.mark.case("AC-2", "AC-44")
def test_four_tabs_with_a_wallet_sent_at_the_same_moment_are_one_payment(
    app: Flask, alice: Browser, acme: Customer
) -> None:
    answers = shop.at_once(app, alice, [shop.filled(shop.reviewed(alice, method="paypal")) for _ in range(4)])
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
    assert len(shop.payments(acme)) == 1


def test_a_wallet_that_declines_is_said_and_can_be_tried_again(app: Flask, alice: Browser, acme: Customer) -> None:
    page = shop.bought(alice, method="paypal")
    back = alice.submits(alice.follows(page, CONTINUE), "form", button="[name=decline]")
    assert back.texts(TITLE) == ["Nothing was charged"]
    assert "The payment was not approved at PayPal." in back.text
    again = alice.follows(back, CONTINUE)
    assert (again.value("amount"), again.value("method")) == ("25.00", "paypal")
    assert shop.charges(app) == []


def test_coins_on_their_way_are_said_and_the_page_changes_by_itself(app: Flask, alice: Browser, acme: Customer) -> None:
    page = shop.bought(alice, method="crypto")
    back = alice.submits(alice.follows(page, CONTINUE), "form", button="[name=later]")
    assert back.texts(TITLE) == ["The network is confirming your payment"]
    assert back.find("#add_credits-payment")["hx-trigger"] == "every 5s"
    assert "$25.00 is being processed by the network." in alice.opens("/billing/").text
    assert shop.remaining(acme) == 0
    later(app, timedelta(minutes=11))
    done = alice.opens(back.path)
    assert done.texts(TITLE) == ["Added $25.00 to your balance"]
    assert done.soup.select("[hx-trigger^=every]") == []


def test_a_debit_needs_its_mandate(gavin: Browser) -> None:
    page = gavin.opens(PATH)
    assert "Hooli" not in page.texts(".mandate__text")[0]
    refused = pays_by_new(gavin, "pm_success_de")
    assert (refused.status, refused.value("amount")) == (422, "31.50")
    assert "Read the mandate and accept it first." in refused.text


def test_a_debit_is_neither_due_nor_paid_while_it_is_on_its_way(app: Flask, gavin: Browser, hooli: Customer) -> None:
    before = shop.remaining(hooli)
    page = pays_by_new(gavin, "pm_success_de", accept=True)
    assert page.texts(TITLE) == ["The direct debit is on its way"]
    assert "€31.50 from SEPA direct debit ending in 3000" in page.text
    assert "The credit is added to your balance when the money arrives." in page.text
    assert page.soup.select("[hx-trigger^=every]") == []
    overview = gavin.opens("/billing/")
    assert "€31.50 is on its way by SEPA direct debit." in overview.text
    assert shop.remaining(hooli) == before
    later(app, timedelta(days=3, minutes=1))
    assert gavin.opens(page.path).texts(TITLE) == ["Added €31.50 to your balance"]
    assert gavin.opens("/billing/").soup.select("#overview-under_way li") == []
    assert shop.remaining(hooli) == before + 31_500_000


def test_a_debit_that_fails_late_is_said_in_words(app: Flask, gavin: Browser, hooli: Customer) -> None:
    before = shop.remaining(hooli)
    page = pays_by_new(gavin, "pm_insufficientFunds_de", accept=True)
    later(app, timedelta(days=3, minutes=1))
    failed = gavin.opens(page.path)
    assert failed.texts(TITLE) == ["Nothing was charged"]
    assert "The bank account has insufficient funds." in failed.text
    assert (shop.charges(app), shop.remaining(hooli)) == ([], before)


@pytest.mark.parametrize("name", ["paypal", "pm_card_authenticationRequiredOnSetup"])
def test_a_method_that_asks_first_is_saved_and_chosen_on_the_way_back(
    alice: Browser, acme: Customer, name: str
) -> None:
    away = pays_by_new(alice, name)
    back = alice.submits(away, "form", button="[name=approve]")
    assert back.path.startswith(PATH)
    assert back.value("amount") == "31.50"
    assert back.value("method").startswith("pm_")
    assert back.texts(BUY) == ["Add $31.50 to my balance"]
    assert shop.payments(acme) == [], "nothing is charged before it is checked"


def test_htmx_leaves_the_page_as_a_whole_for_a_method_that_asks_first(alice: Browser, acme: Customer) -> None:
    sent = {**shop.filled(shop.reviewed(alice, "31.50")), "method": NEW, "test_method": "paypal"}
    answer = alice.posts(PATH, sent, **FRAGMENT)
    assert answer.status == 200
    assert "/sandbox/wallet/" in answer.response.headers["HX-Redirect"]


@pytest.mark.case("AC-11", "AC-12")
def test_a_charge_whose_bank_asked_while_nobody_was_there_is_gone_on_with(
    app: Flask, alice: Browser, acme: Customer, waiting: Payment
) -> None:
    overview = alice.opens("/billing/")
    assert "Your bank asks you to confirm $25.00." in overview.text
    page = alice.follows(overview, "#overview-under_way a")
    assert page.texts(TITLE) == ["Your bank asks you to confirm this payment"]
    assert "while you were away" in page.text
    bank = alice.submits(page, GO_ON)
    back = alice.submits(bank, "form", button="[name=approve]")
    assert back.path == f"{PATH}payments/{waiting.id}"
    assert back.texts(TITLE) == ["Added $25.00 to your balance"]
    assert (shop.charges(app), shop.remaining(acme)) == ([2500], 25_000_000)
    assert alice.posts(f"{PATH}payments/{waiting.id}/resumption", {"csrf_token": page.value("csrf_token")}).texts(
        TITLE
    ) == ["Added $25.00 to your balance"]
    assert shop.charges(app) == [2500]


def test_only_a_manager_of_the_customer_goes_on_with_it(
    app: Flask, alice: Browser, bob: Browser, mallory: Browser, waiting: Payment
) -> None:
    path = f"{PATH}payments/{waiting.id}"
    seen = bob.opens(path)
    assert seen.texts(TITLE) == ["Your bank asks you to confirm this payment"]
    assert "Ask Alice Archer to confirm it." in seen.text
    assert seen.soup.select("#add_credits-payment form, #add_credits-payment a") == []
    token = bob.opens(PATH).value("csrf_token")
    assert bob.posts(f"{path}/resumption", {"csrf_token": token}).status == 403
    token = mallory.opens(PATH).value("csrf_token")
    assert mallory.posts(f"{path}/resumption", {"csrf_token": token}).status == 404
    assert alice.opens(path).soup.select(GO_ON) != []
    assert shop.charges(app) == []


def test_giving_it_up_is_said(app: Flask, alice: Browser, waiting: Payment) -> None:
    page = alice.opens(f"{PATH}payments/{waiting.id}")
    gone = alice.submits(page, "form[aria-label='Cancel this payment']")
    assert gone.texts(TITLE) == ["Nothing was charged"]
    assert "cancelled before the bank confirmed it" in gone.text
    assert shop.charges(app) == []


def test_the_wallets_page_is_paid_without_a_cookie_and_by_its_own_form_alone(
    app: Flask, alice: Browser, acme: Customer
) -> None:
    sent = {**shop.filled(shop.reviewed(alice, "31.50")), "method": NEW, "test_method": "paypal"}
    path = urlsplit(alice.posts(PATH, sent, **FRAGMENT).response.headers["HX-Redirect"]).path
    window = Browser(app.test_client(use_cookies=False), alice.origin, alice.actor)
    page = window.opens(path)
    assert "Set-Cookie" not in page.response.headers
    answer = {"approve": "1", "csrf_token": page.value("csrf_token")}
    for wrong in ({"csrf_token": ""}, {"csrf_token": "made-up"}):
        assert window.posts(path, answer | wrong).status == 400
    assert window.posts(f"{path}x", answer).status == 400, "the token of another form"
    assert window.posts(path, answer, Origin="https://evil.example").status == 403
    assert window.opens(path).value("csrf_token") == answer["csrf_token"], "still open"
    assert window.client.post(path, data=answer, base_url=window.origin).status_code == 303
