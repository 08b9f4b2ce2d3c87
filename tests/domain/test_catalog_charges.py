"""What of a catalog the processor could never charge: each key that holds an amount, named with the nearest."""

from dataclasses import replace

import pytest

from app.domain.catalog import Catalog, CreditPack, Plan, Plans, Seats, TopUpBounds
from app.domain.catalog_charges import problems
from app.domain.catalog_problems import Path, Problem
from app.domain.money import Credits, Money
from app.services.catalog import versions
from tests.support.small_catalogs import SMALL

GOOD: Catalog = versions.parse(SMALL.replace("USD", "KWD"))
LEAST, MOST = Money(10, "KWD"), Money(99_999_990, "KWD")
FINE = Money(1505, "KWD")
FINER = "is finer than the payment processor counts KWD; take 1.500 or 1.510, not 1.505"
BETWEEN = "must lie between 0.010 and 99999.990, which is what the payment processor charges"


def topped_up(**parts: object) -> Catalog:
    return replace(GOOD, top_up=replace(TopUpBounds(LEAST, MOST), **parts))  # type: ignore[arg-type]


def packed(*prices: Money) -> Catalog:
    return replace(GOOD, packs=tuple(CreditPack(f"p{price}", "Pack", Credits(1), price) for price in prices))


def planned(**parts: object) -> Catalog:
    free = Plan("free", "Free", monthly=Money(0, "KWD"))
    return replace(GOOD, plans=Plans("free", (free, replace(free, key="other", **parts))))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("catalog", "found"),
    [
        (GOOD, []),
        (topped_up(), []),
        (topped_up(min=FINE), [(("top_up", "min"), FINER)]),
        (topped_up(min=Money(9, "KWD")), [(("top_up", "min"), BETWEEN)]),
        (topped_up(max=FINE), [(("top_up", "max"), FINER)]),
        (topped_up(max=Money(99_999_991, "KWD")), [(("top_up", "max"), BETWEEN)]),
        (topped_up(suggested=(LEAST, FINE, MOST)), [(("top_up", "suggested", 1), FINER)]),
        (replace(GOOD, top_up=None), []),
        (packed(LEAST, MOST), []),
        (packed(LEAST, FINE, Money(0, "KWD")), [(("packs", 1, "price"), FINER)]),
        (replace(GOOD, auto_recharge=replace(GOOD.auto_recharge, amount=LEAST)), []),
        (replace(GOOD, auto_recharge=replace(GOOD.auto_recharge, amount=FINE)), [(("auto_recharge", "amount"), FINER)]),
        (planned(monthly=FINE), [(("plans", "tiers", 1, "monthly"), FINER)]),
        (planned(annual=FINE), [(("plans", "tiers", 1, "annual"), FINER)]),
        (planned(annual=Money(99_999_999_990, "KWD")), []),
        (planned(seats=Seats(monthly=FINE)), [(("plans", "tiers", 1, "seats", "monthly"), FINER)]),
        (planned(seats=Seats(annual=FINE)), [(("plans", "tiers", 1, "seats", "annual"), FINER)]),
        (planned(seats=Seats(monthly=LEAST, annual=LEAST)), []),
    ],
)  # fmt: skip
def test_each_amount_that_cannot_be_charged_is_named(catalog: Catalog, found: list[tuple[Path, str]]) -> None:
    assert problems(catalog) == [Problem(*each) for each in found]


def test_all_are_named_at_once_what_is_charged_by_itself_first() -> None:
    plans = planned(monthly=FINE).plans
    assert [each.path for each in problems(replace(packed(FINE, FINE), plans=plans))] == [
        ("packs", 0, "price"), ("packs", 1, "price"), ("plans", "tiers", 1, "monthly"),
    ]  # fmt: skip


def test_where_the_currency_is_the_reason_that_alone_is_named() -> None:
    catalog = replace(packed(FINE), credits=replace(GOOD.credits, currency="IQD"))
    assert problems(catalog) == [
        Problem(("credits", "currency"), "cannot be charged: the payment processor does not charge in IQD")
    ]
