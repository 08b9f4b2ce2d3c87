"""Random histories with allowances, steps that rise and fall, and a period that ends: no limit is ever passed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.domain.money import MICROS
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from tests.services.authorizations.test_both_ways_agree import ON_POSTGRESQL, on_sqlite, play
from tests.support import stepped, tiers

__all__ = ["on_sqlite"]

EVE = datetime(2026, 12, 20, 23, 59, 30, tzinfo=UTC)
TURN = datetime(2026, 12, 21, tzinfo=UTC)
_units = st.one_of(st.integers(1, 60), st.integers(1, 200))
_meters = st.sampled_from(stepped.METERS)
_ttls = st.sampled_from([20, 60, 86_400])
STEPS = st.one_of(
    st.tuples(st.just("ask"), _meters, _units, st.booleans(), _ttls),
    st.tuples(st.just("ask"), _meters, _units, st.just(False), _ttls),
    st.tuples(st.just("ask"), st.just(""), st.integers(1, 4 * MICROS), st.booleans(), _ttls),
    st.tuples(st.just("capture"), st.integers(0, 5), st.one_of(st.none(), _units), st.booleans()),
    st.tuples(st.just("capture"), st.integers(0, 5), st.none(), st.just(False)),
    st.tuples(st.just("release"), st.integers(0, 5)),
    st.tuples(st.just("expire")),
    st.tuples(st.just("grant"), st.integers(1, 30), st.sampled_from([None, 1]), st.sampled_from([10, 50])),
    st.tuples(st.just("expire_credit")),
    st.tuples(st.just("until"), st.sampled_from([EVE, TURN])),
    st.tuples(st.just("wait"), st.sampled_from([1, 21, 61, 3_601, 86_400])),
)


def buyer(plan: str, daily: int | None, overage: int) -> Callable[[str], Customer]:
    """Return what makes a customer on the plan, with so much daily limit and overage protection."""
    return lambda name: stepped.customer(name, plan=plan, credit=9, overage=overage, daily=daily)


def look(customer_id: str, now: datetime) -> None:
    """See that what is used and held passes no limit."""
    with as_service("test"):
        of = db.session.get_one(Customer, customer_id)
    assert stepped.passed(of, now) == []


@ON_POSTGRESQL
def test_no_history_of_holds_passes_a_limit_on_either_database(app: Flask, on_sqlite: Flask) -> None:
    @settings(
        max_examples=tiers.sample_of(5, proof=250), deadline=None, database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(
        st.lists(STEPS, min_size=4, max_size=20),
        st.sampled_from(stepped.PLANS),
        st.sampled_from([None, 3, 12]),
        st.sampled_from([0, 4]),
    )
    @example(  # five before the period's end, five after it: both at the dearest step
        [("until", EVE), ("ask", "falling", 100, False, 86_400), ("ask", "", 3 * MICROS, True, 60),
         ("capture", 0, 50, True), ("until", TURN), ("capture", 0, None, False)],
        "", None, 0,
    )  # fmt: skip
    @example(  # what is captured last is dear: the others moved up in front of it
        [("ask", "rising", 40, False, 60), ("ask", "rising", 50, True, 60), ("ask", "", 9 * MICROS, True, 60),
         ("capture", 0, None, False)],
        "", None, 0,
    )  # fmt: skip
    def within(steps: list[tuple[Any, ...]], plan: str, daily: int | None, overage: int) -> None:
        play(steps, app, on_sqlite, make=buyer(plan, daily, overage), look=look)

    within()


@ON_POSTGRESQL
@pytest.mark.parametrize("meter", stepped.METERS)
def test_reported_usage_passes_a_limit_by_what_it_costs_behind_all_that_is_held_at_most(
    app: Flask, on_sqlite: Flask, meter: str
) -> None:
    play(
        [("ask", meter, 50, False, 86_400), ("report", meter, 60), ("ask", meter, 40, True, 60),
         ("capture", 0, None, False), ("report", meter, 60)],
        app, on_sqlite, make=buyer("", 12, 0),
    )  # fmt: skip
