"""Customers: who acts for several switches between them, and nothing of the one is done to the other by mistake."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app import clock
from app.domain.people.members import Actor, Role
from app.models.customers import Customer
from app.models.database import db
from app.models.members import BrowserSession, Membership
from app.models.scope import as_service
from app.services.access import members, sessions
from app.services.customers import registration
from app.services.transaction import transaction
from tests.support.browser import Browser, Page
from tests.support.cast import ALICE, CATALOG, PASSWORD, make_customer
from tests.support.host import IN_A_FRAME, host_of
from tests.support.statements import counted

PATH, NAME = "/account/customers/", ".brand__names small:first-of-type"


def joins(actor: Actor, customer: Customer, role: Role = Role.OWNER) -> None:
    with as_service("join another customer"), transaction() as session:
        member = {"member_id": actor.member_id, "customer_id": customer.customer_id}
        session.add(Membership(**member, role=role.value, created_at=clock.now()))


def cast_of(name: str) -> Customer:
    slug = name.replace(" ", "-").lower()
    return registration.create(name=name, email=f"billing@{slug}.example", catalog=CATALOG, external_id=slug)


@pytest.fixture
def both(alice_actor: Actor, globex: Customer) -> Actor:
    joins(alice_actor, globex, Role.VIEWER)
    return alice_actor


def switches(browser: Browser, to: str) -> Page:
    page = browser.opens(PATH)
    row = next(each for each in page.soup.select("#customers-list tbody tr") if to in each.get_text())
    customer = row.select("[name=customer]")[0]["value"]
    return browser.posts(f"{PATH}switch", {"csrf_token": page.value("csrf_token"), "customer": customer})


@pytest.mark.both_databases
def test_a_member_switches_and_the_next_sign_in_goes_on_there(
    alice: Browser, both: Actor, acme: Customer, globex: Customer
) -> None:
    page = alice.opens(PATH)
    assert page.texts("#customers-list tbody th") == ["Acme", "Globex"]
    assert page.texts("#customers-list td:nth-of-type(1)") == ["Billing manager", "Viewer"]
    assert members.sign_in(ALICE.email, PASSWORD, "192.0.2.1").customer_id == acme.customer_id
    switched = switches(alice, "Globex")
    assert (switched.path, switched.texts(NAME)) == ("/billing/", ["Globex"])
    assert switched.notices() == ["You act for Globex now."]
    assert members.sign_in(ALICE.email, PASSWORD, "192.0.2.1").customer_id == globex.customer_id
    with clock.at(clock.now() + timedelta(minutes=1)):
        assert switches(alice, "Acme").texts(NAME) == ["Acme"]
    assert members.sign_in(ALICE.email, PASSWORD, "192.0.2.1").customer_id == acme.customer_id


def test_the_role_is_that_at_the_customer(alice: Browser, both: Actor) -> None:
    change = "/billing/usage/alerts/undo"
    assert alice.posts(change, {"csrf_token": alice.opens(PATH).value("csrf_token")}).status == 200
    switches(alice, "Globex")
    assert alice.posts(change, {"csrf_token": alice.opens(PATH).value("csrf_token")}).status == 403


@pytest.mark.parametrize("htmx", [False, True])
def test_a_form_of_the_customer_before_changes_nothing_of_this_one(
    alice: Browser, both: Actor, acme: Customer, htmx: bool
) -> None:
    """Another tab still shows Acme: what it sends is refused in words, and neither customer changes."""
    page = alice.opens("/account/profile/")
    sent = {"csrf_token": page.value("csrf_token"), "name": "Mistaken", "theme": "dark"}
    headers = {"HX-Request": "true", "X-Customer": acme.customer_id} if htmx else {}
    switches(alice, "Globex")
    refused = alice.posts("/account/profile/", sent, **headers)
    assert refused.status == 409 and "You act for Globex now" in refused.text and "Nothing was changed" in refused.text
    assert alice.opens("/account/profile/").value("name") == both.name


def test_parts_of_a_page_of_the_customer_before_are_not_filled_from_this_one(
    alice: Browser, both: Actor, acme: Customer
) -> None:
    switches(alice, "Globex")
    old = {"HX-Request": "true", "X-Customer": acme.customer_id}
    assert alice.opens("/billing/balance-badge?shown=0", **old).status == 409
    onward = alice.opens("/billing/usage", **old, **{"HX-Boosted": "true"})
    assert (onward.status, onward.response.headers["HX-Redirect"]) == (204, "/billing/usage")


def test_what_an_older_request_kept_does_not_bring_its_form_token_back(
    app: Flask, alice: Browser, both: Actor, acme: Customer, globex: Customer
) -> None:
    """It read the session before the switch, and keeps its data after it."""
    token = alice.client.get_cookie(app.session_interface.cookie).value
    page = alice.opens("/account/profile/")
    data = sessions.find(token).data
    switches(alice, "Globex")
    sessions.keep(token, data, customer_id=acme.customer_id)
    sent = {"csrf_token": page.value("csrf_token"), "name": "Mistaken", "theme": "dark"}
    assert alice.posts("/account/profile/", sent).status == 409
    assert sessions.find(token).actor.customer_id == globex.customer_id


def test_nobody_switches_to_a_customer_that_is_not_theirs(alice: Browser, both: Actor, globex: Customer) -> None:
    page, other = alice.opens(PATH), make_customer("Initech")
    for wanted in (other.customer_id, "", "cus_nothing"):
        sent = {"csrf_token": page.value("csrf_token"), "customer": wanted}
        assert alice.posts(f"{PATH}switch", sent).status == 404
    with as_service("remove"), transaction() as session:
        session.execute(delete(Membership).where(Membership.customer_id == globex.customer_id))
    sent = {"csrf_token": page.value("csrf_token"), "customer": globex.customer_id}
    assert alice.posts(f"{PATH}switch", sent).status == 404
    assert alice.opens(PATH).texts(NAME) == ["Acme"]


def test_a_frame_stays_with_its_customer(app: Flask, origin: str, both: Actor, globex: Customer) -> None:
    frame = host_of(app, origin, both).frame(view="invoice_address")
    assert frame.opens(PATH, **IN_A_FRAME).status == 403
    sent = {"csrf_token": frame.page.value("csrf_token"), "customer": globex.customer_id}
    assert frame.posts(f"{PATH}switch", sent).status == 403
    with as_service("look"):
        embedded = BrowserSession.embedded.is_not(None)
        rows = db.session.scalars(select(BrowserSession.customer_id).where(embedded)).all()
    assert rows == [both.customer_id]


def test_many_are_searched_and_paged_and_ask_two_statements(alice: Browser, alice_actor: Actor) -> None:
    for number in range(27):
        joins(alice_actor, cast_of(f"Works {number:02}"))
    page = alice.opens(PATH)
    assert len(page.texts("#customers-list tbody th")) == 25
    assert alice.follows(page, ".pager__older").texts("#customers-list tbody th") == [
        "Works 24",
        "Works 25",
        "Works 26",
    ]
    found = alice.submits(page, "#customers-search", q="works 1")
    assert len(found.texts("#customers-list tbody th")) == 10
    assert "No customer matches." in alice.submits(page, "#customers-search", q="100%").text
    with counted() as seen:
        alice.opens(PATH)
    assert len(seen) <= 4, seen
    assert alice.opens(f"{PATH}?after=%00").status == 400 and alice.opens(f"{PATH}?after=~").status == 200


def test_a_stranger_is_asked_to_sign_in(visitor: Browser) -> None:
    assert visitor.opens(PATH).path.startswith("/sign-in")
