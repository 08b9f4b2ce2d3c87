"""The rule: what may be spent, why not, and what a capture takes of what was held."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.authorizations import (
    MOST,
    Allowed,
    AuthorizationRequest,
    Authorized,
    Blocked,
    Captured,
    Funds,
    Hold,
    authorize,
    capture,
    judge,
    too_dear,
    until_midnight,
)
from app.domain.catalog import Meter
from app.domain.errors import Refused
from app.domain.money import Credits
from app.domain.rating import Tariff
from app.domain.reservations import Reservation

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NO_METER = Reservation(None)
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


@given(funds, st.integers(1, 100), amounts, st.integers(1, 200), st.booleans())
def test_what_is_used_is_within_what_was_held_and_what_is_available(
    of: Funds, held: int, used: int, micros: int, keep: bool
) -> None:
    of = replace(of, held=of.held + held)
    done = captured(Hold(held, captured_micros=used), of, micros=micros, keep=keep)
    left = max(0, held - used)
    if isinstance(done, Blocked):
        assert micros > left + of.available or (micros > left and of.standing not in {"good", "past_due"})
        return
    assert done.micros == micros <= left + of.available
    assert done.held == -(min(micros, left) if keep and micros < left else left)
    assert done.is_over == (not keep or micros >= left)


def metered(*, used: int = 0, held: int = 0, allowance: int = 10, limit: int | None = None) -> Reservation:
    """A meter with an allowance whose units cost 1 beyond it."""
    meter = Meter("requests", "Requests", "", "requests", credits=Credits(1))
    return Reservation(Tariff(meter, allowance, limit), used, held)


def captured(hold: Hold, of: Funds, meter: Reservation = NO_METER, **more: Any) -> Captured | Blocked:
    """Capture all that is left, unless `more` says something else."""
    asked = {"quantity": None, "micros": None, "keep": False, "outlasts": False, "now": NOON, **more}
    return capture(hold, of, meter, **asked)


def test_a_promise_is_kept_where_others_took_the_allowance_since() -> None:
    """Ten units were free within the allowance; since then it was used, so that their price is reserved."""
    hold, meter = Hold(0, quantity=10), metered(used=10, held=10)
    nearly_empty = replace(PLENTY, balance=14, held=10)
    done = captured(hold, nearly_empty, meter)
    assert done == Captured(10, 10, -10, 10, is_over=True, available=4, after=metered(used=20))
    assert captured(hold, nearly_empty, meter, quantity=14) == Captured(
        14, 14, -10, 10, is_over=True, available=0, after=metered(used=24)
    )
    assert captured(hold, nearly_empty, meter, quantity=15) == Blocked(5, 4, "insufficient_credits")


def test_a_part_leaves_the_rest_held() -> None:
    hold, of = Hold(0, quantity=10), replace(PLENTY, held=10)
    part = captured(hold, of, metered(used=10, held=10), quantity=4, keep=True)
    assert part == Captured(4, 4, -4, 4, is_over=False, available=90, after=metered(used=14, held=6))
    last = captured(hold, of, metered(used=10, held=10), quantity=4)
    assert last == Captured(4, 4, -10, 10, is_over=True, available=96, after=metered(used=14))


@pytest.mark.parametrize(
    ("meter", "quantity", "at_once", "micros", "available"),
    [
        (metered(), 10, False, 0, 100),  # all within the allowance
        (metered(held=4), 7, False, 1, 99),  # behind those that are held
        (metered(held=4), 7, True, 0, 99),  # in front of them: free, and one of theirs is not any more
        (metered(used=10), 30, True, 30, 70),
        (metered(used=10), 30, False, 30, 70),
    ],
)
def test_what_is_asked_for_takes_a_place(
    meter: Reservation, quantity: int, at_once: bool, micros: int, available: int
) -> None:
    judged, after = authorize(PLENTY, meter, quantity=quantity, micros=0, at_once=at_once, outlasts=False, now=NOON)
    assert judged == Allowed(micros, available)
    assert after == (meter.use(quantity) if at_once else meter.hold(quantity, outlasts=False))


def test_who_has_only_the_allowance_left_is_served_until_it_is_held() -> None:
    broke, asked = replace(PLENTY, balance=0), {"micros": 0, "outlasts": False, "now": NOON}
    first, meter = authorize(broke, metered(held=6), quantity=4, at_once=False, **asked)
    assert first == Allowed(0, 0)
    for at_once in (False, True):
        assert authorize(broke, meter, quantity=1, at_once=at_once, **asked)[0] == Blocked(1, 0, "insufficient_credits")


def test_a_capture_counts_its_own_hold_once_against_the_plan() -> None:
    meter = metered(used=60, held=40, limit=100)
    assert isinstance(captured(Hold(0, quantity=40), PLENTY, meter), Captured)
    assert captured(Hold(0, quantity=40), PLENTY, meter, quantity=41) == Blocked(1, 100, "plan_limit")
    fuller = metered(used=60, held=30, limit=100)
    assert isinstance(captured(Hold(0, quantity=30), PLENTY, fuller, quantity=40), Captured)


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


def test_a_hold_that_was_captured_beyond_what_it_held_holds_nothing() -> None:
    hold = Hold(10, 4, captured_micros=3, captured_quantity=1)
    assert (hold.left, hold.quantity_left) == (7, 3)
    over = Hold(10, 4, captured_micros=11, captured_quantity=5)
    assert (over.left, over.quantity_left) == (0, 0)


@pytest.mark.parametrize(("of_meter", "field"), [(True, "quantity"), (False, "credits")])
def test_what_costs_more_than_an_answer_can_say_is_refused_beside_what_was_asked(of_meter: bool, field: str) -> None:
    refused = too_dear(of_meter)
    assert refused.sentence.startswith("At most 999999999999.999999 credits can be authorized at once")
    assert (refused.reason, refused.status, refused.field) == ("credits_out_of_range", 422, field)


@pytest.mark.parametrize(
    ("state", "allowed"), [("held", True), ("captured", True), ("refused", False), ("expired", True)]
)
def test_an_answer_that_is_not_a_refusal_was_yes(state: str, allowed: bool) -> None:
    made = Authorized("hold_1", "cus_1", "", 0, 5, state, "", None, 0, 0, 0, 0, NOON, NOON)
    assert made.allowed is allowed


METERED = Reservation(
    Tariff(Meter("runs", "Runs", "Runs", "runs", credits=Credits(10)), allowance=2, limit=8), used=1, held=4
)
"""Of a meter whose first two runs are free: one is used and four are held, which may cost 30."""


def asks(of: Funds, meter: Reservation, **more: int | bool) -> tuple[Allowed | Blocked, Reservation]:
    known: dict[str, Any] = {"quantity": 0, "micros": 0, "at_once": False, "outlasts": False} | more
    return authorize(of, meter, now=NOON, **known)


@pytest.mark.parametrize("at_once", [True, False])
def test_credit_without_a_meter_costs_what_is_asked_held_or_at_once(at_once: bool) -> None:
    assert asks(PLENTY, Reservation(None), micros=30, at_once=at_once)[0] == Allowed(30, 70)
    blocked = asks(PLENTY, Reservation(None), micros=101, at_once=at_once)[0]
    assert blocked == Blocked(101, 100, "insufficient_credits")


def test_what_a_meter_asks_for_is_what_it_adds_to_what_may_be_asked_already() -> None:
    judged, after = asks(PLENTY, METERED, quantity=2)
    assert (judged, after.held) == (Allowed(20, 80), 6)
    judged, after = asks(PLENTY, METERED, quantity=1, at_once=True)
    assert (judged, after.used, after.held) == (Allowed(0, 90), 2, 4)
    assert asks(replace(PLENTY, balance=19), METERED, quantity=2)[0] == Blocked(20, 19, "insufficient_credits")


def test_beyond_the_plan_nothing_is_held_however_much_credit_there_is() -> None:
    assert isinstance(asks(PLENTY, METERED, quantity=3)[0], Allowed)
    assert asks(PLENTY, METERED, quantity=4)[0] == Blocked(40, 100, "plan_limit")


def test_the_days_limit_says_when_the_day_is_over() -> None:
    of = replace(PLENTY, daily_limit=40, used_today=20)
    assert asks(of, Reservation(None), micros=30)[0] == Blocked(30, 20, "daily_limit", 43_200)


def test_the_most_that_an_answer_can_say_is_judged_and_one_micro_more_is_refused() -> None:
    assert asks(PLENTY, Reservation(None), micros=MOST)[0] == Blocked(MOST, 100, "insufficient_credits")
    with pytest.raises(Refused) as refused:
        asks(PLENTY, Reservation(None), micros=MOST + 1)
    assert refused.value.field == "credits"
    with pytest.raises(Refused) as refused:
        asks(PLENTY, METERED, quantity=MOST)
    assert refused.value.field == "quantity"
