"""How long to wait before the next try."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.back_off import LONGEST, wait


def test_each_wait_may_be_twice_the_last_until_it_is_an_hour() -> None:
    assert [wait(tries, 999).total_seconds() for tries in (1, 2, 3)] == [1.998, 3.996, 7.992]
    assert wait(12, 999) == wait(10_000, 999) == LONGEST * 999 / 1000


@given(tries=st.integers(0, 10_000), share=st.integers(0, 999))
def test_a_wait_is_between_half_and_all_of_its_length(tries: int, share: int) -> None:
    whole = min(timedelta(seconds=2 ** min(tries, 12)), LONGEST)
    assert whole / 2 <= wait(tries, share) < whole


def test_what_failed_together_does_not_come_back_together() -> None:
    assert len({wait(8, share) for share in range(1000)}) > 400
