"""Top-ups: bounds, packs, and the credit for what was really received."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Broken, Refused
from app.domain.money import Credits, Money
from app.domain.top_ups import TopUp, credits_for, first_amount, free_amount, from_pack, paid_once

LOW, HIGH = Money(500, "USD"), Money(500_000, "USD")


@dataclass(frozen=True)
class Pack:
    key: str
    credits: Credits
    price: Money
    expires_after_days: int | None = None


PACKS = [Pack("starter", Credits(10**12), Money(500, "EUR"), 90)]


@pytest.mark.parametrize("minor", [500, 2500, 500_000])
def test_an_amount_within_the_bounds_is_its_own_credit(minor: int) -> None:
    assert free_amount(Money(minor, "USD"), LOW, HIGH) == TopUp(Money(minor, "USD"), Credits(minor * 10_000))


@pytest.mark.parametrize("minor", [0, 499, 500_001])
def test_an_amount_outside_is_refused_with_the_bounds(minor: int) -> None:
    with pytest.raises(Refused, match=r"from \$5\.00 to \$5,000\.00\.") as refused:
        free_amount(Money(minor, "USD"), LOW, HIGH)
    assert (refused.value.reason, refused.value.status, refused.value.field) == ("amount_out_of_bounds", 422, "amount")


def test_another_currency_is_a_bug_not_a_price() -> None:
    with pytest.raises(Broken):
        free_amount(Money(600, "EUR"), LOW, HIGH)


def test_a_pack_is_sold_as_listed_or_not_at_all() -> None:
    assert from_pack("starter", PACKS) == TopUp(Money(500, "EUR"), Credits(10**12), "starter", 90)
    with pytest.raises(Refused, match="no longer sold") as refused:
        from_pack("gone", PACKS)
    assert (refused.value.reason, refused.value.status, refused.value.field) == ("pack_unknown", 422, "pack")


@pytest.mark.case("AC-18")
@given(ordered=st.integers(1, 10**7), received=st.integers(0, 10**8), promised=st.integers(1, 10**15))
def test_more_received_is_more_credit_and_the_exact_amount_is_the_promise(
    ordered: int, received: int, promised: int
) -> None:
    asked = Money(ordered, "EUR")
    assert credits_for(asked, asked, Credits(promised)) == Credits(promised)
    got = credits_for(Money(received, "EUR"), asked, Credits(promised)).micros
    assert 2 * abs(got * ordered - promised * received) <= ordered


def test_only_wallets_pay_once_and_only_those_that_are_taken() -> None:
    assert paid_once(("card", "crypto", "sepa_debit", "paypal")) == ["crypto", "paypal"]
    assert paid_once(("card", "sepa_debit")) == []


def test_a_pack_whose_price_the_processor_does_not_take_is_refused_by_its_reason() -> None:
    with pytest.raises(Refused, match="cannot be paid as it is priced") as refused:
        from_pack("odd", [Pack("odd", Credits(1), Money(1505, "KWD"))])
    assert (refused.value.reason, refused.value.status, refused.value.field) == ("amount_not_taken", 422, "pack")


@pytest.mark.parametrize(
    ("suggested", "owed", "chosen"),
    [
        ((25, 100, 500), 0, 25),
        ((25, 100, 500), 24.99, 25),
        ((25, 100, 500), 25, 100),
        ((25, 100, 500), 40.80, 100),
        ((25, 100, 500), 500, 1000),
        ((25, 100, 500), 99_999, 5000),
        ((), 0, 5),
        ((), 7, 10),
    ],
)
def test_what_is_chosen_from_the_start_leaves_a_balance_above_zero(
    suggested: tuple[int, ...], owed: float, chosen: int
) -> None:
    amounts = [Money(each * 100, "USD") for each in suggested]
    below = Credits(round(owed * 1_000_000))
    assert first_amount(amounts, Money(500, "USD"), Money(500_000, "USD"), below) == Money(chosen * 100, "USD")
