"""Usage events: every kind of meter, allowance before credits, once each, whatever the batch."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.domain.rating import UsageReport
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import BalanceDay
from app.models.scope import as_customer, as_service
from app.models.usage import Spending, UsageDay, UsageEvent, UsageEventKey, UsageSubject, UsageTotal
from app.services.balance import history
from app.services.usage import events as usage_events
from app.services.usage.events import Accepted, Rejected
from app.services.verification.verify import verify
from tests.support import meters
from tests.support.meters import accept_one
from tests.support.statements import counted

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def metered(app: Flask) -> Customer:
    """Acme, on the free plan of the catalog with all kinds of meters."""
    meters.apply()
    with clock.at(NOON - timedelta(days=3)):
        return meters.customer("Acme")


def report(number: int | str, meter: str = "requests", quantity: int = 1, **more: object) -> UsageReport:
    return UsageReport(f"evt-{number}", str(more.pop("customer", "acme")), meter, quantity, **more)  # type: ignore[arg-type]


def total(customer: Customer, meter: str) -> tuple[int, int]:
    """Return what the meter shows and what it cost, in all periods together."""
    with as_service("test"):
        rows = db.session.execute(
            sa.select(UsageTotal.quantity, UsageTotal.micros).where(
                UsageTotal.customer_id == customer.customer_id, UsageTotal.meter == meter
            )
        ).all()
    return sum(row[0] for row in rows), sum(row[1] for row in rows)


def usage_to_post(customer: Customer) -> int:
    with as_service("test"):
        return db.session.get_one(Spending, customer.customer_id, populate_existing=True).unposted_micros


def remaining(customer: Customer) -> int:
    with as_customer(customer.customer_id):
        return history.numbers().remaining_credits.micros


def rows(model: type[object]) -> int:
    with as_service("test"):
        return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


@pytest.mark.both_databases
def test_every_kind_of_meter_is_counted_in_one_batch(metered: Customer) -> None:
    answer = usage_events.accept(
        [
            report(1, "requests", 1500),
            report(2, "runs"),
            report(3, "runs"),
            report(4, "users", subject="ann"),
            report(5, "users", subject="ben"),
            report(6, "users", subject="ann"),
            report(7, "storage", 900),
            report(8, "storage", 700),
            report(9, "peak", 4),
            report(10, "peak", 3),
            report(11, "hours", 101),
        ]
    )
    assert answer == Accepted(11, 0)
    assert total(metered, "requests") == (1500, 600_000)
    assert total(metered, "runs") == (2, 500_000)
    assert total(metered, "users") == (2, 100_000)
    assert total(metered, "storage") == (700, 0)
    assert total(metered, "peak") == (4, 8_000_000)
    assert total(metered, "hours") == (101, 2_016_000)
    assert usage_to_post(metered) == 11_216_000
    assert remaining(metered) == -11_216_000
    assert verify() == []


@pytest.mark.both_databases
def test_batches_add_up_as_one_batch_would(metered: Customer) -> None:
    meters.customer("Globex")
    kinds = [("requests", 7, ""), ("users", 1, "ann"), ("users", 1, "ben"), ("peak", 5, ""), ("hours", 60, "")]
    events = [
        (meter, quantity + index % 3 * (quantity > 1), subject)
        for index in range(4)
        for meter, quantity, subject in kinds
    ]
    for index, (meter, quantity, subject) in enumerate(events):
        usage_events.accept([report(index, meter, quantity, subject=subject)])
    usage_events.accept([report(index, m, q, subject=s, customer="globex") for index, (m, q, s) in enumerate(events)])
    with as_service("test"):
        totals = db.session.execute(
            sa.select(UsageTotal.customer_id, UsageTotal.meter, UsageTotal.quantity, UsageTotal.micros)
        ).all()
        days = db.session.execute(
            sa.select(UsageDay.customer_id, UsageDay.meter, UsageDay.quantity, UsageDay.events, UsageDay.micros)
        ).all()
    for found in (totals, days):
        mine = {tuple(row[1:]) for row in found if row[0] == metered.customer_id}
        assert mine == {tuple(row[1:]) for row in found if row[0] != metered.customer_id}
        assert len(mine) == 4
    assert verify() == []


def test_the_allowance_is_used_before_credits(app: Flask) -> None:
    meters.apply()
    paid = meters.customer("Acme", plan="paid")
    usage_events.accept(
        [report(1, "requests", 1000), report(2, "users", subject="ann"), report(3, "users", subject="ben")]
    )
    assert usage_to_post(paid) == 0
    usage_events.accept([report(4, "requests", 1), report(5, "users", subject="cyd"), report(6, "runs")])
    assert total(paid, "requests") == (1001, 400)
    assert total(paid, "users") == (3, 50_000)
    assert total(paid, "runs") == (1, 100_000)
    assert verify() == []


def test_usage_that_happened_is_taken_below_the_balance_too(metered: Customer) -> None:
    assert accept_one(metered.customer_id, id="big", meter="peak", quantity=1_000_000) == Accepted(1, 0)
    assert remaining(metered) == -2_000_000 * 1_000_000


@pytest.mark.both_databases
def test_the_same_event_again_is_counted_once(metered: Customer) -> None:
    batch = [
        report(1, quantity=500, properties={"a": 1, "b": 2}),
        report(2, "users", subject="ann"),
        report(1, quantity=500, properties={"b": 2, "a": 1}),
    ]
    assert usage_events.accept(batch) == Accepted(2, 1)
    before = [rows(each) for each in (UsageEvent, UsageEventKey, UsageSubject, UsageDay, UsageTotal, BalanceDay)]
    assert usage_events.accept(batch) == Accepted(0, 3)
    assert [
        rows(each) for each in (UsageEvent, UsageEventKey, UsageSubject, UsageDay, UsageTotal, BalanceDay)
    ] == before
    assert total(metered, "requests") == (500, 200_000)


def test_an_event_named_by_either_id_of_the_customer_is_the_same(metered: Customer) -> None:
    assert usage_events.accept([report(1)]) == Accepted(1, 0)
    assert usage_events.accept([report(1, customer=metered.customer_id)]) == Accepted(0, 1)


@pytest.mark.both_databases
def test_an_id_is_unique_for_its_customer_only(metered: Customer) -> None:
    globex = meters.customer("Globex")
    assert usage_events.accept([report(1), report(1, customer="globex", quantity=3)]) == Accepted(2, 0)
    assert total(globex, "requests")[0] == 3


@pytest.mark.both_databases
def test_the_same_id_with_anything_else_is_refused_and_not_counted(metered: Customer) -> None:
    usage_events.accept([report(1, quantity=500)])
    answer = usage_events.accept([report(1, quantity=501), report(2), report(2, subject="ann")])
    assert answer == Accepted(1, 0, (Rejected(0, "id_reused"), Rejected(2, "id_reused")))
    assert total(metered, "requests")[0] == 501
    with pytest.raises(Refused) as refused:
        accept_one(metered.customer_id, id="evt-1", meter="runs")
    assert (refused.value.status, refused.value.reason) == (409, "id_reused")
    with pytest.raises(Refused) as refused:
        accept_one(metered.customer_id, id="evt-9", meter="nothing")
    assert (refused.value.status, refused.value.reason) == (422, "unknown_meter")


@pytest.mark.both_databases
def test_a_batch_is_judged_event_by_event(metered: Customer) -> None:
    now = clock.now()
    answer = usage_events.accept(
        [
            report(1),
            report(2, customer="nobody"),
            report(3, "nothing"),
            report(4, "users"),
            report(5, "runs", 2),
            report(6, quantity=-1),
            report("", customer="a\0"),
            report("\n"),
            report(8, time=now - timedelta(days=35)),
            report(9, time=now + timedelta(hours=2)),
            report(10, quantity=10**12),
            report(11, "peak", 10**12),
            report(12),
        ]
    )
    assert answer == Accepted(
        3,
        0,
        tuple(
            Rejected(index, reason)
            for index, reason in [
                (1, "unknown_customer"),
                (2, "unknown_meter"),
                (3, "subject_missing"),
                (4, "quantity_not_one"),
                (5, "quantity_out_of_range"),
                (6, "unknown_customer"),
                (7, "id_malformed"),
                (8, "too_old"),
                (9, "in_the_future"),
                (11, "too_much"),
            ]
        ),
    )
    assert all(each.sentence for each in answer.rejected)
    assert total(metered, "requests")[0] == 10**12 + 2
    assert verify() == []


def test_a_rejected_event_may_come_again_corrected(metered: Customer) -> None:
    wrong, right = report(1, "nothing"), report(1, "runs")
    answer = usage_events.accept([wrong, right])
    assert answer == Accepted(1, 0, (Rejected(0, "unknown_meter"),))
    assert wrong.meter in answer.rejected[0].sentence
    assert usage_events.accept([right]) == Accepted(0, 1)


def test_a_caller_bound_to_one_customer_reports_no_others_usage(metered: Customer) -> None:
    meters.customer("Globex")
    answer = usage_events.accept([report(1), report(2, customer="globex")], only=metered.customer_id)
    assert answer == Accepted(1, 0, (Rejected(1, "unknown_customer"),))


def test_it_asks_the_notices_to_be_decided(metered: Customer) -> None:
    usage_events.accept([report(1, "storage", 5)])
    with as_service("test"):
        assert db.session.get_one(Spending, metered.customer_id, populate_existing=True).dirty is True


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", ["sum", "unique"])
def test_the_number_of_statements_does_not_depend_on_the_number_of_events(metered: Customer, kind: str) -> None:
    others = [meters.customer(f"Other{number}") for number in range(4)]
    names = [metered.customer_id, *(each.customer_id for each in others)]

    def batch(salt: int, many: int) -> list[UsageReport]:
        meter = "requests" if kind == "sum" else "users"
        return [
            report(
                f"{salt}-{index}",
                meter,
                subject=f"{salt}-{index}",
                customer=names[index % len(names)] if many > 1 else names[0],
            )
            for index in range(many)
        ]

    usage_events.accept(batch(0, 50))
    with counted() as one:
        usage_events.accept(batch(1, 1))
    with counted() as thousand:
        usage_events.accept(batch(2, 1000))
    assert len(thousand) == len(one) <= 17
    with counted() as again:
        assert usage_events.accept(batch(2, 1000)) == Accepted(0, 1000)
    assert len(again) <= 3
    assert verify() == []
