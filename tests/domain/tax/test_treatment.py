"""The tax of a sum: one rounding, half away from zero, and a credit note returns it to the cent."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Broken
from app.domain.money import Money
from app.domain.tax.treatment import Category, Reason, Treatment, tax_on, tax_within

PERCENTS = st.integers(0, 10_000).map(lambda points: Decimal(points).scaleb(-2))
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])


@pytest.mark.parametrize(
    ("net", "percent", "tax"),
    [
        (10050, "25", 2513),
        (-10050, "25", -2513),
        (10000, "19", 1900),
        (1, "50", 1),
        (1, "49.99", 0),
        (0, "20", 0),
        (333, "5.5", 18),
    ],
)
def test_tax_is_rounded_once_half_away_from_zero(net: int, percent: str, tax: int) -> None:
    assert tax_on(Money(net, "EUR"), Decimal(percent)) == Money(tax, "EUR")


@given(net=st.integers(-(10**12), 10**12), percent=PERCENTS, currency=CURRENCIES)
def test_what_is_taken_back_is_what_was_taken(net: int, percent: Decimal, currency: str) -> None:
    tax = tax_on(Money(net, currency), percent)
    assert tax_on(Money(-net, currency), percent) == Money(-tax.amount_minor, currency)
    assert tax.amount_minor == int((net * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))


@given(gross=st.integers(0, 10**12), percent=PERCENTS, currency=CURRENCIES)
def test_the_tax_within_a_sum_is_the_tax_on_the_rest_of_it(gross: int, percent: Decimal, currency: str) -> None:
    within = tax_within(Money(gross, currency), percent)
    net = Money(gross, currency) - within
    assert abs(tax_on(net, percent).amount_minor - within.amount_minor) <= 1
    assert 0 <= within.amount_minor <= gross


def test_only_a_standard_sale_has_a_percentage() -> None:
    with pytest.raises(Broken):
        Treatment(Category.STANDARD, Decimal(0), "VAT", "DE", Reason.STANDARD)
    with pytest.raises(Broken):
        Treatment(Category.REVERSE_CHARGE, Decimal(19), "VAT", "DE", Reason.REVERSE_CHARGE)
