"""Totals: lines, tax and total add up by construction, in any order, in every kind of currency."""

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Broken
from app.domain.invoices.lines import Line, LineKind, Rate
from app.domain.invoices.totals import Totals, included, totals
from app.domain.money import Money
from app.domain.tax.treatment import tax_on

RATES = st.sampled_from(
    [Rate("S", Decimal(25)), Rate("S", Decimal("5.5")), Rate("S", Decimal("8.875")), Rate("AE"), Rate("O"), Rate("Z")]
)
CURRENCIES = st.sampled_from(["JPY", "EUR", "KWD"])
AMOUNTS = st.integers(0, 10**9)


def _line(minor: int, rate: Rate, currency: str = "EUR", kind: LineKind = LineKind.USAGE) -> Line:
    return Line(kind, "API calls", Money(minor, currency), rate)


@st.composite
def _documents(draw: st.DrawFn) -> tuple[list[Line], list[Money]]:
    currency = draw(CURRENCIES)
    sold = draw(st.lists(st.builds(lambda minor, rate: _line(minor, rate, currency), AMOUNTS, RATES), min_size=1))
    return sold, [Money(minor, currency) for minor in draw(st.lists(AMOUNTS, max_size=3))]


@pytest.mark.case("AC-36")
@pytest.mark.case("AC-37")
@given(_documents(), st.randoms(use_true_random=False))
def test_lines_and_tax_make_the_total_in_any_order(document: tuple[list[Line], list[Money]], chance: Random) -> None:
    lines, offered = document
    made = totals(lines, offered)
    assert made.net.amount_minor == sum(line.net.amount_minor for line in lines)
    assert made.tax.amount_minor == sum(each.tax.amount_minor for each in made.taxed)
    assert made.total == made.net + made.tax
    assert made.payable == made.total - made.credits_applied + made.rounding
    assert made.credits_applied <= made.total
    assert made.credits_applied.amount_minor <= sum(credit.amount_minor for credit in offered)
    assert min(made.net, made.tax, made.total, made.credits_applied, made.payable).amount_minor >= 0
    chance.shuffle(lines)
    chance.shuffle(offered)
    assert totals(lines, offered) == made


@given(_documents())
def test_each_rate_is_taxed_once(document: tuple[list[Line], list[Money]]) -> None:
    lines, _credits = document
    made = totals(lines)
    assert len(made.taxed) == len({line.rate for line in lines})
    for each in made.taxed:
        net = sum(line.net.amount_minor for line in lines if line.rate == each.rate)
        exact = net * each.rate.percent / 100
        assert abs(each.tax.amount_minor - exact) <= Decimal("0.5")


def test_tax_is_rounded_for_the_rate_and_not_for_each_line() -> None:
    rate = Rate("S", Decimal(25))
    assert totals([_line(1, rate)] * 3).tax == Money(1, "EUR")  # 0.75 cents; by line it would be 0
    assert totals([_line(2, rate)] * 10).tax == Money(5, "EUR")  # by line it would be 10


@pytest.mark.parametrize(
    ("net", "percent", "tax"),
    [(10_050, "25", 2_513), (1, "50", 1), (1, "49", 0), (0, "25", 0), (10_000, "8.875", 888), (100, "5.5", 6)],
)
def test_tax_is_rounded_half_away_from_zero(net: int, percent: str, tax: int) -> None:
    assert tax_on(Money(net, "EUR"), Decimal(percent)) == Money(tax, "EUR")


def test_credit_is_taken_off_to_the_cent() -> None:
    made = totals([_line(20_148, Rate("O"))], [Money(705, "EUR")])
    assert (made.total.amount_minor, made.payable.amount_minor) == (20_148, 19_443)


@pytest.mark.parametrize(
    ("currency", "minor", "rounding", "payable"),
    [
        ("KWD", 1_234, -4, 1_230),
        ("BHD", 1_239, -9, 1_230),
        ("JOD", 1_230, 0, 1_230),
        ("OMR", 9, -9, 0),
        ("TND", 11, -1, 10),
        ("JPY", 1_239, 0, 1_239),
        ("EUR", 1_239, 0, 1_239),
    ],
)
def test_a_total_that_cannot_be_paid_exactly_is_rounded_down(
    currency: str, minor: int, rounding: int, payable: int
) -> None:
    made = totals([_line(minor, Rate("O"), currency)])
    assert (made.total.amount_minor, made.rounding.amount_minor, made.payable.amount_minor) == (
        minor,
        rounding,
        payable,
    )


@given(AMOUNTS, RATES, CURRENCIES)
def test_what_was_paid_with_its_tax_splits_exactly(minor: int, rate: Rate, currency: str) -> None:
    part = included(Money(minor, currency), rate)
    assert part.gross == Money(minor, currency)
    assert abs(part.tax.amount_minor - tax_on(part.net, rate.percent).amount_minor) <= 1


def test_what_is_ordered_before_tax_is_found_again_in_what_was_paid() -> None:
    rate = Rate("S", Decimal(25))
    ordered = totals([_line(10_050, rate)])
    assert included(ordered.payable, rate) == ordered.taxed[0]


def test_a_proration_and_a_discount_lower_what_is_taxed() -> None:
    rate = Rate("S", Decimal(20))
    lines = [
        _line(5_000, rate, kind=LineKind.BASE_FEE),
        _line(-1_000, rate, kind=LineKind.PRORATION),
        _line(-500, rate, kind=LineKind.DISCOUNT),
    ]
    made: Totals = totals(lines)
    assert (made.net.amount_minor, made.tax.amount_minor) == (3_500, 700)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: _line(-1, Rate("O")),
        lambda: _line(1, Rate("O"), kind=LineKind.CREDITS_APPLIED),
        lambda: Rate("O", Decimal(19)),
        lambda: Rate("S", Decimal(-1)),
        lambda: totals([]),
        lambda: totals([_line(-2, Rate("O"), kind=LineKind.DISCOUNT), _line(1, Rate("O"))]),
        lambda: totals([_line(1, Rate("O"))], [Money(-1, "EUR")]),
        lambda: totals([_line(1, Rate("O")), _line(1, Rate("O"), "JPY")]),
    ],
)
def test_nothing_is_negative_and_nothing_mixed(wrong: object) -> None:
    with pytest.raises(Broken):
        wrong()  # type: ignore[operator]
