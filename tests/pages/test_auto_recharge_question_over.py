"""A question about a charge counts for that charge alone: it ends when the charge is not due any more, or another one is."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.auto_recharge.caution import Caution
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.auto_recharge import AutoRechargeQuestion
from app.models.customers import Customer
from app.services.auto_recharge import questions
from tests.pages.test_auto_recharge import PATH
from tests.support import recharge, shop, spend
from tests.support.browser import Browser

NOW = datetime.fromisoformat("2026-11-21T12:00:00Z")
LATER = NOW + timedelta(minutes=5)
OVER = (["This question is over"], [])


def dollars(number: int) -> Money:
    return Money(number * 100, "USD")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def asked(app: Flask, alice_actor: Actor, acme: Customer) -> AutoRechargeQuestion:
    """The question before a charge of $50, for a customer without credit who wants to be asked above $30."""
    shop.add_method(alice_actor)
    recharge.on(alice_actor, threshold="40", limit=20000, caution=Caution(ask_above=dollars(30)))
    recharge.runs(app)
    assert recharge.decisions(acme) == ["asks"]
    return recharge.question(acme)


def link(question: AutoRechargeQuestion) -> str:
    return "/billing" + questions.link(question.id).partition("/billing")[2]


def seen(visitor: Browser, alice: Browser, question: AutoRechargeQuestion) -> tuple[list[str], list[str]]:
    """Return what the mailed link says on top, and what the page asks."""
    return visitor.opens(link(question)).texts("h1"), alice.opens(PATH).texts(".recharge-question")


def test_a_yes_to_one_amount_is_no_yes_to_another(
    app: Flask, alice: Browser, visitor: Browser, acme: Customer, alice_actor: Actor, asked: AutoRechargeQuestion
) -> None:
    stale = visitor.opens(link(asked))
    recharge.chooses(alice_actor, amount=dollars(400), period_limit=dollars(500))
    assert seen(visitor, alice, asked) == OVER
    visitor.submits(stale, "form", button="button[value=yes]")
    recharge.runs(app, LATER)
    assert recharge.states(acme) == []
    assert (recharge.question(acme).amount_minor, recharge.question(acme).state) == (40000, "open")


def test_a_no_lets_nothing_be_charged_on_its_day_whatever_it_would_be(
    app: Flask, alice: Browser, acme: Customer, alice_actor: Actor, asked: AutoRechargeQuestion
) -> None:
    alice.submits(alice.opens(PATH), ".recharge-question", button="button[value=no]")
    spend.gives(acme, "20")  # so that $25 are enough, about which nobody is asked
    recharge.runs(app, LATER)
    recharge.chooses(alice_actor, caution=Caution())
    recharge.runs(app, LATER)
    assert recharge.states(acme) == []
    recharge.runs(app, NOW + timedelta(hours=12))
    assert recharge.states(acme) == [(2500, "succeeded")]


def test_with_credit_again_nothing_is_asked_and_a_yes_says_that_nothing_is_charged(
    app: Flask, alice: Browser, visitor: Browser, acme: Customer, asked: AutoRechargeQuestion
) -> None:
    page, stale = alice.opens(PATH), visitor.opens(link(asked))
    spend.gives(acme, "100")
    recharge.runs(app, LATER)
    assert seen(visitor, alice, asked) == OVER
    refused = alice.submits(page, ".recharge-question", button="button[value=yes]")
    assert (refused.status, refused.errors()) == (409, ["This charge is not due any more. Nothing was charged."])
    assert visitor.submits(stale, "form", button="button[value=yes]").texts("h1") == OVER[0]
    assert recharge.states(acme) == []


def test_a_charge_that_needed_no_yes_ends_the_question(
    app: Flask, alice: Browser, visitor: Browser, acme: Customer, asked: AutoRechargeQuestion
) -> None:
    spend.gives(acme, "20")
    recharge.runs(app, LATER)
    assert recharge.states(acme) == [(2500, "succeeded")]
    assert recharge.question(acme).state == "over"
    assert seen(visitor, alice, asked) == OVER


@pytest.mark.both_databases
def test_stopped_nothing_is_asked_and_no_yes_outlives_it(
    app: Flask, alice: Browser, visitor: Browser, acme: Customer, alice_actor: Actor, asked: AutoRechargeQuestion
) -> None:
    stale = visitor.opens(link(asked))
    questions.answer(acme.customer_id, asked.id, is_yes=True, by=alice_actor.member_id)
    alice.submits(alice.opens(PATH), "form[action$='/stop']")
    assert seen(visitor, alice, asked) == OVER
    assert visitor.submits(stale, "form", button="button[value=yes]").texts("h1") == OVER[0]
    recharge.chooses(alice_actor, enabled=True)
    recharge.runs(app, NOW + timedelta(hours=2))
    assert (recharge.states(acme), recharge.question(acme).state) == ([], "open")


def test_what_was_asked_and_whose_yes_allowed_the_charge_stands_under_it(
    app: Flask, alice: Browser, visitor: Browser, acme: Customer, asked: AutoRechargeQuestion
) -> None:
    def lines() -> list[str]:
        return alice.opens(PATH).texts(".decisions li:last-child dd")[4:6]

    assert lines() == ["$50.00", "None yet"]
    visitor.submits(visitor.opens(link(asked)), "form", button="button[value=yes]")
    recharge.runs(app, LATER)
    said = "Yes to $50.00, by the mailed link, 21 Nov 2026, 12:00 UTC"
    assert lines() == ["$50.00", said]
    assert alice.opens(PATH).texts(".decisions li:first-child dd")[-1] == said
