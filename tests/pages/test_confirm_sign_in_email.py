"""Another e-mail address: used once it was confirmed there, and nobody learns who else has one."""

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from app.domain.people.members import Actor
from app.models.database import db
from app.models.events import AuditEntry, OutboxEvent
from app.models.mails import Mail
from app.models.members import Member
from app.models.scope import as_service
from app.services.mail import payment_text
from app.services.mail.payment_text import Words
from app.services.sign_in.links import LASTS
from tests.pages.test_authentication import PATH, changes, written
from tests.support.browser import Browser, Page
from tests.support.cast import ALICE, MALLORY, PASSWORD
from tests.support.confirm_page import after, confirms
from tests.support.second_factors import CODE_FORM, shown, switch_on

FORM, WANTED, CONFIRM = "#authentication-email-form", "alice@new.example", "form[method=post]"


def asks(browser: Browser, email: str = WANTED) -> Page:
    return browser.submits(browser.opens(PATH), FORM, new_email=email)


def mail_to(recipient: str) -> Words | None:
    """Return the newest mail to the address in words; None where its link is dead."""
    newest = max(written(Mail, recipient=recipient), key=lambda each: each.created_at)
    return payment_text.of(newest.template, newest.customer_id, json.loads(newest.context))


def link() -> str:
    words = mail_to(WANTED)
    assert words is not None and ALICE.email not in words.text + words.html, "it may be a stranger's"
    (found,) = [line for line in words.text.splitlines() if "/confirm-sign-in-email/" in line]
    return urlsplit(found).path


def email_of(actor: Actor) -> str:
    with as_service("read an address"):
        return str(db.session.scalar(select(Member.email).where(Member.id == actor.member_id)))


@pytest.mark.both_databases
def test_asvs_6_3_7_an_address_is_used_once_it_is_confirmed_there_and_the_old_one_is_written_to(
    alice: Browser, alice_actor: Actor
) -> None:
    asked = asks(alice)
    assert (asked.status, asked.redirects) == (200, (PATH,)) and WANTED in asked.notices()[0]
    assert email_of(alice_actor) == ALICE.email
    opened = alice.opens(link())
    assert opened.path == "/confirm-sign-in-email/" and email_of(alice_actor) == ALICE.email, "opening changes nothing"
    done = alice.submits(opened, CONFIRM)
    assert (done.status, done.texts("h1")) == (200, ["Your e-mail address is changed"])
    assert email_of(alice_actor) == WANTED
    (said,) = written(Mail, template="sign_in_email_changed")
    assert said.recipient == ALICE.email
    words = mail_to(ALICE.email)
    assert words is not None and WANTED in words.text and words.subject == "Your e-mail address was changed"
    assert [each.actor for each in written(AuditEntry, action="email.changed")] == [alice_actor.member_id]
    (event,) = written(OutboxEvent, type="member.email_changed")
    assert json.loads(event.data) == {
        "customer": alice_actor.customer_id, "member": alice_actor.member_id, "email": WANTED, "name": ALICE.name,
    }  # fmt: skip
    assert "You sign in with alice@new.example" in alice.opens(PATH).text, "sessions go on"
    assert mail_to(WANTED) is None and alice.opens("/confirm-sign-in-email/").status == 404, "it works once"


def test_whoever_reads_the_mailbox_alone_confirms_nothing(
    alice: Browser, mallory: Browser, visitor: Browser, alice_actor: Actor, mallory_actor: Actor
) -> None:
    """The address may be mistyped: the link is good for the member who asked for it."""
    asks(alice)
    opened = visitor.opens(link())
    assert (opened.status, opened.texts("h1")) == (401, ["Sign in first"]) and not opened.soup.select(CONFIRM)
    sent = visitor.posts("/confirm-sign-in-email/", {"csrf_token": visitor.opens("/sign-in").value("csrf_token")})
    assert sent.texts("h1") == ["Sign in first"]
    other = mallory.opens(link())
    assert (other.status, other.texts("h1")) == (403, ["This link is for somebody else"])
    assert WANTED not in other.text
    token = mallory.opens("/account/authentication/").value("csrf_token")
    assert mallory.posts("/confirm-sign-in-email/", {"csrf_token": token}).status == 403
    assert email_of(alice_actor) == ALICE.email and mail_to(WANTED) is not None, "nothing is used up"


