"""The question before an unusual charge, on the page and by the mailed link; and the form that chooses when it is asked."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.auto_recharge.caution import Brake, Caution
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.auto_recharge import questions
from tests.pages.test_auto_recharge import PATH, saves
from tests.support import recharge, shop
from tests.support.browser import Browser

NOW = datetime.fromisoformat("2026-11-21T12:00:00Z")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def asked(app: Flask, acme: Customer, alice_actor: Actor) -> str:
    """The id of a question to Alice's customer, who wants to be asked above $20."""
    shop.add_method(alice_actor)
    recharge.on(alice_actor, caution=Caution(ask_above=Money(2000, "USD")))
    recharge.runs(app)
    assert recharge.decisions(acme) == ["asks"]
    return recharge.question(acme).id


@pytest.mark.both_databases
def test_the_page_asks_and_a_yes_charges_once(app: Flask, alice: Browser, acme: Customer, asked: str) -> None:
    page = alice.opens(PATH)
    assert "May $25.00 be charged? You asked to be asked before an automatic charge of this size." in page.text
    assert "The next automatic charge waits for your yes." in page.text
    answered = alice.submits(page, ".recharge-question", button="button[value=yes]")
    assert answered.notices() == ["Yes: it is charged once."]
    again = alice.submits(page, ".recharge-question", button="button[value=no]")
    assert (again.status, recharge.question(acme).state) == (409, "yes")
    recharge.runs(app)
    assert recharge.states(acme) == [(2500, "succeeded")]


def test_the_mailed_link_is_answered_once_by_whoever_has_it(
    app: Flask, visitor: Browser, acme: Customer, asked: str
) -> None:
    address = questions.link(asked).removeprefix("http://localhost:8000").partition("/billing")[2]
    page = visitor.opens(f"/billing{address}")
    assert (page.status, page.texts("h1")) == (200, ["May Relay Networks, Inc. charge $25.00 ?"])
    assert recharge.question(acme).state == "open"
    answered = visitor.submits(page, "form", button="button[value=no]")
    assert answered.texts("h1") == ["Answered: no"]
    again = visitor.submits(page, "form", button="button[value=yes]")
    assert (again.texts("h1"), recharge.question(acme).state) == (["Answered: no"], "no")
    recharge.runs(app, NOW + timedelta(hours=2))
    assert recharge.states(acme) == []


def test_another_proof_shows_nothing(visitor: Browser, asked: str) -> None:
    page = visitor.opens(f"/billing/automatic-charges/{asked}/{'x' * 43}")
    assert (page.status, page.texts("h1")) == (404, ["This link does not work"])
    assert "Acme" not in page.text


def test_a_question_is_over_with_its_day(visitor: Browser, alice: Browser, asked: str) -> None:
    address = questions.link(asked)
    with clock.at(NOW + timedelta(hours=12)):
        assert visitor.opens("/billing" + address.partition("/billing")[2]).texts("h1") == ["This question is over"]


def test_when_to_ask_and_quiet_hours_are_saved_and_kept_when_refused(alice: Browser, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    wrong = saves(alice, enabled=True, consent=True, quiet_from="22:00", time_zone="Mars/Base")
    assert (wrong.status, wrong.value("quiet_from"), wrong.value("time_zone")) == (422, "22:00", "Mars/Base")
    shown = saves(alice, wrong, brake="narrow", ask_above="100", quiet_until="7:30", time_zone="Europe/Zurich")
    assert (shown.status, shown.errors()) == (422, ["Accept this sentence to allow these charges."])
    page = saves(alice, shown, consent=True)
    assert page.notices() == ["Auto-recharge is saved."]
    caution = Caution(Brake.NARROW, Money(10000, "USD"), 22 * 60, 7 * 60 + 30, "Europe/Zurich")
    assert recharge.terms(alice_actor).caution == caution
    assert [page.value(name) for name in ("ask_above", "quiet_from", "quiet_until")] == ["100.00", "22:00", "07:30"]
