"""Who lost their second factors is reset by the seller, who says why, and reads it in a mail."""

import json

from flask import Flask
from sqlalchemy import select, update

from app.domain.people.members import Actor
from app.models.database import db
from app.models.events import AuditEntry
from app.models.mails import Mail
from app.models.members import Member
from app.models.scope import as_service
from app.services.sign_in import two_factor
from app.services.transaction import transaction
from tests.pages.test_forgot_password import asked_link
from tests.pages.test_reset_password import NEW, chooses
from tests.support.browser import Browser
from tests.support.client import outside_contexts
from tests.support.second_factors import gives_password, switch_on

NO_PASSWORD = (
    "The member has no password: they choose one by “Forgot your password?”, or sign in by a linked account. A mail "
    "says so to the member.\n"
)


def run(app: Flask, *words: str) -> tuple[int, str]:
    with outside_contexts():
        done = app.test_cli_runner().invoke(args=["portal", "reset-two-factor", *words])
    return done.exit_code, done.output


def test_asvs_6_4_4_a_reset_takes_the_second_factors_and_leaves_the_password(
    app: Flask, alice: Browser, visitor: Browser, alice_actor: Actor
) -> None:
    switch_on(alice_actor, alice)
    why = ("--by", "ops", "--reason", "Called back, knew the last invoice")
    assert run(app, alice_actor.email.upper(), *why)[0] == 0
    assert not two_factor.standing(alice_actor.member_id).is_on
    assert alice.opens("/billing/").path.startswith("/sign-in"), "all sessions have ended"
    assert gives_password(visitor, alice_actor).path == "/billing/"
    with as_service("look at what was written"):
        (entry,) = db.session.scalars(select(AuditEntry).filter_by(action="two_factor.reset"))
        (mail,) = db.session.scalars(select(Mail).filter_by(template="two_factor_reset"))
    assert (entry.actor, entry.subject, mail.recipient) == ("ops", alice_actor.member_id, alice_actor.email)
    assert "Called back" in entry.after


def test_who_has_no_password_reads_how_to_get_one(app: Flask, visitor: Browser, alice_actor: Actor) -> None:
    """A host made them, and a passkey was all they had: the mailed link to a password is the way in that is left."""
    with as_service("make a member as a host does"), transaction() as session:
        session.execute(update(Member).where(Member.id == alice_actor.member_id).values(password_hash=None))
    done, said = run(app, alice_actor.email, "--by", "ops", "--reason", "Called back")
    assert done == 0 and said.endswith(NO_PASSWORD)
    with as_service("look at what was written"):
        (mail,) = db.session.scalars(select(Mail).filter_by(template="two_factor_reset"))
    assert json.loads(mail.context)["has_password"] is False
    chooses(visitor, asked_link(visitor))
    assert gives_password(visitor, alice_actor).status == 422
    sent = visitor.submits(visitor.opens("/sign-in"), "form.form", email=alice_actor.email, password=NEW)
    assert sent.path == "/billing/"


def test_it_asks_for_a_member_and_a_reason(app: Flask, alice_actor: Actor) -> None:
    assert run(app, "nobody@acme.example", "--by", "ops", "--reason", "asked") == (
        1,
        "There is no such member.\n",
    )
    assert run(app, alice_actor.email, "--by", "ops", "--reason", " ") == (1, "Say who resets it and why.\n")
