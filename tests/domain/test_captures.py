"""Captures, case by case: what a part and the whole of a hold take, and when the hold is over."""

from datetime import UTC, datetime

import pytest

from app.domain.authorizations import MOST, Blocked, Captured, Funds, Hold, capture
from app.domain.catalog import Meter
from app.domain.errors import Broken, Refused
from app.domain.money import Credits
from app.domain.rating import Tariff
from app.domain.reservations import Reservation

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CREDIT = Reservation(None)
RUNS = Reservation(Tariff(Meter("runs", "Runs", "", "runs", credits=Credits(2)), allowance=0, limit=8), used=1, held=4)
"""One run is used and four are held, at 2 each; the plan allows eight."""


def funds(*, balance: int = 100, held: int = 10, daily_limit: int | None = None) -> Funds:
    return Funds("good", balance, 0, held, 0, daily_limit, 0)


def captured(
    hold: Hold, meter: Reservation, of: Funds, *, quantity: int | None = None, micros: int | None = None,
    keep: bool = False, outlasts: bool = False,
) -> Captured | Blocked:  # fmt: skip
    return capture(hold, of, meter, quantity=quantity, micros=micros, now=NOON, keep=keep, outlasts=outlasts)


@pytest.mark.parametrize(
    ("micros", "keep", "taken", "held", "is_over", "available"),
    [
        (None, False, 7, -7, True, 90),
        (None, True, 7, -7, True, 90),
        (6, True, 6, -6, False, 90),
        (6, False, 6, -7, True, 91),
        (7, True, 7, -7, True, 90),
        (8, True, 8, -7, True, 89),
        (0, True, 0, 0, False, 90),
        (0, False, 0, -7, True, 97),
    ],
)
def test_a_capture_of_credit_takes_what_it_says_or_all_that_is_left(
    micros: int | None, keep: bool, taken: int, held: int, is_over: bool, available: int
) -> None:
    """Ten were held and three of them captured: seven are left."""
    done = captured(Hold(10, captured_micros=3), CREDIT, funds(), micros=micros, keep=keep)
    assert done == Captured(taken, 0, held, 0, is_over, available, CREDIT)


@pytest.mark.parametrize(
    ("quantity", "keep", "units", "freed", "is_over"),
    [
        (None, False, 4, 4, True), (None, True, 4, 4, True), (3, True, 3, 3, False), (3, False, 3, 4, True),
        (4, True, 4, 4, True), (5, True, 5, 4, True), (0, True, 0, 0, False), (0, False, 0, 4, True),
    ],
)  # fmt: skip
def test_a_capture_of_units_takes_what_it_says_or_all_that_is_left(
    quantity: int | None, keep: bool, units: int, freed: int, is_over: bool
) -> None:
    done = captured(Hold(8, quantity=4), RUNS, funds(held=8), quantity=quantity, keep=keep)
    after = Reservation(RUNS.tariff, used=1 + units, held=4 - freed)
    available = 100 - 2 * units - 2 * (4 - freed)
    assert done == Captured(2 * units, units, -2 * freed, freed, is_over, available, after)


def test_nothing_below_nothing_is_captured() -> None:
    with pytest.raises(Broken, match="a capture of 0 for -1"):
        captured(Hold(10), CREDIT, funds(), micros=-1)
    with pytest.raises(Broken, match="a capture of -1 for 0"):
        captured(Hold(8, quantity=4), RUNS, funds(), quantity=-1)


def test_the_most_that_an_answer_can_say_is_judged_and_one_micro_more_is_refused() -> None:
    assert captured(Hold(10), CREDIT, funds(), micros=MOST) == Blocked(MOST - 10, 90, "insufficient_credits")
    with pytest.raises(Refused) as refused:
        captured(Hold(10), CREDIT, funds(), micros=MOST + 1)
    assert (refused.value.reason, refused.value.field) == ("credits_out_of_range", "credits")
    with pytest.raises(Refused) as refused:
        captured(Hold(8, quantity=4), RUNS, funds(), quantity=MOST)
    assert (refused.value.reason, refused.value.field) == ("credits_out_of_range", "quantity")


@pytest.mark.parametrize("outlasts", [True, False])
def test_a_hold_that_outlasts_the_period_is_freed_of_what_outlasts_it(outlasts: bool) -> None:
    meter = RUNS.free(4, outlasts=False).hold(4, outlasts=outlasts)
    done = captured(Hold(8, quantity=4), meter, funds(held=8), quantity=1, keep=True, outlasts=outlasts)
    assert isinstance(done, Captured)
    assert done.after == Reservation(RUNS.tariff, used=2, held=3, outlasting=3 if outlasts else 0)


def test_beyond_its_hold_a_capture_is_refused_by_what_it_adds() -> None:
    """Four are held for 8; the fifth and the sixth would cost 2 each, and the plan allows no ninth."""
    hold, poor = Hold(8, quantity=4), funds(balance=11, held=8)
    assert captured(hold, RUNS, poor, quantity=6) == Blocked(4, 3, "insufficient_credits")
    assert isinstance(captured(hold, RUNS, poor, quantity=5), Captured)
    assert captured(hold, RUNS, funds(held=8), quantity=8) == Blocked(8, 92, "plan_limit")
    assert isinstance(captured(hold, RUNS, funds(held=8), quantity=7), Captured)
    beyond = captured(Hold(10), CREDIT, funds(daily_limit=20), micros=21)
    assert beyond == Blocked(11, 10, "daily_limit", 43_200)


def test_what_was_promised_is_kept_though_nothing_is_left() -> None:
    hold, closed = Hold(8, quantity=4), Funds("closed", 0, 0, 8, 0, 0, 0)
    done = captured(hold, RUNS, closed)
    assert done == Captured(8, 4, -8, 4, is_over=True, available=0, after=Reservation(RUNS.tariff, used=5))
    assert captured(hold, RUNS, closed, quantity=5) == Blocked(2, 0, "closed")


def test_more_than_was_held_is_taken_without_credit_while_the_allowance_has_room() -> None:
    meter = Reservation(Tariff(Meter("runs", "Runs", "", "runs", credits=Credits(2)), allowance=3, limit=None), held=1)
    broke = funds(balance=0, held=0)
    assert isinstance(captured(Hold(0, quantity=1), meter, broke, quantity=3), Captured)
    assert captured(Hold(0, quantity=1), meter, broke, quantity=4) == Blocked(2, 0, "insufficient_credits")


def test_what_a_capture_leaves_of_the_day_is_what_neither_was_used_nor_is_held() -> None:
    of = Funds("good", 100, 0, held=10, overage_limit=0, daily_limit=30, used_today=5)
    done = captured(Hold(10), CREDIT, of, micros=4, keep=True)
    assert isinstance(done, Captured)
    assert done.available == 30 - 5 - 10
    done = captured(Hold(10), CREDIT, of, micros=12)
    assert isinstance(done, Captured)
    assert done.available == 30 - 5 - 12
