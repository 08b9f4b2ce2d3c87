"""What the Overview says of a balance below zero and of what expires, in sentences."""

from dataclasses import replace
from datetime import date

import pytest

from app.domain.amounts import CreditUnit
from app.domain.forecast import Expiry
from app.domain.money import Credits
from app.domain.numbers import Debt, Numbers, compute
from app.presenters.overview import below_zero, expiry_words, owed_words, readable

USD, TOKENS = CreditUnit("USD"), CreditUnit("tokens")
DAY = date(2026, 12, 7)
CENT = 10_000


def numbers(remaining: int, protection: int) -> Numbers:
    """Return the numbers of a customer with so many dollars left, and so many below zero allowed."""
    return compute(
        granted=0,
        usage=0,
        balance=remaining * 100 * CENT,
        overage_limit=protection * 100 * CENT,
        standing="good",
        credit_unit="USD",
    )


@pytest.mark.parametrize(
    ("clawed", "overrun", "protection", "said", "owes"),
    [
        (0, 0, 50, "", ""),
        (20, 0, 50, "Your balance is below zero: a payment was refunded or disputed after its credit was used.", ""),
        (0, 20, 50, "Your balance is below zero: more was used than you had credit for, within your overage", ""),
        (5, 15, 50, "Your balance is below zero: for $5.00 of it a payment was refunded or disputed after its", ""),
        (20, 0, 0, "Your balance is below zero: a payment", "$20.00 is owed: a payment was refunded or disputed after"),
        (
            0,
            20,
            5,
            "Your balance is below zero: more was used than you had credit for. Your",
            "$15.00 is owed: more was",
        ),
        (5, 15, 5, "Your balance is below zero: for $5.00", "$15.00 is owed: a payment was refunded or disputed"),
    ],
)
def test_a_balance_below_zero_has_its_own_reason(
    clawed: int, overrun: int, protection: int, said: str, owes: str
) -> None:
    now = numbers(-clawed - overrun, protection)
    debt = Debt(Credits(clawed * 100 * CENT), Credits(overrun * 100 * CENT))
    for words, expected in ((below_zero(now, debt, USD), said), (owed_words(now, debt, USD), owes)):
        assert words.startswith(expected) and bool(words) == bool(expected)
    assert "and more was used" in owed_words(replace(now, remaining_credits=Credits(-(10**9))), debt, USD) or not (
        clawed and overrun > protection
    )


@pytest.mark.parametrize(
    ("unused", "said"),
    [
        (0, "it is used before that."),
        (150_000_000, "none of it is used before that."),
        (112_455_857, "about $112.46 of it is not used by then."),
        (4, "about $0.000004 of it is not used by then."),
    ],
)
def test_what_expires_is_said_with_what_will_not_be_used(unused: int, said: str) -> None:
    words = expiry_words(Expiry(DAY, 150_000_000, unused), USD)
    assert words == f"Next to expire: $150.00 on 7 Dec 2026; at the last days’ pace {said}"
    assert expiry_words(None, USD) == ""


def test_an_estimate_has_no_more_digits_than_it_knows() -> None:
    assert readable(10, 3, "USD") == Credits(3)
    assert readable(1_000_000, 3, "USD") == Credits(330_000)
    assert readable(10_000_000, 3, "tokens") == Credits(3_000_000)
