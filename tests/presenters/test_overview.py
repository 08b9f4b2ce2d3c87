"""What the Overview says of a balance below zero and of what expires, in sentences."""

from dataclasses import replace
from datetime import date

import pytest

from app.domain.amounts import CreditUnit
from app.domain.forecast.run_out import Expiry
from app.domain.money import Credits
from app.domain.numbers import Debt, Numbers, compute
from app.presenters.overview import below_zero, binds, expiry_words, readable

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
    ("clawed", "overrun", "protection", "said"),
    [
        (0, 0, 50, ""),
        (20, 0, 50, "Your balance is below zero: a payment was refunded or disputed after its credit was used."),
        (0, 20, 50, "Your balance is below zero: more was used than you had credit for, within your overage"),
        (5, 15, 50, "Your balance is below zero: for $5.00 of it a payment was refunded or disputed after its"),
        (0, 20, 5, "Your balance is below zero: more was used than you had credit for. Your"),
    ],
)
def test_a_balance_below_zero_has_its_own_reason(clawed: int, overrun: int, protection: int, said: str) -> None:
    debt = Debt(Credits(clawed * 100 * CENT), Credits(overrun * 100 * CENT))
    words = below_zero(numbers(-clawed - overrun, protection), debt, USD)
    assert words.startswith(said) and bool(words) == bool(said)


@pytest.mark.parametrize(
    ("so", "said"),
    [
        (numbers(100, 50), "Your balance and $50.00 of overage protection."),
        (numbers(100, 0), "Your balance. Calls are refused at zero."),
        (numbers(-20, 50), "$30.00 of overage protection."),
        (numbers(0, 0), "No credit is left."),
        (numbers(-62, 50), "A top-up first covers the $12.00 that is owed."),
        (
            replace(numbers(100, 50), standing="closed"),
            "Your account is not active at the moment, so nothing can be used.",
        ),
        (replace(numbers(100, 0), held=Credits(10_000 * CENT)), "Calls in progress hold all that is left."),
        (
            replace(numbers(100, 50), held=Credits(100 * CENT)),
            "Your balance and $50.00 of overage protection, less $1.00 held.",
        ),
    ],
)
def test_what_bounds_what_may_be_used_is_one_line(so: Numbers, said: str) -> None:
    assert binds(so, USD) == said


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (10, "$8.00 of $10.00 used today. It starts over at 00:00 UTC."),
        (500, "$8.00 of $500.00 used today. Your balance leaves less than that."),
    ],
)
def test_it_says_whether_todays_limit_or_the_balance_binds(limit: int, said: str) -> None:
    used = {
        "daily_limit": Credits(limit * 100 * CENT),
        "daily_used": Credits(800 * CENT),
        "daily_left": Credits((limit - 8) * 100 * CENT),
    }
    assert binds(replace(numbers(100, 50), **used), USD) == said


@pytest.mark.parametrize(
    ("unused", "said"),
    [
        (0, "it is used before that."),
        (150_000_000, "none of it is used before that."),
        (112_455_857, "about $112.46 of it is not used by then."),
        (4, "about <$0.01 of it is not used by then."),
    ],
)
def test_what_expires_is_said_with_what_will_not_be_used(unused: int, said: str) -> None:
    words = expiry_words(Expiry(DAY, 150_000_000, unused), USD)
    assert words == f"Next to expire: $150.00 on 7 Dec 2026; at the last days’ pace {said}"
    assert expiry_words(None, USD) == ""


def test_without_a_pace_nothing_is_said_of_one() -> None:
    assert (
        expiry_words(Expiry(DAY, 150_000_000, 150_000_000), USD, has_pace=False)
        == "Next to expire: $150.00 on 7 Dec 2026."
    )


def test_an_estimate_has_no_more_digits_than_it_knows() -> None:
    assert readable(10, 3, "USD") == Credits(3)
    assert readable(1_000_000, 3, "USD") == Credits(330_000)
    assert readable(10_000_000, 3, "tokens") == Credits(3_000_000)
