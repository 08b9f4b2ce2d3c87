"""Passkeys in a real browser, with Chromium's virtual authenticator, and two-factor sign-in as people see it."""

from collections.abc import Iterator

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import update

from app import clock
from app.config import Settings
from app.domain.people.members import Actor
from app.models.members import BrowserSession
from app.models.scope import as_service
from app.services.access.sessions import FRESH_FOR
from app.services.transaction import transaction
from tests.browser.conftest import Opens
from tests.browser.test_spine import in_every_look, is_clean
from tests.support.cast import PASSWORD
from tests.support.second_factors import shown
from tests.support.server import Server, serving_here

ROOM = "/account/authentication/"
WITHOUT_FILLING_IN = "PublicKeyCredential.isConditionalMediationAvailable = async () => false"
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def live_server(app: Flask, settings: Settings) -> Iterator[Server]:
    """The portal under a name: no browser makes a passkey for an address."""
    with serving_here(settings, "localhost") as server:
        yield server


def with_device(page: Page) -> None:
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def a_while_later() -> None:
    with as_service("let time pass"), transaction() as session:
        session.execute(update(BrowserSession).values(authenticated_at=clock.now() - 2 * FRESH_FOR))


def test_a_passkey_is_added_signs_in_and_confirms(signs_in: Opens) -> None:
    page = signs_in()
    with_device(page)
    page.goto(ROOM)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("My laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("#passkeys-list tbody tr")).to_contain_text("My laptop")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("#passkeys-form .error")).to_have_text("This device has a passkey for you already.")
    page.context.clear_cookies()
    page.goto("/billing/usage/")
    page.wait_for_url("**/billing/usage/")  # filled in: this device waits for nobody to choose it
    page.add_init_script(WITHOUT_FILLING_IN)
    page.context.clear_cookies()
    page.goto("/billing/usage/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/billing/usage/")
    a_while_later()
    page.goto(ROOM)
    page.get_by_text("Remove", exact=False).locator("visible=true").last.click()
    page.get_by_role("button", name="Remove it").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("#notices .toast__text")).to_have_text("The passkey My laptop is removed.")


@pytest.mark.proof
@in_every_look
def test_axe_finds_nothing_on_the_way(signs_in: Opens, alice_actor: Actor, look: dict[str, object]) -> None:
    page = signs_in(**look)
    with_device(page)
    page.add_init_script(WITHOUT_FILLING_IN)
    page.goto(ROOM)
    is_clean(page, page.url)
    page.goto("/account/passkeys/new")
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url(f"**{ROOM}")
    page.locator("#two_factor-begin").click()
    is_clean(page, page.url)
    secret = page.locator("#two_factor-secret").inner_text().replace(" ", "")
    page.get_by_label("Code").fill(pyotp.TOTP(secret).at(clock.now()))
    page.get_by_role("button", name="Switch on").click()
    expect(page.locator("#two_factor-codes li")).to_have_count(10)
    is_clean(page, page.url)
    page.goto("/account/two-factor/off")
    is_clean(page, page.url)
    page.goto(ROOM)
    is_clean(page, page.url)
    page.context.clear_cookies()
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(alice_actor.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/second-step/")
    is_clean(page, page.url)
    page.get_by_label("Code").fill(shown(alice_actor, steps=1))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".field-error")).to_be_visible()
    is_clean(page, page.url)