@pytest.mark.parametrize("has_two_factor", [False, True])
def test_signed_out_the_member_signs_in_and_the_link_is_kept(
    alice: Browser, visitor: Browser, alice_actor: Actor, has_two_factor: bool
) -> None:
    asks(alice)
    opened = visitor.opens(link())
    if has_two_factor:
        switch_on(alice_actor)
    page = visitor.opens(str(opened.find("main a.btn, .card a.btn")["href"]))
    page = visitor.submits(page, "form.form", email=ALICE.email, password=PASSWORD)
    if has_two_factor:
        page = visitor.submits(page, CODE_FORM, code=shown(alice_actor))
    assert (page.status, page.path) == (200, "/confirm-sign-in-email/")
    assert visitor.submits(page, CONFIRM).status == 200 and email_of(alice_actor) == WANTED


def test_asvs_6_3_8_an_address_that_somebody_has_is_answered_alike(
    alice: Browser, alice_actor: Actor, mallory_actor: Actor
) -> None:
    free, taken = asks(alice), asks(alice, MALLORY.email)
    assert taken.status == free.status and taken.text == free.text.replace(WANTED, MALLORY.email)
    words = mail_to(MALLORY.email)
    assert words is not None and words.subject == "You have an account already"
    assert "/confirm-sign-in-email/" not in words.text + words.html
    assert ALICE.email not in words.text + words.html and "Acme" not in words.text


def test_who_confirms_an_address_first_has_it(
    alice: Browser, mallory: Browser, alice_actor: Actor, mallory_actor: Actor
) -> None:
    asks(alice)
    first = alice.opens(link())
    asks(mallory)
    assert mallory.submits(mallory.opens(link()), CONFIRM).status == 200
    late = alice.submits(first, CONFIRM)
    assert (late.status, late.texts("h1")) == (409, ["This address cannot be used"])
    assert (email_of(mallory_actor), email_of(alice_actor)) == (WANTED, ALICE.email)


@pytest.mark.parametrize("change", ["a newer link", "the password", "cancelled", "an hour"])
def test_a_link_is_dead_once_it_was_replaced_cancelled_or_the_password_changed(
    alice: Browser, visitor: Browser, alice_actor: Actor, change: str
) -> None:
    asks(alice)
    old = link()
    match change:
        case "a newer link":
            asks(alice)
        case "the password":
            changes(alice)
        case "cancelled":
            kept = alice.submits(alice.opens(PATH), "#authentication-email-cancel")
            assert kept.notices() == ["Your e-mail address stays as it is."]
        case _:
            with after(LASTS):
                assert visitor.opens(old).status == 410
            return
    assert visitor.opens(old).status == 404
    assert email_of(alice_actor) == ALICE.email


def test_asvs_7_5_1_the_password_is_asked_first_and_what_was_typed_is_kept(alice: Browser, alice_actor: Actor) -> None:
    page = alice.opens(PATH)
    with after(timedelta(minutes=11)):
        asked = alice.submits(page, FORM, new_email=WANTED)
        assert asked.status == 401 and "change your e-mail address" in asked.text
        assert written(Mail, recipient=WANTED) == []
        assert WANTED in confirms(alice, asked).notices()[0]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("no address", "Enter an e-mail address, such as name@example.com."),
        ("ALICE@acme.example", "This is your e-mail address already."),
        ("", "Enter the new e-mail address."),
    ],
)
def test_what_is_no_new_address_is_refused_and_stays_typed(alice: Browser, typed: str, words: str) -> None:
    refused = asks(alice, typed)
    assert (refused.status, refused.errors(), refused.value("new_email")) == (422, [words], typed)


def test_five_links_an_hour_are_the_most(alice: Browser) -> None:
    for number in range(5):
        assert asks(alice, f"alice{number}@new.example").status == 200
    assert asks(alice).status == 409
