"""Confirm access: asked before sensitive changes, and what was typed is kept."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.services.access import sessions
from tests.support import cast, methods
from tests.support.browser import Browser, Page
from tests.support.cast import ALICE, PASSWORD
from tests.support.confirm_page import (
    FORM,
    METHODS,
    PATH,
    TYPED,
    WEBHOOK,
    after,
    app,
    card,
    confirms,
    cookie,
    endpoint,
    later,
    removes,
)
from tests.support.methods_page import erika
from tests.support.webhook_cast import secret_of, settings

__all__ = ["app", "card", "endpoint", "erika", "later", "settings"]
HTMX = {"HX-Request": "true"}


def test_nothing_is_asked_for_ten_minutes_after_the_sign_in(
    app: Flask, origin: str, alice_actor: Actor, endpoint: str
) -> None:
    now = clock.now()
    with clock.at(now):
        alice = cast.signed_in(app, origin, alice_actor)
    with clock.at(now + timedelta(minutes=9, seconds=58)):
        assert alice.opens(f"{WEBHOOK}/secret").texts("#spend_management-webhook-secret") == [endpoint]


def test_a_page_asks_and_leads_on(alice: Browser, endpoint: str, later: None) -> None:
    page = alice.opens(f"{WEBHOOK}/secret")
    assert page.status == 200 and page.path.startswith(f"{PATH}/?next=")
    assert endpoint not in page.response.text
    assert page.find("h1").text == "Confirm access"
    assert "Enter your password to see the signing secret of your webhook." in page.text
    assert f"Signed in as Alice Archer, {ALICE.email}" in page.text
    assert page.find("[name=confirm_password]")["autocomplete"] == "current-password"
    shown = confirms(alice, page)
    assert (shown.status, shown.path) == (200, f"{WEBHOOK}/secret")
    assert shown.texts("#spend_management-webhook-secret") == [endpoint]
    assert alice.opens(f"{WEBHOOK}/secret").path == f"{WEBHOOK}/secret", "for ten minutes more"


def test_it_lasts_ten_minutes_from_the_confirmation(alice: Browser, endpoint: str, later: None) -> None:
    confirms(alice, alice.opens(f"{WEBHOOK}/secret"))
    with after(timedelta(minutes=10)):
        assert alice.opens(f"{WEBHOOK}/secret").path == f"{WEBHOOK}/secret"
    with after(timedelta(minutes=10, seconds=1)):
        assert alice.opens(f"{WEBHOOK}/secret").path.startswith(PATH)


def test_a_change_asks_and_is_made_by_the_same_form(
    app: Flask, alice: Browser, acme: Customer, card: PaymentMethod, later: None
) -> None:
    page = removes(alice, card)
    assert page.status == 401
    assert "Enter your password to remove Visa ending in 4242." in page.text
    assert len(methods.live(acme)) == 1
    done = confirms(alice, page)
    assert (done.status, done.path) == (200, METHODS)
    assert done.notices() == ["Visa ending in 4242 is removed."]
    assert methods.live(acme) == [] and methods.both_sides_agree(app, acme)


def test_a_secret_is_rotated_only_afterwards(alice: Browser, acme: Customer, endpoint: str, later: None) -> None:
    page = alice.submits(alice.opens(f"{WEBHOOK}/new-secret"), "#spend_management-webhook-rotation")
    assert (page.status, secret_of(acme.customer_id)) == (401, endpoint)
    assert confirms(alice, page).notices()[0].startswith("Your webhook has a new secret.")
    assert secret_of(acme.customer_id) != endpoint


def test_the_processors_portal_opens_only_afterwards(erika: Callable[..., tuple[Browser, Customer, Actor]]) -> None:
    browser, _customer, _actor = erika(manage='"both"')
    with after(timedelta(minutes=10, seconds=1)):
        page = browser.submits(browser.opens(METHODS), "form[action$='/portal']")
        assert "Enter your password to open Stripe’s portal." in page.text
        assert "/sandbox/" in confirms(browser, page).path


def test_a_portal_that_is_not_offered_is_not_there_before_a_password_is_asked_for(alice: Browser, later: None) -> None:
    token = alice.opens("/billing/").soup.select("[name=csrf_token]")[0]["value"]
    page = alice.posts(f"{METHODS}portal", {"csrf_token": token})
    assert (page.status, page.find("h1").text) == (404, "There is no such page")


def test_another_customers_method_is_not_there_and_not_named(
    mallory: Browser, card: PaymentMethod, acme: Customer
) -> None:
    with after(timedelta(minutes=10, seconds=1)):
        token = mallory.opens("/billing/").soup.select("[name=csrf_token]")[0]["value"]
        sent = {"csrf_token": token}
        for method_id in (card.id, "pm_nothing"):
            page = mallory.posts(f"{METHODS}{method_id}/removal", sent)
            assert (page.status, page.errors()) == (404, [])
            assert "There is no such payment method." in page.text and "ending in 4242" not in page.text
    assert len(methods.live(acme)) == 1


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_what_was_typed_is_kept_through_wrong_passwords(alice: Browser, later: None, htmx: bool) -> None:
    typed = [
        ("name", "Ångström <b>\"&'</b>"),
        ("day", "mon"),
        ("day", "fri"),
        ("note", "two\nlines"),
        ("empty", ""),
        ("next", "//evil.example"),
        ("action", "/elsewhere"),
        ("submit", "x"),
    ]
    headers = HTMX if htmx else {}
    token = alice.opens("/billing/").soup.select("[name=csrf_token]")[0]["value"]
    page = alice.posts(f"{TYPED}?a=1&a=2", MultiDict([*typed, ("csrf_token", str(token))]), **headers)
    assert page.status == 401
    for wrong in ("", "not the password"):
        page = tried(alice, page, wrong, headers)
        assert (page.status, len(page.errors())) == (422, 1)
        assert page.value("confirm_password") == ""
    answer = tried(alice, page, PASSWORD, headers)
    assert (answer.status, answer.path) == (200, f"{TYPED}?a=1&a=2")
    sent = [tuple(each) for each in answer.response.get_json()]
    assert [each for each in sent if each[0] not in {"csrf_token", "confirm_password"}] == typed


def tried(browser: Browser, page: Page, password: str, headers: dict[str, str]) -> Page:
    """Send the question's form with the password, as a browser or as htmx sends it."""
    form = page.find(FORM)
    fields = [(str(each["name"]), str(each.get("value", ""))) for each in form.select("input[name]")]
    data = MultiDict([each for each in fields if each[0] != "confirm_password"])
    data["confirm_password"] = password
    return browser.posts(str(form["hx-post"] if headers else form["action"]), data, **headers)


