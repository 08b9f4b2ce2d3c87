"""Limits tried on days that are over: which would have been stopped, which mailed about, and what was used most."""

from datetime import date

from app.domain.money import Credits
from app.domain.simulation import Simulation, Stopped, Used, simulate
from app.domain.spend_management import Limits

DAYS = [
    Used(date(2026, 11, number), Credits(used)) for number, used in ((1, 0), (2, 10), (3, 12), (4, 11), (5, 12), (6, 1))
]


def tried(limit: int | None, threshold: int | None) -> Simulation:
    limits = Limits(
        False,
        None if limit is None else Credits(limit),
        None if threshold is None else Credits(threshold),
    )
    return simulate(limits, DAYS, first=date(2026, 11, 1), count=6)


def test_a_day_at_the_limit_is_allowed_and_one_beyond_it_is_stopped_the_newest_first() -> None:
    found = tried(11, None)
    assert found.stopped == (
        Stopped(date(2026, 11, 5), Credits(12), Credits(1)), Stopped(date(2026, 11, 3), Credits(12), Credits(1)),
    )  # fmt: skip
    assert tried(10, None).stopped[-1] == Stopped(date(2026, 11, 3), Credits(12), Credits(2))
    assert tried(12, None).stopped == tried(None, None).stopped == ()


def test_a_day_at_the_threshold_is_mailed_about() -> None:
    assert tried(None, 11).mailed == (date(2026, 11, 5), date(2026, 11, 4), date(2026, 11, 3))
    assert tried(None, 12).mailed == (date(2026, 11, 5), date(2026, 11, 3))
    assert tried(12, 12).mailed == (date(2026, 11, 5), date(2026, 11, 3))
    assert tried(None, 13).mailed == tried(None, None).mailed == ()


def test_a_threshold_above_the_limit_would_not_have_been_reached() -> None:
    assert tried(11, 12).mailed == ()


def test_the_days_are_counted_and_the_latest_of_the_highest_is_named() -> None:
    found = tried(11, 10)
    assert (found.used_on, found.first, found.days, found.refused_on) == (5, date(2026, 11, 1), 6, ())
    assert found.highest == Used(date(2026, 11, 5), Credits(12))
    assert found.limits == Limits(False, Credits(11), Credits(10))
    idle = simulate(found.limits, DAYS[:1], first=date(2026, 11, 1), count=1)
    assert (idle.highest, idle.used_on) == (None, 0)
