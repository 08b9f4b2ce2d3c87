"""What no mail can be addressed to is refused at every door, and one that came in otherwise stops no other mail."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from app import ids, mailboxes
from app.config import Settings, WrongSetting
from app.domain.errors import Refused
from app.domain.mails import Topic
from app.domain.people.acting import By
from app.domain.people.members import Actor, Role
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.access import host_members, members, memberships
from app.services.alerts import thresholds
from app.services.catalog import versions
from app.services.customers import directory, invoice_recipients, registration
from app.services.mail import sending
from app.services.people import invitations
from app.services.sign_in import emails
from app.services.transaction import transaction
from tests.architecture.source import modules, named
from tests.support import cast, post
from tests.support.api import api_for, problem_of
from tests.support.mail_server import mail_server

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
BAD = [
    "a@example..test", "a..b@example.test", ".a@example.test", "a.@example.test", "a@.example.test", "a@example.test.",
    "a@-example.test", "a@example-.test", "a@exa_mple.test", "a@localhost", "a@[127.0.0.1]", "a",
    "a@127.0.0.1", "a@example.1", "a@１27.0.0.１", "@example.test", "a@",
    "a@b@example.test", "a b@example.test", '"a b"@example.test', "a,b@example.test", "a<b@example.test", "a\0@example.test",
    "a\u2028@example.test", "a\u200b@example.test", "a" * 65 + "@example.test", "a@" + "b" * 64 + ".test",
    "a@" + "b.a" * 90 + ".test", "Alice <a@example.test>", "a@example.test\r\nBcc: b@example.test",
]  # fmt: skip
TAKES = re.compile(r"mailboxes\.(?:normal|for_sign_in)\(")
GOOD = {
    "billing@acme.example": "billing@acme.example",
    " Billing@ACME.Example ": "billing@acme.example",
    "a+b@relay.test": "a+b@relay.test",
    "o'r@corp.local": "o'r@corp.local",
    "zoë@acmé.example": "zoë@xn--acm-dma.example",
    "名@例え.jp": "名@xn--r8jz45g.jp",
    "a@xn--acm-dma.example": "a@xn--acm-dma.example",
}
IN_ONE_FORM = {"a@xn--acm-dma.example": "a@acmé.example"}


@pytest.mark.parametrize("text", BAD)
def test_it_cannot_be_mailed(text: str) -> None:
    assert not mailboxes.is_mailable(text)
    with pytest.raises(Refused, match="Enter an e-mail address"):
        mailboxes.normal(text)


@pytest.mark.parametrize("text", ["x@\u0130.example", "\u0130@acme.example", "x@\ufb00.example", "x@\uff41cme.example"])
def test_what_is_another_address_in_small_or_plain_letters_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="Enter an e-mail address"):
        mailboxes.normal(text)


def test_one_letter_is_one_however_it_was_typed() -> None:
    assert mailboxes.normal("x@acme\u0301.example") == mailboxes.normal("x@acm\xe9.example")


def test_a_name_that_few_mail_servers_take_is_none_to_sign_in_with(alice_actor: Actor, acme: Customer) -> None:
    """Its mails are what lets a member in again. A host beyond ASCII travels in ASCII."""
    for email in ("\xe9@\xe9.example", "\u540d@acme.example"):
        for door in ("members", "memberships", "host_members", "emails", "invitations"):
            with pytest.raises(Refused, match="before the @") as refused:
                DOORS[door](acme, email)
            assert refused.value.status == 422
    assert mailboxes.for_sign_in("zoe@acm\xe9.example") == "zoe@acm\xe9.example"


@pytest.mark.parametrize(("text", "sent"), GOOD.items())
def test_it_can_be_mailed_and_is_kept_as_people_write_it(text: str, sent: str) -> None:
    kept = mailboxes.normal(text)
    assert kept == IN_ONE_FORM.get(text, text.strip().lower())
    assert mailboxes.kept(kept) == mailboxes.kept(sent) == kept
    assert mailboxes.as_sent(kept) == sent


def _member(customer: Customer) -> Actor:
    """Return a member of the customer's, made for this."""
    return cast.make_actor(cast.Part("Otto", f"otto-{ids.new('mem')}@acme.example", Role.OWNER), customer)


def _by(customer: Customer) -> By:
    return By(_member(customer).member_id, customer.customer_id)


