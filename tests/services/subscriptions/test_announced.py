"""Prices that were announced come on their day, whatever else is changed of the plan, and are said before."""

import json
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.mails import Mail
from app.models.plan_periods import PriceChange
from app.models.scope import as_customer, as_service
from app.presenters.plans import plan_change, price_change
from app.services.mail import payment_text
from app.services.month_end import price_changes
from app.services.subscriptions import announced, cancellation, reads
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support import months, plans, terms
from tests.support.months import at, runs
from tests.support.plans import BEGIN, HALF, confirms, previews, target
from tests.support.shop import GOOD, add_method

JULY, AUGUST, SEPTEMBER = at(2027, 7, 1), at(2027, 8, 1), at(2027, 9, 1)
DEARER = (
    ('monthly = "49.00"', 'monthly = "98.00"'),
    ('annual = "490.00"', 'annual = "980.00"'),
    ('monthly = "15.00"', 'monthly = "30.00"'),
)
AT_ONCE = ('downgrade = "period_end"', 'downgrade = "immediate"')


@pytest.fixture
def alice(app: Flask) -> Actor:
    """The manager of a team of six."""
    made = plans.manager(plans.customer())
    confirms(made, target("team", 6), add_method(made, GOOD).id, at=BEGIN)
    return made


@pytest.fixture
def acme(alice: Actor) -> Customer:
    """Her customer."""
    return plans.customer_of(alice)


def announces(whose: Customer, on: date, *words: tuple[str, str]) -> None:
    plans.applies(*DEARER, *words)
    with clock.at(BEGIN.replace(day=2)):
        price_changes.announce(whose.customer_id, 2, on, by="seller")


def states(whose: Customer) -> list[str]:
    return [each.state for each in plans.rows(PriceChange, whose)]


def prices(whose: Customer) -> list[int]:
    return [price for _begins, _ends, price, _outcome in months.periods(whose)]


def then(whose: Customer, **wants: object) -> str:
    return plan_change.review(previews(whose, plans.Target(**wants))).then  # type: ignore[arg-type]  # its own names


def test_fewer_seats_that_wait_for_the_day_do_not_put_it_off(acme: Customer, alice: Actor) -> None:
    announces(acme, date(2027, 7, 1))
    confirms(alice, target(seats=5), "")
    runs(JULY)
    assert (plans.subscription(acme), states(acme)) == (("team", "monthly", 5), ["applied"])
    confirms(alice, target(seats=4), "", at=JULY.replace(day=9))
    runs(AUGUST)
    assert prices(acme) == [9800 + 2 * 3000, 9800 + 3000]
    assert months.events(acme).count("subscription.price_changed") == 1
    assert verify() == []


def test_another_interval_that_waits_has_the_announced_price(acme: Customer, alice: Actor) -> None:
    confirms(alice, target(interval="annual"), "", at=HALF)
    announces(acme, date(2028, 6, 1))
    confirms(alice, target(interval="monthly"), "", at=HALF)
    assert then(acme, interval="monthly") == "$188.00 a month before tax from 1 Jun 2028 on."
    runs(at(2028, 6, 1))
    assert (prices(acme)[-1], states(acme), verify()) == (9800 + 3 * 3000, ["applied"], [])


def test_a_scheduled_change_brings_no_older_terms_back(acme: Customer, alice: Actor) -> None:
    confirms(alice, target(seats=5), "")
    announces(acme, date(2027, 7, 1))
    with clock.at(HALF):
        price_changes.withdraw(acme.customer_id, by="seller")
    terms.gives(acme, "team")
    runs(JULY)
    assert (prices(acme), plans.subscription(acme)[2], verify()) == ([9800 + 2 * 3000], 5, [])


def test_once_the_day_is_there_another_interval_begins_with_the_announced_price(app: Flask) -> None:
    alice = plans.manager(plans.customer(AT_ONCE))
    confirms(alice, target("team"), add_method(alice, GOOD).id, at=BEGIN)
    acme = plans.customer_of(alice)
    announces(acme, date(2027, 6, 16), AT_ONCE)
    before = previews(acme, target(interval="annual"), BEGIN.replace(day=15))
    assert (before.catalog_version, before.wants.price.amount_minor) == (1, 49000)
    year = previews(acme, target(interval="annual"), HALF)
    assert (year.catalog_version, year.wants.price.amount_minor) == (2, 98000)
    assert previews(acme, target(seats=4), HALF).catalog_version == 1, "the month that is paid goes on"
    confirms(alice, target(interval="annual"), plans.method_of(acme))
    runs(at(2028, 6, 1))
    assert (states(acme), prices(acme)[-1], verify()) == (["replaced"], 98000, [])


