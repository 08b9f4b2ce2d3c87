"""What is shown of an amount or a quantity: in the decimals of its unit, what is left never better than it is."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import locale
from app.domain import units
from app.domain.amounts import NO_BREAK, CreditUnit, decimals_of, digits_of
from app.domain.currencies import ISO_4217, shown_decimals
from app.domain.money import Credits, Money

BIGINT = st.integers(-(2**63), 2**63 - 1)
UNITS = st.sampled_from([CreditUnit("tokens"), *map(CreditUnit, sorted(ISO_4217))])
USD, TOKENS = CreditUnit("USD"), CreditUnit("tokens")


def _read(shown: str) -> Decimal:
    """Return the number that is shown; less than the least shown counts as nothing."""
    digits = "0" if "<" in shown else re.sub(r"[^0-9.]", "", shown)
    return Decimal(digits).copy_negate() if shown.startswith("−") else Decimal(digits)


@given(BIGINT, UNITS)
def test_a_balance_is_never_shown_better_than_it_is_nor_a_whole_unit_worse(micros: int, unit: CreditUnit) -> None:
    value = Credits(micros)
    shown = _read(locale.balance(value, unit))
    assert shown <= value.units < shown + Decimal(1).scaleb(-decimals_of(unit))


@given(BIGINT, UNITS)
def test_any_other_amount_is_shown_to_the_nearest_unit(micros: int, unit: CreditUnit) -> None:
    value = Credits(micros)
    for sign in (False, True):
        shown = _read(locale.amount(value, unit, sign=sign))
        assert 2 * abs(shown - value.units) <= Decimal(1).scaleb(-decimals_of(unit))


@given(BIGINT, st.sampled_from(sorted(ISO_4217)))
def test_money_is_shown_as_it_is_charged_where_its_smallest_part_is_shown(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    if shown_decimals(currency) == ISO_4217[currency]:
        assert locale.amount(money) == locale.balance(money) == locale.exact(money)


@given(BIGINT, UNITS)
def test_no_figure_says_zero_of_what_is_not_zero(micros: int, unit: CreditUnit) -> None:
    for written in (locale.balance(Credits(micros), unit), locale.amount(Credits(micros), unit)):
        says_zero = not re.search(r"[1-9]", written)
        assert says_zero == (micros == 0)


@pytest.mark.parametrize(
    ("units", "unit", "balance", "amount", "signed"),
    [
        ("3284.624512", USD, "$3,284.62", "$3,284.62", "+$3,284.62"),
        ("3284.625", USD, "$3,284.62", "$3,284.63", "+$3,284.63"),
        ("3284.629999", USD, "$3,284.62", "$3,284.63", "+$3,284.63"),
        ("-18.004", USD, "−$18.01", "−$18.00", "−$18.00"),
        ("-18.005", USD, "−$18.01", "−$18.01", "−$18.01"),
        ("0", USD, "$0.00", "$0.00", "$0.00"),
        ("0.000001", USD, "<$0.01", "<$0.01", "+<$0.01"),
        ("0.009999", USD, "<$0.01", "$0.01", "+$0.01"),
        ("-0.000001", USD, "−$0.01", "−<$0.01", "−<$0.01"),
        ("1234.5", CreditUnit("JPY"), "¥1,234", "¥1,235", "+¥1,235"),
        ("0.4", CreditUnit("JPY"), "<¥1", "<¥1", "+<¥1"),
        ("1.2345", CreditUnit("KWD"), f"KWD{NO_BREAK}1.234", f"KWD{NO_BREAK}1.235", f"+KWD{NO_BREAK}1.235"),
        ("12.5", CreditUnit("HUF"), f"HUF{NO_BREAK}12.50", f"HUF{NO_BREAK}12.50", f"+HUF{NO_BREAK}12.50"),
        ("12.5", CreditUnit("MGA"), f"MGA{NO_BREAK}12", f"MGA{NO_BREAK}13", f"+MGA{NO_BREAK}13"),
        (
            "1000000.6",
            TOKENS,
            f"1,000,000{NO_BREAK}tokens",
            f"1,000,001{NO_BREAK}tokens",
            f"+1,000,001{NO_BREAK}tokens",
        ),
        ("1.4", TOKENS, f"1{NO_BREAK}token", f"1{NO_BREAK}token", f"+1{NO_BREAK}token"),
        ("0.4", TOKENS, f"<1{NO_BREAK}token", f"<1{NO_BREAK}token", f"+<1{NO_BREAK}token"),
        ("-0.4", TOKENS, f"−1{NO_BREAK}token", f"−<1{NO_BREAK}token", f"−<1{NO_BREAK}token"),
    ],
)
def test_amounts_are_shown_in_the_decimals_of_their_unit(
    units: str, unit: CreditUnit, balance: str, amount: str, signed: str
) -> None:
    value = Credits(int(Decimal(units).scaleb(6)))
    assert locale.balance(value, unit) == balance
    assert locale.amount(value, unit) == amount
    assert locale.amount(value, unit, sign=True) == signed
    assert digits_of(value) == Decimal(units)


@pytest.mark.parametrize(
    ("units", "decimals", "written"),
    [("12.3", 0, "$12.30"), ("12.3", 6, "$12.300000"), ("0.0000125", 0, "$0.000012"), ("-1.25", 4, "−$1.2500")],
)
def test_sums_are_written_exactly_and_line_up_at_the_decimals_of_the_finest(
    units: str, decimals: int, written: str
) -> None:
    assert locale.exact(Credits(int(Decimal(units).scaleb(6))), USD, decimals=decimals) == written


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (581_484, "requests", "581,484 requests"),
        (1, "requests", "1 request"),
        (0, "requests", "0 requests"),
        (20_412, "MB", "20.4 GB"),
        (20_000, "MB", "20 GB"),
        (999, "MB", "999 MB"),
        (1_000, "MB", "1 GB"),
        (1_500_000, "MB", "1.5 TB"),
        (2_500, "GB", "2.5 TB"),
        (7, "", "7"),
    ],
)
def test_quantities_are_shown_in_a_unit_that_reads_well(value: int, unit: str, written: str) -> None:
    assert locale.quantity(value, unit) == written


@given(st.integers(0, 10**15), st.sampled_from(["MB", "GB", "bytes", "requests"]))
def test_what_is_left_of_a_meter_is_never_shown_better_than_it_is(value: int, unit: str) -> None:
    shown, known = units.readable(value, unit, is_left=True)
    one_shown = 1000 ** (units.BYTES.index(known) - units.BYTES.index(unit)) if unit in units.BYTES else 1
    assert shown * one_shown <= value < (shown + Decimal("0.1")) * one_shown or shown == value
    assert locale.quantity_left(29_599, "MB") == "29.5 GB"


@pytest.mark.parametrize(
    ("value", "basis", "unit", "written"),
    [
        (20_412, 50_000, "MB", "20.4 of 50 GB"),
        (412, 50_000, "MB", "0.4 of 50 GB"),
        (0, 50_000, "MB", "0 of 50 GB"),
        (1, 50_000, "MB", "0.001 of 50 GB"),
        (49_999, 50_000, "MB", "49.999 of 50 GB"),
        (49_960, 50_000, "MB", "49.96 of 50 GB"),
        (50_000, 50_000, "MB", "50 of 50 GB"),
        (75_250, 50_000, "MB", "75.3 of 50 GB"),
        (1_234, 1_250, "MB", "1.23 of 1.25 GB"),
        (500, 900, "MB", "500 of 900 MB"),
        (41_200, 50_000, "users", "41,200 of 50,000 users"),
        (1, 1, "users", "1 of 1 user"),
    ],
)
def test_what_is_neither_nothing_nor_all_of_it_is_never_shown_so(
    value: int, basis: int, unit: str, written: str
) -> None:
    assert locale.quantity_of(value, basis, unit) == written
