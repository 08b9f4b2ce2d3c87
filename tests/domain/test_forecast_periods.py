"""When the credit runs out on a plan: each billing period begins with what it includes, and its steps, again."""

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog import Meter, MeterKind, MeterTier
from app.domain.forecast.paces import Batch, MeterPace, Pace
from app.domain.forecast.run_out import Expiry, Forecast, next_expiry, run_out
from app.domain.money import Credits
from app.domain.rating import Tariff
from tests.domain.test_forecast import BATCHES, TODAY, _in

LOOKED = 400
TURN = date(2026, 12, 1)
"""Ten days after today."""


def _meter(
    price: int = 1, *, kind: MeterKind = MeterKind.SUM, per: int = 1, tiers: tuple[MeterTier, ...] = ()
) -> Meter:
    return Meter("calls", "Calls", "", "calls", kind, None if tiers else Credits(price), per, tiers)


def _pace(tariff: Tariff, days: list[int], shown: int = 0, **more: object) -> Pace:
    return replace(Pace([0] * len(days), [MeterPace(tariff, shown, days)], TURN), **more)  # type: ignore[arg-type]


INCLUDES = Tariff(_meter(), allowance=140)
STEPS = Tariff(_meter(tiers=(MeterTier(Credits(3), 100), MeterTier(Credits(1)))))


@pytest.mark.parametrize(
    ("left", "pace", "limit", "days"),
    [
        (100, _pace(INCLUDES, [10] * 14, shown=200), None, 10),  # all of it in this period
        (101, _pace(INCLUDES, [10] * 14, shown=200), None, 24),  # 14 days are free then
        (250, _pace(INCLUDES, [10] * 14, shown=200), None, 39),
        (250, _pace(INCLUDES, [10] * 14, shown=95), None, 10 + 31 + 14 + 2),  # 55 in this period, 170 in December
        (271, _pace(INCLUDES, [10] * 14, shown=200), None, 10 + 31 + 14),  # the 31 days of December cost 170
        (
            250,
            _pace(replace(INCLUDES, limit=190), [10] * 14, shown=190),
            None,
            10 + 31 + 31 + 28 + 31 + 19,
        ),  # 50 in each
        (250, _pace(replace(INCLUDES, limit=190), [10] * 14, shown=200), None, 39),  # only reported: it stops nothing
        (250, _pace(INCLUDES, [10] * 14, shown=200), 4, 10 + 31 + 31 + 28 + 14 + 4),  # 40, twice 17 * 4, 14 * 4, 16
        (330, _pace(STEPS, [10] * 14, shown=95), None, 10 + 7),  # 15 and 95, then 30 a day
        (15, _pace(Tariff(_meter(2, kind=MeterKind.MAX), allowance=3), [4, 8, 5], shown=8), None, 41),  # 10 a period
        (15, _pace(Tariff(_meter(2, kind=MeterKind.LAST), allowance=3), [9, 8, 0], shown=8), None, 41),
        (15, _pace(Tariff(_meter(2, kind=MeterKind.LAST), allowance=3), [9, 8, 0], shown=0), None, 10),
    ],
)
def test_the_day_it_runs_out(left: int, pace: Pace, limit: int | None, days: int) -> None:
    found = run_out([Batch(left)], pace, TODAY, limit)
    assert found is not None and (found.expected - TODAY).days == days


def test_the_range_is_that_of_the_busiest_and_the_slowest_week_though_both_cost_nothing_yet() -> None:
    pace = _pace(INCLUDES, [5] * 7 + [20] * 7, shown=0)
    # 20 a day: 60 in this period, and 80 on the four days after the seventh of the next; 12.5 a day: free until then,
    # and 11.2 days of it; 5 a day: 15 in each month of 31 days, 10 in others, nothing in February
    assert run_out([Batch(140)], pace, TODAY) == Forecast(date(2026, 12, 12), date(2026, 12, 23), date(2027, 11, 30))


def test_what_is_covered_for_ever_never_runs_out_and_lets_credit_expire() -> None:
    pace = _pace(INCLUDES, [4] * 14, shown=20)
    assert run_out([Batch(1)], pace, TODAY) is None
    assert next_expiry([Batch(9, _in(20))], pace, TODAY) == Expiry(_in(20), 9, 9)
    assert run_out([Batch(9, _in(20))], pace, TODAY) == Forecast(_in(20), _in(20), _in(20))


def test_what_expires_is_used_up_in_the_days_that_are_not_free() -> None:
    pace = _pace(INCLUDES, [10] * 14, shown=200)
    assert next_expiry([Batch(500, _in(20)), Batch(500)], pace, TODAY) == Expiry(_in(20), 500, 400)
    assert next_expiry([Batch(500, _in(30)), Batch(500)], pace, TODAY) == Expiry(_in(30), 500, 340)


