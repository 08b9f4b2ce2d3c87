"""What goes back: shares that add up, credit that is taken once, and the state that it leaves a payment in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Broken, Refused
from app.domain.ledger import CREDITS, Posting, debt, post
from app.domain.payments import PaymentState
from app.domain.promises import Promise, read, written
from app.domain.reversals import (
    BOOKED_REFUNDS,
    DISPUTE_ARROWS,
    REFUND_ARROWS,
    DisputeState,
    RefundState,
    credits_due,
    credits_taken,
    state_after,
)

UNIT = "credits:USD"


@pytest.mark.case("AC-41/42")
@given(
    bought=st.integers(1, 10**15),
    parts=st.lists(st.integers(1, 10**7), min_size=1, max_size=8),
    kept=st.integers(0, 10**7),
)
def test_parts_take_in_all_what_the_whole_takes(bought: int, parts: list[int], kept: int) -> None:
    received, back, taken = sum(parts) + kept, 0, 0
    for part in parts:
        back += part
        due = credits_due(reversed_minor=back, received_minor=received, bought=bought, taken=taken)
        assert due >= 0
        taken += due
    assert taken == credits_due(reversed_minor=back, received_minor=received, bought=bought, taken=0)
    assert taken <= bought
    assert kept or taken == bought


def test_more_than_was_received_is_a_bug() -> None:
    for back in (0, -1, 11):
        with pytest.raises(Broken):
            credits_due(reversed_minor=back, received_minor=10, bought=10, taken=0)


@pytest.mark.parametrize(
    ("due", "remaining", "gone", "taken"),
    [
        (10, 10, 0, 10),  # nothing was used
        (10, 4, 0, 10),  # some was used: it is owed
        (10, 0, 10, 0),  # all has expired
        (10, 0, 4, 6),  # some has expired, the rest was used
        (10, 6, 4, 6),
        (10, 6, 9, 6),
        (0, 5, 0, 0),
    ],
)
def test_what_has_expired_is_not_taken_again(due: int, remaining: int, gone: int, taken: int) -> None:
    assert credits_taken(due, remaining=remaining, gone=gone) == taken


def test_the_state_of_a_payment_follows_from_what_went_back() -> None:
    for refunded, lost, state in [
        (0, 0, PaymentState.SUCCEEDED),
        (24, 0, PaymentState.SUCCEEDED),
        (25, 0, PaymentState.REFUNDED),
        (24, 1, PaymentState.DISPUTED),
        (0, 25, PaymentState.DISPUTED),
    ]:
        assert state_after(received_minor=25, refunded_minor=refunded, lost_minor=lost) is state


@pytest.mark.case("AC-28")
def test_what_has_come_back_or_was_given_back_is_final() -> None:
    assert [state for state in RefundState if not REFUND_ARROWS[state]] == [RefundState.FAILED, RefundState.CANCELED]
    assert [state for state in DisputeState if not DISPUTE_ARROWS[state]] == [DisputeState.WON]
    assert RefundState.CREATED not in BOOKED_REFUNDS
    assert not any(RefundState.CREATED in targets for targets in REFUND_ARROWS.values())
    assert not any(DisputeState.OPEN in targets for targets in DISPUTE_ARROWS.values())


def _out(amount: int, *, claw_back: bool) -> Posting:
    return Posting(UNIT, CREDITS, "purchases", amount, "refunded", "refund", str(amount), "Refund", claw_back=claw_back)


def test_only_a_claw_back_passes_the_floor_and_only_by_itself() -> None:
    balances, floors = {(UNIT, CREDITS): 12, (UNIT, "purchases"): 0}, {(UNIT, CREDITS): 0, (UNIT, "purchases"): None}
    assert post([_out(20, claw_back=True)], balances, floors)[UNIT, CREDITS] == -8
    for too_much in ([_out(13, claw_back=False)], [_out(10, claw_back=True), _out(5, claw_back=False)]):
        with pytest.raises(Refused):
            post(too_much, balances, floors)
    assert post([_out(10, claw_back=True), _out(2, claw_back=False)], balances, floors)[UNIT, CREDITS] == 0


def test_nobody_spends_while_there_is_a_debt() -> None:
    owing, floors = {(UNIT, CREDITS): -8, (UNIT, "purchases"): 0}, {(UNIT, CREDITS): -5, (UNIT, "purchases"): None}
    with pytest.raises(Refused):
        post([_out(1, claw_back=False)], owing, floors)
    assert [debt(balance, -5) for balance in (-8, -6, -5, 0, 3)] == [3, 1, 0, 0, 0]
    assert debt(-8, None) == 0


@given(
    micros=st.integers(1, 2**62),
    pack=st.text(st.characters(codec="ascii"), max_size=60),
    days=st.none() | st.integers(1, 9999),
)
def test_a_promise_survives_its_way(micros: int, pack: str, days: int | None) -> None:
    promise = Promise("top_up", micros, pack, days)
    assert read(written(promise)) == promise
    assert written(promise) == written(Promise("top_up", micros, pack, days))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 9999,
        '{"purpose":"top_up","credits_micros":0}',
        '{"purpose":"top_up","credits_micros":-5}',
        '{"purpose":"top_up","credits_micros":1.5}',
        '{"purpose":"top_up","credits_micros":true}',
        '{"purpose":"top_up","credits_micros":9223372036854775808}',
        '{"purpose":"top_up","credits_micros":5,"pack":7}',
        '{"purpose":"top_up","credits_micros":5,"expires_after_days":0}',
        '{"purpose":"top_up","credits_micros":5,"more":1}',
        '{"purpose":"invoice","credits_micros":5}',
    ],
)
def test_what_is_no_promise_is_not_kept(text: str) -> None:
    assert read(text) is None
