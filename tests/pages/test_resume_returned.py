"""The way back from the bank: whoever approves there sees how it ended, signed in or not."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask

from app import clock, ids
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.mail import sending
from app.services.payments import outcomes, resume_links
from app.services.subscriptions import changes
from tests.support import plans, post, shop
from tests.support.browser import Browser, Page

LINK = re.compile(r"http://localhost(/billing/resume/[\w-]{43})\b")
FORM = "main form"
MADE = "Your payment is made"


@pytest.fixture
def link(alice: Browser, alice_actor: Actor, acme: Customer) -> str:
    """The path of the link that is mailed to who left the bank's question unanswered."""
    shop.add_method(alice_actor, shop.ASKS)
    shop.bought(alice)
    with clock.at(clock.now() + outcomes.PATIENCE + timedelta(seconds=1)):
        sending.send_due()
    found = LINK.search(post.mails(acme)[-1].body_text)
    assert found
    return found[1]


def answers(browser: Browser, bank: Page, button: str = "approve") -> Page:
    return browser.submits(bank, "form", button=f"[name={button}]")


def way_back(app: Flask) -> str:
    """Return the path that the bank sends the customer back to."""
    (intent,) = controls.objects(app.extensions["purser.settings"], "payment_intent")
    asked = controls.challenge(app.extensions["purser.settings"], intent["id"])
    assert asked is not None
    parts = urlsplit(asked.return_url)
    return f"{parts.path}?{parts.query}"


@pytest.mark.case("AC-12")
def test_a_mailed_link_of_a_purchase_left_at_the_bank_ends_where_the_payment_is_shown(
    visitor: Browser, link: str, acme: Customer, app: Flask
) -> None:
    paid = answers(visitor, visitor.submits(visitor.opens(link), FORM))
    assert (paid.status, paid.find("h1").text) == (200, MADE)
    assert paid.texts("dd") == ["$25.00", "Visa ending in 3184", "Credits of Acme"]
    assert not paid.soup.select(FORM)
    assert shop.charges(app) == [2500] and shop.remaining(acme) == 25_000_000


def test_who_says_no_reads_that_nothing_was_charged(visitor: Browser, link: str, app: Flask) -> None:
    after = answers(visitor, visitor.submits(visitor.opens(link), FORM), "decline")
    assert after.find("h1").text == "This payment did not go through" and "Nothing was charged." in after.text
    assert shop.charges(app) == []


@pytest.mark.case("AC-12")
def test_a_link_used_after_the_portal_went_on_ends_there_too(
    visitor: Browser, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    post.asked(alice_actor)
    sending.send_due()
    found = LINK.search(post.mails(acme)[-1].body_text)
    assert found
    (payment,) = shop.payments(acme)
    waits = alice.opens(f"/billing/add-credits/payments/{payment.id}")
    alice.submits(waits, "form[action$='/resumption']")  # Alice leaves the bank's page open, and somebody has the mail
    assert answers(visitor, visitor.submits(visitor.opens(found[1]), FORM)).find("h1").text == MADE


def test_a_member_comes_back_to_the_payment_as_before(alice: Browser, link: str, acme: Customer, app: Flask) -> None:
    (payment,) = shop.payments(acme)
    page = alice.opens(way_back(app))
    assert page.path == f"/billing/add-credits/payments/{payment.id}"
    bank = alice.opens(urlsplit(payment.action_url).path)
    assert answers(alice, bank).path == f"/billing/add-credits/payments/{payment.id}"


def test_anothers_member_sees_no_more_than_a_stranger(mallory: Browser, link: str, app: Flask) -> None:
    page = mallory.opens(way_back(app))
    assert page.status == 200 and page.find("h1").text == "This payment is not confirmed yet"
    assert "This link has been used" not in page.text


def test_a_way_back_that_nobody_was_given_leads_to_sign_in(
    visitor: Browser, link: str, acme: Customer, app: Flask
) -> None:
    path = way_back(app).partition("?")[0]
    for wrong in (path[:-1] + ("A" if path[-1] != "A" else "B"), path.rpartition("/")[0] + "/x"):
        page = visitor.opens(wrong)
        assert page.path.startswith("/sign-in") and "$" not in page.text and "Acme" not in page.text


@pytest.mark.case("AC-12")
def test_the_way_back_shows_the_payment_for_a_day(visitor: Browser, link: str, app: Flask) -> None:
    path = way_back(app)
    with clock.at(clock.now() + timedelta(hours=23)):
        assert visitor.opens(path).status == 200
    with clock.at(clock.now() + timedelta(hours=24, minutes=1)):
        page = visitor.opens(path)
    assert page.path.startswith("/sign-in") and "$" not in page.text


def test_who_pays_a_change_of_plan_without_a_sign_in_reads_what_it_was_for(visitor: Browser, app: Flask) -> None:
    acme = plans.customer()
    wants = plans.target("team")
    with clock.at(plans.HALF), as_customer(acme.customer_id):
        order = changes.Order(acme.customer_id, "host", wants, plans.previews(acme, wants).mark, ids.new_form_key())
        waits = changes.taken(order, resume_links.return_url)
        back = resume_links.return_url(waits.payment_id or "").removeprefix("http://localhost")
        left = visitor.opens(back)
        assert (left.find("h1").text, left.texts("dd")[2]) == (
            "This payment is not made yet",
            "Change of plan of Plans Ltd",
        )
        controls.pay_at_checkout(app.extensions["purser.settings"], changes.onward(waits).rsplit("/", 1)[1], shop.GOOD)
        paid = visitor.opens(back)
    assert (paid.find("h1").text, paid.texts("dd")[1:]) == (
        MADE,
        ["Visa ending in 4242", "Change of plan of Plans Ltd"],
    )
    assert "has the credits" not in paid.text and "bank" not in left.text
