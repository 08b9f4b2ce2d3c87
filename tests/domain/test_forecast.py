"""When the credit runs out: by the pace of the last days, with an honest range, or nobody can say."""

import math
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.forecast.courses import BUSIEST, FARTHEST_DAYS
from app.domain.forecast.paces import Batch, Pace
from app.domain.forecast.run_out import Expiry, Forecast, next_expiry, run_out

TODAY = date(2026, 11, 21)


def _in(days: int) -> date:
    return TODAY + timedelta(days=days)


def test_a_steady_pace_gives_one_day() -> None:
    assert run_out([Batch(100)], Pace([10] * 14), TODAY) == Forecast(_in(10), _in(10), _in(10))


def test_the_range_is_the_busiest_and_the_slowest_week() -> None:
    assert run_out([Batch(210)], Pace([10] * 7 + [30] * 7), TODAY) == Forecast(_in(7), _in(10), _in(21))


def test_a_week_without_usage_leaves_the_end_open() -> None:
    assert run_out([Batch(70)], Pace([0] * 7 + [10] * 7), TODAY) == Forecast(_in(7), _in(14), None)


def test_few_days_are_one_short_week() -> None:
    assert run_out([Batch(30)], Pace([10, 20]), TODAY) == Forecast(_in(2), _in(2), _in(2))


@pytest.mark.parametrize("available", [0, -40])
def test_nothing_left_runs_out_today(available: int) -> None:
    assert run_out([Batch(available)], Pace([10]), TODAY) == Forecast(TODAY, TODAY, TODAY)


@pytest.mark.parametrize("used", [[], [0], [0] * 30])
def test_without_a_pace_nobody_can_say(used: list[int]) -> None:
    assert run_out([Batch(100)], Pace(used), TODAY) is None


def test_more_than_ten_years_ahead_nobody_can_say() -> None:
    assert run_out([Batch(FARTHEST_DAYS)], Pace([1]), TODAY) == Forecast(
        _in(FARTHEST_DAYS), _in(FARTHEST_DAYS), _in(FARTHEST_DAYS)
    )
    assert run_out([Batch(FARTHEST_DAYS + 1)], Pace([1]), TODAY) is None
    half_a_day_more = run_out([Batch(2 * FARTHEST_DAYS + 1)], Pace([2]), TODAY)
    assert half_a_day_more is not None and half_a_day_more.expected == _in(FARTHEST_DAYS)


@given(available=st.integers(0, 10**9), used=st.lists(st.integers(0, 10**7), min_size=1, max_size=40))
def test_the_days_are_in_order_and_the_credit_lasts_until_the_expected_one(available: int, used: list[int]) -> None:
    forecast = run_out([Batch(available)], Pace(used), TODAY)
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
    assert run_out([Batch(100)], Pace([10] * 7 + [90] * 7), TODAY, 10) == Forecast(_in(10), _in(10), _in(10))
    assert run_out([Batch(100)], Pace([10] * 14), TODAY, 10) == run_out([Batch(100)], Pace([10] * 14), TODAY)


@pytest.mark.case("AC-54")
@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=14), st.integers(1, 10**6))
def test_no_forecast_spends_more_in_a_day_than_the_limit(available: int, used: list[int], limit: int) -> None:
    found = run_out([Batch(available)], Pace(used), TODAY, limit)
    without = run_out([Batch(available)], Pace(used), TODAY)
    if found is not None:
        assert (found.earliest - TODAY).days >= available // limit
        assert without is not None and without.earliest <= found.earliest


@pytest.mark.case("AC-54")
def test_ten_million_tokens_that_end_in_three_days_do_not_move_christmas_eve() -> None:
    million, pace = 10**12, Pace([5 * 10**11] * 14)  # half a million tokens a day
    assert run_out([Batch(10 * million, _in(3)), Batch(15 * million)], pace, TODAY) == Forecast(
        *[date(2026, 12, 24)] * 3
    )
    assert run_out([Batch(25 * million)], pace, TODAY) == Forecast(*[date(2027, 1, 10)] * 3)  # if they lasted


@pytest.mark.parametrize(
    ("batches", "used", "runs_out", "expiry"),
    [
        ([Batch(100, _in(4)), Batch(50)], [10], 9, Expiry(_in(4), 100, 60)),
        ([Batch(40, _in(4)), Batch(50)], [10], 9, Expiry(_in(4), 40, 0)),
        ([Batch(30, _in(4)), Batch(50)], [10], 8, Expiry(_in(4), 30, 0)),
        ([Batch(50), Batch(100, _in(4))], [10], 5, Expiry(_in(4), 100, 100)),
        ([Batch(50), Batch(100, _in(9))], [10], 9, Expiry(_in(9), 100, 60)),
        ([Batch(25, _in(2)), Batch(25, _in(4)), Batch(60)], [10], 10, Expiry(_in(2), 25, 5)),
        ([Batch(20, _in(3)), Batch(20, _in(3)), Batch(5)], [10], 3, Expiry(_in(3), 40, 10)),
        ([Batch(100, _in(4))], [10], 4, Expiry(_in(4), 100, 60)),
        ([Batch(100, _in(0)), Batch(30)], [10], 3, Expiry(_in(0), 100, 100)),
        ([Batch(100)], [10], 10, None),
        ([Batch(0, _in(3)), Batch(100)], [10], 10, None),
        ([Batch(7, _in(2)), Batch(7)], [2, 3], 4, Expiry(_in(2), 7, 2)),
    ],
)
def test_credit_is_used_in_its_order_until_it_expires(
    batches: list[Batch], used: list[int], runs_out: int, expiry: Expiry | None
) -> None:
    found = run_out(batches, Pace(used), TODAY)
    assert found is not None and found.expected == _in(runs_out)
    assert next_expiry(batches, Pace(used), TODAY) == expiry


