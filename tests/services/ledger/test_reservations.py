"""What open holds may still cost, written anew: behind what is used already, and without the holds that are over."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.authorizations import AuthorizationRequest, Authorized
from app.domain.money import MICROS
from app.models.authorizations import Authorization
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer, as_service
from app.models.usage import Spending, UsageTotal
from app.services.authorizations import expiry, holds
from app.services.customers import billing_periods
from app.services.ledger import reservations
from app.services.verification.verify import verify
from tests.support import meters, stepped

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NEXT = datetime(2026, 12, 21, tzinfo=UTC)
"""When the next period begins."""


@pytest.fixture(autouse=True)
def proved(app: Flask) -> object:
    """Whatever a test did, the books hold."""
    yield
    assert verify() == []


def ask(of: Customer, quantity: int, ttl_seconds: int) -> Authorized:
    """Hold units of the meter whose 40 first cost 0.02 each and whose next 50 cost 0.10 each."""
    return holds.authorize(AuthorizationRequest(of.customer_id, "rising", quantity, ttl_seconds=ttl_seconds))


def written(of: Customer) -> int:
    """Return what the customer's row says that is held."""
    with as_customer(of.customer_id):
        return db.session.scalars(select(Spending.held_micros)).one()


def total(of: Customer, period: int) -> tuple[int, int, int]:
    """Return what is used and held of the meter in the period, and what that may still cost."""
    with as_customer(of.customer_id):
        row = db.session.scalars(select(UsageTotal).where(UsageTotal.period_number == period)).one()
        return row.quantity, row.held_quantity, row.reserved_micros


def test_a_hold_that_stays_is_priced_behind_what_is_used(app: Flask) -> None:
    with clock.at(NOON):
        acme = stepped.customer("Acme", plan="", credit=20)
        meters.accept_one(acme.customer_id, id="one", meter="rising", quantity=30)
        ask(acme, 5, 60)
        ask(acme, 20, 3_600)
    with clock.at(NOON + timedelta(minutes=2)):
        assert expiry.expire_due() == 1
        with as_service("look at what is held"):
            found = reservations.held(db.session(), acme.customer_id)
        assert (found.number, found.meters["rising"].used, found.micros) == (1, 30, 1_200_000), (
            "ten of 0.02, ten of 0.10"
        )
        assert (written(acme), total(acme, 1)) == (1_200_000, (30, 20, 1_200_000))
    with clock.at(NEXT), as_service("look at what is held"):
        assert reservations.held(db.session(), acme.customer_id, NEXT).meters == {}, "they are over by then"


def test_nothing_is_used_yet_in_a_period_that_has_just_begun_nor_of_another_meter(app: Flask) -> None:
    with clock.at(NOON):
        acme = stepped.customer("Acme", plan="", credit=200)
        for meter in ("rising", "falling"):
            meters.accept_one(acme.customer_id, id=meter, meter=meter, quantity=30)
    with clock.at(NEXT - timedelta(hours=1)):
        ask(acme, 20, 7_200)
        with as_service("look at what is held"):
            then = reservations.held(db.session(), acme.customer_id, NEXT)
        assert (then.number, set(then.meters), then.meters["rising"].used, then.micros) == (2, {"rising"}, 0, 400_000)


def test_a_hold_that_ends_with_the_period_is_ended_as_it_turns(app: Flask) -> None:
    with clock.at(NOON):
        acme, other = (stepped.customer(name, plan="", credit=20) for name in ("Acme", "Globex"))
    with clock.at(NEXT - timedelta(minutes=1)):
        over, stays = ask(acme, 40, 60), ask(acme, 30, 3_600)
        theirs = ask(other, 10, 7_200)
    with clock.at(NEXT):
        assert billing_periods.roll_due() == 2
    with as_service("look at the holds"):
        rows = {row.id: row for row in db.session.scalars(select(Authorization))}
    assert [rows[each.id].state for each in (over, stays, theirs)] == ["expired", "held", "held"]
    assert rows[over.id].ended_at == NEXT
    assert (written(acme), written(other)) == (600_000, 200_000), "thirty and ten of 0.02: all of a new period"


def test_credit_that_is_held_stays_held_as_the_period_turns(app: Flask) -> None:
    with clock.at(NEXT - timedelta(minutes=1)):
        acme = stepped.customer("Acme", plan="", credit=20)
        holds.authorize(AuthorizationRequest(acme.customer_id, micros=3 * MICROS, ttl_seconds=3_600))
    with clock.at(NEXT):
        billing_periods.roll_due()
    assert written(acme) == 3 * MICROS


@pytest.mark.parametrize(("longer", "outlasting"), [(0, 0), (1, 5)])
def test_a_hold_outlasts_the_period_only_when_it_ends_after_it(app: Flask, longer: int, outlasting: int) -> None:
    with clock.at(NOON):
        acme = stepped.customer("Acme", plan="", credit=20)
    with clock.at(NEXT - timedelta(minutes=1)):
        ask(acme, 5, 60 + longer)
        with as_service("look at what is held"):
            rising = reservations.held(db.session(), acme.customer_id).meters["rising"]
    assert (rising.held, rising.outlasting) == (5, outlasting)