def test_what_it_renews_for_is_the_announced_price(acme: Customer) -> None:
    assert then(acme, seats=7) == "Renews on 1 Jul 2027 for $109.00 a month before tax."
    mark = previews(acme, target(seats=7)).mark
    announces(acme, date(2027, 7, 1))
    assert then(acme, seats=7) == "Renews on 1 Jul 2027 for $218.00 a month before tax."
    assert previews(acme, target(seats=7)).mark != mark, "what is shown is what is confirmed"
    assert then(acme, seats=5) == "$158.00 a month before tax from 1 Jul 2027 on."
    assert then(acme, plan="personal") == "$12.00 a month before tax from 1 Jul 2027 on."
    with as_customer(acme.customer_id), clock.at(HALF):
        has = reads.of(acme)
        words = plan_change.seats_words(previews(acme, target(seats=7)), has)
        assert announced.renewed(has).price.amount_minor == 9800 + 3 * 3000
    assert words.endswith("then $218.00 a month before tax.")


def test_a_day_after_the_next_period_begins_changes_nothing_of_it(acme: Customer) -> None:
    announces(acme, date(2027, 7, 2))
    assert then(acme, seats=7) == "Renews on 1 Jul 2027 for $109.00 a month before tax."


def said(whose: Customer) -> str:
    """Return what the Plan page announces."""
    with as_customer(whose.customer_id), clock.at(HALF):
        own = db.session.get_one(Customer, whose.customer_id, populate_existing=True)
        found = price_change.coming(price_changes.of(own), reads.of(own), reads.open_orders()[1])
    return found.what if found is not None else ""


def mailed(whose: Customer, template: str) -> list[payment_text.Words | None]:
    with clock.at(HALF):
        return [
            payment_text.of(each.template, whose.customer_id, json.loads(each.context))
            for each in plans.rows(Mail, whose)
            if each.template == template
        ]


def test_page_and_mail_name_the_seats_that_are_had_then_and_the_customers_own_day(acme: Customer, alice: Actor) -> None:
    confirms(alice, target(seats=4), "", at=BEGIN)
    announces(acme, date(2027, 6, 20))
    assert said(acme) == "From 1 Jul 2027 on Team costs $128.00 a month instead of $64.00 a month, before tax."
    (words,) = mailed(acme, "price_change")
    assert words is not None
    assert words.subject == "The price of Team changes on 1 Jul 2027"
    for part in ("with the month that begins on 1 Jul 2027.", "$128.00 a month", "$64.00 a month"):
        assert part in words.text


def test_who_keeps_a_cancelled_plan_reads_for_what(acme: Customer) -> None:
    announces(acme, date(2027, 7, 1))
    with clock.at(HALF):
        cancellation.cancel(acme.customer_id, by="alice")
        cancellation.keep(acme.customer_id, by="alice")
    (words,) = mailed(acme, "plan_kept")
    assert words is not None
    assert "It renews on 1 Jul 2027 for $188.00 a month before tax." in words.text


def test_where_nothing_changes_nothing_is_said_and_the_version_is_had_all_the_same(app: Flask) -> None:
    acme = months.begins(BEGIN, "personal")
    announces(acme, date(2027, 7, 1), ('annual = "120.00"', 'annual = "120.00" # the same'))
    assert (said(acme), mailed(acme, "price_change")) == ("", [])
    runs(JULY)
    assert (states(acme), plans.customer_of(plans.manager_of(acme)).catalog_version) == (["applied"], 2)
    assert verify() == []


def test_a_day_that_is_centuries_away_is_named_and_not_counted_to(acme: Customer) -> None:
    announces(acme, date(2027, 7, 1))
    with as_service("a row of an older release"), transaction() as session:
        session.scalars(
            select(PriceChange).where(PriceChange.customer_id == acme.customer_id)
        ).one().effective_on = date.max
    assert said(acme).startswith("From 31 Dec 9999 on Team costs")
