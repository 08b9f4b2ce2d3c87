"""Billing periods: the anchor day of each month, the last day where the month is shorter, without a gap."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Broken
from app.domain.periods import dated, first, following, open_at


def _starts(year: int, month: int, day: int, count: int) -> list[str]:
    anchor, start, end = first(datetime(year, month, day, 13, 45, tzinfo=UTC))
    starts = [start, end]
    while len(starts) < count:
        starts.append(following(starts[-1], anchor))
    return [each.strftime("%m-%d") for each in starts]


def test_the_31st_is_the_last_day_of_a_shorter_month_and_comes_back() -> None:
    assert _starts(2026, 12, 31, 6) == ["12-31", "01-31", "02-28", "03-31", "04-30", "05-31"]


def test_a_leap_year_has_its_29th_of_february() -> None:
    assert _starts(2028, 1, 31, 3) == ["01-31", "02-29", "03-31"]
    assert _starts(2028, 2, 29, 13)[-1] == "02-28"
    assert _starts(2027, 2, 28, 13)[-1] == "02-28"


def test_a_period_begins_at_midnight_utc_in_whatever_zone_the_time_is() -> None:
    local = datetime(2026, 11, 22, 3, 0, tzinfo=timezone(timedelta(hours=9)))
    assert first(local) == (21, datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 12, 21, tzinfo=UTC))


@given(moment=st.integers(0, 340_000 * 86_400).map(lambda second: datetime.fromtimestamp(second, UTC)))
def test_periods_follow_each_other_on_the_anchor_day_month_by_month(moment: datetime) -> None:
    anchor, start, end = first(moment)
    assert start <= moment < end
    for _ in range(14):
        assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == 1
        assert end.day == min(anchor, monthrange(end.year, end.month)[1])
        assert end.timetz() == start.timetz() == datetime(2026, 1, 1, tzinfo=UTC).timetz()
        start, end = end, following(end, anchor)


@pytest.mark.parametrize("day", [0, 32, -1])
def test_no_month_has_such_a_day(day: int) -> None:
    with pytest.raises(Broken):
        following(datetime(2026, 1, 1, tzinfo=UTC), day)


@given(days=st.integers(0, 400), anchor=st.integers(1, 31))
def test_the_period_that_is_open_now_is_found_though_none_was_rolled(days: int, anchor: int) -> None:
    _anchor, start, end = first(datetime(2026, 1, anchor, tzinfo=UTC))
    now = start + timedelta(days=days)
    opened, passed = open_at(start, end, anchor, now)
    assert opened <= now < following(opened, anchor)
    for _ in range(passed):
        start = following(start, anchor)
    assert opened == start


def test_a_period_is_over_at_the_moment_of_its_end() -> None:
    anchor, start, end = first(datetime(2026, 11, 21, 13, 45, 7, 9, tzinfo=UTC))
    assert open_at(start, end, anchor, end - timedelta(microseconds=1)) == (start, 0)
    assert open_at(start, end, anchor, end) == (end, 1)


@pytest.mark.parametrize(
    ("first_day", "last_day", "words"),
    [
        (date(2026, 10, 20), date(2026, 10, 20), "20 October 2026"),
        (date(2026, 10, 1), date(2026, 10, 31), "1–31 October 2026"),
        (date(2026, 10, 5), date(2026, 11, 4), "5 October – 4 November 2026"),
        (date(2026, 12, 15), date(2027, 1, 14), "15 December 2026 – 14 January 2027"),
    ],
)
def test_days_are_said_as_short_as_they_can_be(first_day: date, last_day: date, words: str) -> None:
    assert dated(first_day, last_day) == words
