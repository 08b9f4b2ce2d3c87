"""The standing: what unpaid invoices, the attempts on them and the time make of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog_terms import Dunning
from app.domain.dunning.schedule import Attempt, Outcome
from app.domain.dunning.standing import (
    CLOSED,
    GOOD,
    PAST_DUE,
    SUSPENDED,
    Unpaid,
    changes_at,
    latest_suspension,
    next_try,
    past_due_at,
    standing,
    suspends_at,
)

ISSUED = datetime(2026, 11, 2, 9, tzinfo=UTC)
TODAY, OVER = date(2026, 11, 2), datetime(2026, 11, 3, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TERMS, LATER = Dunning(), Dunning((1, 2, 3, 4, 5), 14)
NEVER = ISSUED + 100 * DAY


def tries(*outcomes: Outcome, begins: datetime = ISSUED) -> tuple[Attempt, ...]:
    """Return attempts a day apart, each known at once."""
    known = {Outcome.WAITING, Outcome.UNDER_WAY}
    return tuple(
        Attempt(place, begins + place * DAY, how, None if how in known else begins + place * DAY)
        for place, how in enumerate(outcomes)
    )


F, N, W, U = Outcome.FAILED, Outcome.NOT_POSSIBLE, Outcome.WAITING, Outcome.UNDER_WAY


def unpaid(*outcomes: Outcome, paying: datetime | None = None, due_on: date = TODAY) -> Unpaid:
    return Unpaid("inv_1", ISSUED, due_on, tries(*outcomes), paying)


@pytest.mark.parametrize(
    ("invoice", "past_due", "suspends"),
    [
        (unpaid(), OVER, None),
        (unpaid(W), OVER, None),
        (unpaid(F, W), ISSUED, None),
        (unpaid(F, F, F, F, F, W), ISSUED, None),
        (unpaid(F, F, F, F, F, U, paying=ISSUED + 5 * DAY), ISSUED, None),
        (unpaid(F, F, F, F, F, F), ISSUED, ISSUED + 5 * DAY),
        (unpaid(N, W), OVER, None),
        (unpaid(N, N, N, N, N, N), OVER, ISSUED + 5 * DAY),
        (unpaid(N, N, F, W), OVER, None),
        (unpaid(U, paying=ISSUED), None, None),
        (unpaid(W, paying=ISSUED), None, None),
        (unpaid(W, paying=OVER), OVER, None),
        (unpaid(F, W, paying=ISSUED + HOUR), ISSUED, None),
        (Unpaid("old", ISSUED, TODAY, (Attempt(None, ISSUED, Outcome.LEFT_ALONE, ISSUED),)), None, None),
    ],
)
def test_when_an_invoice_is_past_due_and_when_it_suspends(
    invoice: Unpaid, past_due: datetime | None, suspends: datetime | None
) -> None:
    assert past_due_at(invoice) == past_due
    assert suspends_at(TERMS, invoice) == suspends


def test_more_days_of_patience_than_retries_count_from_the_first_failure() -> None:
    whole = unpaid(F, F, F, F, F, F)
    assert suspends_at(LATER, whole) == latest_suspension(LATER, unpaid(F, W)) == ISSUED + 14 * DAY
    assert latest_suspension(TERMS, unpaid(F, W)) == ISSUED + 5 * DAY
    assert latest_suspension(TERMS, unpaid(W)) is None
    assert standing(PAST_DUE, LATER, [whole], ISSUED + 14 * DAY - HOUR) == PAST_DUE
    assert standing(PAST_DUE, LATER, [whole], ISSUED + 14 * DAY) == SUSPENDED


@pytest.mark.parametrize(
    ("before", "invoices", "now", "after"),
    [
        (GOOD, [], NEVER, GOOD),
        (SUSPENDED, [], ISSUED, GOOD),
        (CLOSED, [], ISSUED, CLOSED),
        (CLOSED, [unpaid(F, F, F, F, F, F)], NEVER, CLOSED),
        (GOOD, [unpaid(W)], OVER - HOUR, GOOD),
        (GOOD, [unpaid(W)], OVER, PAST_DUE),
        (GOOD, [unpaid(F, F, F, F, F, F)], NEVER, SUSPENDED),
        (PAST_DUE, [unpaid(F, F, F, F, F, U)], NEVER, PAST_DUE),
        (SUSPENDED, [unpaid(F, W)], NEVER, SUSPENDED),
        (SUSPENDED, [unpaid(W)], OVER - HOUR, GOOD),
        (SUSPENDED, [unpaid(F, F, F, F, F, F, paying=NEVER - HOUR)], NEVER, SUSPENDED),
    ],
)
def test_the_standing(before: str, invoices: list[Unpaid], now: datetime, after: str) -> None:
    assert standing(before, TERMS, invoices, now) == after


def test_it_changes_by_time_alone_when_a_day_is_over_or_patience_ends() -> None:
    assert changes_at(TERMS, [unpaid(W)], ISSUED) == OVER
    assert changes_at(TERMS, [unpaid(W)], OVER) is None
    assert changes_at(LATER, [unpaid(F, F, F, F, F, F)], NEVER) is None
    assert changes_at(LATER, [unpaid(F, F, F, F, F, F)], ISSUED + 6 * DAY) == ISSUED + 14 * DAY


def test_the_next_try_is_the_first_that_is_planned() -> None:
    assert next_try([unpaid(F, W), unpaid(W)]) == ISSUED
    assert next_try([unpaid(F, U)]) is None


_OUTCOMES = st.lists(st.sampled_from([F, N]), min_size=0, max_size=6)
_INVOICES = st.lists(st.builds(lambda how: unpaid(*how), _OUTCOMES), max_size=3)
_MOMENTS = st.integers(0, 20 * 24).map(lambda hours: ISSUED + hours * HOUR)


@given(st.sampled_from([GOOD, PAST_DUE, SUSPENDED]), _INVOICES, _MOMENTS, _MOMENTS)
def test_time_alone_restores_nobody_and_paying_all_restores_everybody(
    before: str, invoices: list[Unpaid], one: datetime, other: datetime
) -> None:
    order = [GOOD, PAST_DUE, SUSPENDED]
    earlier, later = sorted([one, other])
    then = standing(before, TERMS, invoices, earlier)
    assert order.index(standing(then, TERMS, invoices, later)) >= order.index(then)
    assert standing(then, TERMS, [], later) == GOOD
    judged = changes_at(TERMS, invoices, earlier)
    if judged is None or judged > later:
        assert standing(then, TERMS, invoices, later) == then


@given(st.sampled_from([PAST_DUE, SUSPENDED]), _INVOICES, _MOMENTS)
def test_fewer_unpaid_invoices_are_never_worse(before: str, invoices: list[Unpaid], now: datetime) -> None:
    order = [GOOD, PAST_DUE, SUSPENDED]
    whole = order.index(standing(before, TERMS, invoices, now))
    for place in range(len(invoices)):
        rest = invoices[:place] + invoices[place + 1 :]
        assert order.index(standing(before, TERMS, rest, now)) <= whole
