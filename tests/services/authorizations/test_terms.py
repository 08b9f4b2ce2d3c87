"""Authorizations follow the customer's terms: meters, allowance, plan limit, tiers, periods, grants that come and go."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.authorizations import AuthorizationRequest, Authorized
from app.domain.errors import Refused
from app.domain.money import MICROS, Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer
from app.models.usage import UsageDay, UsageTotal
from app.services.authorizations import expiry, holds
from app.services.catalog import versions
from app.services.ledger import grants
from app.services.verification.verify import verify
from tests.support import meters
from tests.support.meters import accept_one

BEGIN = datetime(2026, 11, 21, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture
def paid(app: Flask) -> Customer:
    """A customer on the plan that includes 1,000 requests, allows 5,000 and has its own price of a run."""
    with clock.at(BEGIN):
        meters.apply()
        made = meters.customer("Acme", plan="paid")
        credit(made, 10)
    return made


def credit(customer: Customer, units: int, *, expires_at: datetime | None = None) -> None:
    """Give the customer so much credit."""
    grants.give(
        customer.customer_id, kind="promotional", credits=Credits(units * MICROS), granted_by="test", reason="Test",
        expires_at=expires_at,
    )  # fmt: skip


def ask(customer: Customer, meter: str, quantity: int, *, ttl: int = 86_400) -> Authorized:
    """Ask for units of a meter."""
    return holds.authorize(AuthorizationRequest(customer.customer_id, meter, quantity, ttl_seconds=ttl))


def total(customer: Customer, meter: str) -> list[tuple[int, int, int]]:
    """Return the meter's quantity, held quantity and micros, by period."""
    with as_customer(customer.customer_id):
        rows = db.session.execute(
            select(UsageTotal.quantity, UsageTotal.held_quantity, UsageTotal.micros)
            .where(UsageTotal.meter == meter)
            .order_by(UsageTotal.period_number)
        )
        return [(row.quantity, row.held_quantity, row.micros) for row in rows]


def test_the_allowance_is_held_first_and_used_first(paid: Customer) -> None:
    with clock.at(BEGIN):
        within, beyond = ask(paid, "requests", 1_000), ask(paid, "requests", 500)
        assert (within.micros, beyond.micros) == (0, 200_000)
        # What comes first uses the allowance, whoever held it; the other then pays what is left of it to pay.
        assert holds.capture(beyond.id).micros == 0
        assert holds.capture(within.id).micros == 200_000
    assert total(paid, "requests") == [(1_500, 0, 200_000)]
    assert verify() == []


def test_the_plans_limit_counts_what_is_held(paid: Customer) -> None:
    with clock.at(BEGIN):
        accept_one(paid.customer_id, id="one", meter="requests", quantity=1_000)
        held = ask(paid, "requests", 3_000)
        refused = ask(paid, "requests", 1_001)
        assert (refused.reason, refused.retry_after_seconds) == ("plan_limit", None)
        assert ask(paid, "requests", 1_000).allowed
        with pytest.raises(Refused) as refusal:
            holds.capture(held.id, quantity=3_001)
        assert (refusal.value.reason, refusal.value.status) == ("plan_limit", 409)
        holds.release(held.id)
        assert ask(paid, "requests", 3_000).allowed


def test_the_plans_own_price_holds(paid: Customer) -> None:
    with clock.at(BEGIN):
        assert ask(paid, "runs", 1).micros == 100_000
        meters.move_to_plan(paid.customer_id, "free")
        assert ask(paid, "runs", 1).micros == 250_000


def test_a_new_price_holds_from_the_next_call_after_the_move_on(paid: Customer) -> None:
    with clock.at(BEGIN):
        meters.move_to_plan(paid.customer_id, "")
        before = ask(paid, "runs", 1)
        versions.apply(meters.METERED.format(burn="realtime").replace('"0.25"', '"0.75"'))
        assert ask(paid, "runs", 1).micros == 250_000, "as it was sold"
        meters.move_to_newest(paid.customer_id)
        assert (before.micros, ask(paid, "runs", 1).micros) == (250_000, 750_000)


def test_steps_of_a_price_are_held_one_after_the_other(paid: Customer) -> None:
    with clock.at(BEGIN):
        first, second = ask(paid, "hours", 90), ask(paid, "hours", 20)
        assert (first.micros, second.micros) == (1_800_000, 360_000)
        assert holds.capture(second.id).micros == 400_000  # 20 hours are the first 20 now
        assert holds.capture(first.id).micros == 1_600_000 + 160_000
    assert total(paid, "hours") == [(110, 0, 2_160_000)]


@pytest.mark.parametrize("meter", ["users", "storage", "peak"])
def test_what_is_known_only_afterwards_cannot_be_held(paid: Customer, meter: str) -> None:
    with pytest.raises(Refused) as refusal:
        ask(paid, meter, 1)
    assert (refusal.value.reason, refusal.value.status) == ("meter_not_counted", 422)


@pytest.mark.fault("T5")
def test_a_hold_that_a_new_period_finds_counts_there(paid: Customer) -> None:
    eve = datetime(2026, 12, 20, 23, 59, tzinfo=UTC)
    with clock.at(eve):
        held = ask(paid, "requests", 4_000)
    with clock.at(eve + timedelta(minutes=2)):
        assert ask(paid, "requests", 1_001).reason == "plan_limit"  # what is held may still be used in this period
        taken = holds.capture(held.id)
    assert taken.micros == held.micros == 1_200_000
    assert total(paid, "requests") == [(0, 0, 0), (4_000, 0, 1_200_000)]
    with as_customer(paid.customer_id):
        assert db.session.scalars(select(UsageDay.day)).one() == eve.date() + timedelta(days=1)
    assert verify() == []


@pytest.mark.case("AC-8")
def test_credit_that_is_over_is_not_promised(paid: Customer) -> None:
    with clock.at(BEGIN):
        credit(paid, 5, expires_at=BEGIN + timedelta(hours=1))
        assert holds.authorize(AuthorizationRequest(paid.customer_id, micros=15 * MICROS, ttl_seconds=60)).allowed
        expiry.expire_due()
    with clock.at(BEGIN + timedelta(hours=1)):
        assert expiry.expire_due() == 1
        refused = holds.authorize(AuthorizationRequest(paid.customer_id, micros=10 * MICROS + 1))
        assert (refused.reason, refused.available_after_micros) == ("insufficient_credits", 10 * MICROS)
    assert verify() == []


@pytest.mark.case("AC-52")
@pytest.mark.fault("T2")
def test_it_counts_for_the_day_that_it_was_captured_on(paid: Customer) -> None:
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    with clock.at(midnight - timedelta(seconds=1)):
        early, late = ask(paid, "runs", 1), ask(paid, "runs", 1)
        holds.capture(early.id)
    with clock.at(midnight):
        holds.capture(late.id)
    with as_customer(paid.customer_id):
        days = db.session.execute(select(UsageDay.day, UsageDay.quantity).order_by(UsageDay.day)).all()
    assert [tuple(row) for row in days] == [(midnight.date() - timedelta(days=1), 1), (midnight.date(), 1)]
