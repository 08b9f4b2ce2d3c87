"""The life of a payment: forward only, and terminal states stay terminal."""

from datetime import timedelta

import pytest

from app.domain.payments import ARROWS, OPEN, PaymentState, decline_sentence, method_name, next_check, sources_of
from app.models.payments import RAILS, STATES

S = PaymentState


@pytest.mark.case("AC-28")
def test_failed_and_canceled_lead_nowhere_and_what_was_paid_stays_paid() -> None:
    assert [state for state in S if not ARROWS[state]] == [S.FAILED, S.CANCELED]


@pytest.mark.case("AC-21")
def test_no_payment_comes_back_to_where_it_was_before_it_was_paid() -> None:
    def reach(state: S, seen: frozenset[S] = frozenset()) -> frozenset[S]:
        for target in ARROWS[state] - seen:
            seen = reach(target, seen | {target})
        return seen

    for state in S:
        if state in OPEN:
            assert state not in reach(state)
        else:
            assert not reach(state) & OPEN


def test_every_open_payment_can_still_end() -> None:
    for state in OPEN:
        assert S.CANCELED in ARROWS[state] and S.FAILED in ARROWS[state]


def test_sources_are_the_arrows_backwards() -> None:
    assert sources_of(S.CONFIRMING) == {S.PI_CREATED}
    assert sources_of(S.CREATED) == frozenset()


def test_the_database_knows_the_same_states() -> None:
    assert set(STATES) == {state.value for state in S}


def test_looks_grow_rarer_within_bounds() -> None:
    waits = [next_check(timedelta(seconds=age)) for age in (0, 60, 600, 6_000, 10**7)]
    assert waits == [
        timedelta(seconds=30),
        timedelta(seconds=30),
        timedelta(seconds=60),
        timedelta(seconds=600),
        timedelta(hours=6),
    ]


def test_a_decline_is_said_in_words_and_fraud_stays_vague() -> None:
    assert decline_sentence("insufficient_funds") == "The card has insufficient funds."
    assert decline_sentence("stolen_card") == decline_sentence("fraudulent") == "The bank declined the card."


def test_each_rail_has_its_own_words_for_a_decline() -> None:
    assert decline_sentence("insufficient_funds", "sepa_debit") == "The bank account has insufficient funds."
    assert decline_sentence("payment_intent_authentication_failure", "paypal").endswith("at PayPal.")
    assert decline_sentence("never_seen", "crypto") == "The payment with cryptocurrency did not arrive."
    cards = {rail: decline_sentence("expired_card", rail) for rail in RAILS}
    assert [rail for rail, words in cards.items() if "card" in words] == ["card"]


@pytest.mark.parametrize(
    ("brand", "last4", "name"),
    [
        ("visa", "4242", "Visa ending in 4242"),
        ("amex", "8431", "American Express ending in 8431"),
        ("sepa_debit", "3000", "SEPA direct debit ending in 3000"),
        ("paypal", "", "PayPal"),
        ("crypto", "", "Cryptocurrency"),
    ],
)
def test_a_way_to_pay_is_called_as_people_call_it(brand: str, last4: str, name: str) -> None:
    assert method_name(brand, last4) == name


def test_a_decline_of_any_rail_has_its_sentence() -> None:
    assert decline_sentence("processing_error", "paypal") == "The bank had a problem with this payment."
    assert decline_sentence("insufficient_funds", "sepa_debit") == "The bank account has insufficient funds."
    assert decline_sentence("fraudulent") == "The bank declined the card."


def test_a_way_to_pay_is_called_by_its_name_and_its_last_digits_where_it_has_any() -> None:
    assert (method_name("visa", "4242"), method_name("visa"), method_name("paypal")) == (
        "Visa ending in 4242", "Visa", "PayPal",
    )  # fmt: skip
