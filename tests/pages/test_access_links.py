"""Read-only access: a link opens a customer's invoices and statements, nothing else, until it is over or revoked."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.errors import Forbidden, Refused
from app.domain.people.acting import By
from app.domain.people.members import Actor, Role
from app.gateways.pdf.renderer import Renderer
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.events import AuditEntry
from app.models.people import AccessLink
from app.models.scope import as_service
from app.services.access import members
from app.services.mail import sending
from app.services.papers import papers
from app.services.people import access_links, deletion, team
from tests.pages.test_members import olivia_actor
from tests.security.test_access import closed, methods
from tests.support import post
from tests.support.browser import Browser, Page
from tests.support.cast import PASSWORD
from tests.support.host import IN_A_FRAME, host_of
from tests.support.reversals import buys
from tests.support.routes import UNSAFE, path_of

__all__ = ["olivia_actor"]
PATH = "/account/members/read-only/"
HOME = "/billing/invoices"
OPENS = {
    "home.page", "invoices.page", "invoices.csv_file", "invoices.spreadsheet", "invoices.year_zip", "invoices.year",
    "invoices.document", "invoices.file", "invoices.pdf", "invoices.xml", "invoices.receipt", "invoices.paper",
    "invoices.paper_pdf", "statement.page", "statement.csv_file", "statement.spreadsheet", "statement.pdf",
}  # fmt: skip
"""Whoever adds a line here has thought about it."""


def makes(browser: Browser, name: str = "Ann Abacus", days: str = "30") -> Page:
    return browser.submits(browser.opens(PATH), "#access_links-make", name=name, days=days)


def path_in(page: Page) -> str:
    return urlsplit(page.texts("#access_links-link")[0]).path


@pytest.fixture
def link(alice_actor: Actor) -> str:
    return f"/read-only/{access_links.make(alice_actor, 'Ann Abacus', 30).token}"


@pytest.mark.both_databases
def test_a_link_opens_invoices_and_says_so(
    app: Flask, alice: Browser, visitor: Browser, acme: Customer, alice_actor: Actor
) -> None:
    buys(app, alice_actor, 2500)
    made = makes(alice)
    path = path_in(made)
    assert made.texts("#access_links-list tbody th") == ["Ann Abacus"]
    assert alice.opens(PATH).soup.select("#access_links-link") == [], "shown once"
    page = visitor.opens(path)
    assert (page.status, page.path, page.redirects) == (200, HOME, (HOME,)), "the token stands in no address of a page"
    assert page.texts("#read-only") == ["Read-only access for Ann Abacus : invoices and statements of Acme."]
    assert len(page.soup.select("#invoices-history tbody tr")) == 1
    one = visitor.opens(str(page.soup.select("#invoices-history td a")[0]["href"]))
    statement = visitor.opens("/billing/invoices/statement")
    for each in (page, one, statement):
        assert each.status == 200
        assert alice_actor.name not in each.text and alice_actor.email not in each.text
        assert "Remaining credits" not in each.text and not each.soup.select("#balance-badge, .member__pages")
        assert each.texts(".side nav a")[:1] == ["Invoices"] and len(each.texts(".side nav a")) == 1
        assert "frame-ancestors 'none'" in each.response.headers["Content-Security-Policy"]
    assert visitor.opens("/billing/invoices.csv").status == 200
    assert visitor.opens("/").path == HOME
    with as_service("look"):
        kept = db.session.scalars(select(AccessLink)).one()
        entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action.startswith("access_link."))).all()
    assert path.rpartition("/")[2].encode() not in kept.token_hash and len(kept.token_hash) == 32
    assert [(each.action, each.actor) for each in sorted(entries, key=lambda each: each.id)] == [
        ("access_link.created", alice_actor.member_id),
        ("access_link.opened", kept.id),
    ]


def test_every_other_route_refuses(app: Flask, visitor: Browser, link: str) -> None:
    page = visitor.opens(link)
    token = page.value("csrf_token")
    marked, found = set(), {}
    for rule in closed(app):
        marked |= {rule.endpoint} if app.view_functions[rule.endpoint].__dict__.get("is_for_links") else set()
        for method in methods(rule):
            headers = {"Origin": visitor.origin, "Sec-Fetch-Site": "same-origin"} if method in UNSAFE else {}
            data = {"csrf_token": token} if method in UNSAFE else None
            path = path_of(app, rule)
            answer = visitor.client.open(path, method=method, base_url=visitor.origin, data=data, headers=headers)
            assert answer.status_code < 500, rule.endpoint
            found[rule.endpoint, method] = answer.status_code != 403
    assert marked == OPENS
    assert {endpoint for (endpoint, _method), is_open in found.items() if is_open} == OPENS
    assert visitor.posts("/sign-out", {"csrf_token": token}).path == "/sign-in"
    assert visitor.opens("/billing/invoices/").path.startswith("/sign-in?"), "which is over"


def test_mandates_and_orders_are_no_invoices(drawing: Renderer, visitor: Browser, link: str, acme: Customer) -> None:
    paper_id = papers.request(acme.customer_id, papers.MANDATE, "man_1")
    visitor.opens(link)
    assert visitor.opens(f"/billing/invoices/papers/{paper_id}").status == 403
    assert visitor.opens(f"/billing/invoices/papers/{paper_id}/pdf").status == 403


def test_it_ends_when_revoked_when_over_and_when_its_maker_is_removed(
    app: Flask, origin: str, alice: Browser, visitor: Browser, alice_actor: Actor, acme: Customer
) -> None:
    start = clock.now()
    with clock.at(start):
        first = path_in(makes(alice))
        assert visitor.opens(first).path == HOME
        gone = alice.submits(alice.opens(PATH), "form[action$=revoke]")
        assert gone.notices() == ["The link for Ann Abacus is revoked. Whoever had opened it sees nothing more."]
        assert visitor.opens(HOME).path.startswith("/sign-in") and visitor.opens(first).status == 404
        second = path_in(makes(alice, days="7"))
        other = Browser(app.test_client(), origin)
        assert other.opens(second).path == HOME
    with clock.at(start + timedelta(days=6, hours=23)):
        assert Browser(app.test_client(), origin).opens(second).path == HOME
    with clock.at(start + timedelta(days=7)):
        assert Browser(app.test_client(), origin).opens(second).status == 404
        assert other.opens(HOME).path.startswith("/sign-in")
    third = f"/read-only/{access_links.make(alice_actor, 'Ben', 7).token}"
    assert other.opens(third).path == HOME
    team.remove(acme.customer_id, alice_actor.member_id, by="mem_olivia")
    assert other.opens(HOME).path.startswith("/sign-in") and other.opens(third).status == 404


@pytest.mark.parametrize("way", ["demoted", "disabled", "deleted"])
def test_it_ends_with_the_right_to_make_it_and_the_trail_says_so(
    app: Flask, origin: str, visitor: Browser, link: str, alice_actor: Actor, mallory_actor: Actor, way: str
) -> None:
    access_links.make(mallory_actor, "Of Globex", 7)
    assert visitor.opens(link).path == HOME
    match way:
        case "demoted":
            team.change_role(alice_actor.customer_id, alice_actor.member_id, Role.VIEWER, by="mem_olivia")
        case "disabled":
            members.let_in(alice_actor.email, may_sign_in=False, by="seller")
        case _:
            deletion.delete_member(By(alice_actor.member_id, alice_actor.customer_id), alice_actor.email)
    assert visitor.opens(HOME).path.startswith("/sign-in")
    assert Browser(app.test_client(), origin).opens(link).status == 404
    if way == "disabled":
        members.let_in(alice_actor.email, may_sign_in=True, by="seller")
        assert visitor.opens(link).status == 404, "whoever comes back makes another one"
    with as_service("read the trail"):
        said = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "access_link.revoked")).all()
        by = {"demoted": "mem_olivia", "disabled": "seller"}.get(way, alice_actor.member_id)
        assert [(each.actor, each.before) for each in said] == [(by, '{"name": "Ann Abacus"}')]
        assert db.session.scalars(select(AccessLink.name).where(AccessLink.revoked_at.is_(None))).all() == ["Of Globex"]


def test_who_lost_the_right_this_very_moment_makes_none(alice_actor: Actor, olivia_actor: Actor) -> None:
    team.change_role(alice_actor.customer_id, alice_actor.member_id, Role.VIEWER, by=olivia_actor.member_id)
    with pytest.raises(Forbidden):
        access_links.make(alice_actor, "Ann Abacus", 7)


def test_another_customers_papers_are_not_there(app: Flask, visitor: Browser, link: str, mallory_actor: Actor) -> None:
    buys(app, mallory_actor, 2500)
    with as_service("look"):
        theirs = db.session.scalars(select(Document.id).where(Document.customer_id == mallory_actor.customer_id)).all()
    page = visitor.opens(link)
    assert theirs and not page.soup.select("#invoices-history")
    for each in theirs:
        for what in ("", "/pdf", "/xml", "/file"):
            assert visitor.opens(f"/billing/invoices/{each}{what}").status == 404


def test_what_is_refused_and_kept(alice: Browser, alice_actor: Actor) -> None:
    for name, days, words in (
        ("", "30", "Say whom the link is for."),
        (" ", "30", "Say whom the link is for, in at most 100 characters."),
        ("x" * 101, "30", "Say whom the link is for, in at most 100 characters."),
    ):
        refused = makes(alice, name, days)
        assert (refused.status, refused.errors()) == (422, [words])
    page = alice.opens(PATH)
    assert alice.posts(PATH, {"csrf_token": page.value("csrf_token"), "name": "Ann", "days": "31"}).status == 422
    assert makes(alice).status == 200
    again = makes(alice)
    assert (again.status, again.value("name")) == (409, "Ann Abacus")
    with pytest.raises(Refused):
        access_links.make(alice_actor, "Ben", 31)


def test_members_see_that_they_are_signed_in_and_frames_get_none(
    app: Flask, origin: str, bob: Browser, visitor: Browser, link: str, alice_actor: Actor
) -> None:
    seen = bob.opens(link)
    assert seen.status == 409 and "You are signed in as bob@acme.example" in seen.text
    assert bob.opens("/billing/").status == 200, "the sign-in is as it was"
    assert visitor.opens(link, **IN_A_FRAME).status == 403
    assert visitor.client.head(link, base_url=origin).status_code == 204
    frame = host_of(app, origin, alice_actor).frame(view="invoice_address")
    assert frame.opens(PATH, **IN_A_FRAME).status == 403


def test_viewers_strangers_and_other_customers_make_and_revoke_none(
    app: Flask, origin: str, bob: Browser, visitor: Browser, mallory: Browser, link: str, alice_actor: Actor
) -> None:
    assert bob.opens(PATH).status == 403 and visitor.opens(PATH).path.startswith("/sign-in")
    one = access_links.good_ones(alice_actor.customer_id)[0]
    sent = {"csrf_token": mallory.opens(PATH).value("csrf_token")}
    assert mallory.posts(f"{PATH}{one.id}/revoke", sent).status == 404
    assert mallory.opens(PATH).soup.select("#access_links-list") == []
    with pytest.raises(Refused):
        access_links.make(Actor("mem_v", alice_actor.customer_id, Role.VIEWER, "", "", ""), "Ben", 7)


def test_who_reads_by_a_link_may_join_and_sign_in_as_anybody_else(
    alice: Browser, visitor: Browser, link: str, alice_actor: Actor, acme: Customer
) -> None:
    visitor.opens(link)
    alice.submits(alice.opens("/account/members/"), "#members-invite", email="ann@acme.example", role="viewer")
    sending.send_due()
    found = re.search(r"http://localhost(/invitation/[\w-]{43})", post.mails(acme)[-1].body_text)
    assert found
    asked = visitor.opens(found[1])
    assert (asked.status, "signed in as" in asked.text, len(asked.soup.select("#invitation-form"))) == (200, False, 1)
    page = visitor.opens("/sign-in?next=/billing/")
    assert page.path.startswith("/sign-in")
    signed_in = visitor.submits(page, "form.form", email=alice_actor.email, password=PASSWORD)
    assert (signed_in.status, signed_in.path) == (200, "/billing/")


def test_more_notices_than_a_session_keeps_leave_the_newest(alice: Browser, alice_actor: Actor) -> None:
    token = alice.opens(PATH).value("csrf_token")
    for number in range(30):
        made = access_links.make(alice_actor, f"N{number} " + '"' * 94, 7)
        path = f"{PATH}{made.id}/revoke"
        answer = alice.client.post(
            path, data={"csrf_token": token}, base_url=alice.origin, headers={"Origin": alice.origin}
        )
        assert answer.status_code == 303
    notices = alice.opens(PATH).notices()
    assert notices[-1].startswith('The link for N29 "') and 10 < len(notices) < 30
