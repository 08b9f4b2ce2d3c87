"""Numbers, amounts, days and times in English: what Babel writes is what the domain writes in its sentences, to a byte."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import product

import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from app import locale
from app.domain.amounts import MINUS, NO_BREAK, SYMBOLS, WORD_JOINER, CreditUnit, digits, in_currency
from app.domain.money import Credits, Money

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
CURRENCIES = sorted({*list_currencies("en"), *SYMBOLS, "XTS", "ZZZ"})
SOME = [0, 1, -1, 5, 10, 99, 100, -100, 999, 1000, 12345, -123450, 100_000_000, 2**63 - 1, -(2**63)]
BIGINT = st.integers(-(2**63), 2**63 - 1)


def test_amounts_of_every_currency_are_written_as_before() -> None:
    assert len(CURRENCIES) > 300
    for currency, each in product(CURRENCIES, SOME):
        for value in (Money(each, currency).major, Credits(each).units):
            assert locale.in_currency(value, currency) == in_currency(value, currency)


@given(BIGINT, st.sampled_from(CURRENCIES))
def test_any_amount_is_written_as_before(minor: int, currency: str) -> None:
    for value in (Money(minor, currency).major, Credits(minor).units, Decimal(minor).scaleb(-9)):
        assert locale.in_currency(value, currency) == in_currency(value, currency)


@given(BIGINT, st.integers(-9, 3), st.integers(0, 6))
def test_any_number_is_written_as_before(value: int, power: int, decimals: int) -> None:
    exact = Decimal(value).scaleb(power)
    assert locale.number(exact, decimals) == digits(exact, decimals)
    assert locale.whole(value) == f"{value:,}"


@pytest.mark.parametrize(
    ("value", "currency", "written"),
    [
        ("1234.5", "USD", "$1,234.50"),
        ("-1234.5", "USD", "−$1,234.50"),
        ("0.0000125", "USD", "$0.0000125"),
        ("-0.001", "USD", "−$0.001"),
        ("-0", "USD", "$0.00"),
        ("12.5", "HUF", f"HUF{NO_BREAK}12.50"),  # CLDR has no decimals for it, ISO 4217 two
        ("12.5", "COP", f"COP{NO_BREAK}12.50"),
        ("12", "JPY", "¥12"),
        ("1.5", "IQD", f"IQD{NO_BREAK}1.500"),
        ("5", "XAF", f"XAF{NO_BREAK}5"),  # CLDR would write FCFA
        ("1E+3", "EUR", "€1,000.00"),
        ("5E-7", "EUR", "€0.0000005"),
    ],
)
def test_nothing_is_rounded_and_decimals_are_ours(value: str, currency: str, written: str) -> None:
    assert locale.in_currency(Decimal(value), currency) == written


def test_days_are_written_as_before() -> None:
    for number in range(4 * 366):
        day = date(2023, 12, 30) + timedelta(days=number)
        assert locale.day(day) == f"{day.day} {MONTHS[day.month - 1]} {day.year}"
        assert locale.short_day(day) == f"{day.day} {MONTHS[day.month - 1]}"


def test_times_are_written_as_before() -> None:
    for minute in range(24 * 60):
        moment = datetime(2026, 11, 21, tzinfo=UTC) + timedelta(minutes=minute, seconds=59)
        assert locale.time(moment) == f"{moment:%H:%M} UTC"
    assert locale.moment(datetime(2026, 12, 1, 1, 5, tzinfo=timezone(timedelta(hours=2)))) == "30 Nov 2026, 23:05 UTC"


@pytest.mark.parametrize(
    ("micros", "unit", "written"),
    [
        (1_000_000, CreditUnit("tokens"), f"1{NO_BREAK}token"),
        (-1_000_000, CreditUnit("tokens"), f"−1{NO_BREAK}token"),
        (1_500_000, CreditUnit("tokens"), f"1.5{NO_BREAK}tokens"),
        (2_000_000_000_000, CreditUnit("tok", "credits"), f"2,000,000{NO_BREAK}credits"),
        (0, CreditUnit("EUR"), "€0.00"),
        (1, CreditUnit("EUR", "credits"), "€0.000001"),
    ],
)
def test_credits_stand_with_their_unit(micros: int, unit: CreditUnit, written: str) -> None:
    assert locale.exact(Credits(micros), unit) == written


@given(st.text("a> $€5" + MINUS))
def test_a_minus_sign_keeps_its_currency_where_something_of_the_sentence_is_before_it(html: str) -> None:
    signs = "".join(sorted(each for each in SYMBOLS.values() if len(each) == 1))
    between = re.compile(f"(?<=[^>]{MINUS})(?=[{signs}])")  # as it was before it looked for the minus sign first
    assert locale.unbroken(html) == between.sub(WORD_JOINER, html)
