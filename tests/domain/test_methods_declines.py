"""How many declined charges in a row are taken to the processor, and when the next one may be."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.errors import Refused
from app.domain.methods import (
    DECLINES_WITHIN,
    MOST_DECLINES,
    MOST_DECLINES_IN_ALL,
    charge_again_at,
    check_declines,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def ago(*minutes: float) -> list[datetime]:
    return [NOW - timedelta(minutes=each) for each in minutes]


def test_the_next_one_waits_until_the_oldest_of_the_most_is_an_hour_old() -> None:
    assert charge_again_at(ago(1, 2, 3, 4), 5, NOW) is None
    assert charge_again_at(ago(1, 2, 3, 4, 50), 5, NOW) == NOW + timedelta(minutes=10)
    assert charge_again_at(ago(50, 4, 3, 2, 1), 5, NOW) == NOW + timedelta(minutes=10), "in any order"
    assert charge_again_at(ago(1, 2, 3, 4, 60), 5, NOW) is None
    assert charge_again_at(ago(1, 2, 3, 4, 5, 59), 5, NOW) == NOW + timedelta(minutes=55)
    assert timedelta(hours=1) == DECLINES_WITHIN


@pytest.mark.parametrize(
    ("method", "customer", "words"),
    [
        (ago(*[10] * 5), ago(*[10] * 5), "Use another one, or try again in 50 minutes."),
        ([], ago(*[20] * 15), "Too many payments were declined in the last hour. Nothing was charged. Try again in 40"),
        (ago(*[59.5] * 5), ago(*[59.5] * 5), "try again in a minute."),
    ],
)
def test_a_refusal_says_when_to_try_again(method: list[datetime], customer: list[datetime], words: str) -> None:
    with pytest.raises(Refused) as refused:
        check_declines(method, customer, NOW)
    assert words in refused.value.sentence
    assert (refused.value.status, refused.value.reason, refused.value.field) == (429, "too_many_declines", "method")


def test_less_is_let_through() -> None:
    check_declines(ago(*[1] * (MOST_DECLINES - 1)), ago(*[1] * (MOST_DECLINES_IN_ALL - 1)), NOW)
