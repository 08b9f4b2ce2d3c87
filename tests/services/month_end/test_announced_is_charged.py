"""What a plan is said to be renewed for is what its next invoice charges, with the tax of the day on which it begins."""

from datetime import date, datetime, timedelta
from random import Random

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import DocumentTax
from app.models.plan_periods import PlanPeriod
from app.models.scope import as_customer, as_service
from app.services.month_end import price_changes
from app.services.subscriptions import announced, cancellation, reads
from app.services.verification.verify import verify
from tests.support import months, plans, tiers
from tests.support.months import at
from tests.support.plans import BEGIN, confirms, previews, target
from tests.support.shop import GOOD, add_method

RATES = (
    'rates = [{ country = "SE", name = "VAT", percent = "25", since = 2021-01-01 }]',
    (
        'rates = [{ country = "SE", name = "VAT", percent = "25", since = 2021-01-01 }, '
        '{ country = "SE", name = "VAT", percent = "12", since = 2027-08-01 }]'
    ),
)
DEARER = (
    ('monthly = "49.00"', 'monthly = "57.00"'), ('annual = "490.00"', 'annual = "555.00"'),
    ('monthly = "12.00"', 'monthly = "9.00"'), ('seats = { included = 3, max = 25, monthly = "15.00"',
    'seats = { included = 2, max = 25, monthly = "16.50"'),
)  # fmt: skip
SEEDS = tiers.some(4, range(60))
WANTS = [
    *(target("team", 3), target("team", 5), target("personal"), target("free"), target(seats=4), target(seats=7)),
    *(target("team", interval="annual"), target(interval="monthly")),
]


def renewed(acme: Customer, now: datetime) -> int:
    """Return what the page says that the plan is renewed for, before tax."""
    with clock.at(now), as_customer(acme.customer_id):
        own = db.session.get_one(Customer, acme.customer_id, populate_existing=True)
        return announced.renewed(reads.current(db.session(), own, now)).price.amount_minor


def changed(acme: Customer, alice: Actor, way: str, now: datetime, dice: Random) -> int | None:
    """Change something, or not; return what the plan is renewed for from then on, None: as before."""
    wants = dice.choice(WANTS)
    try:
        seen = previews(acme, wants, now)
        confirms(alice, wants, way, now, seen)
    except Refused:
        return None
    return seen.renews.price.amount_minor


@pytest.mark.parametrize("seed", SEEDS)
def test_the_next_plan_period_costs_what_was_said(app: Flask, seed: int) -> None:
    dice = Random(seed)  # noqa: S311  # no secret
    acme = plans.customer(RATES)
    alice = plans.manager(acme)
    way = add_method(alice, GOOD).id
    confirms(alice, target("team", 4), way, at=BEGIN)
    plans.applies(RATES, *DEARER)
    for month in (7, 8, 9):
        begins = at(2027, month, 1)
        now = begins - timedelta(days=20)
        if dice.random() < 0.5:
            with clock.at(now):
                _announce(acme, dice.choice([date(2027, month, 1), date(2027, month, 15)]))
        said = None
        for step in range(2):
            now += timedelta(days=2, minutes=7 * step)
            said = changed(acme, alice, way, now, dice) or said
        ends = dice.random() < 0.2
        with clock.at(now + timedelta(hours=1)):
            ends = ends and _cancel(acme)
        said = renewed(acme, now + timedelta(hours=2)) if said is None or ends else said
        before = len(plans.rows_of_periods(acme))
        months.runs(begins)
        billed = plans.rows_of_periods(acme)[before:]
        if ends and billed:
            pytest.fail("a plan that ended was billed")
        if billed:
            assert billed[-1].price_minor == said
            assert percent(billed[-1]) == (25 if month < 8 else 12)
    assert verify() == []


def _announce(acme: Customer, on: date) -> None:
    try:
        price_changes.announce(acme.customer_id, 2, on, by="seller")
    except Refused:
        return  # it has those prices already, or a plan that costs nothing


def _cancel(acme: Customer) -> bool:
    """Cancel the plan; say whether it ends with the month."""
    try:
        row = cancellation.cancel(acme.customer_id, by="mem_alice")
    except Refused:
        return False
    return row.cancel_at is not None and row.cancel_at <= clock.now() + timedelta(days=31)


def percent(billed: PlanPeriod) -> int:
    """Return the rate of the invoice of a plan period."""
    with as_service("look at taxes"):
        rows = db.session.query(DocumentTax).filter(DocumentTax.document_id == billed.document_id).all()
        return int(max(each.percent_micros for each in rows) // 1_000_000)
