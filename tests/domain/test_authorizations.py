"""The rule: what may be spent, why not, and what a capture takes of what was held."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.authorizations import (
    Allowed,
    AuthorizationRequest,
    Blocked,
    Captured,
    Funds,
    Hold,
    capture,
    judge,
    until_midnight,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PLENTY = Funds("good", balance=100, usage_to_post=0, held=0, overage_limit=0, daily_limit=None, used_today=0)

amounts = st.integers(0, 200)
funds = st.builds(
    Funds,
    standing=st.sampled_from(["good", "past_due", "suspended", "closed"]),
    balance=st.integers(-100, 200),
    usage_to_post=amounts,
    held=amounts,
    overage_limit=st.integers(0, 60),
    daily_limit=st.one_of(st.none(), amounts),
    used_today=amounts,
)


def room(of: Funds) -> int:
    """Reckon what may be spent by another path than the rule: micro by micro up to what is refused."""
    if of.standing not in {"good", "past_due"}:
        return 0
    lowest = of.balance - of.usage_to_post - of.held + of.overage_limit
    day = lowest if of.daily_limit is None else of.daily_limit - of.used_today - of.held
    return max(0, min(lowest, day))


@given(funds, amounts)
def test_what_is_allowed_never_passes_a_limit(of: Funds, asked: int) -> None:
    judged = judge(of, asked, NOON)
    served = of.standing in {"good", "past_due"}
    below = of.balance - of.usage_to_post < -of.overage_limit
    assert isinstance(judged, Allowed) == (served and asked <= (0 if below else room(of)))
    if isinstance(judged, Allowed):
        assert judged.available == of.available - asked
        assert judge(replace(of, held=of.held + asked), judged.available, NOON) == Allowed(judged.available, 0)


@pytest.mark.parametrize(
    ("of", "asked", "reason", "retry_after"),
    [
        (replace(PLENTY, standing="closed"), 0, "closed", None),
        (replace(PLENTY, standing="suspended"), 1, "suspended", None),
        (PLENTY, 101, "insufficient_credits", None),
        (replace(PLENTY, daily_limit=50, used_today=20), 50, "daily_limit", 43_200),
        (replace(PLENTY, daily_limit=50), 51, "daily_limit", None),  # tomorrow it is too much too
        (replace(PLENTY, daily_limit=50, used_today=20, held=20), 11, "daily_limit", 43_200),
        (replace(PLENTY, daily_limit=50), 101, "insufficient_credits", None),  # waiting would not help
    ],
)
def test_a_no_names_its_reason(of: Funds, asked: int, reason: str, retry_after: int | None) -> None:
    judged = judge(of, asked, NOON)
    assert isinstance(judged, Blocked)
    assert (judged.reason, judged.retry_after) == (reason, retry_after)


def test_the_plan_comes_before_the_credit() -> None:
    assert judge(PLENTY, 1, NOON, over_plan=True) == Blocked(1, 100, "plan_limit")


@given(funds, st.integers(1, 100), amounts, amounts, st.booleans())
def test_what_is_used_is_within_what_was_held_and_what_is_available(
    of: Funds, held: int, used: int, price: int, keep: bool
) -> None:
    of = replace(of, held=of.held + held)
    done = capture(Hold(held, captured_micros=used), of, quantity=0, price=price, now=NOON, keep=keep)
    left = max(0, held - used)
    if isinstance(done, Blocked):
        assert price > left + of.available or (price > left and of.standing not in {"good", "past_due"})
        return
    assert done.micros == price <= left + of.available
    assert done.freed_micros == (min(price, left) if keep and price < left else left)
    assert done.is_over == (not keep or price >= left)


def test_a_promise_is_kept_though_its_price_rose() -> None:
    """Ten units were free within the allowance; since then usage was reported that took the allowance."""
    hold, nearly_empty = Hold(0, quantity=10), replace(PLENTY, balance=4)
    done = capture(hold, nearly_empty, quantity=10, price=10, now=NOON, keep=False)
    assert done == Captured(10, 10, 0, 10, is_over=True, available=0), (
        "it costs what the tariff says, whatever was held"
    )
    more = capture(hold, nearly_empty, quantity=11, price=11, now=NOON, keep=False)
    assert more == Blocked(11, 4, "insufficient_credits")


def test_a_part_leaves_the_rest_held() -> None:
    hold, of = Hold(30, quantity=10), replace(PLENTY, held=30)
    part = capture(hold, of, quantity=4, price=12, now=NOON, keep=True)
    assert part == Captured(12, 4, 12, 4, is_over=False, available=70)
    last = capture(hold, of, quantity=4, price=12, now=NOON, keep=False)
    assert last == Captured(12, 4, 30, 10, is_over=True, available=88)


@pytest.mark.case("AC-52")
@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        (datetime(2026, 11, 21, 23, 59, 59, tzinfo=UTC), 1),
        (datetime(2026, 11, 21, 23, 59, 59, 999_999, tzinfo=UTC), 1),
        (datetime(2026, 11, 22, 0, 0, 0, tzinfo=UTC), 86_400),
        (datetime(2026, 11, 21, 12, 0, 0, 1, tzinfo=UTC), 43_200),
        (datetime(2026, 11, 22, 13, 59, 59, tzinfo=timezone(timedelta(hours=14))), 1),
        (datetime(2026, 11, 21, 11, 59, 59, tzinfo=timezone(timedelta(hours=-12))), 1),
    ],
)
def test_the_day_is_over_at_midnight_utc(moment: datetime, seconds: int) -> None:
    assert until_midnight(moment) == seconds


def test_requests_are_distinguished_by_their_digest() -> None:
    one = AuthorizationRequest("cus_1", "requests", 5)
    others = [
        replace(one, meter="runs"), replace(one, quantity=6), replace(one, micros=5), replace(one, ttl_seconds=1),
        replace(one, at_once=True),
    ]  # fmt: skip
    assert len({each.digest for each in [one, *others]}) == 6
    assert replace(one, key="again").digest == one.digest
