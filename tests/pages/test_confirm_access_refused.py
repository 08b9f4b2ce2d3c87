"""Confirm access: wrong tries, revoked sessions, and who is not asked."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.members import BrowserSession
from app.models.payments import PaymentMethod
from app.models.scope import as_service
from app.services.access import sessions
from app.services.transaction import transaction
from app.web import login
from app.web.session_cookie import portal_session
from tests.support import methods
from tests.support.browser import Browser
from tests.support.cast import ALICE, PASSWORD
from tests.support.confirm_page import (
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
from tests.support.statements import counted
from tests.support.webhook_cast import settings

__all__ = ["app", "card", "endpoint", "later", "settings"]
SENSITIVE = {
    "api_tokens.make", "api_tokens.revoke", "ssh_keys.add", "ssh_keys.remove",
    "activity.undo", "access_links.make",
    "members.invite", "members.again", "members.change_role", "members.remove", "members.leave",
    "identities.link", "identities.unlink",
    "two_factor.begin", "two_factor.set_up", "two_factor.switch_on",
    "two_factor.switch_off", "two_factor.new_codes",  # these ask for a code as well, always
    "passkeys.page", "passkeys.options", "passkeys.add", "passkeys.remove",
    "auto_recharge.save", "invoice_notifications.save", "payment_methods.remove", "payment_methods.portal", "webhook.secret", "webhook.rotate",
    "authentication.end_session", "authentication.end_others", "authentication.change_email", "own_account.data", "own_account.delete",
}  # fmt: skip
"""Whoever takes a line away here has thought about it."""


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


def test_a_session_that_was_revoked_meanwhile_stays_so(alice: Browser, later: None) -> None:
    page, token = alice.opens(f"{PATH}/?next=/billing/usage"), cookie(alice)
    sessions.end(token)
    assert sessions.confirm(token) == ""
    assert confirms(alice, page).path == "/sign-in?ended=1"
    assert alice.opens(f"{WEBHOOK}/secret").path.startswith("/sign-in")


def test_a_revoked_session_is_not_fresh_either(alice: Browser, endpoint: str) -> None:
    assert alice.opens(f"{WEBHOOK}/secret").path == f"{WEBHOOK}/secret"
    sessions.end(cookie(alice))
    assert alice.opens(f"{WEBHOOK}/secret").path.startswith("/sign-in")


@pytest.mark.both_databases
def test_of_two_confirmations_at_once_one_holds(app: Flask, alice: Browser) -> None:
    token = cookie(alice)
    with app.test_request_context("/", headers={"Cookie": f"purser={token}"}):
        assert portal_session().member is not None
        renewed = sessions.confirm(token)
        assert renewed and not login.confirm()
    assert sessions.find(renewed) is not None


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


def test_the_question_asks_the_database_for_the_session_and_what_may_confirm_it(alice: Browser, later: None) -> None:
    with counted() as statements:
        assert alice.opens(f"{PATH}/?next=/billing/usage").status == 200
    assert [each for each in statements if "memberships" not in each] == [
        each for each in statements if "passkeys" in each
    ]
    assert len(statements) <= 2


def test_asvs_7_5_1_what_is_sensitive(app: Flask) -> None:
    found = {name for name, view in app.view_functions.items() if hasattr(view, "is_sensitive")}
    assert found == SENSITIVE | {"typed"}


def test_the_log_records_it_and_holds_no_password(
    alice: Browser, alice_actor: Actor, later: None, capsys: pytest.CaptureFixture[str]
) -> None:
    page = alice.opens(f"{PATH}/?next=/billing/usage")
    confirms(alice, page, "not the password")
    confirms(alice, page)
    written = capsys.readouterr().err
    assert "confirmation_refused" in written and "access_confirmed" in written and alice_actor.member_id in written
    for secret in (ALICE.email, PASSWORD, "not the password", cookie(alice)):
        assert secret not in written
