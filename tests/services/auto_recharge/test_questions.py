"""The brake: a charge far above the usual, or larger than the customer said, waits for a yes that counts once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app import clock
from app.domain.auto_recharge.caution import Brake, Caution
from app.domain.errors import NotFound, Refused
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.auto_recharge import questions
from tests.support import cast, recharge, shop, spend
from tests.support.rails import buys

NOW = datetime.fromisoformat("2026-11-21T12:00:00Z")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def steady(catalog: str) -> Actor:
    """Alice, whose customer used $10 a day for ten days, has $25 left, a card and auto-recharge below $20."""
    with clock.at(NOW - timedelta(days=10)):
        customer = cast.make_customer("Acme")
        alice = cast.make_actor(cast.ALICE, customer)
        spend.gives(customer, "125")
    for days in range(10, 0, -1):
        spend.uses(customer, "10", NOW - timedelta(days=days))
    shop.add_method(alice)
    recharge.on(alice, limit=50000)
    return alice


@pytest.fixture
def acme(steady: Actor) -> Customer:
    with as_service("test"):
        return db.session.get_one(Customer, steady.customer_id)


def is_cautious(actor: Actor, **changes: Any) -> None:
    recharge.chooses(actor, caution=replace(Caution(), **changes))


def test_use_within_the_usual_is_charged_for_without_a_question(app: Flask, steady: Actor, acme: Customer) -> None:
    spend.uses(acme, "30", NOW)  # three times the busiest day
    recharge.runs(app)
    assert recharge.states(acme) == [(2500, "succeeded")]


@pytest.mark.both_databases
def test_use_far_above_the_usual_waits_for_a_yes_which_charges_once(app: Flask, steady: Actor, acme: Customer) -> None:
    spend.uses(acme, "31", NOW)
    recharge.runs(app)
    recharge.runs(app, NOW + timedelta(hours=3))
    assert (recharge.states(acme), recharge.decisions(acme)) == ([], ["asks"])
    assert recharge.mails(acme).count("auto_recharge_asks") == 1
    asked = recharge.question(acme)
    assert (asked.amount_minor, asked.used_today_micros, asked.usual_micros) == (5000, 31_000_000, 10_000_000)
    questions.answer(acme.customer_id, asked.id, is_yes=True, by=steady.member_id)
    recharge.runs(app, NOW + timedelta(hours=4))
    assert recharge.states(acme) == [(5000, "succeeded")]
    assert recharge.question(acme).payment_id == recharge.automatic(acme)[0].id
    spend.uses(acme, "40", NOW + timedelta(hours=5))
    recharge.runs(app, NOW + timedelta(hours=5))
    assert len(recharge.states(acme)) == 1  # the yes was for one charge
    assert recharge.question(acme).state == "open"


def test_a_no_keeps_it_from_charging_until_the_day_is_over(app: Flask, steady: Actor, acme: Customer) -> None:
    spend.uses(acme, "31", NOW)
    recharge.runs(app)
    questions.answer(acme.customer_id, recharge.question(acme).id, is_yes=False, by=steady.member_id)
    recharge.runs(app, NOW + timedelta(hours=11))
    assert (recharge.states(acme), recharge.decisions(acme)) == ([], ["asks", "refused"])
    recharge.runs(app, NOW + timedelta(hours=13))  # another day, whose use is nothing yet
    assert (recharge.states(acme), recharge.question(acme).state) == ([], "open")


@pytest.mark.parametrize(
    "minutes", [pytest.param(1, id="a worker that is late"), pytest.param(-1, id="nobody answers"), 8 * 60]
)
def test_the_end_of_the_day_lets_no_charge_through_and_the_yes_charges_once(
    app: Flask, steady: Actor, acme: Customer, minutes: int
) -> None:
    midnight = NOW + timedelta(hours=12)
    if minutes > 1:
        is_cautious(steady, quiet_from=23 * 60, quiet_until=8 * 60)
    spend.uses(acme, "31", midnight - timedelta(minutes=2))
    recharge.runs(app, midnight + timedelta(minutes=minutes))  # the first look since the use
    for hours in (9, 33, 57):
        recharge.runs(app, midnight + timedelta(hours=hours), times=1)
        assert (recharge.states(acme), recharge.question(acme).state) == ([], "open")
    asked = recharge.question(acme)
    assert (asked.used_today_micros, asked.usual_micros) == (31_000_000, 10_000_000)
    with clock.at(midnight + timedelta(hours=58)):
        buys(steady, shop.add_method(steady).id, 1000)  # by hand, which stays possible
        questions.answer(acme.customer_id, asked.id, is_yes=True, by=steady.member_id)
    for hours in (58, 59):
        recharge.runs(app, midnight + timedelta(hours=hours))
    assert len(recharge.states(acme)) == 1
    assert recharge.question(acme).state == "used"


def test_use_of_a_day_that_ended_with_enough_credit_is_not_held_against_the_next(
    app: Flask, steady: Actor, acme: Customer
) -> None:
    spend.gives(acme, "40")
    spend.uses(acme, "31", NOW)
    spend.uses(acme, "20", NOW + timedelta(days=1))
    recharge.runs(app, NOW + timedelta(days=1))
    assert [state for _minor, state in recharge.states(acme)] == ["succeeded"]


def test_a_question_is_answered_once_and_only_by_its_customer(app: Flask, steady: Actor, acme: Customer) -> None:
    spend.uses(acme, "31", NOW)
    recharge.runs(app)
    asked, stranger = recharge.question(acme), cast.make_customer("Globex")
    with pytest.raises(NotFound):
        questions.answer(stranger.customer_id, asked.id, is_yes=True, by="x")
    questions.answer(acme.customer_id, asked.id, is_yes=False, by=steady.member_id)
    with pytest.raises(Refused) as refused:
        questions.answer(acme.customer_id, asked.id, is_yes=True, by=steady.member_id)
    assert refused.value.status == 409


def test_the_brake_can_be_narrow_or_off(app: Flask, steady: Actor, acme: Customer) -> None:
    is_cautious(steady, brake=Brake.NARROW)
    spend.uses(acme, "26", NOW)
    recharge.runs(app)
    assert recharge.decisions(acme) == ["asks"]
    is_cautious(steady, brake=Brake.OFF)
    recharge.runs(app, NOW + timedelta(hours=1))
    assert recharge.states(acme) == [(2500, "succeeded")]


def test_a_charge_above_what_the_customer_said_is_asked_for(app: Flask, steady: Actor, acme: Customer) -> None:
    is_cautious(steady, ask_above=Money(2499, "USD"))
    spend.uses(acme, "6", NOW)
    recharge.runs(app)
    assert (recharge.decisions(acme), recharge.question(acme).why) == (["asks"], "large")
    is_cautious(steady, ask_above=Money(2500, "USD"))
    recharge.runs(app, NOW + timedelta(hours=1))
    assert recharge.states(acme) == [(2500, "succeeded")]


def test_in_quiet_hours_nothing_is_charged_and_at_their_end_it_is(app: Flask, steady: Actor, acme: Customer) -> None:
    # 12:00 UTC are 13:00 in Zurich.
    is_cautious(steady, quiet_from=13 * 60, quiet_until=14 * 60 + 30, zone="Europe/Zurich")
    spend.uses(acme, "6", NOW)
    recharge.runs(app)
    recharge.runs(app, NOW + timedelta(minutes=89))
    assert (recharge.states(acme), recharge.decisions(acme)) == ([], ["quiet"])
    recharge.runs(app, NOW + timedelta(minutes=91))
    assert recharge.states(acme) == [(2500, "succeeded")]


def test_a_yes_whose_day_is_over_is_not_used_by_a_later_charge(app: Flask, steady: Actor, acme: Customer) -> None:
    recharge.chooses(steady, amount=Money(1000, "USD"), caution=Caution(ask_above=Money(2500, "USD")))
    spend.uses(acme, "30", NOW)
    recharge.runs(app)
    questions.answer(acme.customer_id, recharge.question(acme).id, is_yes=True, by=steady.member_id)
    with clock.at(NOW + timedelta(hours=13)):  # no worker was there before the next UTC day
        spend.gives(acme, "20")
        recharge.runs(app)
    assert recharge.states(acme) == [(1000, "succeeded")]
    assert recharge.question(acme).payment_id is None
