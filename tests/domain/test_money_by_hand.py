"""Money and credits by hand: sums, signs, rounding at its edges, and what is refused by which reason."""

from decimal import Decimal

import pytest

from app.domain.errors import Broken, Refused
from app.domain.money import Credits, Money, divided, split
from app.domain.typed_numbers import parse_amount


def test_money_of_one_currency_adds_up() -> None:
    assert Money(5, "USD") + Money(7, "USD") == Money(12, "USD")
    assert Money(5, "USD") - Money(7, "USD") == Money(-2, "USD")
    assert Money(1234, "USD").major == Decimal("12.34")


def test_credits_add_up() -> None:
    assert Credits(5) + Credits(7) == Credits(12)
    assert Credits(5) - Credits(7) == Credits(-2)
    assert -Credits(5) == Credits(-5)
    assert Credits(1_500_000).units == Decimal("1.5")


def test_what_is_never_to_happen_names_itself() -> None:
    with pytest.raises(Broken, match="USD and EUR do not add up"):
        Money(1, "USD") + Money(1, "EUR")
    with pytest.raises(Broken, match="USD and EUR do not add up"):
        Money(1, "USD") - Money(1, "EUR")
    with pytest.raises(Broken, match=r"money is a whole number, not 1\.5"):
        Money(1.5, "USD")  # type: ignore[arg-type]
    with pytest.raises(Broken, match="credits are whole micros, not True"):
        Credits(True)
    with pytest.raises(Broken, match="not a currency code: 'usd'"):
        Money(1, "usd")
    with pytest.raises(Broken, match="a division by zero"):
        divided(1, 0)


@pytest.mark.parametrize(
    ("numerator", "denominator", "result"),
    [
        (0, 3, 0),
        (0, -3, 0),
        (1, 1, 1),
        (1, -1, -1),
        (-1, 1, -1),
        (-1, -1, 1),
        (2, 3, 1),
        (1, 3, 0),
        (-2, 3, -1),
        (-1, 3, 0),
        (5, 2, 3),
    ],
)
def test_a_division_has_its_sign_and_rounds_once(numerator: int, denominator: int, result: int) -> None:
    assert divided(numerator, denominator) == result


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [2, -1], [-1, 2], [-1]])
def test_weights_that_share_nothing_are_refused(weights: list[int]) -> None:
    with pytest.raises(Broken, match="weights that share nothing"):
        split(10, weights)


def test_the_earlier_parts_get_the_odd_units() -> None:
    assert split(10, [1]) == [10]
    assert split(10, [1, 1, 1]) == [3, 4, 3]
    assert split(1, [1, 0]) == [1, 0]
    assert split(-10, [2, 3]) == [-4, -6]


@pytest.mark.parametrize(
    ("text", "currency", "reason"),
    [
        ("", "USD", "amount_missing"),
        ("ten", "USD", "amount_malformed"),
        ("1.001", "USD", "amount_too_fine"),
        ("1.5", "JPY", "amount_too_fine"),
    ],
)
def test_a_refused_amount_has_a_reason_for_machines(text: str, currency: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_amount(text, currency)
    assert (refused.value.reason, refused.value.status, refused.value.field) == (reason, 422, "amount")


@pytest.mark.parametrize(("currency", "example"), [("USD", "25.00"), ("JPY", "25"), ("KWD", "25.000")])
def test_the_sentence_shows_an_amount_of_the_currency(currency: str, example: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_amount("ten", currency)
    assert refused.value.sentence.endswith(f"such as {example}.")
