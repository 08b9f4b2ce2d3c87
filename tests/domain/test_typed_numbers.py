"""Numbers as they are typed: what a page writes is read back as the same, and nothing is guessed."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import locale
from app.domain import processor_amounts, top_ups, typed_numbers
from app.domain.amounts import NO_BREAK, SYMBOLS, CreditUnit, decimals_of
from app.domain.errors import Refused
from app.domain.money import Credits, Money, exponent
from app.domain.spend_management import MOST
from app.domain.typed_numbers import Field, Marks, SoughtAmount, money_field, parse_amount, read, signs, sought
from app.forms import amounts
from tests.presenters.test_locale import CURRENCIES

USD = money_field("USD")
GERMAN, SWISS, FRENCH = (
    Marks(",", "."),
    Marks(".", "\N{RIGHT SINGLE QUOTATION MARK}"),
    Marks(",", "\N{NARROW NO-BREAK SPACE}"),
)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("25", "25"),
        (" 25.50 ", "25.50"),
        ("0.01", "0.01"),
        ("007", "7"),
        ("1,000", "1000"),
        ("1,000,000.5", "1000000.5"),
        ("$20", "20"),
        ("$ 1,234.50", "1234.50"),
        ("USD 20", "20"),
        (f"usd{NO_BREAK}20.00", "20"),
        ("20 USD", "20"),
        ("20$", "20"),
        ("-5", "-5"),
        ("−$5.00", "-5"),
        (f"{NO_BREAK}20\t", "20"),
        ("9" * 400, "9" * 20),
        ("0" * 400 + "1", "1"),
    ],
)
def test_what_a_page_writes_is_read(typed: str, value: str) -> None:
    assert read(typed, USD) == Decimal(value)


AS_EXAMPLE = "Enter an amount in digits, such as 25.00."
TOO_FINE = "Enter an amount with at most 2 decimals, such as 25.00."
WHOLE = "Enter an amount such as {}, without decimals and with “,” only between thousands."
MARKS = "Enter an amount such as {}, with “.” before decimals and “,” only between thousands."


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("12,50", MARKS.format("12.50")),
        ("1,00", MARKS.format("1.00")),
        ("1.234,56", MARKS.format("1,234.56")),
        ("1\N{RIGHT SINGLE QUOTATION MARK}234.50", MARKS.format("1,234.50")),
        ("1 000", MARKS.format("1,000")),
        (f"1{NO_BREAK}234,5", MARKS.format("1,234.5")),
        ("10,00.00", MARKS.format("1,250.50")),
        ("1,0000", MARKS.format("1,250.50")),
        ("0,123", MARKS.format("1,250.50")),
        ("5 0", MARKS.format("1,250.50")),
        ("1,00,000", MARKS.format("1,250.50")),
        ("1,234,56", MARKS.format("1,250.50")),
        ("1.2.3", MARKS.format("1,250.50")),
        ("€25", "Enter an amount in USD, without “€”."),
        ("25 EUR", "Enter an amount in USD, without “EUR”."),
        ("A$25", "Enter an amount in USD, without “A$”."),
        ("$25 USD", AS_EXAMPLE),
        ("$$25", "Enter an amount in USD, without “$$”."),
        ("5.001", TOO_FINE),
        ("1e3", AS_EXAMPLE),
        ("sNaN", AS_EXAMPLE),
        ("Infinity", AS_EXAMPLE),
        ("0x19", AS_EXAMPLE),
        ("1_000", AS_EXAMPLE),
        ("+5", AS_EXAMPLE),
        ("--5", AS_EXAMPLE),
        ("5-", AS_EXAMPLE),
        ("5.", AS_EXAMPLE),
        (".5", AS_EXAMPLE),
        (",000", AS_EXAMPLE),
        ("٥", AS_EXAMPLE),
        ("５", AS_EXAMPLE),
        ("2²", AS_EXAMPLE),
        ("1٥", AS_EXAMPLE),
        ("5\x00", AS_EXAMPLE),
        ("twenty", AS_EXAMPLE),
        ("-", AS_EXAMPLE),
        ("$", AS_EXAMPLE),
        ("20 EURO", AS_EXAMPLE),
        ("20%", "Enter an amount in USD, without “%”."),
        ("\N{EM SPACE}20", AS_EXAMPLE),
        ("20\N{EM SPACE}", AS_EXAMPLE),
        ("-\N{EM SPACE}20", AS_EXAMPLE),
        ("$\N{EM SPACE}20", AS_EXAMPLE),
    ],
)
def test_anything_else_is_refused_with_the_right_form(typed: str, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        read(typed, USD)
    assert (refused.value.sentence, refused.value.status, refused.value.field) == (sentence, 422, "amount")
    assert refused.value.reason == ("amount_too_fine" if sentence == TOO_FINE else "amount_malformed")


@pytest.mark.parametrize("typed", ["", " ", f"\t{NO_BREAK}"])
def test_nothing_typed_is_nothing(typed: str) -> None:
    assert read(typed, USD) is None


@pytest.mark.parametrize(
    ("marks", "typed", "value"),
    [
        (GERMAN, "12,50", "12.50"),
        (GERMAN, "1.234,5", "1234.5"),
        (GERMAN, "1.000", "1000"),
        (SWISS, "1\N{RIGHT SINGLE QUOTATION MARK}234.50", "1234.50"),
        (FRENCH, "1\N{NARROW NO-BREAK SPACE}234,50", "1234.50"),
    ],
)
def test_another_language_has_its_own_marks(marks: Marks, typed: str, value: str) -> None:
    assert read(typed, USD, marks) == Decimal(value)


def test_in_another_language_the_right_form_is_its_own() -> None:
    with pytest.raises(Refused, match=r"such as 12,50, with “,” before decimals and “\.” only between thousands\."):
        read("12.50", USD, GERMAN)


@given(st.integers(0, 10**14), st.sampled_from(CURRENCIES))
def test_a_written_amount_of_any_currency_is_read_back(minor: int, currency: str) -> None:
    written = Money(minor, currency)
    assert amounts.money(locale.exact(written), currency) == written
    assert amounts.money(locale.number(written.major, exponent(currency)), currency) == written
    assert amounts.money(f"{written.major:f}", currency) == written


UNITS = [*map(CreditUnit, CURRENCIES), CreditUnit("tokens"), CreditUnit("tok", "credits")]


@given(st.integers(-MOST.micros, MOST.micros), st.sampled_from(UNITS))
def test_written_credits_of_any_unit_are_read_back(micros: int, unit: CreditUnit) -> None:
    """But for three decimals, which others may take for thousands: as a field shows them, they are read back too."""
    open_to_doubt = micros % 1_000 == 0 and micros % 10_000 and 10**6 <= abs(micros) < 10**9 and decimals_of(unit) != 3
    written = locale.exact(Credits(micros), unit)
    if micros >= 0 and not open_to_doubt:
        assert amounts.credits(written, "daily_limit", unit) == Credits(micros)
        return
    with pytest.raises(Refused, match="can be read as" if open_to_doubt else "of at most 999,999,999,999"):
        amounts.credits(written, "daily_limit", unit)


@given(st.text("0123456789.,'$ €-", max_size=12), st.sampled_from(["USD", "JPY", "KWD"]))
def test_what_is_read_has_the_digits_that_were_typed(typed: str, currency: str) -> None:
    try:
        found = read(typed, Field("amount", exponent(currency), signs(CreditUnit(currency))))
    except Refused:
        return
    if found is not None:
        whole = typed.partition(".")[0]
        assert abs(int(found)) == int("".join(each for each in whole if each.isdigit())), "a mark moved the point"


@pytest.mark.parametrize("sign", sorted({*SYMBOLS.values()} - {"$"}))
def test_no_other_currencys_sign_is_taken(sign: str) -> None:
    with pytest.raises(Refused):
        read(f"{sign}25", USD)


@pytest.mark.parametrize(("typed", "value"), [("80", 80), ("80 %", 80), ("1,000", 1000), ("-3", -3), ("", None)])
def test_a_whole_number_may_have_its_unit_beside_it(typed: str, value: int | None) -> None:
    assert amounts.whole(typed, "threshold", "%") == value


@pytest.mark.parametrize("typed", ["80.5", "1,00", "80 requests", "٨٠", "8 0"])
def test_no_other_whole_number_is_read(typed: str) -> None:
    with pytest.raises(Refused):
        amounts.whole(typed, "threshold", "%")


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ("123.456.789", USD, MARKS.format("123,456,789")),
        ("1234,5", USD, MARKS.format("1,234.5")),
        ("1 234", Field("amount", 0), WHOLE.format("1,234")),
        ("12,5", Field("amount", 0), WHOLE.format("1,250")),
        ("123.4567,8901", Field("amount", 6), MARKS.format("1,250.50")),
        ("1234'567", USD, MARKS.format("1,250.50")),
        ("1.5,", USD, AS_EXAMPLE),
        ("ten", money_field("KWD"), "Enter an amount in digits, such as 25.000."),
        ("ten", money_field("MGA"), "Enter an amount in digits, such as 25."),
        ("ten", Field("amount", 0), "Enter an amount in digits, such as 25."),
        ("0,1234", Field("amount", 6), MARKS.format("0.1234")),
    ],
)
def test_what_was_meant_is_named_where_it_is_clear(typed: str, field: Field, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        read(typed, field)
    assert refused.value.sentence == sentence


def test_a_number_is_written_with_no_more_decimals_than_it_has_or_is_to_have() -> None:
    assert Marks().written(Decimal(1250)) == "1,250"
    assert Marks().written(Decimal("1250.5"), 3) == "1,250.500"
    assert GERMAN.written(Decimal("1250.5"), 2) == "1.250,50"


TOKENS = CreditUnit("tokens")
FIVE, FIFTY = Money(500, "USD"), Money(5000, "USD")


@pytest.mark.parametrize(
    ("read_it", "sentence"),
    [
        (lambda: amounts.money("", "USD"), "Enter an amount."),
        (lambda: parse_amount("", "USD"), "Enter an amount."),
        (lambda: amounts.money("ten", "JPY"), "Enter an amount in digits, such as 25."),
        (lambda: parse_amount("ten", "JPY"), "Enter an amount in digits, such as 25."),
        (lambda: amounts.money("ten", "MGA"), "Enter an amount in digits, such as 25."),
        (lambda: amounts.money("5.5", "JPY"), "Enter an amount without decimals, such as 25."),
        (lambda: parse_amount("5.5", "JPY"), "Enter an amount without decimals, such as 25."),
        (lambda: amounts.money("5.0001", "KWD"), "Enter an amount with at most 3 decimals, such as 25.000."),
        (lambda: parse_amount("5.0001", "KWD"), "Enter an amount with at most 3 decimals, such as 25.000."),
        (lambda: amounts.money("€5", "USD"), "Enter an amount in USD, without “€”."),
        (lambda: amounts.credits("ten", "daily_limit", CreditUnit("USD")), AS_EXAMPLE),
        (lambda: amounts.credits("ten", "daily_limit", TOKENS), "Enter an amount in digits, such as 25."),
        (
            lambda: amounts.credits("1.1234567", "daily_limit", TOKENS),
            "Enter an amount with at most 6 decimals, such as 25.",
        ),
        (
            lambda: amounts.credits("-1", "daily_limit", TOKENS),
            "Enter a daily limit above zero and of at most 999,999,999,999, or leave it empty for none.",
        ),
        (lambda: amounts.whole("ten", "threshold", "%"), "Enter a percentage in digits, such as 80."),
        (lambda: amounts.whole("8.5", "threshold", "%"), "Enter a percentage without decimals, such as 80."),
        (
            lambda: amounts.whole("1,00", "threshold", "%"),
            "Enter a percentage without decimals, such as 80.",
        ),
        (lambda: amounts.whole("$80", "threshold", "%"), "Enter a percentage in %, without “$”."),
        (lambda: top_ups.free_amount(Money(1, "USD"), FIVE, FIFTY), "Enter an amount from $5.00 to $50.00."),
        (
            lambda: processor_amounts.check(Money(49, "USD")),
            "Enter at least $0.50: our payment processor charges no less.",
        ),
        (
            lambda: processor_amounts.check(Money(10**10, "USD")),
            "Enter at most $999,999.99: our payment processor charges no more at once.",
        ),
        (
            lambda: processor_amounts.check(Money(100_050, "MGA")),
            "Enter MGA\xa01,000 or MGA\xa01,001: our payment processor cannot charge MGA\xa01,000.5 exactly.",
        ),
    ],
)
def test_one_wording_names_what_is_wrong_with_an_amount(read_it: Callable[[], object], sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        read_it()
    assert refused.value.sentence == sentence


@pytest.mark.parametrize(
    ("value", "decimals", "low", "high"),
    [
        ("0", 2, 0, 5_000),
        ("0.5", 2, 495_000, 505_000),
        ("-12.50", 2, 12_495_000, 12_505_000),
        ("7", 0, 6_500_000, 7_500_000),
        ("1.000001", 6, 1_000_001, 1_000_002),
        ("1", 8, 1_000_000, 1_000_001),  # credits have no finer part than a micro
    ],
)
def test_what_is_sought_is_all_that_is_rounded_to_it(value: str, decimals: int, low: int, high: int) -> None:
    assert sought(Decimal(value), decimals) == SoughtAmount(low, high, 0)
    assert sought(Decimal(value), decimals, -1) == SoughtAmount(low, high, -1)


def test_the_help_names_a_mark_that_cannot_be_seen_by_a_word_and_not_as_a_mark() -> None:
    for group, named in (("\N{NARROW NO-BREAK SPACE}", "a space"), (",", "“,”")):
        for words, decimals in ((typed_numbers.AMOUNT, 2), (typed_numbers.WHOLE, 0)):
            with pytest.raises(Refused, match=f"(with|and) {named} only between thousands"):
                read("1.00,0.0", Field("threshold", decimals, words=words), Marks(".", group))


def test_the_help_with_a_percentage_names_one_that_may_be_typed_and_no_thousands() -> None:
    for decimals, said in ((2, r"such as 12\.5, with “\.” before decimals\.$"), (0, r"decimals, such as 80\.$")):
        with pytest.raises(Refused, match=said):
            read("1,00,00", Field("limit", decimals, words=typed_numbers.PERCENTAGE, example=Decimal(80)))
