"""The mailed link by which a member chooses a password: it works once, and is dead when something changed."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock
from app.domain.people.members import Actor
from app.models.database import db
from app.models.mails import Mail
from app.models.members import Member
from app.models.scope import as_service
from app.services.transaction import transaction
from tests.pages.test_authentication import NEW, PATH, changes, password_is, without_password, written
from tests.pages.test_forgot_password import FORM, asked_link, asks, link, works
from tests.support.browser import Browser, Page
from tests.support.cast import ALICE, PASSWORD
from tests.support.confirm_page import after


def chooses(browser: Browser, path: str, password: str = NEW) -> Page:
    return browser.submits(browser.opens(path), FORM, password=password)


@pytest.mark.both_databases
def test_asvs_6_4_3_a_mailed_link_lets_a_member_choose_a_password_once(
    app: Flask, origin: str, visitor: Browser, alice: Browser, alice_actor: Actor
) -> None:
    sent = asks(visitor)
    assert (sent.status, sent.path, sent.texts("h1")) == (200, "/forgot-password/sent", ["Look at your e-mail"])
    works()
    path, token = link(), link().rpartition("/")[2]
    with as_service("look at what is kept"):
        assert token not in str(db.session.execute(select(Mail.context, Mail.body_text)).all()), (
            "no link waits in a table"
        )
    opened = visitor.opens(path)
    assert (opened.status, opened.path, opened.redirects) == (200, "/reset-password/", ("/reset-password/",))
    assert token not in opened.response.text and ALICE.email in opened.text
    assert opened.response.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in opened.response.headers["Cache-Control"]
    done = visitor.submits(opened, FORM, password=NEW)
    assert (done.path, done.texts("[role=status]")) == ("/sign-in?chosen=1", ["Your password is set. Sign in with it."])
    assert password_is(alice_actor, NEW) and not password_is(alice_actor, PASSWORD)
    assert alice.opens(PATH).path.startswith("/sign-in"), "every session has ended"
    assert [each.recipient for each in written(Mail, template="password_changed")] == [ALICE.email]
    again = Browser(app.test_client(), origin).opens(path)
    assert (again.status, again.texts("h1")) == (404, ["This link does not work"])
    assert visitor.opens("/reset-password/").status == 404


def test_a_member_whom_a_host_made_gets_a_first_password_in_this_way(visitor: Browser, alice_actor: Actor) -> None:
    without_password(alice_actor)
    assert chooses(visitor, asked_link(visitor)).path == "/sign-in?chosen=1"
    assert password_is(alice_actor, NEW)


@pytest.mark.parametrize("change", ["a newer link", "the password", "the address", "an hour", "disabled"])
def test_a_link_is_dead_once_what_it_was_mailed_for_has_changed(
    app: Flask, origin: str, visitor: Browser, alice: Browser, alice_actor: Actor, change: str
) -> None:
    old, wait = asked_link(visitor), timedelta(seconds=1)
    opened = visitor.opens(old)
    match change:
        case "a newer link":
            with after(wait):
                asked_link(Browser(app.test_client(), origin))
        case "the password":
            changes(alice, new="six white geese land at noon")
        case "the address":
            with as_service("change an address"), transaction() as session:
                session.execute(update(Member).values(email="alice@new.example"))
        case "disabled":
            with as_service("disable"), transaction() as session:
                session.execute(update(Member).values(disabled_at=clock.now()))
        case _:
            wait = timedelta(hours=1)
    with after(wait):
        assert visitor.opens(old).status == (410 if change == "an hour" else 404)
        assert visitor.submits(opened, FORM, password=NEW).status in {400, 404}
    assert not password_is(alice_actor, NEW)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "Choose a password of at least 8 characters."),
        ("alice@acme.example", "Choose another password: this one is too easy to guess."),
        ("", "Choose a password."),
    ],
)
def test_a_password_that_is_refused_leaves_the_link_good(
    visitor: Browser, alice_actor: Actor, password: str, words: str
) -> None:
    path = asked_link(visitor)
    refused = chooses(visitor, path, password)
    assert (refused.status, refused.errors()) == (422, [words])
    assert visitor.submits(refused, FORM, password=NEW).path == "/sign-in?chosen=1"


def test_who_is_signed_in_is_signed_out_and_asked_anew(alice: Browser, alice_actor: Actor) -> None:
    done = chooses(alice, asked_link(alice))
    assert done.path == "/sign-in?chosen=1"
    assert alice.opens(PATH).path.startswith("/sign-in")


def test_odd_links_are_refused_in_words(visitor: Browser) -> None:
    for path in ("/reset-password/x", f"/reset-password/{'x' * 500}", "/reset-password/"):
        assert visitor.opens(path).status == 404
