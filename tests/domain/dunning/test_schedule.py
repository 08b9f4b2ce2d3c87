"""The schedule: the first attempt when the invoice falls due, then one each 24 hours after the first failure."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog_terms import Dunning
from app.domain.dunning.schedule import Attempt, Outcome, falls_due, first_failure, following, is_exhausted

DUE = datetime(2026, 11, 2, 9, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TERMS = Dunning()
AGAIN = DUE + timedelta(days=400)
"""When an attempt is made again that was not made: far from all that the schedule says."""


def failed(place: int | None, due: datetime, after: timedelta = timedelta(0), how: Outcome = Outcome.FAILED) -> Attempt:
    return Attempt(place, due, how, due + after)


def walked(terms: Dunning, takes: list[timedelta]) -> list[tuple[int, datetime]]:
    """Let each attempt fail so long after it was due; return every place and time."""
    attempts, found = list[Attempt](), list[tuple[int, datetime]]()
    while (step := following(terms, DUE, attempts, AGAIN)) is not None:
        found.append(step)
        attempts.append(failed(*step, takes[len(attempts)] if len(attempts) < len(takes) else timedelta(0)))
    return found


@pytest.mark.parametrize(
    ("due_on", "issued", "expected"),
    [
        (date(2026, 11, 2), DUE, DUE),
        (date(2026, 11, 16), DUE, datetime(2026, 11, 16, tzinfo=UTC)),
        (date(2026, 11, 1), DUE, DUE),
        (date(2026, 11, 2), datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)),
    ],
)
def test_an_invoice_falls_due_as_its_day_begins_and_never_before_it_was_written(
    due_on: date, issued: datetime, expected: datetime
) -> None:
    assert falls_due(due_on, issued) == expected


@pytest.mark.case("AC-26")
def test_each_retry_comes_so_many_times_24_hours_after_the_first_failure() -> None:
    assert walked(TERMS, [5 * HOUR]) == [
        (0, DUE),
        *((place, DUE + 5 * HOUR + place * DAY) for place in (1, 2, 3, 4, 5)),
    ]
    assert walked(Dunning((1, 3, 7), 14), []) == [(0, DUE), (1, DUE + DAY), (2, DUE + 3 * DAY), (3, DUE + 7 * DAY)]
    assert walked(Dunning((), 5), []) == [(0, DUE)]


def test_an_outcome_that_is_known_late_moves_the_next_one_on() -> None:
    eight = 8 * DAY  # a debit that came back
    late = DUE + DAY + eight
    assert walked(TERMS, [timedelta(0), eight])[2:] == [(place, late + (place - 1) * DAY) for place in (2, 3, 4, 5)]
    soon = [timedelta(0), HOUR, HOUR]
    assert walked(TERMS, soon)[-1] == (5, DUE + 5 * DAY)


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ([Attempt(0, DUE, Outcome.WAITING)], None),
        ([Attempt(0, DUE, Outcome.UNDER_WAY)], None),
        ([failed(0, DUE, how=Outcome.SUCCEEDED)], None),
        ([failed(0, DUE, how=Outcome.DROPPED)], None),
        ([failed(None, DUE, how=Outcome.LEFT_ALONE)], None),
        ([failed(0, DUE, how=Outcome.NOT_POSSIBLE)], (1, DUE + DAY)),
        ([failed(0, DUE, how=Outcome.NOT_MADE)], (0, AGAIN)),
        ([failed(0, DUE), failed(1, DUE + DAY, how=Outcome.NOT_MADE)], (1, AGAIN)),
        ([failed(0, DUE, how=Outcome.NOT_MADE), failed(0, DUE)], (1, DUE + DAY)),
        ([failed(0, DUE), failed(None, DUE + HOUR)], (1, DUE + DAY)),
        ([failed(None, DUE, how=Outcome.FAILED)], (0, DUE)),
        ([Attempt(None, DUE, Outcome.UNDER_WAY)], (0, DUE)),
    ],
)
def test_what_follows(attempts: list[Attempt], expected: tuple[int, datetime] | None) -> None:
    assert following(TERMS, DUE, attempts, AGAIN) == expected


@given(st.lists(st.integers(0, 20 * 24 * 60), min_size=6, max_size=6))
def test_there_are_six_attempts_and_never_two_within_23_hours_of_each_other(minutes: list[int]) -> None:
    takes = [timedelta(minutes=each) for each in minutes]
    steps = walked(TERMS, takes)
    assert [place for place, _at in steps] == [0, 1, 2, 3, 4, 5]
    ends = [at + took for (_place, at), took in zip(steps, takes, strict=True)]
    assert all(later - end >= 23 * HOUR for end, (_place, later) in zip(ends, steps[1:], strict=False))
    assert steps[1][1] == ends[0] + DAY


def test_the_first_failure_and_the_end_count_the_schedule_alone() -> None:
    extra = [failed(None, DUE - DAY), failed(None, DUE + DAY), failed(None, DUE + 2 * DAY)]
    attempts = [*extra, *(failed(place, DUE + place * DAY) for place in range(5))]
    assert first_failure(attempts) == DUE
    assert not is_exhausted(TERMS, attempts)
    assert is_exhausted(TERMS, [*attempts, failed(5, DUE + 5 * DAY)])
    assert not is_exhausted(TERMS, [*attempts, Attempt(5, DUE + 5 * DAY, Outcome.UNDER_WAY)])
