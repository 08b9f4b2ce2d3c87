"""An address whose host is beyond ASCII is one address, as a browser sends it (`xn--…`) and as people write it."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.errors import Refused
from app.domain.mails import Topic
from app.domain.people.acting import By
from app.domain.people.members import Actor, Role
from app.models.customers import Customer
from app.models.database import db
from app.models.identities import Identity
from app.models.invoicing import InvoiceRecipient
from app.models.limits import AlertRecipient
from app.models.mails import Mail
from app.models.members import Member, Membership
from app.models.people import Invitation
from app.models.scope import as_service
from app.models.sign_in import SignInLink
from app.services import link_tokens
from app.services.access import host_members, members, memberships, own_sessions
from app.services.alerts import recipients, thresholds
from app.services.customers import invoice_recipients
from app.services.outbox import billing_mails
from app.services.people import deletion, invitations, joining
from app.services.sign_in import emails, two_factor
from app.services.transaction import transaction
from tests.pages.test_forgot_password import asks, works
from tests.support import cast
from tests.support.api import api_for, problem_of
from tests.support.browser import Browser
from tests.support.cast import PASSWORD, Part
from tests.support.identities import changes, signs_in, there, written
from tests.support.identity_server import Account, FakeIdentities

__all__ = ["there"]
READABLE, SENT = "zoe@acmé.example", "zoe@xn--acm-dma.example"
FORMS = (READABLE, SENT, "Zoe@ACMÉ.example", "zoe@acme\u0301.example", "ZOE@XN--ACM-DMA.EXAMPLE")
ZOE = Part("Zoe Zander", READABLE, Role.OWNER)


@pytest.fixture
def zoe(acme: Customer) -> Actor:
    return cast.make_actor(ZOE, acme)


def in_rows(actor: Actor, email: str) -> None:
    """Let the member's row have the address as an older version kept it."""
    changes(actor, email=email)


@pytest.mark.parametrize("kept", [READABLE, SENT])
def test_a_member_signs_in_by_each_form_whatever_the_row_has(
    visitor: Browser, zoe: Actor, mallory_actor: Actor, kept: str
) -> None:
    in_rows(zoe, kept)
    for typed in FORMS:
        assert members.sign_in(typed, PASSWORD, "192.0.2.1").member_id == zoe.member_id, typed
    page = visitor.submits(visitor.opens("/sign-in"), "form[method=post]", email=SENT, password=PASSWORD)
    assert page.path == "/billing/"


@pytest.mark.both_databases
def test_each_of_two_members_whom_an_older_version_made_of_one_mailbox_gets_in_as_before(
    acme: Customer, zoe: Actor
) -> None:
    other = cast.make_actor(Part("Zoe again", "zoe@other.example", Role.VIEWER), acme)
    in_rows(other, SENT)
    assert members.sign_in(READABLE, PASSWORD, "192.0.2.1").member_id == zoe.member_id
    assert members.sign_in(SENT, PASSWORD, "192.0.2.1").member_id == other.member_id


def test_a_forgotten_password_finds_the_member(visitor: Browser, zoe: Actor) -> None:
    asks(visitor, SENT)
    works()
    (mail,) = written(Mail, template="password_reset")
    assert mail.recipient == READABLE
    in_rows(zoe, SENT)
    asks(visitor, READABLE)
    works()
    assert {each.recipient for each in written(Mail, template="password_reset")} == {READABLE, SENT}


def test_tries_of_a_password_are_counted_for_the_mailbox(visitor: Browser, zoe: Actor) -> None:
    page = visitor.opens("/sign-in")
    for typed in (*FORMS[:3], *FORMS[:2]):
        assert visitor.submits(page, "form[method=post]", email=typed, password="wrong").status == 422
    assert visitor.submits(page, "form[method=post]", email=SENT, password=PASSWORD).status == 429


MAKES: dict[str, Callable[[Customer, str], object]] = {
    "the seller": lambda c, email: members.create_member(email, "Eve", "a good long one", c.customer_id, Role.VIEWER),
    "the host": lambda c, email: memberships.make(c.customer_id, email=email, name="Eve", role=Role.VIEWER, by="test"),
}


