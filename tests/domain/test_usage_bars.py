"""Usage bars: which of four states a meter is in, exactly at 80 % and at 100 %."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog import Meter
from app.domain.money import Credits
from app.domain.rating import Tariff
from app.domain.usage_bars import Bar, State, bar

MARKS = (80, 100)


def tariff(allowance: int = 0, limit: int | None = None) -> Tariff:
    return Tariff(Meter("runs", "Runs", "Runs", "runs", credits=Credits(10)), allowance, limit)


@pytest.mark.parametrize(
    ("used", "state", "percent"),
    [
        (0, State.OK, 0),
        (799, State.OK, 79),
        (800, State.NEAR, 80),
        (999, State.NEAR, 99),
        (1000, State.OVER, 100),
        (1001, State.OVER, 100),
        (1060, State.OVER, 106),
    ],
)
def test_it_changes_exactly_at_80_and_at_100_percent(used: int, state: State, percent: int) -> None:
    found = bar(tariff(limit=1000), used, MARKS)
    assert (found.state, found.percent) == (state, percent)
    assert (found.left, found.over) == (max(0, 1000 - used), max(0, used - 1000))


def test_the_catalog_may_warn_earlier() -> None:
    assert bar(tariff(limit=100), 50, (50, 75, 100)).state is State.NEAR
    assert bar(tariff(limit=100), 99, (100,)).state is State.OK
    assert bar(tariff(limit=100), 100, (50,)).state is State.OVER


def test_it_measures_against_the_limit_before_what_is_included() -> None:
    found = bar(tariff(allowance=100, limit=200), 150, MARKS)
    assert (found.basis, found.percent, found.charged, found.has_limit) == (200, 75, 50, True)
    alone = bar(tariff(allowance=100), 150, MARKS)
    assert (alone.basis, alone.state, alone.over, alone.has_limit) == (100, State.OVER, 50, False)


@pytest.mark.parametrize("limit", [None, 0])
def test_without_anything_to_measure_against_there_is_no_percentage(limit: int | None) -> None:
    found = bar(tariff(limit=limit), 10**15, MARKS)
    assert (found.state, found.percent, found.over) == (State.OPEN, None, 0)


@given(st.integers(0, 10**15), st.integers(1, 10**15))
def test_the_percentage_never_says_a_mark_that_is_not_reached(used: int, limit: int) -> None:
    found = bar(tariff(limit=limit), used, MARKS)
    assert found.percent is not None
    assert (found.percent >= 100) == (used >= limit) == (found.state is State.OVER)
    assert (found.percent >= 80) == (found.state in {State.NEAR, State.OVER})


def test_without_anything_to_measure_against_nothing_is_left_and_nothing_is_over() -> None:
    shown = bar(tariff(), 0, MARKS)
    assert (shown.basis, shown.left, shown.over, shown.charged, shown.has_limit) == (None, 0, 0, 0, False)
    assert (bar(tariff(), 7, MARKS).charged, bar(tariff(), 7, MARKS).over) == (7, 0)


def test_what_is_included_is_not_charged_and_the_rest_is() -> None:
    assert [bar(tariff(allowance=5), used, MARKS).charged for used in (0, 5, 6)] == [0, 0, 1]
    assert Bar(tariff(), 5, 0, State.OVER).over == 5
    assert Bar(tariff(), 5, 0, State.OVER).left == 0


def test_what_is_held_takes_up_a_limit_and_nothing_else() -> None:
    limited = bar(tariff(limit=100), 70, MARKS, 10)
    assert (limited.state, limited.held, limited.taken, limited.percent, limited.left) == (State.NEAR, 10, 80, 80, 20)
    assert bar(tariff(limit=100), 70, MARKS, 9).state is State.OK
    full = bar(tariff(limit=100), 70, MARKS, 30)
    assert (full.state, full.held, full.left) == (State.OVER, 30, 0)
    included = bar(tariff(allowance=100), 70, MARKS, 30)
    assert (included.state, included.held, included.taken) == (State.OK, 0, 70)
    none = bar(tariff(), 70, MARKS)
    assert (none.tariff, none.used, none.basis) == (tariff(), 70, None)


def test_a_mark_at_the_whole_or_none_at_all_warns_of_nothing() -> None:
    assert bar(tariff(limit=100), 99, (100,)).state is State.OK
    assert bar(tariff(limit=100), 99, ()).state is State.OK
    assert bar(tariff(limit=100), 99, (100, 99, 120)).state is State.NEAR
