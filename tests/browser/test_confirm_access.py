"""Confirm access in a real browser: in place of what was pressed, or on a page of its own, with nothing typed lost."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import update

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.members import BrowserSession
from app.models.scope import as_service
from app.services.access.sessions import FRESH_FOR
from app.services.transaction import transaction
from app.services.webhooks import endpoints
from tests.browser.conftest import Opens
from tests.browser.test_spine import in_every_look, is_clean, with_and_in_proof_without
from tests.support import methods, shop
from tests.support.cast import PASSWORD
from tests.support.webhook_cast import secret_of, settings

__all__ = ["settings"]
LIMITS = "/billing/spend-management/webhook/"
METHODS = "/billing/payment-methods/"
SECRET = "#spend_management-webhook-secret"


@pytest.fixture(autouse=True)
def endpoint(acme: Customer) -> str:
    endpoints.save(acme.customer_id, "http://127.0.0.1:9/hook", by="alice")
    return secret_of(acme.customer_id)


def a_while_later() -> None:
    """Let it be more than ten minutes since anybody gave a password."""
    with as_service("let time pass"), transaction() as session:
        session.execute(update(BrowserSession).values(authenticated_at=clock.now() - 2 * FRESH_FOR))


def confirms(page: Page, password: str = PASSWORD) -> None:
    expect(page.locator("#confirm_password")).to_be_focused()
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def cookie(page: Page) -> str:
    return page.context.cookies()[0]["value"]


def test_htmx_asks_in_place_and_what_is_typed_elsewhere_stays(signs_in: Opens, endpoint: str) -> None:
    page = signs_in()
    page.goto(LIMITS)
    page.locator("#webhook_url").fill("https://half.example/typ")
    a_while_later()
    before = cookie(page)
    page.get_by_role("link", name="Show the secret").click()
    confirms(page, "not the password")
    expect(page.locator("#confirm_password-error")).to_have_text("This is not your password.")
    confirms(page)
    expect(page.locator(SECRET)).to_have_text(endpoint)
    expect(page.locator(SECRET)).to_be_focused()
    expect(page.locator("#webhook_url")).to_have_value("https://half.example/typ")
    expect(page).to_have_url(re.compile(f"{re.escape(LIMITS)}$"))
    expect(page.locator("#confirm_access-form")).to_have_count(0)
    assert cookie(page) != before
    page.get_by_role("link", name="Make a new secret").click()
    page.get_by_role("button", name="Make the new secret").click()
    expect(page.locator(".toast--ok")).to_contain_text("Your webhook has a new secret.")
    expect(page.locator("#webhook_url")).to_have_value("https://half.example/typ")


def test_cancelling_in_place_brings_back_what_stood_there(signs_in: Opens) -> None:
    page = signs_in()
    page.goto(LIMITS)
    page.locator("#webhook_url").fill("https://half.example/typ")
    a_while_later()
    page.get_by_role("link", name="Show the secret").click()
    page.locator("#confirm_access-form").get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("link", name="Show the secret")).to_be_visible()
    expect(page.locator("#webhook_url")).to_have_value("https://half.example/typ")


@with_and_in_proof_without
def test_a_method_is_removed_after_the_password(
    app: Flask, signs_in: Opens, acme: Customer, alice_actor: Actor, javascript: bool
) -> None:
    shop.add_method(alice_actor)
    page = signs_in(java_script_enabled=javascript)
    page.goto(METHODS)
    a_while_later()
    page.get_by_role("link", name="Remove Visa ending in 4242").click()
    page.get_by_role("button", name="Remove it").click()
    confirms(page, "not the password")
    expect(page.locator("#confirm_password-error")).to_have_text("This is not your password.")
    assert len(methods.live(acme)) == 1
    confirms(page)
    expect(page.locator(".toast--ok")).to_contain_text("Visa ending in 4242 is removed.")
    expect(page).to_have_url(re.compile(f"{METHODS}$"))
    assert methods.live(acme) == [] and methods.both_sides_agree(app, acme)


def test_without_javascript_the_secret_shows_on_its_own_page(signs_in: Opens, endpoint: str) -> None:
    page = signs_in(java_script_enabled=False)
    page.goto(LIMITS)
    a_while_later()
    page.get_by_role("link", name="Show the secret").click()
    expect(page.get_by_role("heading", name="Confirm access", level=1)).to_be_visible()
    confirms(page)
    expect(page.locator(SECRET)).to_have_text(endpoint)


@in_every_look
def test_axe_finds_nothing_where_it_asks(
    signs_in: Opens, alice_actor: Actor, acme: Customer, look: dict[str, object]
) -> None:
    page = signs_in(**look)
    method = shop.add_method(alice_actor)
    a_while_later()
    page.goto(f"/confirm-access?next={LIMITS}secret")
    is_clean(page, "a page of its own")
    confirms(page, "x")
    expect(page.locator("#confirm_password-error")).to_be_visible()
    is_clean(page, "wrong")
    page.goto(LIMITS)
    page.get_by_role("link", name="Show the secret").click()
    expect(page.locator("#confirm_password")).to_be_focused()
    is_clean(page, "in place on spend management")
    page.goto(f"{METHODS}?remove={method.id}")
    page.get_by_role("button", name="Remove it").click()
    expect(page.locator("#confirm_password")).to_be_focused()
    is_clean(page, "in place of the payment methods")
    for _ in range(5):
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            confirms(page, "x")
        expect(page.locator("#confirm_access-form[aria-busy]")).to_have_count(0)
    expect(page.locator("#confirm_access-form [role=alert]")).to_contain_text("Too many tries.")
    is_clean(page, "too many tries")