def test_periods_end_on_the_last_day_of_a_shorter_month() -> None:
    pace = _pace(INCLUDES, [10] * 14, turns=date(2027, 1, 31), anchor_day=31)
    today = date(2027, 1, 30)
    found = run_out([Batch(20 + 140)], pace, today)  # 28 days to the end of February cost 140
    assert found is not None and found.expected == date(2027, 1, 31) + timedelta(days=28 + 14 + 2)


def _later(turn: date, anchor: int) -> date:
    first = (turn.replace(day=1) + timedelta(days=31)).replace(day=1)
    return first.replace(day=min(anchor, monthrange(first.year, first.month)[1]))


def _costs(tariff: Tariff, quantity: Fraction) -> Fraction:
    beyond, total, done = max(Fraction(0), quantity - tariff.allowance), Fraction(0), Fraction(0)
    for tier in tariff.meter.tiers or (MeterTier(tariff.meter.credits or Credits(0)),):
        top = beyond if tier.up_to is None else min(beyond, Fraction(tier.up_to))
        total, done = total + tier.credits.micros * max(Fraction(0), top - done), max(done, top)
    return total / tariff.meter.per


def _walked(batches: list[Batch], pace: Pace, limit: int | None) -> int | None:
    """Return after how many whole days too little is left for one more, by living through each day by itself."""
    many, left, turn = len(pace.other), [Fraction(each.left) for each in batches], pace.turns or TURN
    shows = [Fraction(each.shown) for each in pace.meters]
    flat = [each for each in pace.meters if each.is_even]
    days = [Fraction(pace.other[day]) + sum(_costs(each.tariff, Fraction(each.days[day])) for each in flat)
            for day in range(many)]  # fmt: skip
    steady = sum(day if limit is None else min(day, Fraction(limit)) for day in days) / many
    for number in range(LOOKED):
        if _in(number) == turn:
            shows, turn = [Fraction(0)] * len(shows), _later(turn, pace.anchor_day)
        left = [Fraction(0) if each.ends is not None and each.ends <= _in(number) else there
                for each, there in zip(batches, left, strict=True)]  # fmt: skip
        cost = steady
        for place, each in enumerate(pace.meters):
            if each not in flat:
                before = shows[place]
                shows[place] = _after(each, before, many)
                cost += _costs(each.tariff, shows[place]) - _costs(each.tariff, before)
        cost = cost if limit is None else min(cost, Fraction(limit))
        if not sum(left) or sum(left) < cost:
            return number
        for place, there in enumerate(left):
            taken = min(cost, there)
            left[place], cost = there - taken, cost - taken
    return None


def _after(meter: MeterPace, shows: Fraction, many: int) -> Fraction:
    match meter.tariff.kind:
        case MeterKind.MAX:
            return max(shows, Fraction(max(meter.days)))
        case MeterKind.LAST:
            return max(shows, Fraction([0, *(value for value in meter.days if value)][-1]))
    more = shows + Fraction(sum(meter.days), many)
    stops = meter.tariff.limit if meter.tariff.kind.can_be_held else None
    return more if stops is None or meter.shown > stops else min(more, Fraction(stops))


TIERS = st.builds(
    lambda first, price, more: (MeterTier(Credits(price), first), MeterTier(Credits(more))),
    st.integers(1, 60), st.integers(0, 9), st.integers(0, 9),
)  # fmt: skip


@st.composite
def paces(draw: st.DrawFn) -> Pace:
    """Draw up to three meters of any kind, with the days of at most one week: all its days are one pace."""
    many = draw(st.integers(1, 7))
    days = st.lists(st.integers(0, 30), min_size=many, max_size=many)
    meters = []
    for _ in range(draw(st.integers(1, 3))):
        kind, per, tiers = draw(st.tuples(st.sampled_from(MeterKind), st.sampled_from([1, 3, 10]), TIERS | st.just(())))
        meter = _meter(draw(st.integers(1, 9)), kind=kind, per=per, tiers=tiers)
        tariff = Tariff(meter, draw(st.integers(0, 200)), draw(st.none() | st.integers(1, 300)))
        meters.append(MeterPace(tariff, draw(st.integers(0, 250)), draw(days)))
    return Pace(draw(days), meters, _in(draw(st.integers(1, 31))), draw(st.integers(1, 31)))


@given(BATCHES, paces(), st.none() | st.integers(1, 60))
def test_it_is_what_a_walk_through_the_days_says(batches: list[Batch], pace: Pace, limit: int | None) -> None:
    found, days = run_out(batches, pace, TODAY, limit), _walked(batches, pace, limit)
    if found is None or days is None:
        assert days is None or not pace.is_any
        assert found is None or (found.expected - TODAY).days >= LOOKED
        return
    assert (found.expected - TODAY).days == days
    assert found.earliest <= found.expected and (found.latest is None or found.latest >= found.expected)
