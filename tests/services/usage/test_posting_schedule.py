"""Accepted usage counts at once, is posted later, and burns the credit that was there when it happened."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock
from app.domain.errors import Refused
from app.domain.money import Credits
from app.domain.numbers import Numbers
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Account, Grant, Transfer
from app.models.limits import SpendSettings
from app.models.scope import as_customer, as_service
from app.models.usage import Spending
from app.services.balance import breakdown, history
from app.services.catalog import versions
from app.services.customers import billing_periods, registration
from app.services.ledger import corrections, grants
from app.services.transaction import transaction
from app.services.usage import posting_schedule, recording
from app.services.verification.verify import verify
from tests.support.cast import CATALOG, EXAMPLES
from tests.support.meters import accept_one, post_all

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
UNIT = 1_000_000
BURNS = ["realtime", "at_invoice"]


@pytest.fixture
def customer(app: Flask, request: pytest.FixtureRequest) -> Customer:
    """A customer since 2 November whose usage meets credits as the test says: in real time where it says nothing."""
    burn = getattr(request, "param", "realtime")
    text = (EXAMPLES / f"{CATALOG}.toml").read_text()
    versions.apply(text.replace('burn = "realtime"', f'burn = "{burn}"'))
    return registration.create(
        name="Acme", email="a@acme.example", catalog=CATALOG, created_at=datetime(2026, 11, 2, 8, tzinfo=UTC)
    )


def _give(customer: Customer, units: int, **terms: object) -> Grant:
    return grants.give(
        customer.customer_id,
        kind="promotional",
        credits=Credits(units * UNIT),
        granted_by="support",
        reason="Welcome",
        **terms,  # type: ignore[arg-type]
    )


def _use(customer: Customer, units: int, name: str = "e1") -> None:
    """Report requests that cost so many units: 2,500 cost one."""
    accept_one(customer.customer_id, id=name, meter="requests", quantity=units * 2500)


def _numbers(customer: Customer) -> Numbers:
    with as_customer(customer.customer_id):
        return history.numbers()


def _history(customer: Customer) -> list[tuple[str, int, int]]:
    """Return the descriptions, changes and balances after, in whole units, the oldest first."""
    with as_customer(customer.customer_id):
        rows = history.history(history.HistoryQuery()).entries
    return [(row.description, row.change.micros // UNIT, row.balance_after.micros // UNIT) for row in reversed(rows)]


def _left(grant: Grant) -> int:
    with as_service("look at a grant"):
        return (db.session.scalar(select(Grant.remaining_micros).where(Grant.id == grant.id)) or 0) // UNIT


@pytest.mark.both_databases
@pytest.mark.parametrize("customer", BURNS, indirect=True)
def test_usage_counts_when_it_is_accepted_though_no_row_says_so_yet(customer: Customer) -> None:
    with clock.at(NOON):
        _give(customer, 100)
        _use(customer, 3)
        shown = _numbers(customer)
        assert (shown.remaining_credits.micros, shown.usage_this_period.micros) == (97 * UNIT, 3 * UNIT)
        assert (shown.usage_to_post.micros, shown.daily_used.micros, shown.available_to_use.micros) == (
            3 * UNIT,
            3 * UNIT,
            147 * UNIT,
        )
        with as_customer(customer.customer_id):
            (today,) = history.days(NOON.date(), NOON.date())
        assert (today.used.micros, today.closing.micros) == (3 * UNIT, 97 * UNIT)
        assert len(_history(customer)) == 1
        assert posting_schedule.post_due() == 0, "nothing is due on the day itself"
        assert verify() == []


@pytest.mark.both_databases
def test_in_real_time_a_day_and_meter_is_one_row_once_the_day_is_over(customer: Customer) -> None:
    with clock.at(NOON):
        _give(customer, 100)
        _use(customer, 3)
        _use(customer, 2, "e2")
        accept_one(customer.customer_id, id="e3", meter="egress", quantity=12_500)
    with clock.at(NOON + DAY):
        before = _numbers(customer)
        assert posting_schedule.post_due() == 1
        assert posting_schedule.post_due() == 0
        assert _numbers(customer).remaining_credits == before.remaining_credits
        assert _history(customer)[1:] == [
            ("Data out, 10 November 2026", -1, 99),
            ("Requests, 10 November 2026", -5, 94),
        ]
        assert verify() == []
    with as_customer(customer.customer_id):
        rows = history.history(history.HistoryQuery(kind="usage")).entries
        (used,) = history.entry(rows[0].id).used
    assert (used.meter, used.day, used.quantity, used.micros) == ("requests", NOON.date(), 12_500, 5 * UNIT)


@pytest.mark.both_databases
@pytest.mark.parametrize("customer", ["at_invoice"], indirect=True)
def test_at_the_invoice_a_period_is_one_row_once_it_is_over(customer: Customer) -> None:
    with clock.at(NOON):
        _give(customer, 100)
        _use(customer, 3)
    with clock.at(NOON + DAY):
        _use(customer, 2, "e2")
        assert posting_schedule.post_due() == 0
    with clock.at(datetime(2026, 12, 2, tzinfo=UTC)):
        billing_periods.roll_due()
        assert posting_schedule.post_due() == 1
        words = "Applied credit balance to usage, 2 November – 1 December 2026"
        assert _history(customer)[1:] == [(words, -5, 95)]
        shown = _numbers(customer)
        assert (shown.remaining_credits.micros, shown.usage_to_post.micros, shown.usage_this_period.micros) == (
            95 * UNIT,
            0,
            0,
        )
        assert verify() == []
    with as_customer(customer.customer_id):
        (row,) = history.history(history.HistoryQuery(kind="usage")).entries
        (used,) = history.entry(row.id).used
    assert (used.meter, used.day, used.quantity, used.micros) == ("requests", None, 12_500, 5 * UNIT)


@pytest.mark.both_databases
@pytest.mark.parametrize("customer", BURNS, indirect=True)
def test_what_happened_is_posted_below_the_floor_and_is_owed(customer: Customer) -> None:
    with clock.at(NOON):
        _give(customer, 10)
        _use(customer, 70)
        shown = _numbers(customer)
        assert (shown.remaining_credits.micros, shown.overage_left.micros, shown.available_to_use.micros) == (
            -60 * UNIT,
            0,
            0,
        )
        post_all(customer.customer_id)
        with as_service("look at an account"):
            account = db.session.scalars(select(Account).where(Account.name == "credits")).one()
        assert (account.balance, account.debt) == (-60 * UNIT, 10 * UNIT)
        assert _numbers(customer).remaining_credits == shown.remaining_credits
        assert verify() == []


@pytest.mark.parametrize("customer", BURNS, indirect=True)
def test_usage_burns_the_grant_that_was_there_before_it_expires(customer: Customer) -> None:
    with clock.at(NOON):
        short = _give(customer, 10, expires_at=NOON + DAY)
        lasting = _give(customer, 20)
        _use(customer, 4)
    with clock.at(NOON + DAY):
        seen = _numbers(customer)
        assert (seen.remaining_credits.micros, seen.lapsed.micros) == (20 * UNIT, 6 * UNIT)
        assert grants.expire_due() == 1
        shown = _numbers(customer)
        assert (shown.remaining_credits, shown.lapsed.micros, shown.usage_to_post.micros) == (
            seen.remaining_credits,
            0,
            0,
        )
        assert (_left(short), _left(lasting)) == (0, 20)
        assert ("Credit expired", -6, 20) in _history(customer)
        assert verify() == []


@pytest.mark.parametrize("customer", BURNS, indirect=True)
def test_usage_does_not_burn_a_grant_that_came_after_it(customer: Customer) -> None:
    with clock.at(NOON):
        first = _give(customer, 10)
        _use(customer, 4)
        later = _give(customer, 10, priority=10)
        _use(customer, 3, "e2")
        post_all(customer.customer_id)
        assert (_left(first), _left(later)) == (6, 7)
        assert _numbers(customer).remaining_credits.micros == 13 * UNIT
        assert verify() == []


@pytest.mark.both_databases
@pytest.mark.parametrize("customer", BURNS, indirect=True)
def test_a_voided_grant_was_used_first(customer: Customer) -> None:
    with clock.at(NOON):
        grant = _give(customer, 10)
        _use(customer, 4)
        grants.void(grant.id, by="support", reason="By mistake")
        assert _history(customer)[-1][1:] == (-6, 0)
        assert _numbers(customer).remaining_credits.micros == 0
        assert verify() == []


@pytest.mark.parametrize("customer", BURNS, indirect=True)
def test_what_is_accepted_after_an_expiry_nobody_saw_does_not_burn_what_expired(customer: Customer) -> None:
    with clock.at(NOON):
        _give(customer, 10, expires_at=NOON + DAY)
        _use(customer, 4)
    with clock.at(NOON + DAY):
        _use(customer, 5, "e2")
        assert _numbers(customer).remaining_credits.micros == -5 * UNIT
        assert ("Credit expired", -6, 0) in _history(customer)
        assert verify() == []


def test_usage_counts_for_the_period_that_is_open_though_no_job_has_turned_it(customer: Customer) -> None:
    later = datetime(2027, 1, 5, 9, tzinfo=UTC)
    with clock.at(NOON):
        _give(customer, 50)
        _use(customer, 3)
    with clock.at(later):
        assert _numbers(customer).usage_this_period.micros == 0
        _use(customer, 2, "e2")
        assert _numbers(customer).usage_this_period.micros == 2 * UNIT
        with as_customer(customer.customer_id):
            assert history.period_start(later).date() == date(2027, 1, 2)
            figure = breakdown.usage_this_period()
        assert figure.summed == figure.shown == Credits(2 * UNIT)
        assert billing_periods.roll_due() == 0
        assert verify() == []


@pytest.mark.both_databases
def test_taking_credit_at_once_leaves_what_is_held_alone(customer: Customer) -> None:
    with clock.at(NOON):
        _give(customer, 10)
        _use(customer, 4)
        with as_service("hold"), transaction() as session:
            session.execute(update(Spending).values(held_micros=6 * UNIT))
        with pytest.raises(Refused, match="not enough credit"):
            recording.record(customer.customer_id, key="k1", credits=Credits(50 * UNIT + 1), description="Seats")
        recording.record(customer.customer_id, key="k1", credits=Credits(50 * UNIT), description="Seats")
        shown = _numbers(customer)
        assert (shown.held.micros, shown.available_to_use.micros) == (6 * UNIT, 0)


def test_the_daily_limit_binds_while_spend_management_is_on(customer: Customer) -> None:
    with clock.at(NOON):
        _give(customer, 100)
        _use(customer, 3)
        assert _numbers(customer).daily_left is None
        with as_service("choose a limit"), transaction() as session:
            chosen = SpendSettings(
                customer_id=customer.customer_id,
                enabled=True,
                daily_limit_micros=10 * UNIT,
                changed_at=NOON,
                changed_by="Alice",
            )
            session.add(chosen)
        with as_service("hold"), transaction() as session:
            session.execute(update(Spending).values(held_micros=2 * UNIT))
        shown = _numbers(customer)
        assert (shown.daily_limit, shown.daily_left, shown.available_to_use) == (
            Credits(10 * UNIT),
            Credits(5 * UNIT),
            Credits(5 * UNIT),
        )
    with clock.at(NOON + DAY / 2):
        assert _numbers(customer).daily_left == Credits(8 * UNIT), "a new day, and what is open counts against it too"


@pytest.mark.parametrize("customer", BURNS, indirect=True)
def test_usage_that_was_posted_is_corrected_like_any_other(customer: Customer) -> None:
    with clock.at(NOON):
        _give(customer, 10)
        _use(customer, 4)
        post_all(customer.customer_id)
        with as_service("find the row"):
            wrong = db.session.scalars(select(Transfer).where(Transfer.kind == "usage")).one()
        corrections.correct(wrong.id, by="support", reason="A test run")
        shown = _numbers(customer)
        assert (shown.remaining_credits.micros, shown.usage_this_period.micros) == (10 * UNIT, 0)
        with as_customer(customer.customer_id):
            for figure in (breakdown.usage_this_period(), breakdown.all_usage(), breakdown.remaining_credits()):
                assert figure.summed == figure.shown
        assert verify() == []
