"""What a line on every page says of auto-recharge that has stopped, without asking the whole rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.auto_recharge.decision import Outcome
from app.domain.auto_recharge.stops import Kept, Standing, stop
from app.domain.money import Credits, Money

NOW = datetime(2026, 11, 28, 9, 19, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
SUSPENDED = Kept("suspended", 4, "card_declined", NOW)
LIMIT = Kept("limit_reached", 4, "", LATER)
BELOW = Standing(
    enabled=True, version=4, threshold=Credits(20), arriving=Credits(19), is_under_way=False, has_method=True,
    kept=SUSPENDED,
)  # fmt: skip

WENT_BACK = Kept("money_went_back", 4, "", None, NOW - timedelta(days=6, hours=23))
OFF = replace(BELOW, enabled=False, version=5, kept=WENT_BACK)


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (Outcome.SUSPENDED, BELOW),
        (None, replace(BELOW, enabled=False)),
        (Outcome.MONEY_WENT_BACK, OFF),
        (Outcome.MONEY_WENT_BACK, replace(OFF, arriving=Credits(10**9))),
        (None, replace(OFF, version=6)),  # a member has chosen since
        (None, replace(OFF, enabled=True, version=5)),
        (None, replace(OFF, kept=replace(WENT_BACK, outcome="suspended"))),
        (None, replace(OFF, kept=replace(WENT_BACK, at=NOW - timedelta(days=7)))),
        (None, replace(BELOW, arriving=Credits(20))),
        (None, replace(BELOW, is_under_way=True)),
        (None, replace(BELOW, version=5)),  # saved anew since: the next look decides
        (None, replace(BELOW, kept=None)),
        (None, replace(BELOW, kept=replace(SUSPENDED, outcome="charge"))),
        (None, replace(BELOW, kept=replace(SUSPENDED, outcome="retry_later"))),
        (None, replace(BELOW, kept=replace(SUSPENDED, outcome="quiet"))),
        (Outcome.NOT_SOLD, replace(BELOW, kept=replace(SUSPENDED, outcome="not_sold"))),
        (Outcome.NO_METHOD, replace(BELOW, kept=replace(SUSPENDED, outcome="no_method"), has_method=False)),
        (None, replace(BELOW, kept=replace(SUSPENDED, outcome="no_method"))),  # one was added since
        (Outcome.LIMIT_REACHED, replace(BELOW, kept=LIMIT)),
        (None, replace(BELOW, kept=replace(LIMIT, look_again=NOW))),  # the period is over
        (Outcome.ASKS, replace(BELOW, asks=Money(2500, "USD"))),
        (None, replace(BELOW, asks=Money(2500, "USD"), arriving=Credits(20))),
    ],
)
def test_it_has_stopped_where_nothing_but_the_customer_or_time_helps(expected: Outcome | None, found: Standing) -> None:
    stopped = stop(found, NOW)
    assert (stopped.outcome if stopped else None) is expected


def test_a_limit_says_when_it_starts_over_and_a_decline_says_why() -> None:
    of_limit, of_declines = stop(replace(BELOW, kept=LIMIT), NOW), stop(BELOW, NOW)
    assert of_limit is not None and (of_limit.until, of_limit.why) == (LATER, "")
    assert of_declines is not None and (of_declines.until, of_declines.why) == (None, "card_declined")
