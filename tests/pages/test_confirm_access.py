"""Confirm access: sensitive changes ask for the password where it was given more than ten minutes ago."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask, jsonify, request
from sqlalchemy import update
from werkzeug.datastructures import MultiDict

from app import clock
from app.domain.people import Actor
from app.models.customers import Customer
from app.models.members import BrowserSession
from app.models.payments import PaymentMethod
from app.models.scope import as_service
from app.services.access import sessions
from app.services.transaction import transaction
from app.services.webhooks import endpoints
from app.web.access import fresh_only, managers_only
from tests.support import methods, shop
from tests.support.browser import Browser, Page
from tests.support.cast import ALICE, PASSWORD
from tests.support.statements import counted
from tests.support.webhook_cast import secret_of, settings

__all__ = ["settings"]
PATH = "/confirm-access"
FORM = "#confirm_access-form form"
METHODS = "/billing/payment-methods/"
WEBHOOK = "/billing/spend-management/webhook"
TYPED = "/billing/typed"
HTMX = {"HX-Request": "true"}
SENSITIVE = {"payment_methods.remove", "payment_methods.portal", "webhook.secret", "webhook.rotate"}
"""Whoever takes a line away here has thought about it."""


@pytest.fixture
def app(app: Flask) -> Flask:
    """The portal with one more sensitive form, of every kind of field."""

    @app.post(TYPED)
    @managers_only
    @fresh_only("try this", back="overview.page")
    def typed() -> object:
        return jsonify([*request.form.items(multi=True)])

    return app


@pytest.fixture
def card(alice_actor: Actor) -> PaymentMethod:
    return shop.add_method(alice_actor)


@pytest.fixture
def endpoint(acme: Customer) -> str:
    saved = endpoints.save(acme.customer_id, "http://127.0.0.1:9/hook", by="alice")
    assert saved is not None
    return secret_of(acme.customer_id)


@pytest.fixture
def later(alice: Browser) -> Iterator[None]:
    """Alice signed in, and the ten minutes are over."""
    with after(sessions.FRESH_FOR + timedelta(seconds=2)):
        yield


def after(time: timedelta) -> AbstractContextManager[None]:
    return clock.at(clock.now() + time)


def cookie(browser: Browser) -> str:
    kept = browser.client.get_cookie("purser")
    return kept.value if kept else ""


def removes(browser: Browser, card: PaymentMethod) -> Page:
    """Press what removes the card."""
    asked = browser.opens(f"{METHODS}?remove={card.id}")
    return browser.submits(asked, "form[action$='/removal']")


def confirms(browser: Browser, page: Page, password: str = PASSWORD) -> Page:
    return browser.submits(page, FORM, confirm_password=password)


def test_nothing_is_asked_for_ten_minutes_after_the_sign_in(alice: Browser, endpoint: str) -> None:
    with after(timedelta(minutes=9, seconds=58)):
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
    assert "Enter your password to remove the payment method." in page.text
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


def test_the_processors_portal_opens_only_afterwards(app: Flask, catalog: str, later: None, alice: Browser) -> None:
    token = alice.opens("/billing/").soup.select("[name=csrf_token]")[0]["value"]
    assert alice.posts(f"{METHODS}portal", {"csrf_token": token}).find("h1").text == "Confirm access"


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
def test_the_token_changes_and_the_old_one_is_dead_at_once(alice: Browser, endpoint: str, later: None) -> None:
    page, before = alice.opens(f"{WEBHOOK}/secret"), cookie(alice)
    confirms(alice, page)
    assert cookie(alice) not in {"", before}
    assert sessions.find(before) is None
    alice.client.set_cookie("purser", before)
    assert alice.opens("/billing/").path.startswith("/sign-in")


def test_a_form_that_was_open_elsewhere_is_still_good(alice: Browser, card: PaymentMethod, later: None) -> None:
    other_tab = alice.opens("/billing/")
    confirms(alice, alice.opens(f"{PATH}/?next=/billing/usage"))
    assert alice.submits(other_tab, ".side form[action='/sign-out']").path == "/sign-in"


def test_nothing_is_made_fresh_by_a_wrong_password(alice: Browser, endpoint: str, later: None) -> None:
    page, before = alice.opens(f"{WEBHOOK}/secret"), cookie(alice)
    wrong = confirms(alice, page, "not the password")
    assert (wrong.status, wrong.errors()) == (422, ["This is not your password."])
    assert cookie(alice) == before
    assert alice.opens(f"{WEBHOOK}/secret").path.startswith(PATH)


def test_five_wrong_tries_close_it_even_to_the_right_password(
    alice: Browser, card: PaymentMethod, acme: Customer, later: None
) -> None:
    page = removes(alice, card)
    for _ in range(5):
        assert confirms(alice, page, "not the password").status == 422
    late = confirms(alice, page)
    assert (late.status, late.response.headers["Retry-After"]) == (429, "900")
    assert late.errors() == ["Too many tries. Wait 15 minutes, then try again."]
    assert len(methods.live(acme)) == 1


def test_the_tries_are_those_of_the_sign_in(visitor: Browser, alice: Browser, later: None) -> None:
    page = alice.opens(f"{PATH}/?next=/billing/usage")
    for _ in range(5):
        confirms(alice, page, "not the password")
    refused = visitor.submits(visitor.opens("/sign-in"), "form", email=ALICE.email, password=PASSWORD)
    assert refused.status == 429


def test_a_session_that_was_revoked_meanwhile_stays_so(alice: Browser, alice_actor: Actor, later: None) -> None:
    page, token = alice.opens(f"{PATH}/?next=/billing/usage"), cookie(alice)
    sessions.end_all_of(alice_actor.member_id)
    assert sessions.confirm(token) == ""
    assert confirms(alice, page).path == "/sign-in"
    assert alice.opens(f"{WEBHOOK}/secret").path.startswith("/sign-in")


def test_a_revoked_session_is_not_fresh_either(alice: Browser, alice_actor: Actor, endpoint: str) -> None:
    assert alice.opens(f"{WEBHOOK}/secret").path == f"{WEBHOOK}/secret"
    sessions.end_all_of(alice_actor.member_id)
    assert alice.opens(f"{WEBHOOK}/secret").path.startswith("/sign-in")


def test_a_visitors_session_is_never_confirmed(app: Flask) -> None:
    assert sessions.confirm(sessions.begin("{}")) == ""


def test_only_our_own_form_confirms(alice: Browser, later: None) -> None:
    before = cookie(alice)
    data = {"confirm_password": PASSWORD, "next": "/billing/usage"}
    assert alice.posts(f"{PATH}/", data).status == 400
    token = alice.opens(f"{PATH}/").value("csrf_token")
    assert alice.posts(f"{PATH}/", data | {"csrf_token": token}, Origin="https://evil.example").status == 403
    assert alice.posts(TYPED, data).status == 400
    assert cookie(alice) == before


@pytest.mark.parametrize("hostile", ["//evil.example", "/\\evil.example", "https://evil.example/", "evil", "", "/\t/a"])
def test_it_leads_on_only_within_the_portal(alice: Browser, later: None, hostile: str) -> None:
    page = alice.client.get(f"{PATH}/", query_string={"next": hostile}, base_url=alice.origin)
    assert 'name="next" value="/"' in page.text
    token = alice.opens(f"{PATH}/").value("csrf_token")
    done = alice.posts(f"{PATH}/", {"csrf_token": token, "next": hostile, "confirm_password": PASSWORD})
    assert (done.status, done.path) == (200, "/billing/")


def test_whoever_is_fresh_is_led_on_without_a_question(alice: Browser) -> None:
    assert alice.opens(f"{PATH}/?next=/billing/usage").path == "/billing/usage"


def test_cancelling_leads_back_and_changes_nothing(
    alice: Browser, acme: Customer, card: PaymentMethod, endpoint: str, later: None
) -> None:
    assert alice.follows(removes(alice, card), "#confirm_access-form a").path == METHODS
    assert alice.follows(alice.opens(f"{WEBHOOK}/secret"), "#confirm_access-form a").path == f"{WEBHOOK}/"
    assert len(methods.live(acme)) == 1


def test_whoever_may_only_look_is_not_asked(bob: Browser, card: PaymentMethod) -> None:
    token = bob.opens("/billing/").soup.select("[name=csrf_token]")[0]["value"]
    with after(timedelta(hours=1)):
        assert bob.posts(f"{METHODS}{card.id}/removal", {"csrf_token": token}).status == 403
        assert bob.opens(f"{WEBHOOK}/secret").status == 403


def test_a_stranger_is_asked_to_sign_in(visitor: Browser) -> None:
    assert visitor.opens(f"{PATH}/?next=/billing/usage").path.startswith("/sign-in")


def test_a_session_from_before_is_not_fresh(alice: Browser) -> None:
    with as_service("a session from before the column"), transaction() as session:
        session.execute(update(BrowserSession).values(authenticated_at=None))
    assert alice.opens(f"{WEBHOOK}/secret").path.startswith(PATH)


def test_the_question_asks_the_database_for_nothing_but_the_session(alice: Browser, later: None) -> None:
    with counted() as statements:
        assert alice.opens(f"{PATH}/?next=/billing/usage").status == 200
    assert statements == []


def test_what_is_sensitive(app: Flask) -> None:
    found = {name for name, view in app.view_functions.items() if hasattr(view, "is_sensitive")}
    assert found == SENSITIVE | {"typed"}


def test_the_log_tells_of_it_and_holds_no_password(
    alice: Browser, alice_actor: Actor, later: None, capsys: pytest.CaptureFixture[str]
) -> None:
    page = alice.opens(f"{PATH}/?next=/billing/usage")
    confirms(alice, page, "not the password")
    confirms(alice, page)
    written = capsys.readouterr().err
    assert "confirmation_refused" in written and "access_confirmed" in written and alice_actor.member_id in written
    for secret in (ALICE.email, PASSWORD, "not the password", cookie(alice)):
        assert secret not in written
