"""The ledger's rule: nothing appears or is lost, and nothing goes below its floor."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.errors import Broken, Refused
from app.domain.ledger import CREDITS, MOST, Posting, credits_unit, is_credits, money_unit, post

USD, CREDIT = money_unit("USD"), credits_unit("USD")
NAMES = ["a", "b", CREDITS]


def _posting(debit: str, credit: str, amount: int, unit: str = CREDIT) -> Posting:
    return Posting(unit, debit, credit, amount, "test", "test", "1", "Test")


POSTINGS = st.lists(
    st.builds(
        lambda pair, amount: _posting(pair[0], pair[1], amount),
        st.permutations(NAMES).map(lambda names: names[:2]),
        st.integers(1, 50),
    ),
    min_size=1,
    max_size=8,
)
BALANCES = st.fixed_dictionaries({(CREDIT, name): st.integers(-60, 60) for name in NAMES})
FLOORS = st.fixed_dictionaries({(CREDIT, name): st.none() | st.integers(-60, 0) for name in NAMES})


@given(postings=POSTINGS, balances=BALANCES)
def test_what_one_account_loses_another_one_gets(postings: list[Posting], balances: dict[tuple[str, str], int]) -> None:
    after = post(postings, balances, dict.fromkeys(balances))
    assert sum(after.values()) == sum(balances.values())
    for name in NAMES:
        got = sum(each.amount for each in postings if each.credit == name)
        lost = sum(each.amount for each in postings if each.debit == name)
        assert after[CREDIT, name] - balances[CREDIT, name] == got - lost


@given(postings=POSTINGS, balances=BALANCES, floors=FLOORS)
def test_no_account_goes_lower_under_its_floor(
    postings: list[Posting], balances: dict[tuple[str, str], int], floors: dict[tuple[str, str], int | None]
) -> None:
    before = dict(balances)
    free = post(postings, balances, dict.fromkeys(balances))
    too_low = [key for key, floor in floors.items() if floor is not None and free[key] < min(floor, balances[key])]
    if too_low:
        with pytest.raises(Refused) as refused:
            post(postings, balances, floors)
        assert (refused.value.status, refused.value.reason) == (402, "insufficient_credits")
    else:
        assert post(postings, balances, floors) == free
    assert balances == before


@pytest.mark.parametrize("floor", [0, -50])
def test_the_floor_itself_may_be_reached_and_nothing_below(floor: int) -> None:
    balances, floors = (
        {(CREDIT, CREDITS): 10, (CREDIT, "revenue"): 0},
        {(CREDIT, CREDITS): floor, (CREDIT, "revenue"): None},
    )
    after = post([_posting(CREDITS, "revenue", 10 - floor)], balances, floors)
    assert after == {(CREDIT, CREDITS): floor, (CREDIT, "revenue"): 10 - floor}
    with pytest.raises(Refused):
        post([_posting(CREDITS, "revenue", 11 - floor)], balances, floors)


def test_an_account_under_its_floor_may_still_be_raised() -> None:
    balances, floors = (
        {(CREDIT, CREDITS): -30, (CREDIT, "refunds"): 0},
        {(CREDIT, CREDITS): 0, (CREDIT, "refunds"): None},
    )
    assert post([_posting("refunds", CREDITS, 10)], balances, floors)[CREDIT, CREDITS] == -20


@given(amount=st.integers(-5, 0) | st.floats(1, 5) | st.booleans())
def test_an_amount_is_a_whole_number_above_zero(amount: int) -> None:
    with pytest.raises(Broken):
        _posting("a", "b", amount)


def test_a_posting_needs_two_accounts_that_are_there() -> None:
    with pytest.raises(Broken, match="itself"):
        _posting("a", "a", 1)
    with pytest.raises(Broken, match="no account"):
        post([_posting("a", "b", 1)], {(CREDIT, "a"): 0}, {(CREDIT, "a"): None})
    with pytest.raises(Broken, match="no account"):
        post([_posting("a", "b", 1, USD)], {(CREDIT, "a"): 0, (CREDIT, "b"): 0}, {})


@given(
    debit=st.sampled_from(NAMES),
    credit=st.sampled_from(NAMES),
    amount=st.integers(1, 9),
    unit=st.sampled_from([USD, CREDIT]),
)
def test_a_change_is_the_credits_that_come_in_or_go_out(debit: str, credit: str, amount: int, unit: str) -> None:
    assume(debit != credit)
    wanted = {debit: -amount, credit: amount}.get(CREDITS) if unit == CREDIT else None
    assert _posting(debit, credit, amount, unit).change == wanted


def test_money_and_credits_are_different_units_of_the_same_name() -> None:
    assert (USD, CREDIT) == ("money:USD", "credits:USD")
    assert (is_credits(CREDIT), is_credits(USD)) == (True, False)


def test_no_account_grows_beyond_what_can_be_kept() -> None:
    balances = {(CREDIT, CREDITS): MOST - 1, (CREDIT, "promotions"): 0}
    floors = dict.fromkeys(balances)
    assert post([_posting("promotions", CREDITS, 1)], balances, floors)[CREDIT, CREDITS] == MOST
    with pytest.raises(Refused) as refused:
        post([_posting("promotions", CREDITS, 2)], balances, floors)
    assert (refused.value.status, refused.value.reason, refused.value.field) == (422, "amount_too_large", "credits")
    beyond = {(CREDIT, CREDITS): 0, (CREDIT, "promotions"): -MOST - 5}
    assert post([_posting(CREDITS, "promotions", 1)], beyond, dict.fromkeys(beyond))[CREDIT, "promotions"] == -MOST - 4


@pytest.mark.parametrize("part", ["unit", "kind", "source_type", "source_id"])
def test_a_posting_names_its_unit_its_kind_and_where_it_comes_from(part: str) -> None:
    whole = {"unit": "credits:USD", "kind": "usage", "source_type": "usage_day", "source_id": "1"}
    Posting(**whole, debit=CREDITS, credit="revenue", amount=1, description="")
    with pytest.raises(Broken, match=r"^a posting without unit, kind or source$"):
        Posting(**whole | {part: ""}, debit=CREDITS, credit="revenue", amount=1, description="")