@pytest.mark.parametrize("who", MAKES)
def test_one_mailbox_is_one_member(acme: Customer, zoe: Actor, who: str) -> None:
    for row in (READABLE, SENT):
        in_rows(zoe, row)
        for typed in FORMS:
            with pytest.raises(Refused) as refused:
                MAKES[who](acme, typed)
            assert refused.value.reason == "email_taken"


def test_the_host_finds_the_member_and_reads_the_address_as_people_write_it(app: Flask, acme: Customer) -> None:
    api, path = api_for(app), f"/customers/{acme.customer_id}/members"
    made = api.post(path, {"email": SENT, "name": "Zoe", "role": "viewer"})
    assert (made.status_code, made.get_json()["email"]) == (201, READABLE)
    assert problem_of(api.post(path, {"email": READABLE, "name": "Zoe", "role": "viewer"})) == (409, "email_taken")
    found = {host_members.named(
        db.session(), acme.customer_id, email=each, role=None, name=None, may_create=False, by="test"
    ) for each in FORMS}  # fmt: skip
    assert found == {made.get_json()["id"]}


def test_the_seller_s_commands_find_the_member(app: Flask, zoe: Actor) -> None:
    run = app.test_cli_runner()
    for command in ("disable-member", "enable-member", "end-sessions"):
        assert run.invoke(args=["portal", command, "--email", SENT, "--by", "test"]).exit_code == 0, command
    assert own_sessions.end_by_seller(SENT, by="test") == 0
    assert two_factor.reset(SENT, "test", "a lost phone").id == zoe.member_id


def test_a_new_address_is_compared_and_kept_in_one_form(acme: Customer, zoe: Actor, alice_actor: Actor) -> None:
    with pytest.raises(Refused, match="your e-mail address already"):
        emails.ask(By(zoe.member_id, acme.customer_id), SENT)
    assert emails.ask(By(alice_actor.member_id, acme.customer_id), "al@xn--acm-dma.example") == "al@acmé.example"
    (link,) = written(SignInLink)
    with as_service("a link of before"), transaction() as session:
        session.get_one(SignInLink, link.id).email = "al@xn--acm-dma.example"
    emails.confirm(str(link.token_hash), alice_actor.member_id, address="", browser="")
    assert written(Member, id=alice_actor.member_id)[0].email == "al@acmé.example"


def test_who_is_here_already_is_not_invited_and_an_invitation_finds_its_member(
    acme: Customer, zoe: Actor, mallory_actor: Actor
) -> None:
    for row in (READABLE, SENT):
        in_rows(zoe, row)
        with pytest.raises(Refused, match="acts for the customer already"):
            invitations.invite(zoe, SENT, Role.VIEWER)
    asked = invitations.invite(mallory_actor, SENT, Role.VIEWER)
    assert asked.email == READABLE
    token = invitation_token(asked.id)
    assert joining.look(token).has_account
    assert joining.join(token).member_id == zoe.member_id
    assert len(written(Membership, member_id=zoe.member_id)) == 2


def test_an_invitation_of_before_makes_a_member_of_the_form_that_is_kept(mallory_actor: Actor) -> None:
    asked = invitations.invite(mallory_actor, SENT, Role.VIEWER)
    token = invitation_token(asked.id)
    with as_service("an invitation of before"), transaction() as session:
        session.get_one(Invitation, (mallory_actor.customer_id, READABLE)).email = SENT
    with pytest.raises(Refused, match="invited already"):
        invitations.invite(mallory_actor, READABLE, Role.VIEWER)
    made = joining.sign_up(token, "Zoe", "a good long one")
    assert written(Member, id=made.member_id)[0].email == READABLE


def test_an_account_at_a_provider_finds_the_member_of_its_address(
    there: FakeIdentities, visitor: Browser, acme: Customer
) -> None:
    made, _ = memberships.make(acme.customer_id, email=READABLE, name="Zoe", role=Role.VIEWER, by="test")
    assert signs_in(there, visitor, Account("sub-9", SENT)).path == "/billing/"
    assert [each.member_id for each in written(Identity)] == [made.id]