DOORS: dict[str, Callable[[Customer, str], object]] = {
    "registration": lambda _, bad: registration.create(name="New", email=bad, catalog=cast.CATALOG),
    "directory": lambda c, bad: directory.change(c.customer_id, directory.Change(email=bad), by="test"),
    "members": lambda c, bad: members.create_member(bad, "Eve", "a good long one", c.customer_id, Role.VIEWER),
    "memberships": lambda c, bad: memberships.make(c.customer_id, email=bad, name="Eve", role=Role.VIEWER, by="test"),
    "host_members": lambda c, bad: host_members.named(
        db.session(), c.customer_id, email=bad, role=None, name=None, may_create=True, by="test"
    ),
    "invoice_recipients, billing": lambda c, bad: invoice_recipients.replace(c.customer_id, bad, {}, 0, by="test"),
    "invoice_recipients, more": lambda c, bad: invoice_recipients.replace(
        c.customer_id, c.email, {bad: frozenset({Topic.RECEIPTS})}, 0, by="test"
    ),
    "emails": lambda c, bad: emails.ask(_by(c), bad),
    "invitations": lambda c, bad: invitations.invite(_member(c), bad, Role.VIEWER),
    "thresholds, one": lambda c, bad: thresholds.add_email(c.customer_id, bad, actor="test"),
    "thresholds, all": lambda c, bad: thresholds.replace(c.customer_id, [], [bad], 1, actor="test"),
}


@pytest.mark.parametrize("door", DOORS)
@on_sqlite
def test_a_use_case_refuses_it(acme: Customer, door: str) -> None:
    for bad in ("a@example..test", "a@localhost", "a@-example.test"):
        with pytest.raises(Refused) as refused:
            DOORS[door](acme, bad)
        assert (refused.value.status, refused.value.reason) == (422, "email_malformed")


def test_every_use_case_that_takes_an_address_is_a_door() -> None:
    asking = {path.stem for path in modules("services") if TAKES.search(path.read_text())}
    assert asking == {door.partition(",")[0] for door in DOORS}
    checked = {named(path) for path in modules() if "mailboxes.is_mailable(" in path.read_text()}
    assert checked == {"app/config.py", "app/services/catalog/versions.py", "app/services/sign_in/identities.py"}


@on_sqlite
def test_the_api_and_the_commands_refuse_it_in_their_words(app: Flask, acme: Customer) -> None:
    api, bad, whose = api_for(app), "a@example..test", f"/customers/{acme.customer_id}"
    sent = [
        api.post("/customers", {"name": "New", "email": bad}),
        api.open("PATCH", whose, json={"email": bad}),
        api.open("PUT", f"{whose}/usage_alerts", json={"alerts": [], "recipients": [{"email": bad}], "version": 1}),
    ]
    assert [problem_of(each) for each in sent] == [(422, "email_malformed")] * 3
    run = app.test_cli_runner()
    words = ["--email", bad, "--name", "New"]
    for command in (
        ["create-customer", *words, "--catalog", cast.CATALOG],
        ["create-member", *words, "--customer", acme.customer_id, "--role", "viewer", "--password-stdin"],
    ):
        done = run.invoke(args=["portal", *command], input="a good long one\n")
        assert done.exit_code == 1 and "Enter an e-mail address" in done.output


@on_sqlite
def test_a_catalog_with_it_is_refused_by_its_line_and_one_that_is_kept_stays_readable(app: Flask) -> None:
    text = (cast.EXAMPLES / f"{cast.CATALOG}.toml").read_text()
    broken = text.replace('email = "billing@relay.example"', 'email = "billing@relay..example"')
    assert broken != text
    with pytest.raises(Refused, match=r"seller\.email.*is no address that mails can be answered to"):
        versions.apply(broken)
    assert versions.parse(broken).seller.email == "billing@relay..example"


def test_the_sender_s_setting_with_it_stops_the_start() -> None:
    good = {"SECRET_KEY": "x" * 32, "DATABASE_URL": "sqlite:///x.sqlite3", "MAIL_URL": "smtp://mail.relay.example"}
    assert Settings.from_env({**good, "MAIL_FROM": "Relay <a@relay.example>"})
    with pytest.raises(WrongSetting, match="MAIL_FROM"):
        Settings.from_env({**good, "MAIL_FROM": "Relay <a@relay..example>"})


@pytest.mark.parametrize("bad", ["a@example..test", "a@-example.test", "a@example.test\r\nBcc: x@y.test"])
@on_sqlite
def test_one_that_is_in_the_rows_is_a_dead_letter_and_the_others_go_out(
    app: Flask, acme: Customer, alice_actor: Actor, mallory_actor: Actor, bad: str
) -> None:
    with mail_server() as server:
        post.sends_by(app, server)
        with as_service("an address of before"), transaction() as session:
            session.execute(update(Customer).where(Customer.customer_id == acme.customer_id).values(email=bad))
        post.paid(alice_actor)
        post.paid(mallory_actor)
        assert sending.send_due() == 2
        assert server.recipients == ["billing@globex.example"]
    (dead,) = post.mails(acme)
    assert (dead.state, dead.problem) == ("dead", "address_or_header_malformed")
    done = app.test_cli_runner().invoke(args=["portal", "jobs", "dead"])
    assert dead.id in done.output and "address_or_header_malformed" in done.output
