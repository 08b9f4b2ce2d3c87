"""Own account: what is kept as a file without a secret, and an end that leaves nothing of the person and all that must stay."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock, ids
from app.domain.people.deletion import Owned, obstacles
from app.domain.people.members import Actor, Role
from app.models.api_keys import ApiKey
from app.models.customers import Customer
from app.models.database import Base, db
from app.models.events import AuditEntry, OutboxEvent
from app.models.mails import DigestSubscription, Mail
from app.models.members import BrowserSession, Member, Membership
from app.models.scope import as_service
from app.models.sign_in import SignInLink
from app.models.ssh_keys import SshKey
from app.models.usage import Spending
from app.services import jobs
from app.services.access import api_tokens, members
from app.services.people import deletion, own_data
from app.services.transaction import transaction
from tests.pages.test_authentication import written
from tests.pages.test_forgot_password import asked_link
from tests.support.browser import Browser, Page
from tests.support.cast import ALICE, MALLORY, PASSWORD
from tests.support.confirm_page import after, confirms, cookie
from tests.support.host import IN_A_FRAME, host_of

PATH = "/account/authentication/account/"
FORM = "#own_account-form"


def deletes(browser: Browser, email: str) -> Page:
    return browser.submits(browser.opens(PATH), FORM, email=email)


def everything(*, but: set[str]) -> str:
    """Return each value of each row that a service may read, as one text."""
    with as_service("look at everything"):
        return str(
            [db.session.execute(select(each)).all() for each in Base.metadata.sorted_tables if each.name not in but]
        )


@pytest.mark.both_databases
def test_a_member_takes_along_everything_that_is_kept_and_no_secret(
    alice: Browser, visitor: Browser, alice_actor: Actor, acme: Customer
) -> None:
    asked_link(visitor)
    answer = alice.opens(f"{PATH}data.json")
    assert answer.response.mimetype == "application/json"
    assert "attachment" in answer.response.headers["Content-Disposition"]
    assert "no-store" in answer.response.headers["Cache-Control"]
    found = json.loads(answer.response.text)
    assert found["member"]["email"] == ALICE.email and found["member"]["name"] == ALICE.name
    assert [each["name"] for each in found["customers"]] == ["Acme"]
    assert found["memberships"][0]["role"] == "billing_manager"
    assert [each["purpose"] for each in found["sign_in_links"]] == ["password_reset"]
    assert [each["template"] for each in found["mails"]] == ["password_reset"]
    assert [each["action"] for each in found["audit_entries"]] == ["member.created"]
    assert len(found["browser_sessions"]) == 1
    assert cookie(alice) not in answer.response.text and "$argon2" not in answer.response.text
    names = {name for table, _column in own_data.tables() for name in found[table.name][:1] for name in name}
    assert not [each for each in names if "hash" in each or "token" in each]


def test_each_table_of_members_is_in_the_file(alice_actor: Actor) -> None:
    found = json.loads(own_data.of(alice_actor.member_id))
    assert {table.name for table, _column in own_data.tables()} <= set(found)
    assert {"browser_sessions", "memberships", "sign_in_links", "ssh_keys", "digest_subscriptions"} <= set(found)


def test_the_file_is_asked_for_with_the_password_and_by_nobody_else(
    app: Flask, origin: str, alice: Browser, alice_actor: Actor, visitor: Browser
) -> None:
    with after(timedelta(minutes=11)):
        asked = alice.opens(f"{PATH}data.json")
        assert asked.path.startswith("/confirm-access") and "download what is kept about you" in asked.text
        assert confirms(alice, asked).response.mimetype == "application/json"
    frame = host_of(app, origin, alice_actor).frame(view="invoice_address")
    assert frame.opens(f"{PATH}data.json", **IN_A_FRAME).status == 403
    assert visitor.opens(f"{PATH}data.json").path.startswith("/sign-in")


@pytest.mark.both_databases
def test_a_member_who_is_not_needed_ends_the_account_and_leaves_no_name(
    app: Flask, origin: str, alice: Browser, bob: Browser, visitor: Browser, alice_actor: Actor, acme: Customer
) -> None:
    frame = host_of(app, origin, alice_actor).frame(view="invoice_address")
    asked_link(visitor)
    now = clock.now()
    with as_service("give Alice something of each kind"), transaction() as session:
        owned: dict[str, Any] = {"customer_id": acme.customer_id, "member_id": alice_actor.member_id}
        session.add(DigestSubscription(id=ids.new("dig"), time_zone="UTC", next_at=now, created_at=now, **owned))
        made = {"member_id": alice_actor.member_id, "name": "laptop", "kind": "ssh-ed25519", "bits": 256}
        session.add(
            SshKey(id=ids.new("ssh"), fingerprint="SHA256:x", public_key="ssh-ed25519 AAAA", created_at=now, **made)
        )
    api_tokens.make(alice_actor, "my laptop", ["billing:read"], None)
    page = alice.opens(PATH)
    assert "Nobody can sign in any more" not in page.text, "Alice owns nothing"
    done = deletes(alice, f" {ALICE.email.upper()} ")
    assert (done.path, done.texts("[role=status]")) == (
        "/sign-in?deleted=1",
        ["Your account is deleted. An e-mail says so too."],
    )
    assert alice.opens("/billing/").path.startswith("/sign-in") and frame.opens("/billing/", **IN_A_FRAME).status == 401
    for model in (BrowserSession, Membership, DigestSubscription, SshKey, SignInLink):
        assert written(model, member_id=alice_actor.member_id) == []
    (token,) = written(ApiKey, member_id=alice_actor.member_id)
    assert token.revoked_at is not None and token.name == ""
    (row,) = written(Member, id=alice_actor.member_id)
    assert (row.name, row.password_hash, row.username) == ("Deleted member", None, None) and row.disabled_at
    (mail,) = written(Mail, template="member_deleted")
    assert mail.recipient == ALICE.email, "it says so, to the address that was removed"
    jobs.run_due(names=("mails_sent",))
    said = everything(but={"outbox_events"})  # what a host is notified of says whom it has to forget
    assert ALICE.email not in said and ALICE.name not in said
    (event,) = written(OutboxEvent, type="member.removed")
    assert json.loads(event.data)["member"] == alice_actor.member_id
    (entry,) = written(AuditEntry, action="member.deleted")
    assert entry.actor == alice_actor.member_id and bob.opens("/billing/").status == 200
    again = members.create_member(ALICE.email, "Another Alice", PASSWORD, acme.customer_id, Role.VIEWER)
    assert again.id != alice_actor.member_id, "the address is free"


def test_the_only_owner_without_plan_or_debt_leaves_and_is_asked_twice(mallory: Browser, mallory_actor: Actor) -> None:
    page = mallory.opens(PATH)
    assert "Nobody can sign in any more for Globex." in page.text
    wrong = deletes(mallory, "somebody@globex.example")
    assert (wrong.status, wrong.errors()) == (422, ["Enter the address that you sign in with."])
    assert written(Member, id=mallory_actor.member_id)[0].deleted_at is None
    assert deletes(mallory, MALLORY.email).path == "/sign-in?deleted=1"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("a plan", "It has a paid plan. Cancel it on Plan and wait until it has ended."),
        ("a debt", "Its credit is below zero. Add credits."),
        ("a member", "It has other members. Make one of them an owner on Members."),
    ],
)
def test_the_only_owner_is_kept_by_a_plan_a_debt_and_by_others(
    mallory: Browser, mallory_actor: Actor, globex: Customer, change: str, words: str
) -> None:
    page = mallory.opens(PATH)
    match change:
        case "a plan":
            with as_service("give Globex a plan"), transaction() as session:
                session.execute(update(Customer).where(Customer.name == "Globex").values(plan="dedicated"))
        case "a debt":
            with as_service("use more than there is"), transaction() as session:
                used = update(Spending).where(Spending.customer_id == globex.customer_id)
                session.execute(used.values(unposted_micros=1))
        case _:
            members.create_member("m@globex.example", "Max Moor", PASSWORD, globex.customer_id, Role.BILLING_MANAGER)
    said = mallory.opens(PATH)
    assert words in said.text and not said.soup.select(FORM)
    refused = mallory.submits(page, FORM, email=MALLORY.email)
    assert refused.status == 409 and refused.errors() == [f"Globex: {words}"]
    assert (
        mallory.opens("/billing/").status == 200 and written(Member, id=mallory_actor.member_id)[0].deleted_at is None
    )


def test_another_owner_is_enough(mallory: Browser, mallory_actor: Actor, globex: Customer) -> None:
    members.create_member("max@globex.example", "Max Moor", PASSWORD, globex.customer_id, Role.OWNER)
    with as_service("give Globex a plan"), transaction() as session:
        session.execute(update(Customer).where(Customer.name == "Globex").values(plan="dedicated"))
    assert deletion.in_the_way(mallory_actor.member_id) == []
    assert deletes(mallory, MALLORY.email).path == "/sign-in?deleted=1"


def test_everything_in_the_way_is_named_for_each_customer() -> None:
    everything = Owned("Globex", True, True, True, True, True)
    assert [each.customer for each in obstacles([everything])] == ["Globex"] * 5
    assert obstacles([Owned("Globex", False, False, False, False, False)]) == []
