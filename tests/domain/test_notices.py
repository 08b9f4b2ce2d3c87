"""Notices: which are decided from what stands in the rows, which clear, which are silent, and what hosts receive (I27)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.money import Credits
from app.domain.notices import (
    BALANCE_DEPLETED,
    BALANCE_LOW,
    BALANCE_RECOVERED,
    CALL_REFUSED,
    CREDITS_EXPIRING,
    DAILY_LIMIT,
    DAILY_LIMIT_RESET,
    DAILY_THRESHOLD,
    USAGE_ALERT,
    Alert,
    Decision,
    Given,
    Levels,
    Wanted,
    decide,
    event_data,
    expiring,
    is_silent,
    occasion_day,
)
from app.domain.spend_management import Limits

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TODAY, MIDNIGHT = "2026-11-21", "2026-11-22T00:00:00Z"
MINUTE = timedelta(minutes=1)


def levels(
    *, limit: int | None = None, threshold: int | None = None, low: int | None = None, used: int = 0, held: int = 0,
    remaining: int = 1_000, **more: Any,
) -> Levels:  # fmt: skip
    limits = Limits(
        more.pop("enabled", True),
        None if limit is None else Credits(limit),
        None if threshold is None else Credits(threshold),
    )
    known: dict[str, Any] = {"now": NOON, "limits_changed_at": None, "was_refused": False, "fell": True, "alerts": ()}
    return Levels(
        limits=limits,
        used_today=Credits(used),
        held=Credits(held),
        remaining=Credits(remaining),
        low_balance=None if low is None else Credits(low),
        **(known | more),
    )


def given(rule: str, occasion: str = TODAY, at: datetime = NOON - MINUTE, **more: Any) -> Given:
    return Given(rule, occasion, at, more.pop("figures", {"limit_micros": 100}), **more)


def rules(decision: Decision) -> list[str]:
    return [each.rule for each in decision.wanted]


def test_nothing_is_said_of_a_quiet_day() -> None:
    assert decide(levels(limit=100, threshold=50, low=10, used=49), []) == Decision((), ())
    assert decide(levels(), []) == Decision((), ())


def test_the_threshold_is_reached_at_its_amount_and_only_while_it_is_on() -> None:
    expected = Wanted(DAILY_THRESHOLD, TODAY, {"threshold_micros": 50, "used_micros": 50})
    assert decide(levels(threshold=50, used=50), []).wanted == (expected,)
    assert decide(levels(threshold=50, used=50, enabled=False), []).wanted == ()


def test_the_limit_is_reached_by_what_was_used() -> None:
    (wanted,) = decide(levels(limit=100, used=100, held=7), []).wanted
    assert (wanted.rule, wanted.occasion) == (DAILY_LIMIT, TODAY)
    assert wanted.figures == {
        "limit_micros": 100, "used_micros": 100, "held_micros": 7, "reason": "used_up", "blocked_until": MIDNIGHT,
    }  # fmt: skip
    assert decide(levels(limit=100, used=99), []).wanted == ()
    assert decide(levels(limit=100, used=100, enabled=False), []).wanted == ()


def test_a_call_that_was_refused_is_said_and_is_no_limit_that_is_reached() -> None:
    (wanted,) = decide(levels(limit=100, used=99, held=1, was_refused=True), []).wanted
    assert (wanted.rule, wanted.figures["reason"], wanted.figures["used_micros"]) == (CALL_REFUSED, "call_refused", 99)
    assert decide(levels(used=40, was_refused=True), []).wanted == ()
    (reached,) = decide(levels(limit=100, used=100, was_refused=True), [given(CALL_REFUSED)]).wanted
    assert (reached.rule, reached.figures["reason"]) == (DAILY_LIMIT, "used_up")


def test_a_refused_call_is_said_again_only_for_another_limit() -> None:
    before = given(CALL_REFUSED, is_open=False)
    assert decide(levels(limit=100, used=40, was_refused=True), [before]) == Decision((), ())
    same = levels(limit=100, used=40, was_refused=True, limits_changed_at=before.created_at - MINUTE)
    assert decide(same, [before]) == Decision((), ())
    other = levels(limit=90, used=40, was_refused=True, limits_changed_at=NOON)
    at_once = levels(limit=90, used=40, was_refused=True, limits_changed_at=before.created_at)
    assert decide(at_once, [before]) == Decision((), ()), "a notice of the same moment is of that limit"
    (again,) = decide(other, [before]).wanted
    assert (again.rule, again.occasion) == (CALL_REFUSED, f"{TODAY}:2")


def test_a_refused_call_of_an_earlier_release_hides_no_limit_that_is_reached() -> None:
    before = given(DAILY_LIMIT, figures={"limit_micros": 100, "reason": "call_refused"})
    (reached,) = decide(levels(limit=100, used=100), [before]).wanted
    assert (reached.rule, reached.occasion) == (DAILY_LIMIT, f"{TODAY}:2")


def test_the_limit_is_said_once_a_day_and_again_on_the_next() -> None:
    assert decide(levels(limit=100, used=100), [given(DAILY_LIMIT)]) == Decision((), ())
    yesterday = given(DAILY_LIMIT, "2026-11-20", NOON - timedelta(days=1))
    decision = decide(levels(limit=100, used=100), [yesterday])
    assert decision.cleared == (yesterday,)
    assert decision.wanted[0] == Wanted(
        DAILY_LIMIT_RESET,
        "2026-11-20",
        {"limit_micros": 100, "reset_at": "2026-11-21T00:00:00Z", "reason": "new_day"},
    )
    assert (decision.wanted[1].rule, decision.wanted[1].occasion) == (DAILY_LIMIT, TODAY)


def test_it_resets_at_midnight_and_not_a_moment_before() -> None:
    ended = given(DAILY_LIMIT)
    midnight = NOON.replace(hour=0) + timedelta(days=1)
    assert decide(levels(limit=100, used=100, now=midnight - timedelta(microseconds=1)), [ended]).cleared == ()
    assert decide(levels(limit=100, now=midnight), [ended]).cleared == (ended,)


def test_it_resets_when_the_limit_was_changed_and_is_not_reached_any_more() -> None:
    reached = given(DAILY_LIMIT)
    decision = decide(levels(limit=200, used=100, limits_changed_at=reached.created_at), [reached])
    assert decision.cleared == (reached,)
    assert decision.wanted == (
        Wanted(
            DAILY_LIMIT_RESET,
            TODAY,
            {"limit_micros": 100, "reset_at": "2026-11-21T12:00:00Z", "reason": "limit_changed"},
        ),
    )
    before = reached.created_at - timedelta(microseconds=1)
    assert decide(levels(limit=200, used=100, limits_changed_at=before), [reached]) == Decision((), ())
    assert decide(levels(limit=200, used=100), [reached]) == Decision((), ())
    assert decide(levels(limit=90, used=100, limits_changed_at=NOON), [reached]).cleared == ()


def test_what_cleared_and_comes_again_on_one_day_is_numbered() -> None:
    before = [
        given(DAILY_LIMIT, is_open=False),
        given(DAILY_LIMIT, f"{TODAY}:2", is_open=False),
        given(DAILY_THRESHOLD),
    ]
    (wanted,) = decide(levels(limit=100, used=100), [*before, given(DAILY_LIMIT, "2026-11-20", is_open=False)]).wanted
    assert wanted.occasion == f"{TODAY}:3"
    assert occasion_day(f"{TODAY}:3") == occasion_day(TODAY)


def test_a_low_balance_is_said_below_its_bound_when_credit_was_used() -> None:
    assert decide(levels(low=100, remaining=100), []).wanted == ()
    (wanted,) = decide(levels(low=100, remaining=99), []).wanted
    assert (wanted.rule, wanted.occasion) == (BALANCE_LOW, TODAY)
    assert wanted.figures == {"remaining_micros": 99, "low_balance_micros": 100}
    assert decide(levels(low=100, remaining=99, fell=False), []).wanted == ()
    assert decide(levels(low=100, remaining=99), [given(BALANCE_LOW)]) == Decision((), ())
    assert decide(levels(remaining=1), []).wanted == ()


def test_an_empty_balance_is_said_and_what_is_low_with_it_silently() -> None:
    depleted, low = decide(levels(low=100, remaining=0), []).wanted
    assert (depleted.rule, depleted.occasion, depleted.is_silent) == (BALANCE_DEPLETED, TODAY, False)
    assert (low.rule, low.is_silent) == (BALANCE_LOW, True)
    assert low.figures == depleted.figures == {"remaining_micros": 0, "low_balance_micros": 100}
    assert rules(decide(levels(remaining=-1), [])) == [BALANCE_DEPLETED]
    assert rules(decide(levels(low=100, remaining=0), [given(BALANCE_LOW)])) == [BALANCE_DEPLETED]
    assert decide(levels(low=100, remaining=0, fell=False), []).wanted == ()
    assert decide(levels(remaining=1), []).wanted == ()
    open_ones = [given(BALANCE_DEPLETED), given(BALANCE_LOW)]
    assert decide(levels(low=100, remaining=0), open_ones) == Decision((), ())


def test_a_balance_that_is_no_longer_empty_but_low_clears_the_one_and_not_the_other() -> None:
    empty, low = given(BALANCE_DEPLETED), given(BALANCE_LOW)
    assert decide(levels(low=100, remaining=1), [empty, low]) == Decision((), (empty,))


@pytest.mark.parametrize("fell", [True, False])
def test_a_balance_that_recovered_clears_both_and_is_said(fell: bool) -> None:
    empty, low = given(BALANCE_DEPLETED), given(BALANCE_LOW)
    recovered = Wanted(BALANCE_RECOVERED, TODAY, {"remaining_micros": 100, "low_balance_micros": 100})
    decision = decide(levels(low=100, remaining=100, fell=fell), [empty, low])
    assert decision == Decision((recovered,), (empty, low))
    assert decide(levels(low=100, remaining=100), [low]) == Decision((recovered,), (low,))
    (again,) = decide(levels(remaining=1), [empty, given(BALANCE_RECOVERED)]).wanted
    assert (again.occasion, again.figures) == (f"{TODAY}:2", {"remaining_micros": 1})
    assert decide(levels(remaining=1), [given(BALANCE_DEPLETED, is_open=False)]) == Decision((), ())
    assert decide(levels(low=1, remaining=1), [given(BALANCE_LOW, is_open=False)]) == Decision((), ())


def test_an_alert_is_kept_by_its_period_and_its_id() -> None:
    alert = Alert("ual_1", 3, {"meter": "requests"})
    assert decide(levels(alerts=[alert]), []).wanted == (Wanted(USAGE_ALERT, "3:ual_1", {"meter": "requests"}),)


def test_grants_that_expire_soon_are_said_together_by_the_first() -> None:
    later = NOON + timedelta(days=3)
    left = [("grt_b", Credits(500_000), later), ("grt_a", Credits(2_000_000), later), ("grt_0", Credits(0), NOON)]
    first, *kept = expiring([*left, ("grt_c", Credits(1), NOON + timedelta(days=2))])
    assert (first.rule, first.occasion, first.is_silent) == (CREDITS_EXPIRING, "grt_c", False)
    assert first.figures == {
        "credits_micros": 2_500_001,
        "expires_at": "2026-11-23T12:00:00Z",
        "grants": [
            {"grant": "grt_c", "credits": "0.000001", "expires_at": "2026-11-23T12:00:00Z"},
            {"grant": "grt_a", "credits": "2.00", "expires_at": "2026-11-24T12:00:00Z"},
            {"grant": "grt_b", "credits": "0.50", "expires_at": "2026-11-24T12:00:00Z"},
        ],
    }
    assert [(each.rule, each.occasion, each.figures) for each in kept] == [
        (CREDITS_EXPIRING, name, {"told_with": "grt_c"}) for name in ("grt_b", "grt_a", "grt_0")
    ]
    assert all(each.is_silent for each in kept)
    (alone,) = expiring([("grt_0", Credits(0), NOON)])
    assert (alone.occasion, alone.figures, alone.is_silent) == ("grt_0", {"told_with": ""}, True)
    assert expiring([]) == ()


@pytest.mark.parametrize(
    ("rule", "figures", "silent"),
    [
        (BALANCE_LOW, {"remaining_micros": 1}, False), (BALANCE_LOW, {"remaining_micros": 0}, True),
        (BALANCE_DEPLETED, {"remaining_micros": 0}, False), (BALANCE_LOW, {}, False), (USAGE_ALERT, {"told_with": ""}, True),
    ],
)  # fmt: skip
def test_what_another_notice_says_is_silent(rule: str, figures: dict[str, object], silent: bool) -> None:
    assert is_silent(rule, figures) is silent


def test_hosts_receive_credits_as_text_with_their_unit_and_the_day() -> None:
    figures = {"limit_micros": 1_500_000, "reason": "used_up", "note_micros": None, "events": 3}
    assert event_data(DAILY_LIMIT, f"{TODAY}:2", figures, unit="USD", portal_url="https://portal.example/") == {
        "limit": "1.50", "reason": "used_up", "note_micros": None, "events": 3, "credit_unit": "USD", "utc_date": TODAY,
        "portal_url": "https://portal.example/",
    }  # fmt: skip
    assert event_data(USAGE_ALERT, "3:ual_1", {"quantity": 5}, unit="USD", portal_url="p") == {
        "quantity": 5,
        "portal_url": "p",
    }
    assert event_data(CREDITS_EXPIRING, "grt_1", {}, unit="USD", portal_url="p") == {
        "credit_unit": "USD",
        "portal_url": "p",
    }


def test_what_comes_true_twice_in_a_day_is_numbered_by_its_own_rule() -> None:
    before = [given(BALANCE_DEPLETED, is_open=False), given(BALANCE_LOW, is_open=False)]
    both = decide(levels(low=10, remaining=0), before).wanted
    assert [(each.rule, each.occasion) for each in both] == [
        (BALANCE_DEPLETED, f"{TODAY}:2"), (BALANCE_LOW, f"{TODAY}:2"),
    ]  # fmt: skip
    (low,) = decide(levels(low=10, remaining=9), before).wanted
    assert (low.rule, low.occasion) == (BALANCE_LOW, f"{TODAY}:2")
