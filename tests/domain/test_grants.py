"""Burn-down: the order, what a debit takes, and that a correction gives back exactly that."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.grants import LiveGrant, Share, allocate, begun, burn_order, given_back, is_live, lapsed, unwind

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


def test_at_its_moment_of_expiry_a_grant_is_gone_and_at_its_beginning_it_is_there() -> None:
    assert not is_live(_grant("a", expires=0), NOW)
    assert is_live(_grant("a", begun=0), NOW)
    assert not is_live(_grant("a", begun=-1), NOW)


@given(grants=GRANTS, debit=st.integers(1, 200))
def test_a_debit_takes_what_is_live_and_the_rest_is_debt(grants: list[LiveGrant], debit: int) -> None:
    shares, debt = allocate(debit, grants, NOW)
    live = {grant.id: grant for grant in grants if is_live(grant, NOW)}
    assert sum(share.micros for share in shares) + debt == debit
    assert all(0 < share.micros <= live[share.grant_id].remaining for share in shares)
    assert debt == max(0, debit - sum(grant.remaining for grant in live.values()))
    assert all(share.micros == live[share.grant_id].remaining for share in shares[:-1])


@given(grants=GRANTS, debit=st.integers(1, 200), covered=st.integers(0, 200))
def test_a_correction_gives_back_what_was_taken_last_first(grants: list[LiveGrant], debit: int, covered: int) -> None:
    shares, debt = allocate(debit, grants, NOW)
    before = -debt if debt else sum(grant.remaining for grant in grants if is_live(grant, NOW)) - debit
    back = given_back(debit, before)
    assert back == debit - debt
    assert unwind(back, shares, [Share("later", covered)]) == [
        Share(each.grant_id, -each.micros) for each in reversed(shares)
    ]


def test_a_debt_paid_by_a_later_grant_goes_back_into_that_grant() -> None:
    assert unwind(12, [Share("a", 10)], [Share("later", 5)]) == [Share("a", -10), Share("later", -2)]


def test_a_grant_that_nobody_saw_begin_and_expire_has_still_paid_the_debt() -> None:
    over, alive = _grant("over", begun=2, expires=0), _grant("alive", begun=1)
    assert begun([alive, over], -4, NOW) == 10
    assert begun([alive, over], -14, NOW) == 6
    assert begun([alive, over], 3, NOW) == 13


def test_usage_that_lies_before_an_expiry_burns_what_expired_since() -> None:
    over, alive = _grant("over", expires=0), _grant("alive", priority=60)
    assert allocate(12, [alive, over], None) == ([Share("over", 10), Share("alive", 2)], 0)
    assert allocate(12, [alive, over], NOW) == ([Share("alive", 10)], 2)
    assert [lapsed([over, alive], used, NOW) for used in (0, 4, 10, 15, 99)] == [10, 6, 0, 0, 0]


@given(grants=GRANTS, used=st.integers(0, 200))
def test_what_lapses_and_what_stays_is_all_that_usage_left(grants: list[LiveGrant], used: int) -> None:
    shares = allocate(used, grants, None)[0] if used else []
    left = sum(grant.remaining for grant in grants) - sum(share.micros for share in shares)
    lasting = [grant for grant in grants if grant.expires_at is None or grant.expires_at > NOW]
    kept = {grant.id: grant.remaining for grant in lasting}
    for share in shares:
        if share.grant_id in kept:
            kept[share.grant_id] -= share.micros
    assert lapsed(grants, used, NOW) == left - sum(kept.values())
