"""The one set of numbers: money.md's formula, said again in a table and as bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.numbers import Numbers, compute, owed

SOME = st.integers(0, 200)


def _numbers(**given: int | str | None) -> Numbers:
    values: dict[str, int | str | None] = {
        "granted": 0, "usage": 0, "balance": 0, "overage_limit": 0, "standing": "good", "credit_unit": "USD",
    }  # fmt: skip
    return compute(**(values | given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "usable"),
    [
        ({"balance": 100}, 100),
        ({"balance": 100, "overage_limit": 50}, 150),
        ({"balance": -20, "overage_limit": 50}, 30),
        ({"balance": -50, "overage_limit": 50}, 0),
        ({"balance": -80, "overage_limit": 50}, 0),
        ({"balance": 100, "usage_to_post": 30}, 70),
        ({"balance": 10, "usage_to_post": 30, "overage_limit": 50}, 30),
        ({"balance": 100, "held": 40}, 60),
        ({"balance": 100, "held": 140}, 0),
        ({"balance": 100, "daily_limit": 70}, 70),
        ({"balance": 100, "daily_limit": 70, "used_today": 30, "held_today": 15}, 25),
        ({"balance": 100, "daily_limit": 70, "used_today": 80}, 0),
        ({"balance": 100, "daily_limit": 0}, 0),
        ({"balance": 20, "daily_limit": 70}, 20),
        ({"balance": 100, "standing": "past_due"}, 100),
        ({"balance": 100, "standing": "suspended"}, 0),
        ({"balance": 100, "standing": "closed"}, 0),
    ],
)
def test_what_may_be_used(given: dict[str, int | str], usable: int) -> None:
    assert _numbers(**given).available_to_use.micros == usable


@pytest.mark.parametrize(("balance", "left"), [(100, 50), (0, 50), (-1, 49), (-50, 0), (-51, 0)])
def test_a_debt_uses_up_the_overage_protection(balance: int, left: int) -> None:
    shown = _numbers(balance=balance, overage_limit=50)
    assert (shown.remaining_credits.micros, shown.overage_left.micros) == (balance, left)


@pytest.mark.parametrize(("balance", "owes"), [(100, 0), (-49, 0), (-50, 0), (-51, 1), (-80, 30)])
def test_what_is_below_the_overage_protection_is_owed(balance: int, owes: int) -> None:
    assert owed(_numbers(balance=balance, overage_limit=50)).micros == owes


def test_without_a_daily_limit_there_is_no_bound_for_the_day() -> None:
    shown = _numbers(balance=100, used_today=900)
    assert (shown.daily_limit, shown.daily_left, shown.available_to_use.micros) == (None, None, 100)


@given(
    balance=st.integers(-200, 200),
    usage_to_post=SOME,
    overage=SOME,
    held=SOME,
    limit=st.none() | SOME,
    used=SOME,
    held_today=SOME,
)
def test_what_may_be_used_never_passes_a_bound_and_uses_them_up(
    balance: int, usage_to_post: int, overage: int, held: int, limit: int | None, used: int, held_today: int
) -> None:
    shown = _numbers(
        balance=balance,
        usage_to_post=usage_to_post,
        overage_limit=overage,
        held=held,
        daily_limit=limit,
        used_today=used,
        held_today=held_today,
    )
    usable = shown.available_to_use.micros
    bounds = [shown.remaining_credits.micros + overage - held]
    if balance - usage_to_post < -overage:
        bounds.append(-held)  # a debt beyond the protection leaves nothing, and nothing less than that
    if limit is not None:
        bounds.append(limit - used - held_today)
    assert 0 <= usable <= max(0, min(bounds))
    assert usable == 0 or usable == min(bounds), "what no bound forbids may be used"


@given(granted=SOME, usage=SOME)
def test_the_other_figures_are_shown_as_they_are(granted: int, usage: int) -> None:
    shown = _numbers(granted=granted, usage=usage, overage_limit=7, held=3, used_today=2, daily_limit=9, held_today=1)
    assert (shown.total_credits.micros, shown.usage_this_period.micros, shown.overage_protection.micros) == (
        granted,
        usage,
        7,
    )
    assert (shown.held.micros, shown.daily_used.micros) == (3, 2)
    assert shown.daily_left is not None and shown.daily_left.micros == 6


def test_what_is_used_or_over_and_not_posted_is_taken_off_and_shown() -> None:
    shown = _numbers(balance=100, usage_to_post=30, lapsed=25, overage_limit=10)
    assert (shown.remaining_credits.micros, shown.available_to_use.micros) == (45, 55)
    assert (shown.usage_to_post.micros, shown.lapsed.micros) == (30, 25)


def test_corrections_are_taken_off_the_usage_and_shown_beside_it() -> None:
    shown = _numbers(usage=30, corrected=40, credit_unit="tokens", standing="past_due", daily_limit=9)
    assert (shown.usage_this_period.micros, shown.corrected_this_period.micros) == (-10, 40)
    assert (shown.credit_unit, shown.standing) == ("tokens", "past_due")
    assert shown.daily_limit is not None and shown.daily_limit.micros == 9
    assert _numbers(usage=30).corrected_this_period.micros == 0
