"""The month is run once for each customer and period: plans in advance, usage in arrears, on one invoice."""

import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import clock, ids
from app.domain.money import Money
from app.models.database import db
from app.models.documents import Document
from app.models.plan_periods import PeriodRun
from app.models.scope import as_customer, as_service
from app.services.customers import registration
from app.services.month_end import run
from app.services.payments import top_ups
from app.services.receivables import closing
from app.services.subscriptions import cancellation
from app.services.verification.verify import verify
from tests.services.test_poisoned import poison
from tests.support import months, periods, plans
from tests.support.databases import Database
from tests.support.months import at, begins, runs
from tests.support.plans import BEGIN, HALF, confirms, target
from tests.support.shop import GOOD, add_method

USED = "Requests, used below zero until 30 June 2027: 12,500 requests at $0.40 per 1,000 requests"
JULY, AUGUST = at(2027, 7, 1), at(2027, 8, 1)


@pytest.mark.both_databases
def test_a_plan_is_billed_in_advance_beside_usage_in_arrears_and_nothing_twice(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    assert runs(BEGIN) == 1
    assert plans.invoices(acme) == [("open", 4900, 6125, [("Team, 1–30 June 2027", 4900)])]
    periods.uses(acme, 500, HALF)
    assert [runs(BEGIN), runs(JULY - timedelta(seconds=1)), runs(JULY), runs(JULY)] == [0, 0, 1, 0]
    assert plans.invoices(acme)[1] == (
        "open",
        5400,
        6750,
        [
            (USED, 500),
            ("Team, 1–31 July 2027", 4900),
        ],
    )
    assert months.periods(acme) == [
        ("2027-06-01", "2027-07-01", 4900, "billed"),
        ("2027-07-01", "2027-08-01", 4900, "billed"),
    ]
    assert months.events(acme) == ["subscription.renewed", "subscription.renewed"]
    assert verify() == []


@pytest.mark.parametrize(
    ("begin", "interval", "starts"),
    [
        (at(2027, 1, 31, 9), "monthly", ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]),
        (at(2028, 2, 29, 9), "annual", ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
    ],
)
def test_plan_periods_follow_the_day_of_the_first_one(
    app: Flask, begin: datetime, interval: str, starts: list[str]
) -> None:
    acme = begins(begin, "free")
    alice = plans.manager(acme)
    confirms(alice, target("personal", interval=interval), add_method(alice, GOOD).id, at=begin)
    runs(datetime.fromisoformat(f"{starts[-1]}T00:00Z"))
    assert [start for start, *_rest in months.periods(acme)] == starts[1:]
    assert len(plans.invoices(acme)) == len(starts)
    assert verify() == []


def test_a_late_run_writes_each_period_its_own_invoice(app: Flask) -> None:
    acme = begins(BEGIN, "personal")
    assert runs(at(2027, 9, 5)) == 4
    assert [each for _state, ((each, _minor),) in months.lines(acme)] == [
        "Personal, 1–30 June 2027",
        "Personal, 1–31 July 2027",
        "Personal, 1–31 August 2027",
        "Personal, 1–30 September 2027",
    ]
    assert (runs(at(2027, 9, 5)), verify()) == (0, [])


def test_what_is_free_and_unused_has_no_invoice(app: Flask) -> None:
    acme = plans.customer()
    assert (runs(JULY), runs(AUGUST), runs(AUGUST)) == (1, 1, 0)
    assert (plans.invoices(acme), months.periods(acme), months.events(acme)) == ([], [], [])
    assert verify() == []


@pytest.mark.both_databases
def test_a_cancelled_plan_ends_with_its_period_and_is_free_from_then_on(app: Flask) -> None:
    acme = begins(BEGIN, "team", ('key = "team"\ntitle = "Team"', 'key = "team"\ntitle = "Team"\nfeatures = ["SSO"]'))
    runs(BEGIN)
    with clock.at(HALF):
        cancellation.cancel(acme.customer_id, by="alice", reason="Too dear")
    assert (runs(JULY), runs(AUGUST)) == (1, 1)
    assert (plans.subscription(acme), len(plans.invoices(acme))) == (("free", "monthly", None), 1)
    (ended,) = [each for each in plans.rows(months.OutboxEvent, acme) if each.type == "subscription.ended"]
    assert '"features_lost":["SSO"]' in ended.data.replace(" ", "")
    assert (plans.row_of(acme).cancel_at, verify()) == (None, [])


def test_a_cancelled_plan_that_was_ordered_by_the_year_is_free_by_the_month_and_no_violation(app: Flask) -> None:
    acme = begins(BEGIN, "")
    alice = plans.manager(acme)
    confirms(alice, target("personal", interval="annual"), add_method(alice, GOOD).id)
    with clock.at(HALF):
        cancellation.cancel(acme.customer_id, by="alice")
    runs(at(2028, 6, 1))
    assert (plans.subscription(acme), verify()) == (("free", "monthly", None), [])


def test_cancelled_when_the_period_is_over_and_not_run_yet_nothing_more_is_billed(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    runs(BEGIN)
    with clock.at(JULY + timedelta(hours=2)):
        cancellation.cancel(acme.customer_id, by="alice")
    assert runs(JULY + timedelta(hours=3)) == 1
    assert (plans.subscription(acme)[0], len(plans.invoices(acme)), verify()) == ("free", 1, [])


def test_what_was_scheduled_is_had_and_billed_from_the_period_that_begins(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    runs(BEGIN)
    order = confirms(plans.manager(acme), target("personal"), "")
    assert order.state == "scheduled"
    runs(JULY)
    assert (plans.order_of(order).state, plans.subscription(acme)) == ("applied", ("personal", "monthly", None))
    assert months.lines(acme)[1] == ("open", [("Personal, 1–31 July 2027", 1200)])
    assert verify() == []


def test_seats_are_billed_beside_the_plan_from_the_next_period_on(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    runs(BEGIN)
    alice = plans.manager(acme)
    confirms(alice, target(seats=5), add_method(alice, GOOD).id)
    runs(JULY)
    assert months.lines(acme)[-1] == ("open", [("Team, 1–31 July 2027", 4900), ("2 seats, 1–31 July 2027", 3000)])
    assert verify() == []


def test_no_plan_is_billed_for_months_that_begin_suspended(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    runs(BEGIN)
    plans.stands(acme, "suspended")
    periods.uses(acme, 500, HALF)
    assert runs(JULY) == 1
    assert months.lines(acme)[1][1] == [(USED, 500)]
    plans.stands(acme, "good")
    runs(AUGUST)
    assert [outcome for *_period, outcome in months.periods(acme)] == ["billed", "suspended", "billed"]
    assert (len(plans.invoices(acme)), verify()) == (3, [])


def test_a_period_that_the_seller_has_closed_leaves_the_plan_its_own_invoice(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    runs(BEGIN)
    periods.uses(acme, 500, HALF)
    with clock.at(JULY):
        closing.close(acme.customer_id, 1, by="seller")
    runs(JULY)
    assert [len(found) for _state, found in months.lines(acme)] == [1, 1, 1]
    assert months.lines(acme)[2] == ("open", [("Team, 1–31 July 2027", 4900)])
    assert verify() == []


@pytest.mark.case("AC-29")
@pytest.mark.both_databases
def test_two_runs_at_once_make_one_invoice(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    made = list[int]()
    db.session.rollback()

    def one() -> None:
        with app.app_context(), clock.at(BEGIN):
            made.append(run.run_due())

    threads = [threading.Thread(target=one) for _each in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(made), len(plans.invoices(acme)), verify()) == (1, 1, [])


def test_a_customer_who_cannot_be_run_stops_no_other(app: Flask, database: Database) -> None:
    plans.applies()
    with clock.at(BEGIN):
        bad, good = (
            registration.create(name=name, email="x@month.example", catalog="plans", created_at=BEGIN, plan="team")
            for name in ("Bad", "Good")
        )
    poison(database, f"new.customer_id = '{bad.customer_id}'")
    assert runs(BEGIN) == 1
    assert (len(plans.invoices(bad)), len(plans.invoices(good))) == (0, 1)
    with as_service("look at runs"):
        assert db.session.scalar(select(func.count()).select_from(PeriodRun)) == 1
        assert db.session.scalar(select(func.count()).select_from(Document)) == 1


def test_credit_that_was_bought_pays_a_plan_where_it_is_taxed_when_it_is_used(app: Flask) -> None:
    at_use = ('credits = "at_purchase"', 'credits = "at_use"')
    acme = begins(BEGIN, "personal", at_use)
    alice = plans.manager(acme)
    way = add_method(alice, GOOD).id
    with clock.at(BEGIN), as_customer(acme.customer_id):
        top_ups.buy(
            alice, form_key=ids.new_form_key(), amount=Money(2000, "USD"), pack="", method_id=way, return_url=str
        )
    runs(BEGIN)
    runs(JULY)
    with as_service("look at invoices"):
        wanted = select(Document.credits_applied_minor, Document.payable_minor, Document.state)
        found = db.session.execute(wanted.where(Document.kind == "invoice").order_by(Document.place)).all()
    assert [tuple(each) for each in found] == [(1500, 0, "paid"), (500, 1000, "open")]
    assert verify() == []