@pytest.mark.parametrize(("row", "typed"), [(READABLE, SENT), (SENT, READABLE)])
def test_who_ends_the_account_types_it_in_either_form_and_nothing_of_it_stays(
    acme: Customer, alice_actor: Actor, zoe: Actor, row: str, typed: str
) -> None:
    cast.make_actor(Part("Olga", "olga@acme.example", Role.OWNER), acme)
    emails.ask(By(alice_actor.member_id, acme.customer_id), "al@acmé.example")
    in_rows(zoe, row)
    with as_service("a mail of before"), transaction() as session:
        billing_mails.mails.write(session, acme.customer_id, "weekly_digest", key="w", to=typed)
    invitations.invite(alice_actor, "other@acme.example", Role.VIEWER)
    deletion.delete_member(By(zoe.member_id, acme.customer_id), typed)
    with as_service("look at mails"):
        sent = set(db.session.scalars(select(Mail.recipient).where(Mail.template != "member_deleted")))
    assert not sent & {READABLE, SENT}


def test_one_mailbox_is_one_recipient_of_invoices(app: Flask, acme: Customer) -> None:
    topics, old = frozenset({Topic.RECEIPTS}), "books@xn--frm-rma.example"
    now = invoice_recipients.replace(acme.customer_id, acme.email, {"books@fírm.example": topics}, 0, by="test")
    for email in ("books@fírm.example", old):
        row = InvoiceRecipient(
            customer_id=acme.customer_id, email=email, confirmed_at=now.recipients[0].waiting.asked_at
        )  # type: ignore[union-attr]
        row.asked_at, row.token_hash = row.confirmed_at, email.encode().hex()[:64]
        row.receipts, row.invoices, row.payment_problems = True, False, False
        with as_service("rows of before"), transaction() as session:
            session.merge(row)
    with as_service("a mail about a payment"), transaction() as session:
        billing_mails.write(session, acme.customer_id, "receipt", key="r", to=acme.email)
    assert sorted(each.recipient for each in written(Mail, template="receipt")) == [acme.email, "books@fírm.example"]


def test_a_recipient_of_before_keeps_the_confirmation(app: Flask, acme: Customer) -> None:
    topics, old, new = frozenset({Topic.RECEIPTS}), "books@xn--frm-rma.example", "books@fírm.example"
    now = invoice_recipients.replace(acme.customer_id, acme.email, {new: topics}, 0, by="test")
    with as_service("a row of before"), transaction() as session:
        row = session.get_one(InvoiceRecipient, (acme.customer_id, new))
        row.email, row.confirmed_at = old, row.asked_at
    more = topics | {Topic.INVOICES}
    after = invoice_recipients.replace(acme.customer_id, acme.email, {new: more}, now.version, by="test")
    assert [(each.email, each.topics, each.waiting) for each in after.recipients] == [(old, more, None)]


def test_an_alert_s_address_of_before_stays_and_is_found(acme: Customer) -> None:
    old, new = "ops@xn--frm-rma.example", "ops@fírm.example"
    thresholds.add_email(acme.customer_id, old, actor="test")
    with as_service("a row of before"), transaction() as session:
        session.get_one(AlertRecipient, (acme.customer_id, new)).email = old
    with pytest.raises(Refused, match="in the list already"):
        thresholds.add_email(acme.customer_id, new, actor="test")
    now = thresholds.replace(acme.customer_id, [], [new], 2, actor="test")
    assert [each.email for each in now.recipients] == [old]
    with pytest.raises(Refused, match="less than ten minutes"):
        recipients.ask_again(acme.customer_id, new, actor="test")
    assert thresholds.remove_email(acme.customer_id, new, actor="test").recipients == []


def invitation_token(invitation_id: str) -> str:
    (row,) = written(Invitation, id=invitation_id)
    return link_tokens.token(row.customer_id, row.email, row.asked_at, link_tokens.INVITATION)


def test_an_address_beyond_ascii_is_said_as_it_is_kept_and_removed_in_each_form(alice: Browser) -> None:
    sent, kept = "ops@xn--frm-rma.example", "ops@fírm.example"
    page = alice.submits(alice.opens("/billing/usage/"), "#usage-email_form", email=sent)
    assert page.notices() == [f"An e-mail asks {kept} to confirm usage alerts."]
    token = page.value("csrf_token")
    gone = alice.posts("/billing/usage/addresses/removal", {"csrf_token": token, "email": sent})
    assert gone.status == 200 and f"{kept} no longer receives usage alerts." in gone.notices()[0]
    again = alice.posts("/billing/usage/addresses/removal", {"csrf_token": token, "email": sent})
    assert kept in again.text and "removed already" in again.text and sent not in again.text
