"""Forgot your password?: one answer for everybody, and no more links than a member can use."""

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import create_engine, text, update
from sqlalchemy.pool import NullPool

from app import clock
from app.domain.people.members import Actor
from app.models.mails import Mail
from app.models.members import Member
from app.models.scope import as_service
from app.models.sign_in import ResetRequest
from app.services import jobs
from app.services.mail import payment_text
from app.services.sign_in import resets
from app.services.transaction import transaction
from tests.pages.test_authentication import written
from tests.support import cast
from tests.support.browser import Browser, Page
from tests.support.cast import ALICE
from tests.support.databases import Database
from tests.support.statements import counted

ASK, FORM = "/forgot-password/", "form[method=post]"


def asks(browser: Browser, email: str = ALICE.email) -> Page:
    return browser.submits(browser.opens(ASK), FORM, email=email)


def works() -> None:
    """Let the worker write what was asked for."""
    jobs.run_due(names=(resets.JOB,))


def link(mail: Mail | None = None) -> str:
    """Return the path of the link in the newest mail."""
    newest = mail or max(written(Mail, template="password_reset"), key=lambda each: each.created_at)
    words = payment_text.of(newest.template, newest.customer_id, json.loads(newest.context))
    assert words is not None
    (found,) = [line for line in words.text.splitlines() if "/reset-password/" in line]
    assert found in words.html
    return urlsplit(found).path


def asked_link(browser: Browser) -> str:
    asks(browser)
    works()
    return link()


@pytest.mark.both_databases
def test_asvs_6_3_8_known_disabled_and_unknown_addresses_are_answered_alike_after_the_same_work(
    visitor: Browser, alice_actor: Actor, bob_actor: Actor
) -> None:
    with as_service("disable Bob"), transaction() as session:
        session.execute(update(Member).where(Member.id == bob_actor.member_id).values(disabled_at=clock.now()))
    answers, work = [], []
    for email in (ALICE.email, bob_actor.email, "nobody@acme.example"):
        page = visitor.opens(ASK)
        with counted() as seen:
            answer = visitor.submits(page, FORM, email=email)
        answers.append((answer.status, answer.path, answer.text))
        work.append([str(each).split("(")[0] for each in seen])
    assert answers[0] == answers[1] == answers[2] and work[0] == work[1] == work[2]
    works()
    assert [each.recipient for each in written(Mail, template="password_reset")] == [ALICE.email]
    assert written(ResetRequest) == [], "who asked is not kept"


def test_asking_is_limited_for_a_network_address_and_a_member_is_sent_three_links_an_hour(
    visitor: Browser, alice_actor: Actor
) -> None:
    page = visitor.opens(ASK)
    for _ in range(10):
        assert visitor.submits(page, FORM, email=ALICE.email).status == 200
    late = visitor.submits(page, FORM, email=ALICE.email)
    assert (late.status, late.response.headers["Retry-After"]) == (429, "900")
    works()
    assert len(written(Mail, template="password_reset")) == 3
    good = [each for each in written(Mail, template="password_reset") if _is_good(each)]
    assert len(good) == 1, "the last one is, and nobody can kill it by asking again"


def _is_good(mail: Mail) -> bool:
    return payment_text.of(mail.template, mail.customer_id, json.loads(mail.context)) is not None


def test_what_cannot_be_written_for_one_member_stops_no_other(
    database: Database, visitor: Browser, alice_actor: Actor, mallory_actor: Actor
) -> None:
    now, engine = clock.now(), create_engine(database.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(
            text(
                "create trigger no_links before insert on sign_in_links "
                f"when new.member_id = '{alice_actor.member_id}' begin select raise(abort, 'no'); end"
            )
        )
    for seconds, email in enumerate((ALICE.email, cast.MALLORY.email)):
        with clock.at(now + timedelta(seconds=seconds)):
            resets.ask(email, address="192.0.2.1")
    with clock.at(now + timedelta(seconds=2)):
        works()
    assert [each.recipient for each in written(Mail, template="password_reset")] == [cast.MALLORY.email]
    assert [each.email for each in written(ResetRequest)] == [ALICE.email], "it is tried again"


def test_odd_addresses_are_refused_in_words(visitor: Browser) -> None:
    assert visitor.submits(visitor.opens(ASK), FORM, email="").errors() == ["Enter your e-mail address."]
    assert visitor.submits(visitor.opens(ASK), FORM, email=f"{'x' * 250}@acme.example").errors() == [
        "This is too long."
    ]


@pytest.mark.both_databases
def test_an_address_that_is_too_long_in_lower_case_is_refused(visitor: Browser) -> None:
    """İ is two characters in lower case."""
    refused = asks(visitor, "İ" * 254)
    assert (refused.status, refused.errors(), refused.value("email")) == (422, ["This is too long."], "İ" * 254)
    assert written(ResetRequest) == []
    assert asks(visitor, f"İ{'x' * 252}").status == 200
