"""The demo: made by the real services, the same when made again, and whole."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app import clock
from app.demo import customers
from app.demo.stories import STORIES, dice
from app.models.authorizations import Authorization
from app.models.auto_recharge import AutoRechargeDecision
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.ledger import Grant, Transfer
from app.models.limits import AlertRecipient, Notice
from app.models.payments import Payment, PaymentMethod
from app.models.scope import as_customer, as_service
from app.models.subscriptions import PlanChange
from app.models.usage import UsageDay, UsageEvent, UsageTotal
from app.services.balance import history
from app.services.catalog import versions
from app.services.usage import terms
from app.services.verification import verify
from tests.demo.conftest import MONTHS, NOW

# The stories are long and no other on another database; what both must bear is the first and the third test.
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
TABLES = (
    "customers",
    "members",
    "memberships",
    "payments",
    "payment_methods",
    "grants",
    "transfers",
    "allocations",
    "usage_events",
    "authorizations",
    "usage_alerts",
)


def make(now: datetime = NOW, months: int = MONTHS) -> list[customers.SignIn]:
    with clock.at(now):
        return customers.make(months=months, progress=lambda days: days)


def counts() -> dict[str, int]:
    with as_service("count the demo's rows"):
        return {name: db.session.scalar(text(f"select count(*) from {name}")) or 0 for name in TABLES}


def balances() -> dict[str, int]:
    """Return what each customer has left, by its story."""
    with as_service("read the demo's customers"):
        made = db.session.execute(select(Customer.external_id, Customer.customer_id)).all()
    left = {}
    for name, customer_id in made:
        with as_customer(customer_id):
            left[name.removeprefix("demo-")] = history.numbers().remaining_credits.micros
    return left


def test_every_invariant_holds_and_again_adds_nothing(two_months: None, app: Flask) -> None:
    made = counts()
    assert verify.verify(None) == []
    assert {each.customer for each in make()} == {story.name for story in STORIES}
    assert counts() == made


def test_the_balances_and_rows_show_the_promised_stories(two_months: None, app: Flask) -> None:
    ends = {story: micros / 1_000_000 for story, micros in balances().items()}
    assert 60 < ends["northwind"] < 400, "whoever is listed first has credit"
    assert -50 < ends["tidewater"] < -20, "overage protection in use"
    assert ends["solstice"] == 0, "nothing yet"
    assert 0 <= ends["fernhill"] < 25, "a low balance"
    assert ends["brightyard"] > 20
    assert ends["lumen"] > 200_000, "tokens"
    with as_service("look at the demo"):
        states = set(db.session.scalars(select(Payment.state)))
        kinds = set(db.session.scalars(select(Grant.kind)))
        periods = db.session.scalars(select(BillingPeriod.closed_at)).all()
        packs = set(db.session.scalars(select(Payment.pack).where(Payment.currency == "EUR")))
        brands = set(db.session.scalars(select(PaymentMethod.brand)))
        days = db.session.scalar(select(func.count(func.distinct(UsageDay.day))))
        kinds_of_notices = set(db.session.scalars(select(Notice.rule)))
        refused = set(db.session.scalars(select(Authorization.reason).where(Authorization.state == "refused")))
        confirmed = db.session.scalars(select(AlertRecipient.confirmed_at)).all()
        orders = db.session.scalars(select(PlanChange)).all()
        of_plans = {(each.plan, each.seats, each.state) for each in orders}
    assert {"succeeded", "requires_action", "processing", "failed"} <= states
    assert {"purchased", "trial", "promotional"} <= kinds
    assert periods.count(None) == len(STORIES) and len(periods) >= 2 * len(STORIES) - 1
    assert "pro" in packs
    assert brands == {"visa", "mastercard", "sepa_debit", "paypal"}
    assert days is not None and days > 30 * MONTHS
    assert {"daily_limit", "daily_limit_reset", "daily_threshold", "usage_alert"} <= kinds_of_notices
    assert refused == {"daily_limit"}, "why blocked"
    assert of_plans == {("team", 5, "applied"), ("support", 1, "applied"), ("pay_per_use", 1, "scheduled")}
    assert confirmed.count(None) == len(confirmed) // 2, "some addresses have confirmed, some not yet"


@on_sqlite
def test_one_customer_is_charged_automatically_and_another_is_no_more(two_months: None, app: Flask) -> None:
    with as_service("look at the demo's automatic charges"):
        ids = {each.external_id: each.customer_id for each in db.session.scalars(select(Customer))}
        rows = db.session.execute(
            select(Payment.customer_id, Payment.state).where(Payment.budget_period.is_not(None))
        ).all()
        last = db.session.scalars(
            select(AutoRechargeDecision.outcome)
            .where(AutoRechargeDecision.customer_id == ids["demo-tidewater"])
            .order_by(AutoRechargeDecision.at.desc())
        ).first()
    charged = [state for customer_id, state in rows if customer_id == ids["demo-brightyard"]]
    declined = [state for customer_id, state in rows if customer_id == ids["demo-tidewater"]]
    assert set(charged) == {"succeeded"}
    assert (declined, last) == (["failed"] * 4, "suspended")


@on_sqlite
def test_the_bars_show_little_much_and_too_much(two_months: None, app: Flask) -> None:
    percents = set()
    with as_service("look at the demo's meters"):
        for customer in db.session.scalars(select(Customer)):
            catalog = versions.of(customer)
            plan = terms.plan_of(catalog, customer.plan)
            for total in db.session.scalars(select(UsageTotal).where(UsageTotal.customer_id == customer.customer_id)):
                basis = plan.limit(total.meter) or plan.allowance(total.meter)
                percents |= {total.quantity * 100 // basis} if basis else set()
    assert min(percents) < 80
    assert any(80 <= percent < 100 for percent in percents)
    assert max(percents) > 100


@on_sqlite
def test_nothing_lies_in_the_future_or_before_the_customer(two_months: None, app: Flask) -> None:
    with as_service("look at the demo"):
        first, booked = db.session.execute(select(func.min(Transfer.booked_at), func.max(Transfer.booked_at))).one()
        last = max(booked, db.session.scalar(select(func.max(UsageEvent.received_at))) or booked)
        born = db.session.scalar(select(func.min(Customer.created_at)))
    assert born is not None and born <= first and last <= NOW
    assert last > NOW - timedelta(hours=1), "history ends now"


@on_sqlite
def test_days_that_went_by_are_added_and_no_others(two_months: None, app: Flask) -> None:
    before = counts()
    make(NOW + timedelta(days=3))
    added = {name: count - before[name] for name, count in counts().items()}
    assert added["customers"] == added["members"] == added["payment_methods"] == 0
    assert 6 <= added["transfers"] <= 60
    assert added["usage_events"] > 100
    assert verify.verify(None) == []


@on_sqlite
@pytest.mark.proof  # a day that was cut short, in `test_moments`, is the same in smaller
def test_a_history_that_was_cut_short_is_finished_without_writing_anything_twice(app: Flask) -> None:
    class Cut(Exception):
        pass

    def until_the_tenth_day(days: list) -> object:
        yield from days[:10]
        raise Cut

    with clock.at(NOW), pytest.raises(Cut):
        customers.make(months=1, progress=until_the_tenth_day)  # type: ignore[arg-type]
    make(months=1)
    with as_service("look at the demo"):
        twice = db.session.execute(
            select(Grant.customer_id, Grant.reason)
            .where(Grant.reason != "")
            .group_by(Grant.customer_id, Grant.reason)
            .having(func.count() > 1)
        ).all()
    assert twice == []
    assert verify.verify(None) == []


@pytest.mark.parametrize("story", [story for story in STORIES if story.habits], ids=lambda story: story.slug)
def test_weekends_look_like_weekends_and_use_grows(story) -> None:  # noqa: ANN001  # a Story
    habit = story.habits[0]
    monday = datetime(2026, 3, 2, tzinfo=UTC).date()
    week = [story.quantity(habit, monday + timedelta(days=number), 0) for number in range(7)]
    assert sum(week[:5]) / 5 > sum(week[5:]) / 2 * 0.95
    after_a_year = story.quantity(habit, monday, 365)
    assert after_a_year > week[0] if habit.growth_percent else after_a_year == week[0]


def test_the_dice_are_the_same_everywhere() -> None:
    assert [dice("northwind", number, sides=100) for number in range(5)] == [32, 70, 7, 17, 88]