def test_htmx_is_asked_in_place_and_gets_the_part_it_asked_for(alice: Browser, endpoint: str, later: None) -> None:
    asked = alice.opens(f"{WEBHOOK}/secret", **HTMX)
    assert asked.status == 401 and "<html" not in asked.response.text
    form = asked.find(FORM)
    assert form["hx-target"] == "#confirm_access-form"
    assert asked.find("h2").text == "Confirm access"
    assert asked.find("a.btn")["hx-get"] == f"{WEBHOOK}/"
    before = cookie(alice)
    data = {"csrf_token": asked.value("csrf_token"), "next": asked.value("next"), "confirm_password": PASSWORD}
    led = alice.client.post(f"{PATH}/", data=data, base_url=alice.origin, headers=HTMX)
    assert (led.status_code, led.location) == (303, f"{WEBHOOK}/secret")
    assert cookie(alice) != before
    assert alice.opens(led.location, **HTMX).texts("#spend_management-webhook-secret") == [endpoint]


@pytest.mark.both_databases
def test_asvs_7_2_4_the_token_changes_and_the_old_one_is_dead_at_once(
    alice: Browser, endpoint: str, later: None
) -> None:
    page, before = alice.opens(f"{WEBHOOK}/secret"), cookie(alice)
    confirms(alice, page)
    assert cookie(alice) not in {"", before}
    assert sessions.find(before) is None
    alice.client.set_cookie("purser", before)
    assert alice.opens("/billing/").path.startswith("/sign-in")


def test_a_form_that_was_open_elsewhere_is_still_good(alice: Browser, card: PaymentMethod, later: None) -> None:
    other_tab = alice.opens("/billing/")
    confirms(alice, alice.opens(f"{PATH}/?next=/billing/usage"))
    assert alice.submits(other_tab, ".account form[action='/sign-out']").path == "/sign-in"
