"""Amounts that two people read in two ways: neither is taken silently, and what a field shows is always read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import language
from app.domain.amounts import CreditUnit, decimals_of
from app.domain.errors import Refused
from app.domain.money import Credits, Money
from app.domain.spend_management import MOST
from app.forms import amounts
from tests.domain.test_typed_numbers import UNITS

SMALL = st.integers(0, 2_000_000).map(lambda thousandths: 1_000 * thousandths)


@given(SMALL | st.integers(0, MOST.micros), st.sampled_from(UNITS), st.sampled_from(list(language.NAMES)))
def test_what_any_field_shows_is_read_back_in_its_language(micros: int, unit: CreditUnit, name: str) -> None:
    """Limits, thresholds and amounts: each is formatted by `amounts.number`, and saved again as it stands there."""
    with language.using(name):
        shown = amounts.number(Credits(micros).units, decimals_of(unit))
        assert amounts.credits(shown, "daily_limit", unit) == Credits(micros)
        if unit.is_currency:
            money = Money(micros // 1_000, unit.name)
            assert amounts.money(amounts.typed(money), unit.name) == money


EITHER = "“{}” can be read as {} or as {}. Enter the one that you mean as it is written here."
SPACED = "1\N{NARROW NO-BREAK SPACE}250"


@pytest.mark.parametrize(
    ("name", "unit", "typed", "large", "small"),
    [
        ("en", "USD", "1.250", "1,250.00", "1.25"),
        ("en", "USD", "$1.250", "1,250.00", "1.25"),
        ("en", "USD", "-1.250", "1,250.00", "1.25"),
        ("en", "USD", "12.500", "12,500.00", "12.50"),
        ("en", "USD", "1.000", "1,000.00", "1.00"),
        ("en", "USD", "1.125", "1,125.00", "1.1250"),
        ("en", "tokens", "125.001", "125,001.00", "125.0010"),
        ("he", "EUR", "1.250", "1,250.00", "1.25"),
        ("de", "EUR", "1,250", "1.250,00", "1,25"),
        ("de", "tokens", "1,250", "1.250,00", "1,25"),
        ("es", "EUR", "1,250", "1.250,00", "1,25"),
        ("fr", "EUR", "1,250", f"{SPACED},00", "1,25"),
        ("fr", "EUR", "1.250", f"{SPACED},00", "1,25"),
        ("en", "KWD", "1,250", "1,250.000", "1.250"),
        ("de", "BHD", "1.250", "1.250,000", "1,250"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_with_both(
    name: str, unit: str, typed: str, large: str, small: str
) -> None:
    with language.using(name):
        known = CreditUnit(unit)
        with pytest.raises(Refused) as refused:
            amounts.credits(typed, "daily_limit", known)
        assert (refused.value.status, refused.value.field) == (422, "daily_limit")
        assert all(each in refused.value.sentence for each in (typed.strip("-$"), large, small))
        if name == "en":
            assert refused.value.sentence == EITHER.format(typed.strip("-$"), large, small)
        as_large, as_small = (amounts.credits(each, "daily_limit", known) for each in (large, small))
        assert as_large and as_small and as_large.micros == 1000 * as_small.micros


@pytest.mark.parametrize(
    ("name", "unit", "typed", "micros"),
    [
        ("en", "USD", "0.125", 125_000),
        ("de", "EUR", "0,125", 125_000),
        ("en", "USD", "1,250", 1_250_000_000),
        ("de", "EUR", "1.250", 1_250_000_000),
        ("de", "tokens", "10.000", 10_000_000_000),
        ("fr", "EUR", "1 250", 1_250_000_000),
        ("de", "EUR", "1250,125", 1_250_125_000),
        ("de", "EUR", "1.250,125", 1_250_125_000),
        ("en", "USD", "1.1250", 1_125_000),
        ("en", "KWD", "1.250", 1_250_000),
        ("de", "BHD", "1,250", 1_250_000),
    ],
)
def test_what_is_unmistakable_is_read(name: str, unit: str, typed: str, micros: int) -> None:
    """A nought before the mark, more digits there, both marks, four decimals; and three where the unit has three."""
    with language.using(name):
        assert amounts.credits(typed, "daily_limit", CreditUnit(unit)) == Credits(micros)


def test_of_money_the_same_is_refused_and_in_a_search_nothing_is() -> None:
    with pytest.raises(Refused, match=r"as 1,250\.00 or as 1\.25\."):
        amounts.money("1.250", "USD")
    with pytest.raises(Refused, match="at most 2 decimals"):
        amounts.money("1.255", "USD")  # nobody can mean it as decimals here, and nothing is guessed
    with pytest.raises(Refused, match="without decimals"):
        amounts.money("1.250", "JPY")
    assert amounts.money("1,250", "JPY") == Money(1250, "JPY")
    found = amounts.sought("1.125", CreditUnit("USD"))
    assert found and found.low == 1_124_500
