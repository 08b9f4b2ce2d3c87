"""Whose language a mail is in: its recipient's, else the customer's, else English, as it stands when it is sent."""

import pytest
from sqlalchemy import update

from app import clock, ids
from app.domain import language, mails
from app.domain.people.acting import By
from app.domain.people.members import Actor, Role
from app.models.customers import Customer
from app.models.database import db
from app.models.mails import Mail
from app.models.members import Member
from app.models.scope import as_service
from app.services.mail import sending, whose_language
from app.services.outbox import mails as outbox
from app.services.people import invitations
from app.services.people.deletion import delete_member
from app.services.transaction import transaction
from tests.support import post
from tests.support.statements import counted


@pytest.fixture(autouse=True)
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "OFFERED", ("en", "de", "fr", "es", "he"))


def speaks(actor: Actor, name: str) -> None:
    with as_service("choose a language"), transaction() as session:
        session.execute(update(Member).where(Member.id == actor.member_id).values(language=name))


def documents_in(customer: Customer, name: str) -> None:
    with as_service("choose a language"), transaction() as session:
        session.execute(update(Customer).where(Customer.customer_id == customer.customer_id).values(language=name))


def whose(customer: Customer, template: str, to: str, member: str | None = None, **context: object) -> str:
    mail = Mail(customer_id=customer.customer_id, template=template, recipient=to, member_id=member)
    with as_service("put a mail into words"), counted() as statements:
        found = whose_language.of(mail, context)
        db.session.rollback()
    assert len(statements) <= 1
    return found


def test_a_mail_about_a_sign_in_is_in_the_language_that_the_member_chose(
    acme: Customer, globex: Customer, alice_actor: Actor
) -> None:
    about = (mails.PASSWORD_CHANGED, alice_actor.email)
    assert whose(acme, *about) == "en"
    documents_in(acme, "fr-CA")
    assert whose(acme, *about) == "fr", "chose none: that of the documents"
    speaks(alice_actor, "de")
    assert whose(acme, *about) == "de"
    assert whose(globex, *about) == "de", "whoever it is written for"
    assert whose(acme, mails.CONFIRM_SIGN_IN_EMAIL, "new@acme.example", email=alice_actor.email) == "de"
    before = "before@acme.example"
    assert whose(acme, mails.SIGN_IN_EMAIL_CHANGED, before, email=before, new_email=alice_actor.email) == "de"
    assert whose(acme, mails.SIGN_IN_EMAIL_CHANGED, before, alice_actor.member_id, email=before) == "de"
    speaks(alice_actor, "nl")
    documents_in(acme, "nl")
    assert whose(acme, *about) == "en", "not offered"


def test_whoever_has_the_address_already_reads_so_in_their_own_language(
    acme: Customer, alice_actor: Actor, bob_actor: Actor
) -> None:
    speaks(alice_actor, "de")
    speaks(bob_actor, "es")
    assert whose(acme, mails.CONFIRM_SIGN_IN_EMAIL, bob_actor.email, email=alice_actor.email) == "es"


@pytest.mark.parametrize("template", [mails.RECEIPT, mails.CONFIRM_BILLING_EMAIL, mails.CONFIRM_EMAIL, "usage_alert"])
def test_a_mail_to_an_address_is_in_the_language_of_the_customers_member_who_has_it(
    acme: Customer, alice_actor: Actor, mallory_actor: Actor, template: str
) -> None:
    documents_in(acme, "he")
    speaks(mallory_actor, "fr")
    assert whose(acme, template, acme.email) == "he", "nobody has it"
    assert whose(acme, template, alice_actor.email) == "he", "chose none"
    speaks(alice_actor, "de")
    assert whose(acme, template, alice_actor.email.upper()) == "de"
    assert whose(acme, template, mallory_actor.email) == "he", "acts for another customer"


def test_an_invitation_is_in_the_language_of_whoever_is_invited_or_invites(
    acme: Customer, alice_actor: Actor, mallory_actor: Actor
) -> None:
    for email in ("carol@acme.example", mallory_actor.email):
        invitations.invite(alice_actor, email, Role.VIEWER)
    documents_in(acme, "es")
    assert whose(acme, mails.INVITATION, "carol@acme.example") == "es"
    speaks(alice_actor, "de")
    assert whose(acme, mails.INVITATION, "carol@acme.example") == "de"
    assert whose(acme, mails.INVITATION, mallory_actor.email) == "de"
    speaks(mallory_actor, "fr")
    assert whose(acme, mails.INVITATION, mallory_actor.email) == "fr", "is a member elsewhere"
    assert whose(acme, mails.INVITATION, "nobody@acme.example") == "es", "withdrawn meanwhile"


def test_a_mail_to_the_seller_stays_english(acme: Customer, alice_actor: Actor) -> None:
    documents_in(acme, "de")
    speaks(alice_actor, "de")
    assert whose(acme, mails.PLAN_REQUEST, alice_actor.email) == "en"


def test_a_mail_is_in_the_language_of_the_time_at_which_it_is_sent(acme: Customer, alice_actor: Actor) -> None:
    with as_service("write a mail"), transaction() as session:
        for key in ("1", "2"):
            said = {"name": "Alice", "email": alice_actor.email, "at": clock.now().isoformat(), "had": True}
            said |= {"address": "", "browser": "A browser on Linux"}
            outbox.write(session, acme.customer_id, mails.PASSWORD_CHANGED, key=key, to=alice_actor.email, **said)
    speaks(alice_actor, "de")
    assert sending.send_due(1) == 1
    speaks(alice_actor, "he")
    assert sending.send_due() == 1 and language.current() == "en"
    first, second = sorted(post.mails(acme), key=lambda each: each.sent_at or clock.now())
    assert first.subject == "Ihr Passwort wurde geändert" and '<html lang="de" dir="ltr">' in first.body_html
    assert second.subject == "הסיסמה שלך שונתה" and '<html lang="he" dir="rtl">' in second.body_html
    assert "Browser: Ein Browser" in first.body_text and "UTC" in first.body_text


def test_whoever_ended_the_account_reads_so_in_the_language_that_they_had(
    acme: Customer, alice_actor: Actor, bob_actor: Actor
) -> None:
    speaks(bob_actor, "de")
    delete_member(By(bob_actor.member_id, acme.customer_id), bob_actor.email)
    assert sending.send_due() == 1
    (mail,) = [each for each in post.mails(acme) if each.template == mails.MEMBER_DELETED]
    assert mail.subject == "Ihr Konto ist gelöscht" and ids.is_id(mail.id, "mail")
