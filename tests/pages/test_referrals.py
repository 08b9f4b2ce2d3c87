"""Referrals: the own link, who came by it, and what is earned; only where the seller offers it."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask

from app import clock
from app.models.customers import Customer
from tests.support import cast, periods, referred
from tests.support.browser import Browser
from tests.support.cast import ALICE, BOB, MALLORY
from tests.support.periods import BEGIN, OVER, USED
from tests.support.referred import OFFERED, code_of, invited, inviter
from tests.support.reversals import buys, sends_back
from tests.support.statements import counted

PATH = "/account/referrals/"


@pytest.fixture
def ours(app: Flask) -> Customer:
    """A customer of a seller that offers referrals."""
    return inviter()


@pytest.fixture
def alice(app: Flask, origin: str, ours: Customer) -> Browser:
    """Alice manages it."""
    return cast.signed_in(app, origin, cast.make_actor(ALICE, ours))


@pytest.mark.both_databases
def test_it_shows_the_link_the_people_and_each_month(app: Flask, alice: Browser, ours: Customer) -> None:
    first, second = invited(ours), invited(ours, "Initech", BEGIN + timedelta(hours=1))
    with referred.on(USED):
        payment = buys(app, referred.manager(first, "Mallory"), 2500)
        buys(app, referred.manager(second, "Morris"), 1000)
    referred.gives(OVER)
    with referred.on(OVER):
        sends_back(payment, 1250)
        buys(app, referred.manager(first, "Martin"), 5000)
    referred.counts(OVER)
    with clock.at(OVER + timedelta(days=1)):
        page = alice.opens(PATH)
    assert (page.status, page.texts("h1")) == (200, ["Referrals"])
    assert page.texts(".side [aria-current=page]") == ["Referrals"]
    assert "You get 20 % of what each customer you invite pays, before tax, for 12 months, as credit." in page.text
    assert urlsplit(page.texts("#referrals-link")[0]).path == f"/join/{code_of(ours)}"
    assert page.texts("#referrals-sums div") == ["Earned $15.00", "Given as credit $7.00", "Still to be given $8.00"]
    assert page.texts("#referrals-months tbody tr") == [
        "November 2026 $50.00 $0.00 $10.00 Is given on 1 Dec 2026",
        "October 2026 $35.00 $10.00 $5.00 $7.00 given on 2 Nov 2026",
    ]
    assert page.texts("#referrals-people tbody tr") == [
        "I… 1 Oct 2026 1 Oct 2027 $10.00 $2.00",
        "G… 1 Oct 2026 1 Oct 2027 $65.00 $13.00",
    ]


def test_it_says_of_the_invited_one_letter_and_no_more(app: Flask, alice: Browser, ours: Customer) -> None:
    theirs = invited(ours, "Globex")
    with referred.on(USED):
        payment = buys(app, referred.manager(theirs, "Mallory"), 2500)
    referred.counts(OVER)
    page = alice.opens(PATH)
    assert page.texts("#referrals-people tbody th") == ["G…"]
    for secret in ("Globex", "globex", theirs.customer_id, payment.id, theirs.email, "INV-"):
        assert secret not in page.response.text, secret


def test_before_anybody_has_joined_it_says_what_to_do(alice: Browser) -> None:
    page = alice.opens(PATH)
    assert "Nobody has joined by your link yet" in page.text
    assert page.texts("#referrals-months") == []


def test_a_customer_from_before_makes_the_link_once_and_a_viewer_may_not(app: Flask, origin: str) -> None:
    before = periods.customer()
    periods.customer(more=OFFERED)  # the seller offers it from now on
    alice = cast.signed_in(app, origin, cast.make_actor(ALICE, before))
    bob = cast.signed_in(app, origin, cast.make_actor(BOB, before))
    seen = bob.opens(PATH)
    assert (seen.status, "Ask Alice Archer to make one." in seen.text) == (200, True)
    assert bob.posts(f"{PATH}link", {"csrf_token": bob.opens("/billing/").value("csrf_token")}).status == 403
    made = alice.submits(alice.opens(PATH), "#referrals-make")
    assert "Your link is ready." in made.text
    link = made.texts("#referrals-link")
    assert link == alice.opens(PATH).texts("#referrals-link") == bob.opens(PATH).texts("#referrals-link")


def test_it_says_of_a_link_that_went_to_oneself_that_it_earns_nothing(
    app: Flask, alice: Browser, ours: Customer
) -> None:
    theirs = invited(ours, "Second", email="office@small.example")
    with referred.on(USED):
        buys(app, referred.manager(theirs, "Mallory"), 2500)
        buys(app, referred.manager(ours, "Morris"), 1000)
    referred.counts(OVER)
    assert "Earns nothing: this customer pays like you do" in alice.opens(PATH).text


def test_where_the_seller_offers_no_referrals_there_is_no_such_page(app: Flask, origin: str) -> None:
    theirs = periods.customer()
    browser = cast.signed_in(app, origin, cast.make_actor(MALLORY, theirs))
    assert browser.opens(PATH).status == 404
    overview = browser.opens("/billing/")
    assert browser.posts(f"{PATH}link", {"csrf_token": overview.value("csrf_token")}).status == 404
    assert "Referrals" not in overview.texts(".side a")


def test_nobody_else_sees_it(app: Flask, origin: str, alice: Browser, ours: Customer) -> None:
    theirs = invited(ours)
    mallory = cast.signed_in(app, origin, cast.make_actor(MALLORY, theirs))
    page = mallory.opens(PATH)
    assert page.texts("#referrals-people") == []
    assert code_of(ours) not in page.text
    assert app.test_client().get(PATH).status_code == 303


def test_it_costs_the_same_for_one_and_for_many(app: Flask, alice: Browser, ours: Customer) -> None:
    costs = []
    for number in range(3):
        invited(ours, f"Customer{number}")
        with counted() as statements:
            alice.opens(PATH)
        costs.append(len(statements))
    assert len(set(costs)) == 1
