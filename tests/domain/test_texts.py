"""How amounts are written in the domain's own sentences and for programs, and what a mandate says."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.domain.amounts import (
    MINUS,
    NO_BREAK,
    CreditUnit,
    decimals_of,
    digits,
    digits_of,
    floored,
    in_currency,
    is_currency,
    money_words,
    rounded,
)
from app.domain.amounts_in_json import credits_text, parse_credits
from app.domain.errors import Broken, ensure
from app.domain.mandates import SEPA_VERSION, AcceptedMandate, account_name, document, sepa_debit
from app.domain.money import Credits, Money


@pytest.mark.parametrize(
    ("amount", "decimals", "text"),
    [
        ("1234567.5", 2, "1,234,567.50"), ("-1234.125", 2, f"{MINUS}1,234.125"), ("100", 0, "100"), ("0.10", 0, "0.1"),
        ("-0.000001", 0, f"{MINUS}0.000001"), ("0", 2, "0.00"), ("1000", 3, "1,000.000"), ("0", 0, "0"),
    ],
)  # fmt: skip
def test_every_digit_that_counts_is_written(amount: str, decimals: int, text: str) -> None:
    assert digits(Decimal(amount), decimals) == text


def test_amounts_with_their_currency() -> None:
    assert money_words(Money(123_450, "USD")) == "$1,234.50"
    assert money_words(Money(-5, "EUR")) == f"{MINUS}€0.05"
    assert in_currency(Decimal("0.0125"), "CHF") == f"CHF{NO_BREAK}0.0125"
    assert in_currency(Decimal(0), "JPY") == "¥0"


@pytest.mark.parametrize(
    ("unit", "is_one"), [("USD", True), ("usd", False), ("tokens", False), ("US", False), ("ÄÖÜ", False)]
)
def test_a_unit_of_credit_is_a_currency_or_has_a_name(unit: str, is_one: bool) -> None:
    assert is_currency(unit) is CreditUnit(unit).is_currency is is_one
    assert (CreditUnit(unit).words, CreditUnit(unit, "AI tokens").words) == (unit, "AI tokens")


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (25_000_000, "25.00"),
        (-1, "-0.000001"),
        (0, "0.00"),
        (1_100_000, "1.10"),
        (-12_345_678, "-12.345678"),
        (999_999, "0.999999"),
    ],
)
def test_credits_for_programs_are_exact_and_come_back_the_same(micros: int, text: str) -> None:
    assert credits_text(Credits(micros)) == text
    assert parse_credits(text) == Credits(micros)


def test_credits_are_read_with_or_without_decimals() -> None:
    assert parse_credits("7") == Credits(7_000_000)
    assert parse_credits("-7.5") == Credits(-7_500_000)
    assert parse_credits("999999999999.999999") == Credits(999_999_999_999_999_999)


@pytest.mark.parametrize("text", ["", "-", "1.", ".5", "1.1234567", "1e3", "+1", " 1", "1,000", "٣", "1.0\n", "--1"])
def test_what_is_no_decimal_text_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(
        ValueError, match=r'^Write credits as decimal text with at most 6 decimals, such as "12.345678".$'
    ):
        parse_credits(text)


@pytest.mark.parametrize("text", ["1000000000000", "-1000000000000.5", "9" * 40])
def test_more_credits_than_are_kept_are_refused_with_the_most(text: str) -> None:
    with pytest.raises(ValueError, match=r"^Credits are at most 999999999999.999999.$"):
        parse_credits(text)


def test_a_promise_of_the_code_that_does_not_hold_is_named() -> None:
    ensure(1, "never said")
    with pytest.raises(Broken, match=r"^nothing to post$"):
        ensure([], "nothing to post")


def test_a_mandate_is_kept_as_it_was_shown() -> None:
    text = sepa_debit("Northwind Ltd")
    assert text.version == SEPA_VERSION
    assert text.text.startswith("By confirming this mandate, you authorise (A) Northwind Ltd and Stripe, its payment")
    assert account_name("3000") == "Bank account (IBAN) ending in 3000"
    accepted = AcceptedMandate(
        id="man_1", reference="", creditor=("Northwind Ltd", "1 Harbour Road"), debtor="Acme\n\tLtd", account=account_name("3000"),
        text=text, accepted_by="Alice <alice@acme.example>", accepted_at=datetime(2026, 11, 21, 9, 5, 7, tzinfo=UTC),
        address="", user_agent="a browser",
    )  # fmt: skip
    lines = document(accepted).split("\n")
    assert lines[:12] == [
        "SEPA Direct Debit Mandate",
        "",
        "Mandate reference:    given by the bank with the first debit",
        "Our number:           man_1",
        "Creditor:             Northwind Ltd, 1 Harbour Road",
        "Debtor:               Acme Ltd",
        "Account:              Bank account (IBAN) ending in 3000",
        "Kind of payment:      recurring",
        "Accepted by:          Alice <alice@acme.example>",
        "Accepted on:          2026-11-21 09:05:07 UTC",
        "Accepted with:        a browser",
        f"Version of the text:  {SEPA_VERSION}",
    ]
    assert lines[12:] == ["", text.text, ""]


@pytest.mark.parametrize(
    ("value", "decimals", "near", "below"),
    [
        (Credits(1_234_567), 2, "1.23", "1.23"),
        (Credits(1_235_000), 2, "1.24", "1.23"),
        (Credits(-1_235_000), 2, "-1.24", "-1.24"),
        (Credits(-1), 2, "0.00", "-0.01"),
        (Credits(1_234_567), 6, "1.234567", "1.234567"),
        (Credits(1_500_000), 0, "2", "1"),
        (Credits(7), 8, "0.00000700", "0.00000700"),
        (Money(1234, "USD"), 2, "12.34", "12.34"),
        (Money(12, "USD"), 3, "0.120", "0.120"),
        (Money(5, "JPY"), 2, "5.00", "5.00"),
        (Money(1235, "KWD"), 2, "1.24", "1.23"),
        (Money(-1235, "KWD"), 1, "-1.2", "-1.3"),
    ],
)
def test_an_amount_is_rounded_half_away_from_zero_or_never_above_itself(
    value: Credits | Money, decimals: int, near: str, below: str
) -> None:
    assert str(rounded(value, decimals)) == near
    assert str(floored(value, decimals)) == below


def test_an_amount_is_shown_with_its_units_decimals() -> None:
    assert [decimals_of(CreditUnit(name)) for name in ("USD", "JPY", "KWD", "MGA", "tokens")] == [2, 0, 3, 0, 0]
    assert (digits_of(Credits(1_500_000)), digits_of(Money(1234, "USD"))) == (Decimal("1.5"), Decimal("12.34"))
