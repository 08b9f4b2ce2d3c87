"""The status line: one table of what is so and which fact of it is said, and that it agrees with authorizations."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.authorizations import Allowed, Blocked, authorize, judge
from app.domain.auto_recharge.decision import Outcome
from app.domain.auto_recharge.stops import STOPS, Stop
from app.domain.blocks import Lift
from app.domain.catalog import Meter, MeterKind, MeterTier
from app.domain.forecast.recharge import Recharged
from app.domain.forecast.run_out import Expiry, Forecast
from app.domain.money import MICROS, Credits, Money
from app.domain.numbers import Debt, Numbers, compute
from app.domain.rating import Tariff
from app.domain.reservations import Reservation
from app.domain.status_line import REFUSED, CardFact, Facts, Kind, PaymentFact, day_percent, rank

NOW = datetime(2026, 11, 28, 9, 19, tzinfo=UTC)
TODAY = NOW.date()
NONE = Debt(Credits(0), Credits(0))
PAYMENT = PaymentFact("pay_1", Money(5000, "USD"), "card", "", "", NOW)
CARD = CardFact("visa", "4242", 12, 2026)


def numbers(remaining: int = 100, *, overage: int = 50, limit: int | None = None, **more: int) -> Numbers:
    """Return the numbers of a customer with so many dollars left; `more`: used_today, held, in dollars."""
    micros = {name: value * MICROS for name, value in more.items()}
    return compute(
        granted=0,
        usage=0,
        balance=remaining * MICROS,
        overage_limit=overage * MICROS,
        standing="good",
        credit_unit="USD",
        daily_limit=None if limit is None else limit * MICROS,
        held_today=micros.get("held", 0),
        **micros,
    )


def facts(given: Numbers | None = None, **more: object) -> Facts:
    return replace(Facts(NOW, given or numbers(), NONE, warn_at=(80, 100)), **more)  # type: ignore[arg-type]


def metered(used: int, *, limit: int | None = 100, held: int = 0, kind: MeterKind = MeterKind.SUM) -> Reservation:
    meter = Meter("calls", "Calls", "", "calls", kind=kind, credits=Credits(MICROS))
    return Reservation(Tariff(meter, allowance=10, limit=limit), used, held)


def stopped(outcome: Outcome = Outcome.SUSPENDED) -> Stop:
    return Stop(outcome, Credits(20 * MICROS), amount=Money(2500, "USD") if outcome is Outcome.ASKS else None)


AUTOMATIC = replace(PAYMENT, is_automatic=True)


def suspended() -> Numbers:
    return replace(numbers(-60, limit=10, used_today=10), standing="suspended")


FORECAST = Forecast(TODAY, TODAY + timedelta(days=3), None)
LATER = Forecast(TODAY, TODAY + timedelta(days=8), None)
SOON = TODAY + timedelta(days=2)
KEPT_GOING = Recharged(None, None, None, TODAY + timedelta(days=366), TODAY)


@pytest.mark.parametrize(
    ("kind", "so"),
    [
        (None, facts()),
        (None, facts(forecast=LATER)),
        (None, facts(numbers(limit=100, used_today=79))),
        (None, facts(numbers(limit=1000, used_today=799))),
        (None, facts(meters=(metered(79),))),
        (None, facts(meters=(metered(1000, limit=None),))),  # what is included is used up: it costs from now on
        (None, facts(meters=(metered(0, limit=0),))),  # the plan has nothing of it, and that is no news
        (None, facts(card=replace(CARD, month=3, year=2027))),
        (None, facts(expiry=Expiry(TODAY + timedelta(days=3), 5, 0))),  # it is used before it expires
        (None, facts(expiry=Expiry(TODAY + timedelta(days=8), 5, 5))),
        (None, facts(replace(numbers(0, overage=0), remaining_credits=Credits(1)))),  # the next micro is served
        (None, facts(numbers(0))),  # nothing is below zero yet, and the protection is left
        (Kind.RUNS_OUT, facts(forecast=replace(FORECAST, expected=TODAY + timedelta(days=7)))),
        (Kind.CARD, facts(card=CARD)),
        (Kind.CARD, facts(card=replace(CARD, month=10))),
        (Kind.EXPIRING, facts(expiry=Expiry(TODAY + timedelta(days=7), 5, 1), card=CARD)),
        (Kind.RUNS_OUT, facts(forecast=FORECAST, expiry=Expiry(TODAY, 5, 1), card=CARD)),
        (Kind.PLAN_NEAR, facts(meters=(metered(80),), forecast=FORECAST)),
        (Kind.PLAN_NEAR, facts(meters=(metered(130, kind=MeterKind.LAST),))),  # nobody asks it for permission
        (Kind.DAY_NEAR, facts(numbers(limit=10, used_today=8), meters=(metered(80),))),
        (Kind.DAY_NEAR, facts(numbers(limit=10, used_today=7, held=1))),
        (Kind.BELOW_ZERO, facts(numbers(-1, limit=10, used_today=8), forecast=FORECAST)),
        (Kind.RECHARGE_ASKS, facts(numbers(-1), recharge=stopped(Outcome.ASKS))),
        *[
            (Kind.RECHARGE_STOPPED, facts(numbers(-1), recharge=stopped(each), forecast=FORECAST))
            for each in (Outcome.SUSPENDED, Outcome.NO_METHOD, Outcome.LIMIT_REACHED, Outcome.NOT_SOLD)
        ],
        (Kind.RECHARGE_OFF, facts(numbers(-1), recharge=stopped(Outcome.MONEY_WENT_BACK), forecast=FORECAST)),
        (None, facts(forecast=FORECAST, recharged=KEPT_GOING)),
        (None, facts(forecast=FORECAST, recharged=replace(KEPT_GOING, expected=LATER.expected, charges_on=TODAY))),
        (Kind.RUNS_OUT, facts(forecast=LATER, recharged=replace(KEPT_GOING, expected=SOON, charges_on=TODAY))),
        (Kind.RUNS_OUT, facts(forecast=FORECAST, recharged=replace(KEPT_GOING, expected=SOON, held_by=Outcome.ASKS))),
        (Kind.RECHARGE_STOPPED, facts(recharge=stopped(), failed=AUTOMATIC)),  # the last of the declines
        (Kind.FAILED, facts(recharge=stopped(), failed=PAYMENT)),
        (Kind.FAILED, facts(recharge=stopped(Outcome.LIMIT_REACHED), failed=AUTOMATIC)),
        (Kind.WAITING, facts(recharge=stopped(), waiting=PAYMENT)),
        (Kind.NO_CREDIT, facts(numbers(0, overage=0), recharge=stopped(), failed=AUTOMATIC)),
        (Kind.DAY_LIMIT, facts(numbers(limit=10, used_today=12), recharge=stopped())),
        (Kind.PLAN_LIMIT, facts(recharge=stopped(Outcome.ASKS), meters=(metered(100),))),
        (Kind.PLAN_LIMIT, facts(numbers(-1), meters=(metered(100),))),
        (Kind.PLAN_LIMIT, facts(meters=(Reservation(None), metered(0, limit=0), metered(100)))),
        (Kind.HELD, facts(replace(numbers(0, overage=0), remaining_credits=Credits(1), held=Credits(1)))),
        (Kind.PLAN_LIMIT, facts(meters=(metered(99, held=1), metered(80)))),
        (Kind.DAY_LIMIT, facts(numbers(-1, limit=10, used_today=10), meters=(metered(100),))),
        (Kind.DAY_LIMIT, facts(numbers(limit=10, used_today=12))),
        (Kind.DAY_LIMIT, facts(numbers(limit=10, used_today=4, held=6))),
        (Kind.HELD, facts(numbers(5, held=55, limit=60))),
        (Kind.NO_CREDIT, facts(numbers(0, overage=0))),
        (Kind.NO_CREDIT, facts(numbers(-50, limit=10, used_today=10))),  # tomorrow it is refused too
        (Kind.NO_CREDIT, facts(numbers(-60, held=5))),
        (Kind.WAITING, facts(numbers(0, overage=0), waiting=PAYMENT)),
        (Kind.FAILED, facts(numbers(0, overage=0), waiting=PAYMENT, failed=PAYMENT)),
        (Kind.NOT_SERVED, facts(suspended(), waiting=PAYMENT, failed=PAYMENT, card=CARD)),
    ],
)
def test_the_most_urgent_fact_is_said(kind: Kind | None, so: Facts) -> None:
    found = rank(so)
    assert (found.kind if found else None) is kind
    if found is not None:
        assert found.is_bad == (kind in BAD)
        assert bool(found.bars) == (kind in {Kind.PLAN_LIMIT, Kind.PLAN_NEAR}) and found.bars is not None


BAD = {
    Kind.NOT_SERVED, Kind.FAILED, Kind.NO_CREDIT, Kind.HELD, Kind.DAY_LIMIT, Kind.PLAN_LIMIT, Kind.RECHARGE_STOPPED,
}  # fmt: skip
"""With these something fails now."""


def test_the_percents_of_a_day_are_rounded_down_and_nothing_without_a_limit() -> None:
    assert day_percent(numbers()) == 0
    assert day_percent(numbers(limit=1000, used_today=799)) == 79
    assert day_percent(numbers(limit=1000, used_today=799, held=1)) == 80


def test_the_fullest_meter_stands_first() -> None:
    found = rank(facts(meters=(metered(81), metered(95))))
    assert found is not None and [bar.used for bar in found.bars] == [95, 81]


def test_with_an_allowance_left_not_every_call_is_refused() -> None:
    some, none = rank(facts(numbers(0, overage=0), meters=(metered(9),))), rank(facts(numbers(0, overage=0)))
    assert some is not None and some.is_partly
    assert none is not None and not none.is_partly


def test_a_unit_that_costs_nothing_behind_dearer_ones_goes_through_without_credit() -> None:
    steps = (MeterTier(Credits(MICROS), 10), MeterTier(Credits(0)))
    dear_first = Reservation(Tariff(Meter("calls", "Calls", "", "calls", kind=MeterKind.SUM, tiers=steps)), used=10)
    found = rank(facts(numbers(0, overage=0), meters=(dear_first,)))
    assert found is not None and found.kind is Kind.NO_CREDIT and found.is_partly


def money(least: int = 0) -> st.SearchStrategy[int]:
    return st.one_of(st.sampled_from([least, 0, 1]), st.integers(least, 100 * MICROS))


@st.composite
def customers(draw: st.DrawFn) -> Facts:
    """Draw a customer in any state: below zero, with holds, at a limit, suspended."""
    held = draw(money())
    found = compute(
        granted=0,
        usage=0,
        balance=draw(money(-100 * MICROS)),
        overage_limit=draw(money()),
        standing=draw(st.sampled_from(["good", "good", "past_due", "suspended", "closed"])),
        credit_unit="USD",
        held=held,
        held_today=held,
        daily_limit=draw(st.none() | st.integers(1, 50 * MICROS)),
        used_today=draw(money()),
    )
    count = st.integers(0, 120)
    meters = draw(st.lists(st.builds(metered, count, limit=st.none() | st.integers(1, 100), held=count), max_size=2))
    stop = draw(st.none() | st.builds(stopped, st.sampled_from([*sorted(STOPS), Outcome.ASKS])))
    card = draw(st.none() | st.just(CARD))
    return facts(found, meters=tuple(meters), waiting=None, card=card, recharge=stop)


@given(customers())
def test_what_blocks_is_what_is_answered_and_buying_lifts_what_credit_lifts_alone(so: Facts) -> None:
    block, bought, judged = so.blocked_by, so.blocked_whatever_is_bought, judge(so.funds, 1, NOW)
    if isinstance(judged, Blocked):
        assert block is not None and (block.reason, block.meters) == (judged.reason, ())
        assert (block.until is None) == (block.reason != "daily_limit")
    else:
        answers = [
            authorize(so.funds, each, quantity=1, micros=0, at_once=False, outlasts=False, now=NOW)[0]
            for each in so.meters
        ]
        over_plan = any(isinstance(each, Blocked) and each.reason == "plan_limit" for each in answers)
        assert (block.reason if block else None) == ("plan_limit" if over_plan else None)
    after = judge(replace(so.funds, balance=10**15), 1, NOW)
    if isinstance(after, Blocked):
        assert bought is not None and bought.reason == after.reason != "insufficient_credits"
    assert bought == block or (block is not None and block.lifted_by is Lift.CREDIT)


@given(customers())
def test_it_says_that_calls_are_refused_where_they_are_and_for_the_reason_that_is_answered(so: Facts) -> None:
    found, judged = rank(so), judge(so.funds, 1, NOW)
    refused = found is not None and found.kind in REFUSED
    of_meters = [
        authorize(so.funds, each, quantity=1, micros=0, at_once=False, outlasts=False, now=NOW)[0] for each in so.meters
    ]
    if isinstance(judged, Blocked):
        expected = {
            "suspended": {Kind.NOT_SERVED}, "closed": {Kind.NOT_SERVED},
            "insufficient_credits": {Kind.NO_CREDIT, Kind.HELD}, "daily_limit": {Kind.DAY_LIMIT},
        }  # fmt: skip
        assert found is not None and found.kind in expected[judged.reason]
        if found.kind is not Kind.NOT_SERVED:
            assert found.is_partly == any(isinstance(each, Allowed) for each in of_meters)
    else:
        over_plan = any(isinstance(each, Blocked) and each.reason == "plan_limit" for each in of_meters)
        assert refused == over_plan
        assert not over_plan or (found is not None and found.kind is Kind.PLAN_LIMIT)
        assert so.numbers.available_to_use.micros > 0
        if so.recharge is not None and not over_plan:
            assert found is not None and found.kind in {Kind.RECHARGE_STOPPED, Kind.RECHARGE_ASKS}


@pytest.mark.parametrize("day", [date(2026, 11, 1), date(2026, 11, 30)])
def test_a_card_is_named_from_its_last_weeks_on(day: date) -> None:
    so = facts(card=replace(CARD, month=11))
    found = rank(replace(so, now=datetime(day.year, day.month, day.day, tzinfo=UTC)))
    assert found is not None and found.kind is Kind.CARD


def test_credit_without_a_meter_is_nothing_that_is_free() -> None:
    found = rank(facts(numbers(0, overage=0), meters=(Reservation(None),)))
    assert found is not None and found.kind is Kind.NO_CREDIT and not found.is_partly
