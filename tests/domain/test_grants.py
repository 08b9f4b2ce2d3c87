"""Burn-down: the order, what a debit takes, and that a correction gives back exactly that."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.grants import (
    LiveGrant,
    OpenHold,
    Share,
    allocate,
    begun,
    burn_order,
    given_back,
    is_expired,
    kept,
    lapsed,
    unwind,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)
GRANTS = st.lists(
    st.builds(
        LiveGrant,
        id=st.uuids().map(str),
        kind=st.sampled_from(["purchased", "promotional"]),
        remaining=st.integers(0, 50),
        priority=st.integers(1, 3),
        effective_at=st.integers(-3, 1).map(lambda days: NOW + timedelta(days=days)),
        expires_at=st.none() | st.integers(-1, 3).map(lambda days: NOW + timedelta(days=days)),
    ),
    max_size=6,
    unique_by=lambda grant: grant.id,
)


def _grant(
    name: str, kind: str = "promotional", priority: int = 50, begun: int = 1, expires: int | None = None
) -> LiveGrant:
    expires_at = NOW + timedelta(days=expires) if expires is not None else None
    return LiveGrant(name, kind, 10, priority, NOW - timedelta(days=begun), expires_at)


def test_grants_burn_by_priority_expiry_kind_age_and_id() -> None:
    wanted = [
        _grant("f", "purchased", priority=1),
        _grant("e", "purchased", expires=1),
        _grant("d", expires=2),
        _grant("c", begun=3),
        _grant("a", begun=2),
        _grant("b", begun=2),
        _grant("0", "purchased", begun=9),
    ]
    upside_down = list(reversed(wanted))
    assert sorted(upside_down, key=burn_order) == wanted


def test_at_its_moment_of_expiry_a_grant_is_over() -> None:
    assert is_expired(NOW, NOW)
    assert not is_expired(NOW + timedelta(microseconds=1), NOW)
    assert not is_expired(None, NOW)


@given(grants=GRANTS, debit=st.integers(1, 200))
def test_a_debit_takes_what_is_left_and_the_rest_is_debt(grants: list[LiveGrant], debit: int) -> None:
    shares, debt = allocate(debit, grants)
    left = {grant.id: grant.remaining for grant in grants}
    assert sum(share.micros for share in shares) + debt == debit
    assert all(0 < share.micros <= left[share.grant_id] for share in shares)
    assert debt == max(0, debit - sum(left.values()))
    assert all(share.micros == left[share.grant_id] for share in shares[:-1])


@given(grants=GRANTS, debit=st.integers(1, 200), covered=st.integers(0, 200))
def test_a_correction_gives_back_what_was_taken_last_first(grants: list[LiveGrant], debit: int, covered: int) -> None:
    shares, debt = allocate(debit, grants)
    before = -debt if debt else sum(grant.remaining for grant in grants) - debit
    back = given_back(debit, before)
    assert back == debit - debt
    assert unwind(back, shares, [Share("later", covered)]) == [
        Share(each.grant_id, -each.micros) for each in reversed(shares)
    ]


def test_a_debt_paid_by_a_later_grant_goes_back_into_that_grant() -> None:
    assert unwind(12, [Share("a", 10)], [Share("later", 5)]) == [Share("a", -10), Share("later", -2)]


def test_a_grant_that_nobody_saw_begin_and_expire_has_still_paid_the_debt() -> None:
    over, alive = _grant("over", begun=2, expires=0), _grant("alive", begun=1)
    for debt, lost in ((-4, 6), (-12, 0), (0, 10)):
        seen = begun([alive, over], debt)
        assert [each.remaining for each in seen] == [max(0, 10 + min(0, debt)), min(10, max(0, 20 + debt))]
        assert lapsed([], 0, NOW, begun=seen) == lost


def test_usage_that_lies_before_an_expiry_burns_what_expired_since() -> None:
    over, alive = _grant("over", expires=0), _grant("alive", priority=60)
    assert allocate(12, [alive, over]) == ([Share("over", 10), Share("alive", 2)], 0)
    assert [lapsed([over, alive], used, NOW) for used in (0, 4, 10, 15, 99)] == [10, 6, 0, 0, 0]


@given(grants=GRANTS, used=st.integers(0, 200))
def test_what_lapses_and_what_stays_is_all_that_usage_left(grants: list[LiveGrant], used: int) -> None:
    shares = allocate(used, grants)[0] if used else []
    left = sum(grant.remaining for grant in grants) - sum(share.micros for share in shares)
    lasting = [grant for grant in grants if grant.expires_at is None or grant.expires_at > NOW]
    kept = {grant.id: grant.remaining for grant in lasting}
    for share in shares:
        if share.grant_id in kept:
            kept[share.grant_id] -= share.micros
    assert lapsed(grants, used, NOW) == left - sum(kept.values())


def _hold(left: int, hours: int) -> OpenHold:
    return OpenHold(NOW - timedelta(hours=hours), left)


def test_what_open_holds_reserve_of_credit_that_is_over_stays_and_the_rest_goes() -> None:
    over = _grant("over", expires=0)
    assert kept([over], [], 0, NOW) == {"over": 0}
    assert kept([over], [_hold(4, 1), _hold(3, 2)], 7, NOW) == {"over": 7}
    assert kept([over], [_hold(40, 1)], 40, NOW) == {"over": 10}
    assert kept([over], [_hold(40, 1)], 6, NOW) == {"over": 6}, "all holds together reserve no more"
    assert kept([_grant("alive"), _grant("later", expires=1)], [_hold(40, 1)], 40, NOW) == {}


def test_what_lapses_is_less_by_what_holds_keep() -> None:
    over = _grant("over", expires=0)
    assert lapsed([over], 0, NOW, holds=[_hold(4, 1)], held=4) == 6
    assert lapsed([over], 3, NOW, holds=[_hold(4, 1)], held=4) == 3
    assert lapsed([over], 0, NOW, holds=[_hold(4, 1)], held=4, spare=1) == 1, "no more goes than is spare"
    assert lapsed([over], 0, NOW, holds=[_hold(4, 1)]) == 10, "of what is held in all, which is nothing"


def test_a_hold_made_at_the_time_of_expiry_or_later_keeps_nothing() -> None:
    day_ago = _grant("over", begun=5, expires=-1)
    assert kept([day_ago], [_hold(5, 24)], 5, NOW) == {"over": 0}
    assert kept([day_ago], [_hold(5, 25), _hold(5, 3)], 10, NOW) == {"over": 5}


def test_what_a_hold_reserves_it_reserves_once_in_the_credit_that_is_over_first() -> None:
    first, second = _grant("first", begun=5, expires=-1), _grant("second", begun=5, expires=0)
    assert kept([second, first], [_hold(12, 48)], 12, NOW) == {"first": 10, "second": 2}
    assert kept([second, first], [_hold(4, 48), _hold(9, 2)], 13, NOW) == {"first": 4, "second": 9}


@given(
    grants=GRANTS,
    holds=st.lists(st.builds(_hold, left=st.integers(0, 60), hours=st.integers(0, 80)), max_size=4),
)
def test_whatever_expires_what_is_held_is_covered_as_before(grants: list[LiveGrant], holds: list[OpenHold]) -> None:
    held = sum(hold.left for hold in holds)
    over = [grant for grant in grants if is_expired(grant.expires_at, NOW)]
    keeps = kept(grants, holds, held, NOW)
    assert set(keeps) == {grant.id for grant in over}
    assert all(0 <= keeps[grant.id] <= grant.remaining for grant in over)
    assert sum(keeps.values()) <= held
    oldest = sum(hold.left for hold in holds if all(hold.made_at < (grant.expires_at or NOW) for grant in over))
    assert sum(keeps.values()) >= min(oldest, sum(grant.remaining for grant in over))
