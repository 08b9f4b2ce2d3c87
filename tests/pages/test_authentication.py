"""Authentication: how a member signs in is shown to them alone, and changed with what they know."""

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock
from app.domain.errors import Refused
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.mails import Mail
from app.models.members import BrowserSession, Member
from app.models.scope import as_service
from app.services.access import members, sessions
from app.services.mail import payment_text
from app.services.transaction import transaction
from tests.support import cast
from tests.support.browser import Browser, Page
from tests.support.cast import PASSWORD
from tests.support.confirm_page import after, confirms, cookie
from tests.support.host import IN_A_FRAME, host_of
from tests.support.statements import counted

PATH, WEBHOOK = "/account/authentication/", "/billing/spend-management/webhook/secret"
CHANGE = "#authentication-password-form"
LINES = "#authentication-session-list > li"
NEW = "five brown wrens sing at dawn"
FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"}


def changes(browser: Browser, current: str = PASSWORD, new: str = NEW) -> Page:
    return browser.submits(browser.opens(PATH), CHANGE, current_password=current, new_password=new)


def written(model: Any, **values: str) -> list[Any]:
    with as_service("look at what was written"):
        return list(db.session.scalars(select(model).filter_by(**values)))


def password_is(actor: Actor, password: str) -> bool:
    try:
        return members.sign_in(actor.email, password, "192.0.2.1").member_id == actor.member_id
    except Refused:
        return False


def without_password(actor: Actor) -> None:
    with as_service("make a member as a host does"), transaction() as session:
        session.execute(update(Member).where(Member.id == actor.member_id).values(password_hash=None))


