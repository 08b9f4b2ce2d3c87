"""What a claw-back takes first, which grants get it back, and what holds keep of several that are over: by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.errors import Broken
from app.domain.grants import LiveGrant, OpenHold, Share, allocate, begun, cover, given_back, instead, kept, unwind

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def _grant(name: str, left: int = 10, priority: int = 50) -> LiveGrant:
    return LiveGrant(name, "purchased", left, priority, NOW)


def _shares(**micros: int) -> list[Share]:
    return [Share(name, taken) for name, taken in micros.items()]


@pytest.mark.parametrize(
    ("debit", "own", "shares", "debt"),
    [
        (4, "", {"a": 4}, 0), (4, "c", {"c": 4}, 0), (14, "c", {"c": 10, "a": 4}, 0), (14, "", {"a": 10, "b": 4}, 0),
        (31, "b", {"b": 10, "a": 10, "c": 10}, 1), (10, "gone", {"a": 10}, 0), (11, "a", {"a": 10, "b": 1}, 0),
    ],
)  # fmt: skip
def test_the_purchase_that_is_clawed_back_goes_first_and_then_the_others_in_their_order(
    debit: int, own: str, shares: dict[str, int], debt: int
) -> None:
    grants = [_grant("c"), _grant("b"), _grant("a"), _grant("empty", 0, 1)]
    assert allocate(debit, grants, own) == (_shares(**shares), debt)


def test_nothing_is_no_debit() -> None:
    with pytest.raises(Broken, match=r"^a debit of 0$"):
        allocate(0, [_grant("a")])
    assert allocate(1, [_grant("a")]) == (_shares(a=1), 0)


@pytest.mark.parametrize(("micros", "balance", "covers"), [(5, 0, 0), (5, 1, 0), (5, -1, 1), (5, -5, 5), (5, -6, 5)])
def test_a_new_grant_pays_the_debt_that_stands_before_it(micros: int, balance: int, covers: int) -> None:
    assert cover(micros, balance) == covers
    assert begun([_grant("a", micros)], balance) == [_grant("a", micros - covers)]


@pytest.mark.parametrize(
    ("amount", "balance", "back"), [(5, 0, 5), (5, 3, 5), (5, -2, 3), (5, -5, 0), (5, -9, 0), (5, -4, 1)]
)
def test_what_only_lowers_a_debt_goes_into_no_grant(amount: int, balance: int, back: int) -> None:
    assert given_back(amount, balance) == back


def test_it_goes_back_last_first_and_once_a_grant_and_never_more_than_was_taken() -> None:
    taken, covered = _shares(a=5, b=3), _shares(a=2, c=4)
    assert unwind(4, taken, covered) == _shares(b=-3, a=-1)
    assert unwind(14, taken, covered) == _shares(b=-3, a=-7, c=-4)
    assert unwind(0, taken, covered) == []
    with pytest.raises(Broken, match=r"^a correction gives back more than was taken$"):
        unwind(15, taken, covered)


@pytest.mark.parametrize(
    ("elsewhere", "found"),
    [
        ({}, {"a": 2, "own": 10, "b": 5}),
        ({"x": 4}, {"a": 2, "own": 6, "x": 4, "b": 5}),
        ({"x": 4, "y": 3}, {"a": 2, "own": 3, "x": 4, "y": 3, "b": 5}),
        ({"x": 4, "y": 6}, {"a": 2, "x": 4, "y": 6, "b": 5}),
        ({"x": 4, "y": 7}, {"a": 2, "x": 3, "y": 7, "b": 5}),
        ({"x": 4, "y": 40}, {"a": 2, "y": 10, "b": 5}),
    ],
)  # fmt: skip
def test_where_the_purchase_is_over_what_was_taken_elsewhere_goes_back_in_its_place(
    elsewhere: dict[str, int], found: dict[str, int]
) -> None:
    assert instead(_shares(a=2, own=10, b=5), "own", _shares(**elsewhere)) == _shares(**found)


def test_what_is_left_elsewhere_stands_in_for_the_next_share_too() -> None:
    taken = [Share("own", 4), Share("b", 1), Share("own", 5)]
    assert instead(taken, "own", _shares(x=7)) == [Share("x", 4), Share("b", 1), Share("own", 2), Share("x", 3)]
    assert instead(taken, "other", _shares(x=7)) == taken


@pytest.mark.parametrize(
    ("holds", "spare", "keeps"),
    [
        (0, None, (0, 0, 0)), (4, None, (4, 0, 0)), (12, None, (10, 2, 0)), (15, None, (10, 5, 0)), (99, None, (10, 10, 10)),
        (0, 12, (0, 8, 10)), (0, 30, (0, 0, 0)), (0, 0, (10, 10, 10)), (4, 8, (4, 8, 10)), (4, 6, (4, 10, 10)),
        (4, 40, (4, 0, 0)), (12, 8, (10, 2, 10)), (12, 9, (10, 2, 9)),
    ],
)  # fmt: skip
def test_what_is_held_is_kept_in_what_expired_first_whatever_burns_first(
    holds: int, spare: int | None, keeps: tuple[int, ...]
) -> None:
    over = [replace(_grant(name, 10, 9 - day), expires_at=NOW - timedelta(9 - day)) for day, name in enumerate("abc")]
    held = [OpenHold(NOW - timedelta(20), holds)]
    assert kept(over[::-1], held, holds, NOW, spare) == dict(zip("abc", keeps, strict=True))
