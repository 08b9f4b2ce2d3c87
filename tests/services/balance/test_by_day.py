"""The history by day agrees with every row, with the numbers and with itself, whatever happened and however it is paged."""

import itertools
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app import clock
from app.domain.errors import Refused
from app.domain.ledger import HISTORY_KINDS
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services import jobs
from app.services.balance import by_day, history
from app.services.balance.by_day import DayRow
from app.services.balance.history import HistoryQuery
from app.services.ledger import corrections, grants
from app.services.usage import recording
from tests.support import meters, tiers, usage_cast
from tests.support.statements import counted

START = datetime(2026, 11, 10, 22, tzinfo=UTC)
EVERY = HistoryQuery(limit=200)
EACH = tiers.sample_of(5, proof=1)
"""After so many steps the histories are compared, and at the end."""


@dataclass(frozen=True)
class Give:
    units: int
    lasts: int | None = None
    begins: int = 0


@dataclass(frozen=True)
class Report:
    """Usage of a meter is reported; an odd quantity costs fractions of a cent."""

    quantity: int


@dataclass(frozen=True)
class Record:
    """Credit is used at once, without a meter."""

    units: int


@dataclass(frozen=True)
class Wait:
    hours: int


@dataclass(frozen=True)
class Once:
    """The worker runs, or the last row of usage is corrected, or the first grant is taken back."""

    what: str


Step = Give | Report | Record | Wait | Once
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.builds(Give, st.integers(1, 40), st.none() | st.integers(1, 40), st.sampled_from([0, 0, 5])),
        st.builds(Report, st.integers(1, 3000)),
        st.builds(Record, st.integers(1, 5)),
        st.builds(Wait, st.integers(1, 30)),
        st.builds(Once, st.sampled_from(["work", "correct", "void"])),
    ),
    min_size=4,
    max_size=12,
)


def take(customer: Customer, step: Step) -> None:
    whose, now = customer.customer_id, clock.now()
    match step:
        case Give(units, lasts, begins):
            grants.give(
                whose,
                kind="promotional",
                credits=Credits(units * 10**6),
                granted_by="seller",
                reason="Welcome",
                effective_at=now + timedelta(hours=begins) if begins else None,
                expires_at=now + timedelta(hours=begins + lasts) if lasts else None,
            )
        case Report(quantity):
            usage_cast.uses(customer, "hours", quantity)
        case Record(units):
            with suppress(Refused):  # there is not enough
                recording.record(whose, key=f"{now}", credits=Credits(units * 10**6), description="Requests")
        case Once("work"):
            jobs.run_due()
        case Once(what):
            with as_customer(whose):
                rows = history.history(replace(EVERY, kind="usage" if what == "correct" else "promotional")).entries
            if rows and what == "correct":
                corrections.correct(rows[0].id, by="seller", reason="Counted twice")
            elif rows:
                grants.void(rows[-1].source_id, by="seller", reason="By mistake")
        case _:
            pass


def paged(query: HistoryQuery) -> list[DayRow]:
    """Go through all pages to the oldest row and back; both ways show the same rows."""
    pages = [by_day.page(query)]
    while pages[-1].older:
        pages.append(by_day.page(query, before=pages[-1].older))
    back = [pages[-1]]
    while back[-1].newer:
        back.append(by_day.page(query, after=back[-1].newer))
    down = [row for each in pages for row in each.rows]
    assert [row for each in reversed(back) for row in each.rows][-len(down) :] == down
    return down


def agrees(customer: Customer) -> None:
    """Compare the history by day with the numbers, with every row, and with its own pages and files."""
    with as_customer(customer.customer_id):
        numbers, today = history.numbers(), clock.now().date()
        rows, every = by_day.page(EVERY).rows, history.history(EVERY).entries
        waiting = by_day.not_booked(numbers, rows[0] if rows else None, today)
        shown = [*waiting, *rows]
        days = {day.day: day for day in history.days(START.date(), today)}
        assert list(by_day.export(EVERY)) == rows == paged(replace(EVERY, limit=1))
        assert by_day.latest(5, list(days.values())) == rows[:5]
        usage = by_day.page(replace(EVERY, kinds=["usage"])).rows
        some = by_day.page(replace(EVERY, kinds=["usage", "promotional"], limit=3))
        assert paged(replace(EVERY, kinds=["usage", "promotional"], limit=3))[:3] == some.rows
    below = [*[row.balance_after.micros for row in shown[1:]], 0]
    assert (
        [row.balance_after.micros for row in shown]
        == [row.change.micros + rest for row, rest in zip(shown, below, strict=True)]
        if shown
        else True
    )
    assert (shown[0].balance_after if shown else Credits(0)) == numbers.remaining_credits
    moved = [row.movement for row in rows if row.movement]
    assert moved == [row for row in every if row.kind != "usage"]
    assert all(row.balance_after == row.movement.balance_after for row in rows if row.movement)
    assert {row.kind for row in every} <= HISTORY_KINDS
    used: dict[date, int] = defaultdict(int)
    for row in rows:
        if row.is_usage:
            assert row.change.micros < 0
            used[row.day] -= row.change.micros
    wanted = {day.day: day.used.micros for day in days.values() if day.used.micros}
    assert used == wanted == {row.day: -row.change.micros for row in usage} and len(usage) == len(wanted)
    assert [row.balance_after for row in usage] == [days[row.day].closing for row in usage]


_numbers = itertools.count(1)


@given(burn=st.sampled_from(["realtime", "at_invoice"]), steps=STEPS)
@example("at_invoice", [Give(20), Report(1001), Wait(5), Give(10), Report(33), Wait(20), Report(7), Once("work")])
@example("realtime", [Give(20, 5), Report(999), Wait(6), Report(50), Once("work"), Once("correct"), Once("void")])
@example("realtime", [Report(300), Record(1), Give(9), Record(2), Wait(1), Give(9, begins=5), Wait(6), Record(1)])
@example("realtime", [Give(9), *[each for _ in range(8) for each in (Report(100), Wait(24))], Give(1), Report(10)])
@hypothesis_settings(
    max_examples=tiers.sample_of(2, proof=60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@pytest.mark.both_databases
def test_by_day_agrees_with_every_row_and_with_the_numbers_whatever_happened(
    app: Flask,
    burn: str,
    steps: list[Step],
) -> None:
    now = START
    with clock.at(now):
        meters.apply(burn)
        customer = meters.customer(f"acme-{next(_numbers)}", plan="paid")
    for number, step in enumerate(steps, 1):
        now += timedelta(hours=step.hours) if isinstance(step, Wait) else timedelta(minutes=1)
        with clock.at(now):
            take(customer, step)
            if number == len(steps) or number % EACH == 0:
                agrees(customer)


@pytest.mark.both_databases
def test_a_page_is_two_statements_at_any_depth_and_whatever_it_shows(app: Flask) -> None:
    with clock.at(START):
        customer = usage_cast.metered()
        for step in [Give(20), Report(100), Give(5), Report(30), Give(5)]:
            take(customer, step)
    with as_customer(customer.customer_id):
        deep = by_day.page(HistoryQuery(limit=2))
        for query, many in ((EVERY, 2), (replace(EVERY, kinds=["usage"]), 1), (replace(EVERY, kinds=["trial"]), 1)):
            for place in (None, deep.older):
                with counted() as statements:
                    by_day.page(query, before=place)
                assert len(statements) == many
        with counted() as statements:
            by_day.latest(3, history.days(START.date(), START.date()))
        assert len(statements) == 2  # the days, which the Overview has anyway, and the movements
