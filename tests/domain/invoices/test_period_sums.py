"""What a period comes to, in both ways of taxing credit: the worked examples, and that nothing is lost or taxed twice."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.invoices.lines import Line, LineKind, Rate
from app.domain.invoices.period_sums import per_minor, reckoned
from app.domain.money import Money
from app.domain.tax.treatment import tax_on

VAT, NONE = Rate("S", Decimal(25)), Rate("O")
CENT = 10_000
UNITS = st.integers(0, 60_000_000)


def test_the_examples_of_the_decision() -> None:
    table = [
        # used, given, below, bought, rate -> net, tax, total, applied, payable, overage, from credit
        ("49.00 paid by credit", 4900, 0, 0, 0, NONE, (4900, 0, 4900, 4900, 0, 0, 0)),
        ("at use, tax paid by credit", 10000, 1000, 0, 5000, VAT, (9000, 2250, 11250, 11250, 0, 0, 2250)),
        ("at use, tax due", 10000, 1000, 0, 1000, VAT, (9000, 2250, 11250, 10000, 1250, 0, 1000)),
        ("at use, below zero", 10000, 1000, 2000, 0, VAT, (9000, 2250, 11250, 7000, 4250, 2000, 0)),
        ("at purchase, overage", 800, 0, 800, 0, VAT, (800, 200, 1000, 0, 1000, 800, 0)),
        ("201.48 less 7.05", 20148, 0, 19443, 0, NONE, (20148, 0, 20148, 705, 19443, 19443, 0)),
        ("too little for a charge", 24, 0, 24, 0, VAT, (24, 6, 30, 0, 30, 24, 0)),
        ("all of it given away", 500, 500, 0, 0, VAT, (0, 0, 0, 0, 0, 0, 0)),
    ]
    for name, used, gift, below, bought, rate, expected in table:
        sums = reckoned([used * CENT], gift * CENT, below * CENT, rate, "USD", inclusive=False, bought=bought * CENT)
        assert sums is not None, name
        totals = sums.totals
        found = (
            totals.net,
            totals.tax,
            totals.total,
            totals.credits_applied,
            totals.payable,
            sums.overage,
            sums.from_credit,
        )
        assert tuple(each.amount_minor for each in found) == expected, name


def test_less_than_half_a_cent_is_nothing_to_invoice() -> None:
    assert reckoned([4_999], 0, 4_999, VAT, "USD", inclusive=False, bought=0) is None
    assert reckoned([], 0, 0, VAT, "USD", inclusive=False, bought=0) is None


def test_what_credit_given_away_has_paid_is_rounded_once_to_the_nearest_cent() -> None:
    for given_away, cents in ((14_999, 1), (15_000, 2), (24_999, 2)):
        sums = reckoned([100 * CENT], given_away, 0, NONE, "USD", inclusive=False, bought=0)
        assert sums is not None
        assert (sums.discount.amount_minor, sums.totals.net.amount_minor) == (cents, 100 - cents)


def test_a_dinar_ends_where_it_can_be_paid() -> None:
    sums = reckoned([1_237_000], 0, 1_237_000, NONE, "KWD", inclusive=False, bought=0)
    assert sums is not None
    assert (sums.totals.rounding.amount_minor, sums.totals.payable.amount_minor) == (-7, 1230)


@given(
    st.lists(UNITS, min_size=1, max_size=4),
    st.integers(0, 100),
    st.integers(0, 100),
    UNITS,
    st.sampled_from([VAT, NONE, Rate("S", Decimal("19.6"))]),
    st.sampled_from(["USD", "JPY", "KWD"]),
    st.booleans(),
)
def test_everything_adds_up_whatever_was_used(
    used: list[int], gift: int, below: int, bought: int, rate: Rate, currency: str, inclusive: bool
) -> None:
    whole = sum(used)
    given_away = whole * gift // 100
    owed = (whole - given_away) * below // 100
    sums = reckoned(used, given_away, owed, rate, currency, inclusive=inclusive, bought=bought)
    if sums is None:
        assert whole * 2 < per_minor(currency)
        return
    totals = sums.totals
    assert sum(each.amount_minor for each in sums.nets) - sums.discount.amount_minor == totals.net.amount_minor
    assert totals.total == totals.net + totals.tax
    assert totals.payable == totals.total - totals.credits_applied + totals.rounding
    assert 0 <= totals.credits_applied.amount_minor <= totals.total.amount_minor
    assert sums.from_credit.amount_minor * per_minor(currency) <= bought
    burned = totals.credits_applied - sums.from_credit
    assert abs(burned.amount_minor * per_minor(currency) - (whole - given_away - owed)) <= 2 * per_minor(currency)
    if not inclusive:
        assert totals.tax == tax_on(totals.net, rate.percent)


FEES = [
    Line(LineKind.BASE_FEE, "Team", Money(4900, "USD"), VAT),
    Line(LineKind.SEATS, "2 seats", Money(3000, "USD"), VAT, 2, Decimal("15.00")),
]


def test_fees_stand_beside_usage_and_bought_credit_pays_them() -> None:
    table = [
        # used, below, bought, inclusive -> net, tax, applied, payable, from credit
        ("fees alone", 0, 0, 0, False, (7900, 1975, 0, 9875, 0)),
        ("with overage", 705, 705, 0, False, (8605, 2151, 0, 10756, 0)),
        ("paid by credit", 0, 0, 20000, False, (7900, 1975, 9875, 0, 9875)),
        ("paid in part, beside usage that credit has paid", 100, 0, 5000, False, (8000, 2000, 5100, 4900, 5000)),
        ("tax in the price", 0, 0, 0, True, (6320, 1580, 0, 7900, 0)),
    ]
    for name, used, below, bought, inclusive, expected in table:
        sums = reckoned(
            [used * CENT], 0, below * CENT, VAT, "USD", inclusive=inclusive, bought=bought * CENT, fees=FEES
        )
        assert sums is not None, name
        totals = sums.totals
        found = (totals.net, totals.tax, totals.credits_applied, totals.payable, sums.from_credit)
        assert tuple(each.amount_minor for each in found) == expected, name
        if not inclusive:
            assert [line.net.amount_minor for line in sums.fees] == [4900, 3000], name


@given(
    st.integers(0, 30_000_000),
    st.lists(st.integers(1, 100_000), min_size=1, max_size=2),
    st.sampled_from([VAT, NONE, Rate("S", Decimal("19.6"))]),
    st.sampled_from([VAT, NONE]),
    st.booleans(),
)
def test_lines_of_usage_and_fees_add_up_under_each_rate(
    used: int, prices: list[int], of_usage: Rate, of_fees: Rate, inclusive: bool
) -> None:
    fees = [Line(LineKind.BASE_FEE, "Plan", Money(price, "USD"), of_fees) for price in prices]
    sums = reckoned([used], 0, used, of_usage, "USD", inclusive=inclusive, bought=0, fees=fees)
    assert sums is not None
    nets = {each.rate: each.net.amount_minor for each in sums.totals.taxed}
    found = dict.fromkeys(nets, 0)
    for rate, net in [*((of_usage, each) for each in sums.nets), *((line.rate, line.net) for line in sums.fees)]:
        found[rate] += net.amount_minor
    assert found == nets
