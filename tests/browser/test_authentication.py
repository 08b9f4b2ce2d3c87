"""Authentication in a real browser: what is sensitive asks in place, nothing typed is lost, and each page is clean."""

import json

import pytest
from flask import Flask
from playwright.sync_api import expect

from app.domain.people.members import Actor
from app.models.mails import Mail
from app.services.mail import payment_text
from tests.browser.conftest import Opens
from tests.browser.test_confirm_access import a_while_later, confirms
from tests.browser.test_spine import in_every_look, is_clean
from tests.pages.test_authentication import LINES, NEW, PATH, password_is, written
from tests.pages.test_forgot_password import ASK, works
from tests.support import cast
from tests.support.cast import ALICE, PASSWORD


def test_a_member_changes_address_and_password_and_ends_what_is_open_elsewhere(
    app: Flask, signs_in: Opens, origin: str, alice_actor: Actor
) -> None:
    other = cast.signed_in(app, origin, alice_actor)
    page = signs_in()
    page.goto(PATH)
    expect(page.locator(LINES)).to_have_count(2)
    is_clean(page, PATH)
    a_while_later()
    page.locator("#new_email").fill("alice@new.example")
    page.get_by_role("button", name="Send the link").click()
    confirms(page)
    expect(page.locator("#authentication-email-cancel")).to_be_visible()
    expect(page.locator("#notices")).to_contain_text("alice@new.example")
    page.locator("#current_password").fill(PASSWORD)
    page.locator("#new_password").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(page.locator("#notices")).to_contain_text("Your password is changed")
    expect(page.locator(LINES)).to_have_count(1)
    assert password_is(alice_actor, NEW) and other.opens(PATH).path.startswith("/sign-in")


@pytest.mark.proof
def test_a_forgotten_password_is_chosen_by_the_mailed_link(app: Flask, signs_in: Opens, alice_actor: Actor) -> None:
    page = signs_in(java_script_enabled=False)
    page.goto(ASK)
    page.locator("#email").fill(ALICE.email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.locator("h1")).to_have_text("Look at your e-mail")
    works()
    (mail,) = written(Mail, template="password_reset")
    words = payment_text.of(mail.template, mail.customer_id, json.loads(mail.context))
    assert words is not None
    (link,) = [line for line in words.text.splitlines() if "/reset-password/" in line]
    page.goto("/reset-password/" + link.rpartition("/")[2])
    assert page.url.endswith("/reset-password/"), "the token has left the address"
    page.locator("#password").fill(NEW)
    page.get_by_role("button", name="Set the password").click()
    expect(page.locator("[role=status]")).to_have_text("Your password is set. Sign in with it.")
    page.locator("#email").fill(ALICE.email)
    page.locator("#password").fill(NEW)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/billing/")


@pytest.mark.proof
@in_every_look
def test_each_page_is_clean_in_every_look(signs_in: Opens, alice_actor: Actor, look: dict[str, object]) -> None:
    page = signs_in(**look)
    for path in (PATH, "/account/authentication/account/", ASK, "/forgot-password/sent", "/reset-password/"):
        page.goto(path)
        is_clean(page, path)
