"""What is authorized costs what the tariff says, whatever was held before it; and what is over holds nothing."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app import clock
from app.domain.authorizations import AuthorizationRequest, Authorized
from app.domain.errors import Refused
from app.domain.money import MICROS, Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer
from app.models.usage import Spending, UsageTotal
from app.services.authorizations import holds
from app.services.catalog import versions
from app.services.ledger import grants
from app.services.verification.verify import verify
from tests.support import meters, spend, tiers
from tests.support.meters import accept_one

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
_numbers = count(1)
STEPS = st.lists(
    st.tuples(st.sampled_from(["hold", "once", "capture", "release", "report"]), st.integers(1, 90)), max_size=12
)


def customer(name: str = "Acme", *, units: int = 1_000) -> Customer:
    """A customer of the metered catalog with so much credit."""
    meters.apply()
    made = meters.customer(name)
    grants.give(made.customer_id, kind="promotional", credits=Credits(units * MICROS), granted_by="test", reason="Test")
    return made


def ask(of: Customer, meter: str, quantity: int, **more: object) -> Authorized:
    """Ask for units of a meter."""
    return holds.authorize(AuthorizationRequest(of.customer_id, meter, quantity, **more))  # type: ignore[arg-type]


def counted(of: Customer, meter: str) -> tuple[int, int, int]:
    """Return the meter's quantity and micros, and what is held of the customer's credit."""
    with as_customer(of.customer_id):
        total = db.session.scalars(select(UsageTotal).where(UsageTotal.meter == meter)).one()
        held = db.session.scalars(select(Spending.held_micros)).one()
        return total.quantity, total.micros, held


def test_a_released_hold_leaves_its_place_in_the_steps_to_the_next(app: Flask) -> None:
    with clock.at(NOON):
        acme = customer(units=5)
        first, second = ask(acme, "hours", 100), ask(acme, "hours", 100)
        assert (first.micros, second.micros) == (2_000_000, 1_600_000)
        holds.release(first.id)
        rest = holds.authorize(AuthorizationRequest(acme.customer_id, micros=3 * MICROS))
        assert rest.allowed
        assert holds.capture(second.id).micros == 2_000_000
        assert counted(acme, "hours") == (100, 2_000_000, 3 * MICROS)
        assert verify() == []


@settings(
    max_examples=tiers.sample_of(8, proof=25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_whatever_was_held_the_total_is_the_tariffs(app: Flask, steps: list[tuple[str, int]]) -> None:
    with clock.at(NOON):
        acme, held = customer(f"acme-{next(_numbers)}"), []
        for step, quantity in steps:
            if step == "hold":
                held.append(ask(acme, "hours", quantity))
            elif step == "once":
                ask(acme, "hours", quantity, at_once=True)
            elif step == "report":
                accept_one(acme.customer_id, id=f"evt-{len(held)}-{quantity}", meter="hours")
            elif held:
                hold = held.pop(quantity % len(held))
                holds.capture(hold.id) if step == "capture" else holds.release(hold.id)
        for hold in held:
            holds.release(hold.id)
        with as_customer(acme.customer_id):
            total = db.session.scalars(select(UsageTotal).where(UsageTotal.meter == "hours")).one_or_none()
            left = db.session.scalars(select(Spending.held_micros)).one()
        meter = versions.offered("metered").meter("hours")
        assert left == 0
        assert meter is not None
        assert total is None or total.micros == meter.cost(total.quantity).micros


def test_a_hold_whose_time_is_over_blocks_nobody_though_no_job_has_run(app: Flask) -> None:
    with clock.at(NOON):
        acme = customer()
        spend.chooses(acme, "10")
        assert holds.authorize(AuthorizationRequest(acme.customer_id, micros=6 * MICROS, ttl_seconds=1)).allowed
        assert holds.authorize(AuthorizationRequest(acme.customer_id, micros=6 * MICROS)).reason == "daily_limit"
    with clock.at(NOON + timedelta(seconds=1)):
        assert holds.authorize(AuthorizationRequest(acme.customer_id, micros=6 * MICROS)).allowed
        assert verify() == []


def test_a_hold_that_is_over_leaves_room_to_capture_more(app: Flask) -> None:
    with clock.at(NOON):
        acme = customer()
        spend.chooses(acme, "10")
        holds.authorize(AuthorizationRequest(acme.customer_id, micros=6 * MICROS, ttl_seconds=1))
        mine = holds.authorize(AuthorizationRequest(acme.customer_id, micros=4 * MICROS))
    with clock.at(NOON + timedelta(seconds=1)):
        assert holds.capture(mine.id, credits=Credits(10 * MICROS)).micros == 10 * MICROS


def test_more_than_a_whole_days_limit_is_not_worth_waiting_for(app: Flask) -> None:
    with clock.at(NOON):
        acme = customer()
        spend.chooses(acme, "10")
        never = holds.authorize(AuthorizationRequest(acme.customer_id, micros=11 * MICROS))
        assert (never.reason, never.retry_after_seconds) == ("daily_limit", None)
        ask(acme, "runs", 1, at_once=True)
        tomorrow = holds.authorize(AuthorizationRequest(acme.customer_id, micros=10 * MICROS))
        assert (tomorrow.reason, tomorrow.retry_after_seconds) == ("daily_limit", 43_200)
        mine = holds.authorize(AuthorizationRequest(acme.customer_id, micros=MICROS))
        for units, helps in ((10, 43_200), (12, None)):
            with pytest.raises(Refused) as refusal:
                holds.capture(mine.id, credits=Credits(units * MICROS))
            assert getattr(refusal.value, "retry_after", None) == helps


def test_a_meter_that_counts_events_is_asked_for_one_at_a_time(app: Flask) -> None:
    with clock.at(NOON):
        acme = customer()
        with pytest.raises(Refused) as refusal:
            ask(acme, "runs", 5)
        assert (refusal.value.status, refusal.value.reason) == (422, "quantity_not_one")
        assert refusal.value.sentence == "This meter counts events: ask for one at a time, with the quantity 1."
        one = ask(acme, "runs", 1)
        with pytest.raises(Refused) as refusal:
            holds.capture(one.id, quantity=2)
        assert refusal.value.reason == "quantity_not_one"
        assert holds.capture(one.id).hold.state == "captured"
