"""What a purchase comes to: one rounding of its tax, in both meanings of a price, and its credit without the tax."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Refused
from app.domain.money import Credits, Money
from app.domain.processor_amounts import is_taken
from app.domain.tax import kept
from app.domain.tax.prices import UNTAXED, Price, Taxation
from app.domain.tax.treatment import Category, Reason, Treatment
from app.domain.top_ups import TopUp, free_amount


def taxed(percent: str, prices: str = "exclusive", reason: Reason = Reason.STANDARD, number: str = "") -> Taxation:
    treatment = Treatment(Category.STANDARD, Decimal(percent), "VAT", "FR", reason, number, "FR40303265045")
    return Taxation(treatment, prices)  # type: ignore[arg-type]


REVERSED = Taxation(Treatment(Category.REVERSE_CHARGE, Decimal(0), "VAT", "DE", Reason.REVERSE_CHARGE, "DE1", "FR1"))


@pytest.mark.parametrize(
    ("listed", "taxation", "net", "tax", "charged"),
    [
        (Money(10_050, "EUR"), taxed("25"), 10_050, 2_513, 12_563),  # 25.125 is rounded half away from zero
        (Money(10_050, "EUR"), taxed("25", "inclusive"), 8_040, 2_010, 10_050),
        (Money(3, "EUR"), taxed("20", "inclusive"), 2, 1, 3),
        (Money(2_500, "EUR"), taxed("5.5"), 2_500, 138, 2_638),
        (Money(2_500, "EUR"), REVERSED, 2_500, 0, 2_500),
        (Money(2_500, "EUR"), UNTAXED, 2_500, 0, 2_500),
        (Money(1_001, "JPY"), taxed("10"), 1_001, 100, 1_101),
        (Money(10_010, "KWD"), taxed("5"), 10_010, 501, 10_510),  # the last digit of 10.511 cannot be charged
    ],
    ids=["added", "included", "included-a-cent", "odd-percent", "reversed", "at-use", "yen", "dinars"],
)
def test_a_price_its_tax_and_what_is_charged(
    listed: Money, taxation: Taxation, net: int, tax: int, charged: int
) -> None:
    top_up = TopUp(listed, Credits(1), taxation=taxation)
    assert (top_up.price.net.amount_minor, top_up.price.tax.amount_minor) == (net, tax)
    assert top_up.amount == Money(charged, listed.currency)


@pytest.mark.parametrize("prices", ["exclusive", "inclusive"])
def test_the_credit_follows_the_price_and_never_the_tax(prices: str) -> None:
    top_up = free_amount(Money(2_500, "EUR"), Money(500, "EUR"), Money(5_000, "EUR"), taxed("20", prices))
    assert top_up.credits == Credits(25_000_000)
    assert top_up.times(3).credits == Credits(75_000_000)


@given(minor=st.integers(1, 10**9), percent=st.integers(1, 2_700), currency=st.sampled_from(["EUR", "JPY", "KWD"]))
def test_net_and_tax_are_the_total_and_what_is_charged_can_be(minor: int, percent: int, currency: str) -> None:
    for prices in ("exclusive", "inclusive"):
        price = taxed(str(Decimal(percent) / 100), prices).price(Money(minor, currency))
        assert price.net + price.tax == price.total
        assert is_taken(price.charged)
        assert 0 <= price.total.amount_minor - price.charged.amount_minor < 10


def test_bounds_are_on_the_price_before_tax() -> None:
    bounds = Money(500, "EUR"), Money(5_000, "EUR")
    assert free_amount(bounds[1], *bounds, taxed("20")).amount == Money(6_000, "EUR")
    with pytest.raises(Refused, match=r"from €5\.00 to €50\.00, before tax\."):
        free_amount(Money(5_001, "EUR"), *bounds, taxed("20"))
    with pytest.raises(Refused, match=r"from €5\.00 to €50\.00\."):
        free_amount(Money(5_001, "EUR"), *bounds, taxed("20", "inclusive"))


def test_a_total_above_what_is_charged_at_once_is_refused() -> None:
    most = Money(99_999_999, "EUR")
    with pytest.raises(Refused, match=r"With tax this is €1,199,999\.99: our payment processor charges at most"):
        free_amount(most, Money(500, "EUR"), most, taxed("20"))


@pytest.mark.parametrize(
    "other",
    [
        taxed("19"),
        taxed("20", reason=Reason.NUMBER_UNVERIFIED),
        taxed("20", "inclusive"),
        REVERSED,
        UNTAXED,
    ],
)
def test_a_preview_is_of_one_total_taxed_in_one_way(other: Taxation) -> None:
    top_up = TopUp(Money(2_500, "EUR"), Credits(1), taxation=taxed("20"))
    assert TopUp(Money(2_500, "EUR"), Credits(1), taxation=other).preview != top_up.preview
    assert TopUp(Money(2_500, "EUR"), Credits(1), taxation=taxed("20.0")).preview == top_up.preview


@pytest.mark.parametrize("name", ["VAT", "TVA «é»", "V" * 200, '"' * 200])
def test_how_it_is_taxed_travels_in_pieces_and_is_read_back(name: str) -> None:
    treatment = Treatment(Category.STANDARD, Decimal("5.5"), name, "PT-20", Reason.NUMBER_PENDING, "N" * 60, "T" * 200)
    text = kept.written(treatment, Money(138, "EUR"))
    pieces = kept.in_pieces(text)
    assert all(len(piece) <= 500 for piece in pieces.values())
    assert kept.joined(lambda key: pieces.get(key, "")) == text
    net = Money(2_500, "EUR")
    assert kept.read(text, net) == (treatment, Price(net, Money(138, "EUR")))


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", "[]", "1", "null", "[" * 100_000,
        '{"buyer_number":"","category":"S","country":"FR","name":"VAT","percent":"0","reason":"standard","seller_number":"","tax_minor":0}',
        '{"buyer_number":"","category":"AE","country":"FR","name":"VAT","percent":"0","reason":"standard","seller_number":"","tax_minor":5}',
        '{"buyer_number":"","category":"S","country":"FR","name":"VAT","percent":"20","reason":"standard","seller_number":"","tax_minor":-1}',
        '{"buyer_number":"","category":"S","country":"FR","name":"VAT","percent":"NaN","reason":"standard","seller_number":"","tax_minor":5}',
        '{"buyer_number":"","category":"S","country":"FR","name":"VAT","percent":"20","reason":"gift","seller_number":"","tax_minor":5}',
        '{"buyer_number":"","category":"S","country":"FR","name":"VAT","percent":"20","reason":"standard","seller_number":"","tax_minor":true}',
        '{"buyer_number":"","category":"S","country":"FR","name":5,"percent":"20","reason":"standard","seller_number":"","tax_minor":5}',
        '{"buyer_number":"","category":"S","country":"FR","extra":"","name":"VAT","percent":"20","reason":"standard","seller_number":"","tax_minor":5}',
    ],
)  # fmt: skip
def test_what_somebody_wrote_there_otherwise_is_not_read(text: str) -> None:
    assert kept.read(text, Money(100, "EUR")) is None
