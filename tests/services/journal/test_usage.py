"""Midnight: the usage of many customers is posted together, and comes to the same as one customer after the other."""

import random
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from app import clock
from app.config import Settings
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Account, Allocation, Grant, Transfer
from app.models.scope import as_service
from app.models.usage import Spending, UsageDay
from app.services.customers import billing_periods
from app.services.ledger import grants
from app.services.transaction import transaction
from app.services.usage import posting_schedule
from app.services.verification.verify import verify
from tests.reference import one_by_one
from tests.support import meters, programs, tiers
from tests.support.databases import environment
from tests.support.statements import counted

NOON = datetime(2027, 6, 28, 12, tzinfo=UTC)
DAY = timedelta(days=1)
UNIT = 1_000_000
METERS = ("requests", "runs", "hours", "peak")
Story = list[tuple[str, Any]]


def _drawn(chance: random.Random) -> Story:
    """Draw what happens to a customer: credit of all kinds comes, is used, and some of the use is posted at once."""
    steps: Story = []
    for number in range(chance.randint(1, 7)):
        match chance.choice(["give", "use", "use", "wait", "post"]):
            case "give":
                lasts = chance.choice([None, 1, 2, 9])
                terms = {
                    "priority": chance.choice([10, 50]),
                    "kind": chance.choice(["promotional", "trial", "referral"]),
                }
                steps.append(("give", (chance.randint(1, 3_000_000), lasts, terms)))
            case "use":
                steps.append(("use", (f"e{number}", chance.choice(METERS), chance.randint(1, 9))))
            case step:
                steps.append((step, None))
    return [*steps, ("use", ("last", chance.choice(METERS), chance.randint(1, 4_000)))]


def _played(customer: Customer, story: Story) -> None:
    name, now = customer.customer_id, NOON
    for step, what in story:
        with clock.at(now):
            match step:
                case "give":
                    micros, lasts, terms = what
                    ends = now + lasts * DAY if lasts else None
                    given = {"credits": Credits(micros), "granted_by": "test", "reason": "Test", "expires_at": ends}
                    grants.give(name, **given, **terms)
                case "use":
                    event_id, meter, quantity = what
                    many = 1 if meter == "runs" else quantity
                    meters.accept_one(name, id=event_id, meter=meter, quantity=many)
                case "wait":
                    now += DAY / 2
                case "post":
                    meters.post_all(name)


def _rows(customer: Customer) -> list[list[tuple[Any, ...]]]:
    """Return all that posting writes of the customer, with grants and transfers named by their place."""
    name = customer.customer_id
    asked: list[Any] = [
        select(Transfer.sequence, Transfer.debit_account, Transfer.credit_account, Transfer.amount, Transfer.kind,
               Transfer.source_type, Transfer.change_micros, Transfer.balance_after_micros, Transfer.description)
        .where(Transfer.customer_id == name).order_by(Transfer.sequence),
        select(Transfer.source_id, Transfer.booked_at)
        .where(Transfer.customer_id == name, Transfer.kind == "usage").order_by(Transfer.sequence),
        select(Account.unit, Account.name, Account.balance, Account.version, Account.debt)
        .where(Account.customer_id == name).order_by(Account.unit, Account.name),
        select(Grant.kind, Grant.micros, Grant.remaining_micros)
        .where(Grant.customer_id == name).order_by(Grant.created_at, Grant.id),
        select(Transfer.sequence, Grant.micros, Allocation.micros)
        .join(Transfer, (Transfer.customer_id == Allocation.customer_id) & (Transfer.id == Allocation.transfer_id))
        .join(Grant, (Grant.customer_id == Allocation.customer_id) & (Grant.id == Allocation.grant_id))
        .where(Allocation.customer_id == name).order_by(Transfer.sequence, Grant.created_at, Grant.id),
        select(UsageDay.day, UsageDay.meter, UsageDay.micros, UsageDay.posted_micros, UsageDay.postings)
        .where(UsageDay.customer_id == name).order_by(UsageDay.day, UsageDay.meter),
        select(Spending.unposted_micros, Spending.held_micros, Spending.dirty).where(Spending.customer_id == name),
    ]  # fmt: skip
    with as_service("look at the rows"):
        return [[tuple(row) for row in db.session.execute(each)] for each in asked]


