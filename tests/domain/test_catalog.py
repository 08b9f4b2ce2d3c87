"""The catalog as a value: what use costs, and what a plan says about a meter."""

import pytest

from app.domain.catalog import Meter, MeterTier, Plan, Plans, Seats
from app.domain.catalog_problems import dotted
from app.domain.money import MICROS, Credits, Money


def meter(*, price: Credits | None = None, per: int = 1, tiers: tuple[MeterTier, ...] = ()) -> Meter:
    return Meter("requests", "Requests", "API calls", "requests", credits=price, per=per, tiers=tiers)


def test_a_flat_price_is_for_per_units() -> None:
    priced = meter(price=Credits(400_000), per=1000)
    assert priced.cost(1000) == Credits(400_000)
    assert priced.cost(12_345) == Credits(4_938_000)


@pytest.mark.parametrize(
    ("quantity", "micros"), [(0, 0), (1, 0), (2, 1), (3, 1), (4, 1), (5, 2), (6, 2), (7, 2), (10, 3)]
)
def test_a_cost_is_rounded_once_half_away_from_zero(quantity: int, micros: int) -> None:
    third = meter(price=Credits(1), per=3)
    assert third.cost(quantity) == Credits(micros)


def test_each_tier_has_its_own_price_and_the_boundary_belongs_below() -> None:
    tiered = meter(tiers=(MeterTier(Credits(20_000), up_to=2000), MeterTier(Credits(16_000))))
    assert tiered.cost(1999) == Credits(1999 * 20_000)
    assert tiered.cost(2000) == Credits(2000 * 20_000)
    assert tiered.cost(2001) == Credits(2000 * 20_000 + 16_000)
    assert tiered.cost(0) == Credits(0)


def test_three_tiers_are_rounded_as_one_sum() -> None:
    tiered = meter(
        per=1000, tiers=(MeterTier(Credits(499), up_to=1), MeterTier(Credits(499), up_to=2), MeterTier(Credits(2)))
    )
    assert tiered.cost(2) == Credits(1)  # 0.499 + 0.499 micros; each by itself would round to 0
    assert tiered.cost(3) == Credits(1)


def test_a_plans_own_price_replaces_flat_and_tiered_prices() -> None:
    flat, tiered = meter(price=Credits(5)), meter(tiers=(MeterTier(Credits(5)),))
    assert flat.cost(10, Credits(3)) == tiered.cost(10, Credits(3)) == Credits(30)


def test_a_plan_may_make_a_meter_free() -> None:
    assert meter(price=Credits(5)).cost(10, Credits(0)) == Credits(0)
    assert meter(tiers=(MeterTier(Credits(5)),)).cost(10, Credits(0)) == Credits(0)


def test_a_meter_without_a_price_costs_nothing() -> None:
    counted = meter()
    assert not counted.is_priced
    assert counted.cost(10**6) == Credits(0)


def test_a_plan_knows_what_it_includes_limits_and_charges() -> None:
    plan = Plan(
        "growth",
        "Growth",
        monthly=Money(9900, "USD"),
        allowances=(("mau", 10_000),),
        limits=(("mau", 20_000),),
        rates=(("mau", Credits(3 * MICROS)),),
    )
    assert (plan.allowance("mau"), plan.limit("mau"), plan.rate("mau")) == (10_000, 20_000, Credits(3 * MICROS))
    assert (plan.allowance("sso"), plan.limit("sso"), plan.rate("sso")) == (0, None, None)


@pytest.mark.parametrize(
    ("plan", "free"),
    [
        (Plan("a", "A", monthly=Money(0, "USD")), True),
        (Plan("a", "A", monthly=Money(1, "USD")), False),
        (Plan("a", "A", monthly=Money(0, "USD"), annual=Money(1, "USD")), False),
        (Plan("a", "A", monthly=Money(0, "USD"), seats=Seats(monthly=Money(1, "USD"))), False),
        (Plan("a", "A", on_request=True), False),
    ],
)
def test_a_plan_is_free_only_when_nothing_of_it_costs(plan: Plan, free: bool) -> None:
    assert plan.is_free is free


def test_plans_are_found_by_their_key_in_their_order() -> None:
    plans = Plans("a", (Plan("a", "A", monthly=Money(0, "USD")), Plan("b", "B", monthly=Money(5, "USD"))))
    assert [plan.key for plan in plans] == ["a", "b"]
    assert len(plans) == 2
    found = plans.plan("b")
    assert found is not None and found.title == "B"
    assert plans.plan("c") is None


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (("top_up", "min"), "top_up.min"),
        (("packs", 1, "price"), "packs[2].price"),
        (("tax", "rates", 0, "since"), "tax.rates[1].since"),
    ],
)
def test_a_path_is_written_as_people_count(path: tuple[str | int, ...], words: str) -> None:
    assert dotted(path) == words
