"""A line of a meter says units and price where they come to its amount, and how the price comes about."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog import Meter, MeterTier
from app.domain.invoices.e_invoice import product
from app.domain.invoices.metered import Counted, Metered, metered
from app.domain.money import Credits, Money, divided
from app.domain.rating import Tariff


def meter(micros: int | None, per: int = 1, unit: str = "requests", *tiers: MeterTier) -> Meter:
    price = Credits(micros) if micros is not None else None
    return Meter("requests", "Requests", "", unit, credits=price, per=per, tiers=tiers)


TIERS = meter(None, 1000, "requests", MeterTier(Credits(400_000), 1_000_000), MeterTier(Credits(300_000)))
IN_STEPS = (
    "1,200,000 requests (1 to 1,000,000 at $0.40 per 1,000 requests; from 1,000,001 on at $0.30 per 1,000 requests)"
)


def dollars(cents: int) -> Money:
    return Money(cents, "USD")


def whole(tariff: Tariff, quantity: int) -> Counted:
    return Counted(quantity, tariff.cost(quantity))


@pytest.mark.parametrize(
    ("tariff", "counted", "micros", "net", "said"),
    [
        (
            Tariff(meter(400_000, 1000)),
            17_625,
            7_050_000,
            705,
            (17_625, "0.0004", "17,625 requests at $0.40 per 1,000 requests"),
        ),
        (  # only what was below zero
            Tariff(meter(400_000, 1000)),
            30_125,
            7_050_000,
            705,
            (17_625, "0.0004", "17,625 requests at $0.40 per 1,000 requests"),
        ),
        (
            Tariff(meter(400_000, 1000), allowance=10_000),
            27_625,
            7_050_000,
            705,
            (17_625, "0.0004", "17,625 requests beyond the 10,000 of the plan at $0.40 per 1,000 requests"),
        ),
        (  # a cent of it stands on another line: together they come to what both cost
            Tariff(meter(400_000, 1000)),
            17_625,
            7_050_000,
            704,
            (17_625, None, "17,625 requests at $0.40 per 1,000 requests"),
        ),
        (Tariff(meter(5_000_000, 1, "seats")), 1, 5_000_000, 500, (1, "5", "1 seat at $5.00 per seat")),
        (Tariff(meter(5_000_000, 1, "seats")), 3, 7_050_000, 705, (1, None, "at $5.00 per seat")),
        (Tariff(meter(1_000_000, 3)), 9, 3_000_000, 300, (9, None, "9 requests at $1.00 per 3 requests")),
        (Tariff(TIERS), 1_200_000, 460_000_000, 46_000, (1_200_000, None, IN_STEPS)),
        (Tariff(TIERS), 1_200_000, 60_000_000, 6_000, (1, None, f"of {IN_STEPS}")),
        (Tariff(meter(None)), 5, 100, 1, (1, None, "")),
    ],
)
def test_what_a_line_says_of_its_units(
    tariff: Tariff, counted: int, micros: int, net: int, said: tuple[int, str | None, str]
) -> None:
    units, price, words = said
    expected = Metered(units, None if price is None else Decimal(price), words)
    assert metered(tariff, whole(tariff, counted), micros, dollars(net)) == expected


def test_where_the_price_has_changed_in_the_period_nothing_is_said() -> None:
    assert metered(Tariff(meter(400_000, 1000)), Counted(17_625, 7_000_000), 7_000_000, dollars(700)) == Metered()


def test_a_price_with_tax_in_it_is_no_price_before_tax() -> None:
    tariff = Tariff(meter(400_000, 1000))
    said = metered(tariff, whole(tariff, 17_625), 7_050_000, dollars(564), inclusive=True)
    assert said == Metered(17_625, None, "17,625 requests at $0.40 per 1,000 requests, tax included")


@given(st.integers(1, 10**9), st.sampled_from([1, 3, 7, 1000]), st.integers(1, 10**9), st.integers(0, 10**9))
def test_units_at_a_price_come_to_the_amount_whatever_they_are(price: int, per: int, units: int, below: int) -> None:
    tariff = Tariff(meter(price, per))
    counted = whole(tariff, units)
    micros = min(below, counted.micros)
    net = dollars(divided(micros, 10_000))
    said = metered(tariff, counted, micros, net)
    assert said.words, "the price is always said"
    if said.unit_price is not None:
        assert product(said.quantity, said.unit_price, 1, "USD") == net
        assert said.unit_price * per * 1_000_000 == price