@pytest.mark.both_databases
@pytest.mark.parametrize("burn", ["realtime", "at_invoice"])
def test_posting_many_together_writes_what_one_by_one_did(app: Flask, burn: str) -> None:
    meters.apply(burn)
    chance = random.Random(18)  # noqa: S311  # the same stories on every run
    stories = [_drawn(chance) for _ in range(tiers.sample_of(6, proof=150))]
    ours, theirs = ([meters.customer(f"{side}{number}") for number in range(len(stories))] for side in "AB")
    for number, story in enumerate(stories):
        _played(ours[number], story)
        _played(theirs[number], story)
    with clock.at(NOON + 40 * DAY):
        billing_periods.roll_due(1_000)
        with as_service("post one by one"), transaction() as session:
            for each in theirs:
                one_by_one.post(session, each.customer_id, clock.now(), clock.now().date())
        assert posting_schedule.post_due(1_000) == len(stories)
        assert posting_schedule.post_due(1_000) == 0
        grants.expire_due(1_000)  # in the worker's order: what is left of credit goes after the usage of its days
    for number, story in enumerate(stories):
        assert _rows(ours[number]) == _rows(theirs[number]), story
    assert verify() == []


@pytest.fixture
def many(app: Flask) -> Callable[[int], list[Customer]]:
    """Make customers who used two meters yesterday, and have credit."""
    meters.apply()
    names = iter(range(10_000))

    def make(count: int) -> list[Customer]:
        made = [meters.customer(f"Many{next(names)}") for _ in range(count)]
        with clock.at(NOON):
            for each in made:
                _played(
                    each,
                    [("give", (UNIT, None, {"kind": "trial"})), ("use", ("a", "runs", 1)), ("use", ("b", "peak", 2))],
                )
        return made

    return make


def _posted(customers: list[Customer]) -> list[int]:
    """Return how many rows of usage each has in the history."""
    with as_service("count"):
        names = [each.customer_id for each in customers]
        rows = db.session.execute(select(Transfer.customer_id).where(Transfer.kind == "usage")).scalars().all()
        return [rows.count(name) for name in names]


@pytest.mark.both_databases
def test_ten_customers_take_the_same_statements_as_two(many: Callable[[int], list[Customer]]) -> None:
    """However many are asked for and however many meters each used: none is put together or planned for their number."""
    taken = []
    for count in (2, 10):
        made = many(count)
        with clock.at(NOON + DAY), counted() as seen:
            assert posting_schedule.post_due(count) == count
        assert _posted(made) == [2] * count
        taken.append(list(seen))
    assert taken[0] == taken[1]
    assert len(taken[0]) <= 14


def test_one_who_cannot_be_posted_stops_nobody_else(many: Callable[[int], list[Customer]]) -> None:
    bad, *good = many(4)
    with as_service("spoil"), transaction() as session:  # its account can take no more
        session.execute(
            text("update accounts set balance = :most where customer_id = :whose and name = 'revenue'"),
            {"most": 2**61, "whose": bad.customer_id},
        )
    with clock.at(NOON + DAY):
        meters.accept_one(good[0].customer_id, id="today", meter="runs")
        assert posting_schedule.post_due() == 3
        assert posting_schedule.post_due() == 0, "what is used today waits for its midnight"
    assert _posted([bad, *good]) == [0, 2, 2, 2]


@pytest.mark.parametrize("point", tiers.some(2, ["before commit", "after commit", "statement"]))
def test_killed_at_midnight_nothing_is_lost_or_posted_twice(
    settings: Settings, many: Callable[[int], list[Customer]], point: str
) -> None:
    made = many(3)
    words = ((NOON + DAY).isoformat(), point, "9" if point == "statement" else "1")
    ended = programs.run("tests.programs.midnight_poster", *words, env=environment(settings), timeout=60)
    assert ended.returncode == -signal.SIGKILL, (point, ended.said[-2000:])
    db.session.rollback()
    assert _posted(made) == ([2] * 3 if point == "after commit" else [0] * 3)
    with clock.at(NOON + DAY):
        assert posting_schedule.post_due() == (0 if point == "after commit" else 3)
    assert _posted(made) == [2] * 3
    assert verify() == []
