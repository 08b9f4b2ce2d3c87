"""What the processor charges at its edges: the least and the most of a currency, and each refusal's reason and field."""

import pytest

from app.domain.errors import Refused
from app.domain.money import Money
from app.domain.processor_amounts import bounds, check, check_step, is_charged, nearest, taken_of


@pytest.mark.parametrize(
    ("currency", "lowest", "highest"),
    [
        ("USD", 50, 99_999_999), ("JPY", 50, 99_999_999), ("GBP", 30, 99_999_999), ("IDR", 1, 999_999_999_999),
        ("KWD", 10, 99_999_990), ("MGA", 100, 9_999_999_900), ("ALL", 1, 99_999_999),
    ],
)  # fmt: skip
def test_the_least_and_the_most_are_charged_and_nothing_beyond(currency: str, lowest: int, highest: int) -> None:
    assert bounds(currency) == (Money(lowest, currency), Money(highest, currency))
    for minor in (lowest, highest):
        assert is_charged(Money(minor, currency))
        check(Money(minor, currency))
    assert not is_charged(Money(lowest - 1, currency))
    assert not is_charged(Money(highest + 1, currency))


@pytest.mark.parametrize(
    ("minor", "currency", "reason"),
    [
        (49, "USD", "amount_too_small"), (100_000_000, "USD", "amount_too_large"), (1_505, "KWD", "amount_not_taken"),
        (100, "KPW", "currency_not_taken"),
    ],
)  # fmt: skip
def test_a_refusal_has_its_reason_and_stands_beside_the_field(minor: int, currency: str, reason: str) -> None:
    for field, refused_by in (("amount", check), ("price", lambda amount: check(amount, field="price"))):
        with pytest.raises(Refused) as refused:
            refused_by(Money(minor, currency))
        assert (refused.value.reason, refused.value.status, refused.value.field) == (reason, 422, field)


def test_a_step_is_refused_by_itself_too() -> None:
    check_step(Money(1_500, "KWD"))
    with pytest.raises(Refused) as refused:
        check_step(Money(1_505, "KWD"))
    assert (refused.value.reason, refused.value.field) == ("amount_not_taken", "amount")


def test_the_nearest_amounts_are_above_zero() -> None:
    assert nearest(Money(1_505, "KWD")) == [Money(1_500, "KWD"), Money(1_510, "KWD")]
    assert nearest(Money(5, "KWD")) == [Money(10, "KWD")]
    assert nearest(Money(7, "JPY")) == [Money(7, "JPY"), Money(8, "JPY")]
    assert nearest(Money(1, "JPY")) == [Money(1, "JPY"), Money(2, "JPY")]


@pytest.mark.parametrize(
    ("minor", "currency", "taken"),
    [(1_509, "KWD", 1_500), (1_510, "KWD", 1_510), (9, "KWD", 0), (1_234, "USD", 1_234), (199, "MGA", 100)],
)
def test_of_an_amount_that_is_too_fine_the_rest_is_left(minor: int, currency: str, taken: int) -> None:
    assert taken_of(Money(minor, currency)) == Money(taken, currency)
