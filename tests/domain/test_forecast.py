"""When the credit runs out: by the pace of the last days, with an honest range, or nobody can say."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.forecast import BUSIEST, FARTHEST_DAYS, Forecast, run_out

TODAY = date(2026, 11, 21)


def _in(days: int) -> date:
    return TODAY + timedelta(days=days)


def test_a_steady_pace_gives_one_day() -> None:
    assert run_out(100, [10] * 14, TODAY) == Forecast(_in(10), _in(10), _in(10))


def test_the_range_is_the_busiest_and_the_slowest_week() -> None:
    assert run_out(210, [10] * 7 + [30] * 7, TODAY) == Forecast(_in(7), _in(10), _in(21))


def test_a_week_without_usage_leaves_the_end_open() -> None:
    assert run_out(70, [0] * 7 + [10] * 7, TODAY) == Forecast(_in(7), _in(14), None)


def test_few_days_are_one_short_week() -> None:
    assert run_out(30, [10, 20], TODAY) == Forecast(_in(2), _in(2), _in(2))


@pytest.mark.parametrize("available", [0, -40])
def test_nothing_left_runs_out_today(available: int) -> None:
    assert run_out(available, [10], TODAY) == Forecast(TODAY, TODAY, TODAY)


@pytest.mark.parametrize("used", [[], [0], [0] * 30])
def test_without_a_pace_nobody_can_say(used: list[int]) -> None:
    assert run_out(100, used, TODAY) is None


def test_more_than_ten_years_ahead_nobody_can_say() -> None:
    assert run_out(FARTHEST_DAYS, [1], TODAY) == Forecast(_in(FARTHEST_DAYS), _in(FARTHEST_DAYS), _in(FARTHEST_DAYS))
    assert run_out(FARTHEST_DAYS + 1, [1], TODAY) is None


@given(available=st.integers(0, 10**9), used=st.lists(st.integers(0, 10**7), min_size=1, max_size=40))
def test_the_days_are_in_order_and_the_credit_lasts_until_the_expected_one(available: int, used: list[int]) -> None:
    forecast = run_out(available, used, TODAY)
    if forecast is None:
        assert sum(used) == 0 or available * len(used) // sum(used) > FARTHEST_DAYS
        return
    assert TODAY <= forecast.earliest <= forecast.expected
    days = (forecast.expected - TODAY).days
    assert days * sum(used) <= available * len(used) < (days + 1) * sum(used)
    if len(used) % BUSIEST == 0 and forecast.latest is not None:
        assert forecast.expected <= forecast.latest


@pytest.mark.case("AC-54")
def test_a_daily_limit_makes_the_credit_last_as_long_as_it_allows() -> None:
    assert run_out(100, [10] * 7 + [90] * 7, TODAY, 10) == Forecast(_in(10), _in(10), _in(10))
    assert run_out(100, [10] * 14, TODAY, 10) == run_out(100, [10] * 14, TODAY)


@pytest.mark.case("AC-54")
@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=14), st.integers(1, 10**6))
def test_no_forecast_spends_more_in_a_day_than_the_limit(available: int, used: list[int], limit: int) -> None:
    found = run_out(available, used, TODAY, limit)
    without = run_out(available, used, TODAY)
    if found is not None:
        assert (found.earliest - TODAY).days >= available // limit
        assert without is not None and without.earliest <= found.earliest
