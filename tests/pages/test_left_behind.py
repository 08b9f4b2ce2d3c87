"""What stays behind when somebody leaves, and what the file of one's own data says of others."""

import json
from dataclasses import replace

from sqlalchemy import select

from app.domain.people.acting import By
from app.domain.people.members import Actor, Role
from app.models.api_keys import ApiKey
from app.models.customers import Customer
from app.models.database import Base, db
from app.models.events import AuditEntry
from app.models.mails import Mail
from app.models.scope import as_service
from app.models.sign_in import SignInLink
from app.services import audit, jobs
from app.services.access import api_tokens, ssh_keys
from app.services.people import deletion, invitations, joining, profiles, team
from app.services.sign_in import emails
from app.services.transaction import transaction
from tests.pages.test_authentication import PATH, written
from tests.pages.test_members import GOOD, link, olivia_actor
from tests.support.browser import Browser
from tests.support.cast import PASSWORD
from tests.support.identities import UNLINK, links, there
from tests.support.identity_server import FakeIdentities
from tests.support.ssh_keys import ED25519, SAID

__all__ = ["olivia_actor", "there"]
WORDS = ("carol.secret", "Unmistakable", "Lisbonville")
OF_HOSTS = {"outbox_events", "webhook_deliveries"}
"""What hosts were notified of names members as they were."""


def test_after_the_end_of_an_account_neither_trail_nor_mails_say_who_it_was(
    acme: Customer, olivia_actor: Actor
) -> None:
    made = invitations.invite(olivia_actor, "carol.secret@acme.example", Role.VIEWER)
    assert made.email.startswith("carol")
    token = link(acme).rpartition("/")[2]
    carol = joining.sign_up(token, "Carol Unmistakable", GOOD)
    before = profiles.current(carol.member_id)
    profiles.replace(carol.member_id, acme.customer_id, replace(before, location="Lisbonville"))
    deletion.delete_member(By(carol.member_id, acme.customer_id), "carol.secret@acme.example")
    with as_service("look for what is left"):
        for table in Base.metadata.sorted_tables:
            if table.name in OF_HOSTS:
                continue
            for row in db.session.execute(table.select()).mappings():
                kept = str(dict(row))
                is_last_mail = table.name == "mails" and row["template"] == "member_deleted"
                assert is_last_mail or not any(each in kept for each in WORDS), (table.name, kept[:300])


def test_after_the_end_the_trail_has_no_address_of_what_was_linked_and_named(
    there: FakeIdentities, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    who, email, customer_id = alice_actor.member_id, alice_actor.email, acme.customer_id
    links(there, alice)
    alice.submits(alice.opens(PATH), UNLINK)
    ssh_keys.remove(who, customer_id, ssh_keys.add(who, customer_id, f"{ED25519.rpartition(' ')[0]} {email}").id)
    api_tokens.make(alice_actor, email, ["billing:read"], None)
    (token,) = written(ApiKey, member_id=who)
    api_tokens.revoke(alice_actor, token.id)
    deletion.delete_member(By(who, customer_id), email)
    said = {
        each.action: json.loads(each.after or each.before or "{}")
        for each in written(AuditEntry)
        if each.action.startswith(("identity.", "ssh_key."))
    }
    assert [each for each in written(AuditEntry) if email in f"{each.before} {each.after}"] == []
    assert said["identity.linked"] == said["identity.unlinked"] == {"provider": "Okta"}
    assert said["ssh_key.added"] == said["ssh_key.removed"] == {"type": "ssh-ed25519", "fingerprint": SAID[ED25519][1]}
    kept = [each for each in written(Mail, member_id=who) if each.template != "member_deleted"]
    assert len(kept) > 3 and not any(email in f"{each.recipient} {each.context} {each.body_text}" for each in kept)


def test_ones_own_data_says_nothing_of_others(
    bob: Browser, acme: Customer, olivia_actor: Actor, bob_actor: Actor
) -> None:
    changed = {"by": olivia_actor.member_id, "address": "198.51.100.77"}
    team.change_role(acme.customer_id, bob_actor.member_id, Role.BILLING_MANAGER, **changed)
    with as_service("change a role for the seller"), transaction() as session:
        who = "jane of the seller"
        audit.record(session, acme.customer_id, who, "member.role_changed", bob_actor.member_id, address="192.0.2.77")
    text = bob.opens("/account/authentication/account/data.json").response.text
    for secret in ("198.51.100.77", "192.0.2.77", "jane", olivia_actor.member_id):
        assert secret not in text, secret
    actors = {each["actor"] for each in json.loads(text)["audit_entries"]}
    assert {"another member", "your seller"} <= actors


def test_new_passwords_that_are_too_weak_are_no_tries_of_the_one_that_fits(alice: Browser) -> None:
    for wanted in ["short"] * 6 + [GOOD]:
        page = alice.opens(PATH)
        given = alice.submits(page, "form[action$=password]", current_password=PASSWORD, new_password=wanted)
        assert given.status == (200 if wanted == GOOD else 422), given.errors()


def confirms_last(actor: Actor) -> None:
    with as_service("read the link that was mailed"):
        hashed = db.session.scalar(select(SignInLink.token_hash).where(SignInLink.member_id == actor.member_id))
    emails.confirm(str(hashed), actor.member_id, address="", browser="")


def test_after_the_end_no_mail_names_an_address_that_was_asked_for_or_was_the_members_before(
    acme: Customer, globex: Customer, olivia_actor: Actor, bob_actor: Actor, mallory_actor: Actor
) -> None:
    """Also for a customer that they have left, and never the mail of whoever has the address by now."""
    old, by, changed = bob_actor.email, By(bob_actor.member_id, acme.customer_id), "robert@northern.example"
    for wanted in ("bobby@mistyped.example", changed):
        emails.ask(by, wanted)
    confirms_last(bob_actor)
    invitations.invite(mallory_actor, changed, Role.VIEWER)
    joining.join(link(globex).rpartition("/")[2])
    emails.ask(By(bob_actor.member_id, globex.customer_id), "bobo@never.example")
    team.remove(globex.customer_id, bob_actor.member_id, by=mallory_actor.member_id)
    invitations.invite(olivia_actor, old, Role.VIEWER)
    joining.sign_up(link(acme).rpartition("/")[2], "Bob the Second", GOOD)
    jobs.run_due(names=("mails_sent",))
    deletion.delete_member(by, changed)
    jobs.run_due(names=("mails_sent",))
    with as_service("look for what is left"):
        kept = db.session.execute(select(Mail.template, Mail.recipient, Mail.context, Mail.body_text)).all()
    named = {each for row in kept for each in (changed, "bobby@mistyped", "bobo@never", "robert@") if each in str(row)}
    assert named == set()
    assert [row.template for row in kept if row.recipient == old] == ["invitation"], "that is another member's now"


def test_the_last_word_to_a_former_address_is_still_sent_before_it_goes(acme: Customer, bob_actor: Actor) -> None:
    by = By(bob_actor.member_id, acme.customer_id)
    emails.ask(by, "thief@new.example")
    confirms_last(bob_actor)
    deletion.delete_member(by, "thief@new.example")
    (mail,) = written(Mail, template="sign_in_email_changed")
    assert (mail.recipient, mail.state) == (bob_actor.email, "pending"), "whoever took the account does not end it"
    jobs.run_due(names=("mails_sent",))
    (mail,) = written(Mail, template="sign_in_email_changed")
    assert mail.state == "sent" and "bob" not in f"{mail.recipient} {mail.context} {mail.body_text}"
