"""Every currency: how many decimals it is counted in, shown with and charged in, and which amounts are taken of it."""

from decimal import Decimal
from pathlib import Path

import pytest

from app.domain import processor_amounts
from app.domain.amounts import money_words
from app.domain.currencies import FUNDS, ISO_4217, WITHDRAWN, exponent, shown_decimals, why_not_money
from app.domain.errors import Broken, Refused
from app.domain.money import Money
from app.domain.processor_amounts import from_processor_minor, to_processor_minor

LIST = Path(__file__).parent.parent / "reference" / "iso4217.tsv"
PUBLISHED = [line.split("\t") for line in LIST.read_text().splitlines() if not line.startswith("#")]
MINOR_UNITS = {code: int(units) for code, units, _name in PUBLISHED if units}
CHARGED = sorted(code for code in ISO_4217 if not processor_amounts.why_not_taken(code))

# By hand, from https://docs.stripe.com/currencies: what one whole unit and two halves are at Stripe.
WHOLE_AT_STRIPE = {
    **dict.fromkeys(["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV"], 1),
    **dict.fromkeys(["XAF", "XOF", "XPF"], 1),
    **dict.fromkeys(["BHD", "JOD", "KWD", "OMR", "TND"], 1000),
}


@pytest.mark.case("AC-32/33")
def test_the_table_is_iso_4217_as_published() -> None:
    assert len(PUBLISHED) == 178
    assert MINOR_UNITS == ISO_4217
    assert {code for code, units, _name in PUBLISHED if not units} == {
        "XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA", "XXX",
    }  # fmt: skip
    assert WITHDRAWN.keys().isdisjoint(ISO_4217) and ISO_4217.keys() >= FUNDS
    assert {"XCG", "ZWG", "SLE"} <= ISO_4217.keys() and {"BGN", "ANG", "SLL", "HRK"} <= WITHDRAWN.keys()


@pytest.mark.parametrize(("code", "decimals"), [("BYR", 0), ("HRK", 2), ("XYZ", 2), ("KWD", 3), ("CLF", 4), ("JPY", 0)])
def test_what_was_withdrawn_is_counted_as_it_was_and_what_is_unknown_in_two(code: str, decimals: int) -> None:
    assert exponent(code) == decimals


@pytest.mark.case("AC-39/40")
def test_one_of_every_currency_is_charged_as_one_and_comes_back_as_one() -> None:
    assert len(CHARGED) > 130
    for code in CHARGED:
        one = Money(10 ** exponent(code), code)
        assert to_processor_minor(one) == WHOLE_AT_STRIPE.get(code, 100), code
        for many in (1, 7, 1_000):
            money = Money(one.amount_minor * many, code)
            assert from_processor_minor(to_processor_minor(money), code.lower()) == money


@pytest.mark.parametrize(
    ("minor", "currency", "stripe"),
    [
        (100_000, "MGA", 1_000),  # 1,000.00 ariary: 100 times too much until it was counted in whole ones
        (1_500, "KWD", 1_500),
        (500, "UGX", 50_000),
        (5, "ISK", 500),
        (500, "JPY", 500),
        (2_500, "USD", 2_500),
        (17_550, "HUF", 17_550),
        (1_999, "TWD", 1_999),
    ],
)
def test_the_processor_counts_some_currencies_otherwise(minor: int, currency: str, stripe: int) -> None:
    assert to_processor_minor(Money(minor, currency)) == stripe
    assert from_processor_minor(stripe, currency.lower()) == Money(minor, currency)


@pytest.mark.parametrize(("minor", "currency"), [(1_505, "KWD"), (100_050, "MGA"), (9, "TND")])
def test_what_is_finer_than_the_processor_counts_never_gets_there(minor: int, currency: str) -> None:
    with pytest.raises(Broken):
        to_processor_minor(Money(minor, currency))


@pytest.mark.parametrize(("stripe", "currency"), [(50_001, "ugx"), (12_345, "isk")])
def test_what_the_processor_never_counts_is_not_read(stripe: int, currency: str) -> None:
    with pytest.raises(Broken):
        from_processor_minor(stripe, currency)


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (1_505, "KWD", "Enter KWD\xa01.500 or KWD\xa01.510: "),
        (5, "BHD", "Enter at least BHD\xa00.010: our payment processor charges no less."),
        (100_050, "MGA", "Enter MGA\xa01,000 or MGA\xa01,001: "),
        (49, "USD", "Enter at least $0.50: our payment processor charges no less."),
        (17_499, "HUF", "HUF\xa0175.00"),
        (99_999_999 + 1, "EUR", "Enter at most €999,999.99: our payment processor charges no more at once."),
        (10_000_000_00, "XTS", "XTS is no currency of ISO 4217"),
        (10_000, "XYZ", "XYZ is no currency of ISO 4217"),
        (10_000, "BGN", "BGN was withdrawn"),
        (10_000, "CLF", "nobody pays in"),
        (10_000, "IQD", "does not charge in IQD"),
    ],
)
def test_what_the_processor_does_not_take_is_refused_with_the_nearest_that_it_takes(
    minor: int, currency: str, words: str
) -> None:
    with pytest.raises(Refused) as refused:
        processor_amounts.check(Money(minor, currency))
    assert words in refused.value.sentence and (refused.value.status, refused.value.field) == (422, "amount")
    assert not processor_amounts.is_charged(Money(minor, currency))


def test_the_nearest_is_taken_itself() -> None:
    for code in CHARGED:
        lowest, highest = processor_amounts.bounds(code)
        for amount in (lowest, highest, *processor_amounts.nearest(Money(lowest.amount_minor + 3, code))):
            processor_amounts.check(amount)
        for outside in (lowest.amount_minor - 1, highest.amount_minor + 1):
            assert not processor_amounts.is_charged(Money(outside, code))


def test_amounts_are_shown_with_the_decimals_they_are_charged_in() -> None:
    assert {code: shown_decimals(code) for code in ("HUF", "COP", "MGA", "ISK", "KWD", "IQD", "XTS")} == {
        "HUF": 2, "COP": 2, "MGA": 0, "ISK": 0, "KWD": 3, "IQD": 3, "XTS": 2,
    }  # fmt: skip
    for code in CHARGED:
        step = Decimal(processor_amounts.step(code)).scaleb(-exponent(code))
        assert money_words(Money(processor_amounts.step(code), code)).endswith(f"{step:.{shown_decimals(code)}f}")
    assert why_not_money("EUR") == ""
