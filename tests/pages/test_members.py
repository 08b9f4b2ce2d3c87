"""Members: who acts for a customer is listed, invited, given a role and removed, and what let them in ends at once."""

import re
import threading
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import clock
from app.domain.errors import Refused
from app.domain.people.members import Actor, Role
from app.domain.people.team import INVITATION_LASTS
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry, OutboxEvent
from app.models.members import BrowserSession, Membership, PortalSession
from app.models.scope import as_service
from app.services.access import members, sessions
from app.services.mail import sending
from app.services.people import invitations, team
from tests.support import post
from tests.support.browser import Browser, Page
from tests.support.cast import BOB, PASSWORD, Part, make_actor, signed_in
from tests.support.host import IN_A_FRAME, host_of
from tests.support.statements import counted

PATH = "/account/members/"
NEW, GOOD = "carol@acme.example", "nine brown otters swim at dawn"
LINK = re.compile(r"http://localhost(/invitation/[\w-]{43})")


@pytest.fixture
def olivia_actor(acme: Customer) -> Actor:
    return make_actor(Part("Olivia Orr", "olivia@acme.example", Role.OWNER), acme)


@pytest.fixture
def olivia(app: Flask, origin: str, olivia_actor: Actor) -> Browser:
    return signed_in(app, origin, olivia_actor)


def invites(browser: Browser, email: str = NEW, role: Role = Role.VIEWER) -> Page:
    return browser.submits(browser.opens(PATH), "#members-invite", email=email, role=role.value)


def link(customer: Customer) -> str:
    sending.send_due()
    found = LINK.search(post.mails(customer)[-1].body_text)
    assert found
    return found[1]


def roles(customer: Customer) -> dict[str, str]:
    with as_service("look at the members"):
        wanted = select(Membership).where(Membership.customer_id == customer.customer_id)
        return {each.member_id: each.role for each in db.session.scalars(wanted)}


def written(kind: type[AuditEntry] | type[OutboxEvent], customer: Customer) -> list[str]:
    with as_service("look at what was written"):
        name = kind.action if kind is AuditEntry else kind.type  # type: ignore[attr-defined]
        found = db.session.scalars(select(name).where(kind.customer_id == customer.customer_id).order_by(kind.id))
        return [each for each in found if each.startswith("member.") and each != "member.created"]


@pytest.mark.both_databases
def test_asvs_6_4_1_somebody_new_chooses_a_password_once_and_is_in(
    olivia: Browser, visitor: Browser, acme: Customer, olivia_actor: Actor
) -> None:
    page = invites(olivia, role=Role.BILLING_MANAGER)
    assert page.notices() == [f"An invitation is on its way to {NEW}."]
    assert page.texts("#members-waiting tbody th") == [NEW]
    path = link(acme)
    asked = visitor.opens(path)
    assert "Olivia Orr asks carol@acme.example to act for Acme as billing manager." in asked.text
    short = visitor.submits(asked, "#invitation-form", name="Carol Cole", password="short")
    assert (short.status, short.errors()) == (422, ["Choose a password of at least 8 characters."])
    assert short.value("name") == "Carol Cole"
    joined = visitor.submits(short, "#invitation-form", name="Carol Cole", password=GOOD)
    assert (joined.path, joined.notices()) == ("/billing/", ["You act for Acme now."])
    assert members.sign_in(NEW, GOOD, "192.0.2.1").customer_id == acme.customer_id
    assert sorted(roles(acme).values()) == ["billing_manager", "owner"]
    assert visitor.opens(path).status == 404, "it works once"
    assert written(OutboxEvent, acme) == ["member.invited", "member.joined"] == written(AuditEntry, acme)
    assert "Carol Cole" in olivia.opens(PATH).texts("#members-list tbody th")[1]
    assert olivia.opens(PATH).soup.select("#members-waiting") == []


def test_who_has_an_account_only_joins_and_goes_on_for_the_customer(
    olivia: Browser, mallory: Browser, visitor: Browser, bob: Browser, acme: Customer, mallory_actor: Actor
) -> None:
    invites(olivia, mallory_actor.email)
    path = link(acme)
    wrong = bob.opens(path)
    assert "You are signed in as bob@acme.example" in wrong.text and not wrong.soup.select("form[action^='/invit']")
    sent = {"csrf_token": wrong.value("csrf_token")}
    assert bob.posts(path, sent).status == 409
    made = bob.posts(f"{path}/account", sent | {"name": "Eve", "password": GOOD})
    assert made.status == 409 and mallory_actor.member_id not in roles(acme)
    page = mallory.opens(path)
    assert not page.soup.select("[name=password]")
    joined = mallory.submits(page, f"form[action='{path}']")
    assert joined.notices() == ["You act for Acme now."] and "Acme" in joined.texts(".brand__names")[0]
    assert roles(acme)[mallory_actor.member_id] == "viewer"
    assert members.sign_in(mallory_actor.email, PASSWORD, "192.0.2.1").member_id == mallory_actor.member_id


