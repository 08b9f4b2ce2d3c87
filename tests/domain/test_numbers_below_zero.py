"""Why a balance is below zero: as much as claw-backs took there, and the rest was used beyond all credit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.money import Credits
from app.domain.numbers import debt


@pytest.mark.parametrize(
    ("remaining", "clawed_back", "said"),
    [
        (10, 0, (0, 0)),
        (0, 0, (0, 0)),
        (5, 30, (0, 0)),
        (-20, 0, (0, 20)),
        (-20, 20, (20, 0)),
        (-20, 8, (8, 12)),
        (-5, 8, (5, 0)),
    ],
    ids=["above", "zero", "above after a claw-back", "used", "gone", "both", "covered in part"],
)
def test_what_is_below_zero_has_its_causes(remaining: int, clawed_back: int, said: tuple[int, int]) -> None:
    found = debt(Credits(remaining), clawed_back)
    assert (found.clawed_back.micros, found.overrun.micros) == said


@given(st.integers(-(10**12), 10**12), st.integers(0, 10**12))
def test_the_parts_add_up_to_what_is_below_zero(remaining: int, clawed_back: int) -> None:
    found = debt(Credits(remaining), clawed_back)
    assert found.clawed_back.micros + found.overrun.micros == max(0, -remaining)
    assert min(found.clawed_back.micros, found.overrun.micros) >= 0
