"""The weeks of a digest: Monday morning by the clock on the wall, and each UTC day covered once."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Refused
from app.domain.messages import weeks

ZONES = ["UTC", "Europe/Zurich", "America/New_York", "Pacific/Auckland", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata"]  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "now", "due"),
    [
        ("UTC", "2026-11-21T12:00", "2026-11-23T08:00"),
        ("UTC", "2026-11-23T07:59", "2026-11-23T08:00"),
        ("UTC", "2026-11-23T08:00", "2026-11-30T08:00"),
        ("Europe/Zurich", "2026-11-21T12:00", "2026-11-23T07:00"),
        ("Pacific/Auckland", "2026-11-21T12:00", "2026-11-22T19:00"),  # Monday there, Sunday here
        ("America/New_York", "2026-11-23T03:00", "2026-11-23T13:00"),  # Sunday evening there
        ("Europe/Zurich", "2026-10-19T06:00", "2026-10-26T07:00"),  # clocks go back on the Sunday between
        ("Europe/Zurich", "2026-03-23T07:00", "2026-03-30T06:00"),  # and forward
        ("America/New_York", "2026-10-26T12:00", "2026-11-02T13:00"),
    ],
)
def test_it_is_due_on_monday_morning_by_the_clock_on_the_wall(zone: str, now: str, due: str) -> None:
    assert weeks.next_monday(zone, at(now)) == at(due)


@given(st.sampled_from(ZONES), st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001
def test_the_next_is_a_monday_at_eight_within_a_week_and_an_hour(zone: str, moment: datetime) -> None:
    now = moment.replace(tzinfo=UTC)
    due = weeks.next_monday(zone, now)
    local = due.astimezone(ZoneInfo(zone))
    assert (local.weekday(), local.hour, local.minute) == (0, 8, 0)
    assert timedelta(0) < due - now <= timedelta(days=7, hours=1)


@given(st.sampled_from(ZONES), st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))  # noqa: DTZ001
def test_each_day_is_covered_once_week_after_week(zone: str, moment: datetime) -> None:
    due, covered, seen = weeks.next_monday(zone, moment.replace(tzinfo=UTC)), None, list[date]()
    for _ in range(60):
        span = weeks.days(due, covered)
        assert span is not None
        seen += [span[0] + timedelta(days=number) for number in range((span[1] - span[0]).days + 1)]
        covered, due = span[1], weeks.next_monday(zone, due)
    assert seen == [seen[0] + timedelta(days=number) for number in range(len(seen))]


def test_after_a_long_pause_the_last_week_is_covered_and_nothing_twice() -> None:
    now = at("2026-11-23T08:00")
    assert weeks.days(now, None) == (date(2026, 11, 16), date(2026, 11, 22))
    assert weeks.days(now, date(2026, 10, 1)) == (date(2026, 11, 16), date(2026, 11, 22))
    assert weeks.days(now, date(2026, 11, 20)) == (date(2026, 11, 21), date(2026, 11, 22))
    assert weeks.days(now, date(2026, 11, 22)) is None


def test_a_zone_that_there_is_not_is_refused() -> None:
    weeks.check_zone("Europe/Zurich")
    with pytest.raises(Refused) as refused:
        weeks.check_zone("Mars/Olympus")
    assert (refused.value.status, refused.value.field) == (422, "time_zone")