def test_without_a_session_who_has_an_account_joins_and_is_not_signed_in(
    olivia: Browser, visitor: Browser, acme: Customer, mallory_actor: Actor
) -> None:
    """The link proves the mailbox: it is no password."""
    invites(olivia, mallory_actor.email)
    path = link(acme)
    joined = visitor.submits(visitor.opens(path), f"form[action='{path}']")
    assert "acts for Acme now" in joined.text and roles(acme)[mallory_actor.member_id] == "viewer"
    assert visitor.opens(PATH).path.startswith("/sign-in")


def test_asvs_6_4_1_a_link_ends_after_seven_days_when_sent_again_and_when_withdrawn(
    olivia: Browser, visitor: Browser, acme: Customer
) -> None:
    start = clock.now()
    with clock.at(start):
        invites(olivia)
        first = link(acme)
        soon = olivia.submits(olivia.opens(PATH), "form[action$=again]")
        assert "less than ten minutes ago" in soon.notices()[0]
    with clock.at(start + INVITATION_LASTS):
        over = visitor.opens(first)
        assert (over.status, over.texts("h1")) == (410, ["This invitation has expired"])
    with clock.at(start + timedelta(minutes=9, seconds=59)):
        browser = olivia
    with clock.at(start + timedelta(minutes=10, seconds=1)):
        token = browser.opens(PATH).value("csrf_token")
        asked = browser.posts(browser.opens(PATH).find("form[action$=again]")["action"], {"csrf_token": token})
        assert asked.status == 401, "the password was given more than ten minutes ago"
        assert (
            browser.submits(
                asked, "#confirm_access-form form, form#confirm_access-form", confirm_password=PASSWORD
            ).status
            == 200
        )
        second = link(acme)
        assert second != first and visitor.opens(first).status == 404
        assert visitor.opens(second).status == 200
        withdrawn = browser.submits(browser.opens(PATH), "form[action$=withdraw]")
        assert withdrawn.notices() == [f"The invitation of {NEW} is withdrawn."]
        assert visitor.opens(second).status == 404


def test_the_page_says_the_same_whoever_has_the_address(olivia: Browser, mallory_actor: Actor, acme: Customer) -> None:
    """Who uses the portal for another customer is nobody's business here."""
    known, unknown = (invites(olivia, each).notices()[0].replace(each, "") for each in (mallory_actor.email, NEW))
    assert known == unknown
    again = invites(olivia, NEW)
    assert (again.status, again.errors()) == (409, ["This address is invited already. Send the e-mail again below."])
    assert invites(olivia, "olivia@acme.example").errors() == ["This person acts for the customer already."]
    assert invites(olivia, "not an address").status == 422


def test_a_billing_manager_invites_viewers_and_changes_nobody(
    alice: Browser, alice_actor: Actor, olivia_actor: Actor, acme: Customer
) -> None:
    page = alice.opens(PATH)
    assert [each["value"] for each in page.soup.select("#members-role option, #members-invite option")] == ["viewer"]
    token = page.value("csrf_token")
    sent = {"csrf_token": token, "email": NEW, "role": "owner"}
    assert alice.posts(f"{PATH}invite", sent).status == 422
    with pytest.raises(Refused) as refused:
        invitations.invite(alice_actor, NEW, Role.OWNER)
    assert refused.value.status == 403
    assert invites(alice).status == 200
    asked = invitations.invite(olivia_actor, "dan@acme.example", Role.OWNER)
    for what in ("again", "withdraw"):
        assert alice.posts(f"{PATH}invitations/{asked.id}/{what}", {"csrf_token": token}).status == 403
    for what in ("role", "remove"):
        path = f"{PATH}{olivia_actor.member_id}/{what}"
        assert alice.posts(path, {"csrf_token": token, "role": "viewer"}).status == 403
    assert roles(acme)[olivia_actor.member_id] == "owner"


def test_a_removed_members_sessions_and_links_die_at_once_and_stay_dead(
    app: Flask, origin: str, olivia: Browser, bob: Browser, bob_actor: Actor, olivia_actor: Actor, acme: Customer
) -> None:
    frame = host_of(app, origin, bob_actor).frame()
    page = olivia.opens(f"{PATH}{bob_actor.member_id}")
    assert olivia.submits(page, "#members-remove").notices()[0].startswith("Bob Baker is no longer a member.")
    assert bob.opens("/billing/").path.startswith("/sign-in")
    assert (
        frame.opens("/billing/", **IN_A_FRAME).status == 401 or "ended" in frame.opens("/billing/", **IN_A_FRAME).text
    )
    with as_service("look"):
        for kind in (BrowserSession, PortalSession):
            assert db.session.scalars(select(kind).where(kind.member_id == bob_actor.member_id)).all() == []
    asked = invitations.invite(olivia_actor, BOB.email, Role.VIEWER)
    visitor = Browser(app.test_client(), origin)
    path = link(acme)
    visitor.submits(visitor.opens(path), f"form[action='{path}']")
    assert asked and bob_actor.member_id in roles(acme)
    assert bob.opens("/billing/").path.startswith("/sign-in"), "an old session does not come back with the membership"
    assert written(OutboxEvent, acme) == ["member.removed", "member.invited", "member.joined"]


