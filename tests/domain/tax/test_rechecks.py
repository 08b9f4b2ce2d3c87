"""When a tax number is asked about again."""

from datetime import timedelta

import pytest

from app.domain.tax.rechecks import DAILY, SELDOM, YOUNG, after_answer, after_silence


@pytest.mark.parametrize(
    ("age", "valid", "wait"),
    [(timedelta(0), True, SELDOM), (timedelta(0), False, DAILY), (YOUNG, False, SELDOM), (YOUNG - DAILY, False, DAILY)],
)
def test_a_new_number_that_is_not_known_is_asked_about_daily(age: timedelta, valid: bool, wait: timedelta) -> None:
    assert after_answer(age, valid=valid) == wait


def test_silence_is_waited_out_longer_each_time_up_to_half_a_day() -> None:
    waits = [after_silence(tries, 0) for tries in range(1, 9)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(minutes=1), timedelta(hours=12))
    assert timedelta(hours=12) < after_silence(50, 999) < timedelta(hours=18)
