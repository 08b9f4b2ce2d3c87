"""The sandbox's own pages: a question is asked once, answered once, and leads back to where the customer came from."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.methods import Rail, Setup
from app.domain.money import Money
from app.domain.payments import ChargeOrder, Checkout, Intent, IntentStatus
from app.gateways.processor import PaymentGateway
from tests.gateways.conftest import RETURN_URL, begun, confirmed
from tests.support.browser import Browser, Page


def asks(visitor: Browser, settings: Settings, intent: Intent, card: Any, confirm: Any) -> Page:
    answer = confirm(intent, card("pm_card_authenticationRequired"))
    return visitor.opens(answer.action_url.removeprefix(settings.base_url))


def test_it_says_that_it_is_no_bank_and_what_is_paid(
    visitor: Browser, settings: Settings, intent: Intent, card: Any, confirm: Any
) -> None:
    page = asks(visitor, settings, intent, card, confirm)
    assert page.status == 200
    assert "not a real bank" in page.text and "$25.00" in page.text


def test_approving_pays_and_leads_back(
    gateway: PaymentGateway, visitor: Browser, settings: Settings, intent: Intent, card: Any, confirm: Any
) -> None:
    page = asks(visitor, settings, intent, card, confirm)
    after = visitor.submits(page, "form", button="[name=approve]")
    assert after.redirects[0] == f"{RETURN_URL}&payment_intent={intent.id}&redirect_status=succeeded"
    now = gateway.fetch_intent(intent.id)
    assert isinstance(now, Intent) and now.status is IntentStatus.SUCCEEDED


@pytest.mark.fault("S10")
def test_declining_pays_nothing_and_leads_back(
    gateway: PaymentGateway, visitor: Browser, settings: Settings, intent: Intent, card: Any, confirm: Any
) -> None:
    page = asks(visitor, settings, intent, card, confirm)
    after = visitor.submits(page, "form", button="[name=decline]")
    assert after.redirects[0].endswith("redirect_status=failed")
    now = gateway.fetch_intent(intent.id)
    assert isinstance(now, Intent) and now.decline_code == "payment_intent_authentication_failure"
    closed = visitor.opens(page.path)
    assert "has been answered" in closed.text and not closed.soup.select("form")


def test_it_takes_no_answer_without_its_own_form(
    visitor: Browser, settings: Settings, intent: Intent, card: Any, confirm: Any
) -> None:
    page = asks(visitor, settings, intent, card, confirm)
    assert visitor.posts(page.path, {"approve": "1"}).status == 400
    assert visitor.submits(page, "form").status == 422
    assert visitor.submits(page, "form", button="[name=approve]").redirects


def test_there_is_no_page_for_what_nobody_asked(visitor: Browser, intent: Intent) -> None:
    for path in (f"/sandbox/challenge/{intent.id}", "/sandbox/challenge/pi_unknown", "/sandbox/challenge/%00"):
        assert visitor.opens(path).status == 404


def test_it_is_not_there_with_the_real_processor(settings: Settings) -> None:
    from dataclasses import replace

    from app import create_app

    real = replace(
        settings,
        payments="stripe",
        stripe_secret_key="sk_test_x",
        stripe_publishable_key="pk_test_x",
        stripe_webhook_secret="whsec_x",
    )
    made: Flask = create_app(real)
    rules = {rule.rule for rule in made.url_map.iter_rules()}
    assert "/webhooks/stripe" in rules
    assert not any(rule.startswith(("/sandbox", "/dev")) for rule in rules)


def test_the_bank_asks_about_a_card_that_is_saved(
    gateway: PaymentGateway, visitor: Browser, settings: Settings, owner: str
) -> None:
    setup = begun(gateway, owner)
    asked = confirmed(gateway, setup, "pm_card_authenticationRequiredOnSetup")
    assert isinstance(asked, Setup)
    page = visitor.opens(asked.action_url.removeprefix(settings.base_url))
    assert "saves your card" in page.text
    after = visitor.submits(page, "form", button="[name=approve]")
    assert after.redirects[0] == f"{RETURN_URL}&setup_intent={setup.id}&redirect_status=succeeded"
    done = gateway.fetch_setup(setup.id)
    assert isinstance(done, Setup) and done.method


def by_wallet(gateway: PaymentGateway, visitor: Browser, settings: Settings, intent: Intent, rail: Rail) -> Page:
    answer = gateway.confirm_one_time(intent.id, rail=rail, return_url=RETURN_URL, key="once")
    assert isinstance(answer, Intent)
    return visitor.opens(answer.action_url.removeprefix(settings.base_url))


@pytest.mark.parametrize(
    ("rail", "button", "status"),
    [
        (Rail.PAYPAL, "approve", IntentStatus.SUCCEEDED),
        (Rail.PAYPAL, "decline", IntentStatus.REQUIRES_PAYMENT_METHOD),
        (Rail.CRYPTO, "approve", IntentStatus.SUCCEEDED),
        (Rail.CRYPTO, "later", IntentStatus.PROCESSING),
        (Rail.CRYPTO, "decline", IntentStatus.REQUIRES_PAYMENT_METHOD),
    ],
)
def test_a_wallet_says_that_it_is_none_asks_and_leads_back(
    gateway: PaymentGateway,
    visitor: Browser,
    settings: Settings,
    intent: Intent,
    rail: Rail,
    button: str,
    status: IntentStatus,
) -> None:
    page = by_wallet(gateway, visitor, settings, intent, rail)
    assert page.status == 200 and "not a real wallet" in page.text and "$25.00" in page.text
    assert ("Pretend PayPal" in page.text) == (rail is Rail.PAYPAL)
    after = visitor.submits(page, "form", button=f"[name={button}]")
    assert after.redirects[0].startswith(f"{RETURN_URL}&payment_intent={intent.id}&redirect_status=")
    now = gateway.fetch_intent(intent.id)
    assert isinstance(now, Intent) and now.status is status
    closed = visitor.opens(page.path)
    assert "has been answered" in closed.text and not closed.soup.select("form")


def test_paypal_does_not_let_money_take_a_while(
    gateway: PaymentGateway, visitor: Browser, settings: Settings, intent: Intent
) -> None:
    page = by_wallet(gateway, visitor, settings, intent, Rail.PAYPAL)
    assert not page.soup.select("[name=later]")
    token = page.find("[name=csrf_token]")["value"]
    assert visitor.posts(page.path, {"later": "1", "csrf_token": str(token)}).status == 422


def test_paypal_asks_whether_it_may_be_saved(
    gateway: PaymentGateway, visitor: Browser, settings: Settings, owner: str
) -> None:
    asked = confirmed(gateway, begun(gateway, owner), "paypal")
    assert isinstance(asked, Setup)
    page = visitor.opens(asked.action_url.removeprefix(settings.base_url))
    assert "Save your account" in page.text and "$" not in page.text
    assert visitor.submits(page, "form", button="[name=approve]").redirects[0].endswith("redirect_status=succeeded")


def test_a_question_is_asked_on_its_own_page_only(
    gateway: PaymentGateway, visitor: Browser, settings: Settings, intent: Intent
) -> None:
    page = by_wallet(gateway, visitor, settings, intent, Rail.CRYPTO)
    assert visitor.opens(page.path.replace("wallet", "challenge")).status == 404


def test_the_processors_portal_removes_a_method_and_leads_back(
    gateway: PaymentGateway, visitor: Browser, settings: Settings, owner: str, card: Any
) -> None:
    visa, amex = card("pm_card_visa"), card("pm_card_amex")
    url = gateway.portal_url(
        processor_customer=owner, return_url="http://localhost/billing/payment-methods", key="portal"
    )
    assert isinstance(url, str)
    page = visitor.opens(url.removeprefix(settings.base_url))
    assert "not a real processor" in page.text and "Visa ending in 4242" in page.text
    assert page.find("a[href='http://localhost/billing/payment-methods']")
    page = visitor.submits(page, f"form:has([value={visa}])")
    assert "Visa ending in 4242" not in page.text and "American Express" in page.text
    assert gateway.fetch_method(visa) is None and gateway.fetch_method(amex) is not None


def test_a_portal_that_nobody_opened_is_not_there(visitor: Browser) -> None:
    assert visitor.opens("/sandbox/portal/bps_unknown").status == 404


def test_a_checkout_asks_for_another_card_after_a_decline_and_leads_back_once_paid(
    gateway: PaymentGateway, visitor: Browser, settings: Settings, owner: str
) -> None:
    back = "http://localhost/billing/overview"
    order = ChargeOrder("pay_1", "cus_acme", owner, Money(1250, "USD"), "Change of plan of Acme")
    until = clock.now() + timedelta(hours=23)
    made = gateway.begin_checkout(order, kinds=("card",), return_url=back, until=until, key="till")
    assert isinstance(made, Checkout)
    page = visitor.opens(made.url.removeprefix(settings.base_url))
    assert "not a real processor" in page.text and "12.50" in page.text and page.find(f"a[href='{back}']")
    page = visitor.submits(page, "form:has([value=pm_card_chargeDeclined])")
    assert (page.status, "Try another one." in page.text) == (402, True)
    page = visitor.submits(page, "form:has([value=pm_card_visa])")
    assert page.redirects[0] == back
    assert "This checkout is over." in visitor.opens(made.url.removeprefix(settings.base_url)).text
    assert visitor.opens("/sandbox/checkout/cs_unknown").status == 404