def test_another_customers_sessions_stay(
    app: Flask, origin: str, olivia: Browser, acme: Customer, globex: Customer, bob_actor: Actor
) -> None:
    with as_service("join"):
        db.session.add(
            Membership(
                member_id=bob_actor.member_id, customer_id=globex.customer_id, role="viewer", created_at=clock.now()
            )
        )
        db.session.commit()
    token = sessions.begin("{}", bob_actor.member_id, globex.customer_id)
    team.remove(acme.customer_id, bob_actor.member_id, by="mem_olivia")
    found = sessions.find(token)
    assert found is not None and found.actor is not None and found.actor.customer_id == globex.customer_id
    assert not sessions.switch(token, acme.customer_id, "{}")


def test_a_role_holds_at_once_and_the_host_is_notified(olivia: Browser, bob_actor: Actor, acme: Customer) -> None:
    page = olivia.opens(f"{PATH}{bob_actor.member_id}")
    done = olivia.submits(page, "#members-role", role="billing_manager")
    assert done.notices() == ["Bob Baker: billing manager from now on."]
    assert roles(acme)[bob_actor.member_id] == "billing_manager"
    team.change_role(acme.customer_id, bob_actor.member_id, Role.BILLING_MANAGER, by="mem_olivia")
    assert written(OutboxEvent, acme) == ["member.role_changed"]


def test_the_last_owner_stays(olivia: Browser, olivia_actor: Actor, acme: Customer) -> None:
    page = olivia.opens(f"{PATH}{olivia_actor.member_id}")
    refused = olivia.submits(page, "#members-role", role="viewer")
    assert (refused.status, refused.errors()) == (409, ["This is the last owner. Make somebody else an owner first."])
    left = olivia.submits(page, "#members-leave")
    assert left.notices() == ["This is the last owner. Make somebody else an owner first."]
    assert roles(acme) == {olivia_actor.member_id: "owner"}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_owners_who_step_down_at_once_leave_one(app: Flask, acme: Customer, olivia_actor: Actor) -> None:
    other = make_actor(Part("Otto Ode", "otto@acme.example", Role.OWNER), acme)
    barrier, refused = threading.Barrier(2), list[str]()

    def steps_down(member_id: str) -> None:
        with app.app_context():
            barrier.wait()
            try:
                team.change_role(acme.customer_id, member_id, Role.VIEWER, by=member_id)
            except Refused as refusal:
                refused.append(refusal.reason)
            finally:
                db.session.remove()

    both = [threading.Thread(target=steps_down, args=(each.member_id,)) for each in (olivia_actor, other)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert refused == ["last_owner"] and sorted(roles(acme).values()) == ["owner", "viewer"]


def test_anybody_may_leave(
    app: Flask, origin: str, bob: Browser, bob_actor: Actor, olivia_actor: Actor, acme: Customer
) -> None:
    page = bob.opens(f"{PATH}{bob_actor.member_id}")
    assert bob.submits(page, "#members-leave").path == "/sign-in"
    assert bob_actor.member_id not in roles(acme)


def test_strangers_viewers_frames_and_other_customers(
    app: Flask, origin: str, visitor: Browser, bob: Browser, mallory_actor: Actor, olivia: Browser, olivia_actor: Actor
) -> None:
    assert visitor.opens(PATH).path.startswith("/sign-in")
    token = bob.opens(PATH).value("csrf_token")
    assert not bob.opens(PATH).soup.select("#members-invite")
    assert bob.posts(f"{PATH}invite", {"csrf_token": token, "email": NEW, "role": "viewer"}).status == 403
    for path in (f"{PATH}{mallory_actor.member_id}", f"{PATH}nobody"):
        assert olivia.opens(path).status == 404
        for what in ("role", "remove"):
            sent = {"csrf_token": olivia.opens(PATH).value("csrf_token"), "role": "viewer"}
            assert olivia.posts(f"{path}/{what}", sent).status == 404
    frame = host_of(app, origin, olivia_actor).frame(view="invoice_address")
    assert frame.opens(PATH, **IN_A_FRAME).status == 403


def test_the_page_asks_two_statements_more_than_any_page(olivia: Browser, bob_actor: Actor) -> None:
    olivia.opens(PATH)
    with counted() as seen:
        olivia.opens(PATH)
    assert len(seen) <= 5, seen


def test_an_invitation_that_is_no_link_of_ours(visitor: Browser, client: FlaskClient) -> None:
    assert "may have been cut off" in visitor.opens("/invitation/abc").text
    assert visitor.opens("/invitation/" + "x" * 43).status == 404
