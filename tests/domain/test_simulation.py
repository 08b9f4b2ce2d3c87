"""What limits would have done: days on which calls really were refused count by the limit of that day."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.domain.money import MICROS, Credits
from app.domain.simulation import Change, RefusedDay, Used, limit_at, simulate
from app.domain.spend_management import Limits

FIRST = date(2026, 11, 1)
LOW, HIGH = Credits(10 * MICROS), Credits(25 * MICROS)


def at(day: int) -> datetime:
    return datetime(2026, 11, day, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "now", "day", "limit"),
    [
        ([], HIGH, 5, HIGH),
        ([], None, 5, None),
        ([Change(at(4), LOW, HIGH)], HIGH, 3, LOW),
        ([Change(at(4), LOW, HIGH)], HIGH, 4, HIGH),
        ([Change(at(4), None, LOW), Change(at(6), LOW, HIGH)], HIGH, 5, LOW),
        ([Change(at(4), None, LOW), Change(at(6), HIGH, LOW)], LOW, 5, None),  # a change between them is missing
        ([Change(at(4), None, LOW)], HIGH, 5, None),  # a change since is missing
        ([Change(at(4), None, LOW)], HIGH, 3, None),
    ],
)
def test_the_limit_of_a_moment_is_what_the_record_says(
    changes: list[Change], now: Credits | None, day: int, limit: Credits | None
) -> None:
    assert limit_at(at(day), changes, now) == limit


@pytest.mark.parametrize(
    ("held", "refusing", "unsure"),
    [(HIGH, {2, 3}, []), (Credits(HIGH.micros + 1), {2, 3}, []), (LOW, {2}, [3]), (None, {2}, [3])],
)
def test_a_day_on_which_no_lower_limit_refused_calls_counts(
    held: Credits | None, refusing: set[int], unsure: list[int]
) -> None:
    used = [Used(date(2026, 11, 2), Credits(30 * MICROS)), Used(date(2026, 11, 3), LOW)]
    found = simulate(Limits(True, HIGH, None), used, first=FIRST, count=5)
    today, before = date(2026, 11, 6), date(2026, 11, 3)
    found = replace(found, refused_on=(RefusedDay(today, HIGH), RefusedDay(before, held)))
    assert {each.day for each in found.refusing} == refusing
    assert [each.day.day for each in found.unsure] == unsure
    assert [each.day.day for each in found.really] == [each for each in (3,) if each not in unsure]
