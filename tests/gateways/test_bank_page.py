"""The sandbox's bank page: asked once, answered once, back to where the customer came from."""

from typing import Any

from flask import Flask

from app.config import Settings
from app.domain.payments import Intent, IntentStatus
from app.gateways.processor import PaymentGateway
from tests.gateways.conftest import RETURN_URL
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