@pytest.mark.both_databases
def test_asvs_7_4_3_another_password_ends_the_other_sessions_and_a_mail_says_so(
    app: Flask, origin: str, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    other, token = cast.signed_in(app, origin, alice_actor), cookie(alice)
    page = changes(alice)
    assert (page.status, page.redirects) == (200, (PATH,))
    assert page.notices() == [
        "Your password is changed. All other sessions have ended; API tokens, SSH keys and linked accounts go on working."
    ]
    assert password_is(alice_actor, NEW) and not password_is(alice_actor, PASSWORD)
    assert cookie(alice) != token, "the session goes on under another token"
    assert other.opens(PATH).path.startswith("/sign-in")
    (entry,) = written(AuditEntry, action="password.changed")
    assert (entry.actor, json.loads(entry.after)) == (alice_actor.member_id, {"sessions_ended": 1})
    (mail,) = written(Mail, template="password_changed")
    assert mail.recipient == alice_actor.email and NEW not in mail.context
    words = payment_text.of(mail.template, acme.customer_id, json.loads(mail.context))
    assert words is not None and words.subject == "Your password was changed"
    assert "API tokens, SSH keys and linked accounts go on working." in words.text and "127.0.0.1" in words.text


@pytest.mark.parametrize(
    ("current", "new", "status", "words"),
    [
        ("not the password", NEW, 422, "This is not your password."),
        (PASSWORD, "short", 422, "Choose a password of at least 8 characters."),
        (PASSWORD, "password123", 422, "Choose another password: this one is too easy to guess."),
        (PASSWORD, PASSWORD, 422, "This is your password already. Choose another one."),
        ("", NEW, 422, "Enter your current password."),
    ],
)
def test_asvs_6_2_3_a_password_that_is_refused_leaves_everything_as_it_is(
    alice: Browser, alice_actor: Actor, current: str, new: str, status: int, words: str
) -> None:
    refused = changes(alice, current, new)
    assert (refused.status, refused.errors()) == (status, [words])
    assert NEW not in refused.response.text and PASSWORD not in refused.response.text, "no secret is shown again"
    assert password_is(alice_actor, PASSWORD) and written(Mail, template="password_changed") == []


def test_guessing_the_current_password_is_counted_as_tries_to_sign_in(alice: Browser, alice_actor: Actor) -> None:
    for _ in range(5):
        assert changes(alice, "not the password").status == 422
    late = changes(alice)
    assert (late.status, late.response.headers["Retry-After"]) == (429, "900")
    assert password_is(alice_actor, PASSWORD)


def test_a_member_without_a_password_is_shown_how_to_get_one(alice: Browser, alice_actor: Actor) -> None:
    page = alice.opens(PATH)
    without_password(alice_actor)
    said = alice.opens(PATH)
    assert "You have no password." in said.text and not said.soup.select(CHANGE)
    sent = {"csrf_token": page.value("csrf_token"), "current_password": PASSWORD, "new_password": NEW}
    assert alice.posts(f"{PATH}password", sent).status == 409


def test_asvs_7_5_2_sessions_are_listed_in_words_and_ended_one_by_one(
    app: Flask, origin: str, alice: Browser, alice_actor: Actor, mallory: Browser
) -> None:
    with clock.at(clock.now()):
        other, third = cast.signed_in(app, origin, alice_actor), cast.signed_in(app, origin, alice_actor)
    with after(sessions.TOUCH_AFTER * 2):
        other.opens(PATH, **FIREFOX)  # what a session is called is noted when it is kept
        page = alice.opens(PATH)
        lines = page.soup.select(LINES)
        assert len(lines) == 3 and "This session" in lines[0].text
        row = next(each for each in lines if "Firefox on Linux" in each.text)
        assert "127.0.0.x · last seen" in row.text
        form = str(row.select_one("form")["action"])  # type: ignore[index]
        sent = {"csrf_token": page.value("csrf_token")}
        asked = alice.posts(form, sent)
        assert asked.status == 401 and "end a session" in asked.text, "the password is asked first"
        ended = confirms(alice, asked)
        assert (ended.status, ended.notices()) == (200, ["The session has ended."])
        assert other.opens(PATH).path.startswith("/sign-in") and third.opens(PATH).path == PATH
        assert alice.posts(form, {"csrf_token": ended.value("csrf_token")}).status == 404
        of_alice = {"csrf_token": mallory.opens(PATH).value("csrf_token")}
        here = alice.opens(PATH).soup.select(f"{LINES} form")[0]["action"]
        confirmed = mallory.posts(str(here), of_alice)
        assert confirms(mallory, confirmed).status == 404, "nobody ends another member's session"
        assert third.opens(PATH).path == PATH


def test_asvs_7_5_2_all_others_end_at_once_those_in_host_products_too(
    app: Flask, origin: str, alice: Browser, alice_actor: Actor
) -> None:
    frame = host_of(app, origin, alice_actor).frame(view="invoice_address")
    page = alice.opens(PATH)
    (line,) = [each for each in page.texts(LINES) if "Opened inside a host product, for Acme" in each]
    assert "127.0.0.x" in line, "its network is noted as it begins"
    ended = alice.submits(page, "#authentication-end-others")
    assert ended.notices() == ["All other sessions have ended."] and len(ended.soup.select(LINES)) == 1
    assert frame.opens("/billing/", **IN_A_FRAME).status == 401
    assert [each.member_id for each in written(BrowserSession, member_id=alice_actor.member_id)] == [
        alice_actor.member_id
    ]


def test_a_host_product_neither_shows_nor_changes_it(app: Flask, origin: str, alice_actor: Actor) -> None:
    frame = host_of(app, origin, alice_actor).frame(view="invoice_address")
    assert frame.opens(PATH, **IN_A_FRAME).status == 403
    assert frame.posts(f"{PATH}password", {"csrf_token": frame.page.value("csrf_token")}).status == 403


def test_a_viewer_has_one_of_their_own_and_a_stranger_none(bob: Browser, visitor: Browser) -> None:
    assert changes(bob).status == 200
    assert visitor.opens(PATH).path == "/sign-in?next=%2Faccount%2Fauthentication%2F"


def test_the_page_asks_each_section_once(alice: Browser) -> None:
    alice.opens(PATH)
    with counted() as seen:
        alice.opens(PATH)
    assert len(seen) <= 7, seen
