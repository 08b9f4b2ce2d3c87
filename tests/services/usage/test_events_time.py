"""When usage counts: the UTC day and the billing period in which it is accepted, after everything that was due."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app import clock
from app.domain.money import Credits
from app.domain.rating import UsageReport
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import BalanceDay
from app.models.scope import as_customer, as_service
from app.models.usage import UsageDay, UsageEvent, UsageTotal
from app.services.balance import history
from app.services.ledger import grants
from app.services.usage import events
from app.services.verification.verify import verify
from tests.support import meters
from tests.support.meters import accept_one

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def metered(app: Flask) -> Customer:
    """Acme, on the free plan of the catalog with all kinds of meters."""
    meters.apply()
    with clock.at(NOON - timedelta(days=3)):
        return meters.customer("Acme")


def report(number: int, meter: str = "requests", quantity: int = 1) -> UsageReport:
    return UsageReport(f"evt-{number}", "acme", meter, quantity)


def remaining(customer: Customer) -> int:
    with as_customer(customer.customer_id):
        return history.numbers().remaining_credits.micros


def test_it_counts_for_the_utc_day_it_is_accepted_on(metered: Customer) -> None:
    late = datetime(2026, 11, 21, 23, 59, 59, 999_999, tzinfo=UTC)
    for moment in (late, late + timedelta(microseconds=1)):
        with clock.at(moment):
            accept_one(metered.customer_id, id=str(moment), meter="requests", quantity=1000, time=NOON)
    with as_service("test"):
        days = db.session.execute(
            sa.select(UsageDay.day, UsageDay.quantity, UsageDay.due_on).order_by(UsageDay.day)
        ).all()
        happened = db.session.scalars(sa.select(UsageEvent.occurred_at).distinct()).all()
        used = db.session.execute(
            sa.select(BalanceDay.day, BalanceDay.used_micros, BalanceDay.closing_micros).order_by(BalanceDay.day)
        ).all()
    first, second = date(2026, 11, 21), date(2026, 11, 22)
    assert [tuple(row) for row in days] == [(first, 1000, second), (second, 1000, date(2026, 11, 23))]
    assert happened == [NOON]
    assert [tuple(row) for row in used] == [(first, 400_000, -400_000), (second, 400_000, -800_000)]


def test_a_machine_whose_clock_is_behind_midnight_changes_the_day_that_has_begun(metered: Customer) -> None:
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    for moment in (midnight, midnight - timedelta(milliseconds=1)):
        with clock.at(moment):
            accept_one(metered.customer_id, id=str(moment), meter="requests", quantity=1000)
    assert verify() == []


def test_usage_after_the_periods_end_is_the_next_periods_even_before_the_job_rolled_it(metered: Customer) -> None:
    with clock.at(NOON):
        events.accept([report(1, quantity=10)])
    with clock.at(NOON + timedelta(days=62)):
        events.accept([report(2, quantity=5)])
    with as_service("test"):
        found = db.session.execute(
            sa.select(UsageTotal.period_number, UsageTotal.quantity).order_by(UsageTotal.period_number)
        ).all()
    assert [tuple(row) for row in found] == [(1, 10), (3, 5)]
    assert verify() == []


def test_credit_that_expired_meanwhile_is_gone_before_new_usage_and_old_usage_burned_it(metered: Customer) -> None:
    with clock.at(NOON):
        grants.give(
            metered.customer_id,
            kind="promotional",
            credits=Credits(10_000_000),
            granted_by="support",
            reason="Welcome",
            expires_at=NOON + timedelta(hours=1),
        )
        events.accept([report(1, "peak", 2)])
    with clock.at(NOON + timedelta(hours=2)):
        events.accept([report(2, "peak", 3)])
        assert remaining(metered) == -2_000_000
    assert verify() == []


def test_at_invoice_usage_is_due_when_the_period_ends(app: Flask) -> None:
    meters.apply("at_invoice")
    with clock.at(NOON):
        acme = meters.customer("Acme")
        events.accept([report(1)])
        with as_service("test"):
            assert db.session.scalars(sa.select(UsageDay.due_on)).one() == date(2026, 12, 21)
        assert remaining(acme) == -400
