"""Amounts that stand below each other: as many decimals as the finest of them needs."""

import pytest

from app.domain.amounts import finest
from app.domain.money import Credits


@pytest.mark.parametrize(
    ("micros", "decimals"),
    [
        ((), 0),
        ((5_000_000,), 0),
        ((9_761_200, 1_668_000, 722_320), 5),
        ((100_000_000, 10), 5),
        ((-1,), 6),
    ],
)
def test_as_many_decimals_as_the_finest_of_a_column_needs(micros: tuple[int, ...], decimals: int) -> None:
    assert finest(Credits(each) for each in micros) == decimals
