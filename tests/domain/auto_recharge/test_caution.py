"""Quiet hours in any zone, also in the nights in which the clocks are changed; what is unusual; what is refused."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.auto_recharge.caution import Brake, Caution, Use, Why, asks, band, check, judged, quiet_until
from app.domain.errors import Refused
from app.domain.money import Credits, Money
from app.domain.top_ups import TopUp

ONE = TopUp(Money(2500, "USD"), Credits(25_000_000))
NIGHT = Caution(quiet_from=22 * 60, quiet_until=7 * 60, zone="Europe/Zurich")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.fault("T3")
@pytest.mark.parametrize(
    ("caution", "now", "ends"),
    [
        (NIGHT, "2026-11-21T20:59:59+00:00", None),
        (NIGHT, "2026-11-21T21:00:00+00:00", "2026-11-22T06:00:00+00:00"),
        (NIGHT, "2026-11-22T05:59:00+00:00", "2026-11-22T06:00:00+00:00"),
        (NIGHT, "2026-11-22T06:00:00+00:00", None),
        (NIGHT, "2026-10-24T21:00:00+00:00", "2026-10-25T06:00:00+00:00"),  # an hour longer
        (NIGHT, "2026-03-28T22:00:00+00:00", "2026-03-29T05:00:00+00:00"),  # an hour shorter
        (
            replace(NIGHT, quiet_from=12 * 60, quiet_until=13 * 60),
            "2026-11-21T11:30:00+00:00",
            "2026-11-21T12:00:00+00:00",
        ),
        (Caution(), "2026-11-21T23:00:00+00:00", None),
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(caution: Caution, now: str, ends: str | None) -> None:
    assert quiet_until(caution, at(now)) == (at(ends) if ends else None)


@given(begins=st.integers(0, 1439), ends=st.integers(0, 1439), minutes=st.integers(0, 400_000))
def test_whoever_waits_for_their_end_is_out_of_them_soon(begins: int, ends: int, minutes: int) -> None:
    caution = Caution(quiet_from=begins, quiet_until=ends, zone="America/New_York")
    now, waits = at("2026-03-01T00:00:00+00:00") + timedelta(minutes=minutes), 0
    while begins != ends and (until := quiet_until(caution, now)):
        assert until > now
        now, waits = until, waits + 1
        assert waits < 65  # at the end of the hour that comes twice, minute by minute


@pytest.mark.parametrize(
    ("brake", "use", "wanted"),
    [
        (Brake.WIDE, Use(Credits(0), [10_000_000] * 7), 30_000_000),
        (Brake.NARROW, Use(Credits(0), [1, 2, 40_000_000, 0, 0, 0, 3]), 60_000_000),
        (Brake.WIDE, Use(Credits(0), [1] * 7), 25_000_000),
        (Brake.WIDE, Use(Credits(0), [10_000_000] * 6), None),
        (Brake.OFF, Use(Credits(0), [10_000_000] * 7), None),
    ],
)
def test_what_is_usual(brake: Brake, use: Use, wanted: int | None) -> None:
    found = band(brake, use, ONE)
    assert (found.micros if found else None) == wanted


def test_exactly_the_usual_and_exactly_the_amount_ask_nothing() -> None:
    days = [10_000_000] * 7
    assert asks(Caution(), Use(Credits(30_000_000), days), ONE, Money(2500, "USD")) is None
    assert asks(Caution(), Use(Credits(30_000_001), days), ONE, Money(2500, "USD")) is Why.UNUSUAL
    large = Caution(ask_above=Money(2500, "USD"))
    assert asks(large, Use(), ONE, Money(2500, "USD")) is None
    assert asks(large, Use(), ONE, Money(2501, "USD")) is Why.LARGE


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"quiet_from": 60}, "quiet_hours_half", "quiet_until"),
        ({"quiet_until": 60}, "quiet_hours_half", "quiet_from"),
        ({"quiet_from": 60, "quiet_until": 60}, "quiet_hours_whole", "quiet_until"),
        ({"zone": "Europe/Nowhere"}, "time_zone_unknown", "time_zone"),
        ({"ask_above": Money(-1, "USD")}, "ask_above_negative", "ask_above"),
    ],
)
def test_what_cannot_be_kept_is_refused(changes: dict[str, Any], reason: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        check(replace(Caution(), **changes))
    assert (refused.value.reason, refused.value.field, refused.value.status) == (reason, field, 422)


TODAY = date(2026, 11, 21)


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


@pytest.mark.parametrize(
    ("below", "earliest", "most", "before"),
    [
        ([], -60, 1, [0] * 11 + [5, 9, 7]),
        ([-1], -60, 7, [0] * 12 + [5, 9]),
        ([-1, -2, -4], -60, 9, [0] * 13 + [5]),  # on the day before the third it was back at the threshold
        ([-1, -2, -3], -1, 7, [0] * 12 + [5, 9]),  # the last consent was yesterday
        ([-1, -2, -3], -60, 9, [0] * 14),
    ],
)
def test_each_day_since_credit_fell_below_the_threshold_is_judged_by_the_days_before(
    below: list[int], earliest: int, most: int, before: list[int]
) -> None:
    used = {day(-3): 5, day(-2): 9, day(-1): 7, TODAY: 1}
    found = judged(TODAY, used, {day(each) for each in below}, day(earliest), date(2026, 1, 1))
    assert found == Use(Credits(most), before)


def test_it_is_gone_back_for_sixty_days_and_to_the_customers_first_one() -> None:
    always = {day(-each) for each in range(1, 100)}
    assert judged(TODAY, {day(-60): 9, day(-61): 99}, always, day(-99), date(2026, 1, 1)).most.micros == 9
    assert judged(TODAY, {}, set(), day(-99), day(-3)).days == [0, 0, 0]