def test_what_expires_ends_the_range_of_a_week_without_use() -> None:
    assert run_out([Batch(70, _in(30))], Pace([0] * 7 + [10] * 7), TODAY) == Forecast(_in(7), _in(14), _in(30))
    assert run_out([Batch(70, _in(30)), Batch(1)], Pace([0] * 7 + [10] * 7), TODAY) == Forecast(_in(7), _in(14), None)


@pytest.mark.parametrize(
    ("left", "used"),
    [(6000, [10, *[0] * 7, 10]), (20_000, [10] * 7 + [0] * 7)],
    ids=["only the mean of all days ends in time", "only the busiest week does"],
)
def test_where_one_of_the_two_days_lies_too_far_ahead_nobody_can_say(left: int, used: list[int]) -> None:
    assert run_out([Batch(left)], Pace(used), TODAY) is None


def test_the_last_micro_expires_too_and_a_daily_limit_leaves_more_unused() -> None:
    assert next_expiry([Batch(1, _in(3))], Pace([]), TODAY) == Expiry(_in(3), 1, 1)
    assert next_expiry([Batch(100, _in(4))], Pace([50]), TODAY) == Expiry(_in(4), 100, 0)
    assert next_expiry([Batch(100, _in(4))], Pace([50]), TODAY, 10) == Expiry(_in(4), 100, 60)


def test_what_stays_unused_is_that_of_the_mean_pace_and_nothing_left_is_over_today() -> None:
    slow_then_busy = [0] * 7 + [10] * 7
    assert next_expiry([Batch(100, _in(10))], Pace(slow_then_busy), TODAY) == Expiry(_in(10), 100, 50)
    assert run_out([Batch(0, _in(3))], Pace(slow_then_busy), TODAY) == Forecast(TODAY, TODAY, TODAY)


def test_without_a_pace_all_of_it_expires_unused() -> None:
    assert next_expiry([Batch(70, _in(30)), Batch(5)], Pace([0, 0]), TODAY) == Expiry(_in(30), 70, 70)


def _walked(batches: list[Batch], pace: Fraction) -> tuple[int, dict[date, Fraction]]:
    """Return after how many whole days too little is left for one more, by using up each day by itself."""
    left, expired = [Fraction(each.left) for each in batches], {}
    for number in range(FARTHEST_DAYS + 2):
        for place, each in enumerate(batches):
            if each.ends is not None and each.ends <= _in(number):
                expired[each.ends] = expired.get(each.ends, Fraction(0)) + left[place]
                left[place] = Fraction(0)
        if sum(left) < pace:
            return number, expired
        wanted = pace
        for place, there in enumerate(left):
            taken = min(wanted, there)
            left[place], wanted = there - taken, wanted - taken
    raise AssertionError("it lasts too long for this test")


BATCHES = st.lists(
    st.builds(Batch, st.integers(0, 500), st.one_of(st.none(), st.integers(0, 60).map(_in))), min_size=1, max_size=6
)


@given(BATCHES, st.lists(st.integers(1, 90), min_size=1, max_size=7))
def test_it_is_what_a_walk_through_the_days_says(batches: list[Batch], used: list[int]) -> None:
    days, expired = _walked(batches, Fraction(sum(used), len(used)))
    found, expiry = run_out(batches, Pace(used), TODAY), next_expiry(batches, Pace(used), TODAY)
    assert found is not None and found.expected == _in(days)
    if expiry is not None and expiry.day <= found.expected:
        assert expiry.unused == math.floor(expired[expiry.day])
    assert expiry is None or 0 <= expiry.unused <= expiry.left


@given(BATCHES, st.lists(st.integers(0, 90), min_size=1, max_size=20))
def test_credit_that_expires_never_lasts_longer_than_credit_that_does_not(
    batches: list[Batch], used: list[int]
) -> None:
    found, lasting = (
        run_out(batches, Pace(used), TODAY),
        run_out([Batch(each.left) for each in batches], Pace(used), TODAY),
    )
    if found is None or lasting is None:
        assert found is lasting
        return
    assert found.earliest <= lasting.earliest and found.expected <= lasting.expected
    assert found.earliest <= found.expected
    assert lasting.latest is None or (found.latest is not None and found.latest <= lasting.latest)
