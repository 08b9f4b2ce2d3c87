"""What a period comes to, in both ways of taxing credit: the worked examples, and that nothing is lost or taxed twice."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.invoices.lines import Rate
from app.domain.invoices.period_sums import per_minor, reckoned
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
