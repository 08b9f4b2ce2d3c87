"""Money and credits: exact in, one rounding out, and nothing but digits from a form."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Broken, Refused
from app.domain.money import (
    Credits,
    Money,
    credits_from_money,
    divided,
    six_decimals,
    split,
)
from app.domain.typed_numbers import parse_amount


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
@given(amount=st.integers(-(10**15), 10**15))
def test_money_becomes_credits_without_a_loss(currency: str, amount: int) -> None:
    money = Money(amount, currency)
    assert credits_from_money(money).units == money.major


@given(micros=st.integers(-(2**63), 2**63))
def test_six_decimals_are_those_of_the_units(micros: int) -> None:
    assert six_decimals(micros) == f"{Credits(micros).units:.6f}"


@given(numerator=st.integers(-(10**18), 10**18), denominator=st.integers(1, 10**9))
def test_the_one_rounding_is_half_away_from_zero(numerator: int, denominator: int) -> None:
    exact = Decimal(numerator) / Decimal(denominator)
    if 2 * abs(numerator) % denominator != 0 or abs(numerator) < 10**12:  # where 28 digits are exact enough to judge
        assert divided(numerator, denominator) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    assert divided(-numerator, denominator) == -divided(numerator, denominator)


def test_halves_go_away_from_zero() -> None:
    assert [divided(n, 2) for n in (1, -1, 3, -3, 4)] == [1, -1, 2, -2, 2]
    assert divided(1, -2) == -1


@given(
    total=st.integers(-(10**12), 10**12), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)
)
def test_a_split_loses_no_cent(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - total * weight) <= sum(weights), "a part is off by more than one"


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("25", "USD", 2500),
        ("25.5", "USD", 2550),
        (" 25.50 ", "USD", 2550),
        ("0.01", "USD", 1),
        ("007", "USD", 700),
        ("300", "JPY", 300),
        ("1.234", "KWD", 1234),
    ],
)
def test_digits_are_read_exactly(typed: str, currency: str, minor: int) -> None:
    assert parse_amount(typed, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "1e3",
        "sNaN",
        "NaN",
        "Infinity",
        "٥",
        "５",
        "²",
        "5,00",
        "+5",
        "-5",
        "5.",
        ".5",
        "5.001",
        "$5",
        "0x10",
        "1_000",
        "5 0",
        "5\x00",
        "9" * 400,
    ],
)
def test_anything_else_is_refused_with_words(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_amount(typed, "USD")
    assert refused.value.status == 422 and refused.value.field == "amount" and refused.value.sentence


def test_yen_have_no_decimals() -> None:
    with pytest.raises(Refused, match="without decimals"):
        parse_amount("5.0", "JPY")


def test_floats_and_other_currencies_do_not_mix() -> None:
    with pytest.raises(Broken):
        Money(1.5, "USD")  # type: ignore[arg-type]
    with pytest.raises(Broken):
        Credits(True)
    with pytest.raises(Broken):
        Money(1, "USD") + Money(1, "EUR")
    with pytest.raises(Broken):
        Money(1, "usd")
