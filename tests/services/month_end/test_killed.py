"""The process dies (kill -9) while the month is run: run again, it leaves each period one invoice, and no number lacks.

Each line of the table in docs/decisions/0041-the-month-is-run-by-rows.md is a point.
"""

import pytest

from app.config import Settings
from tests.support import cast
from tests.support.crash_plan import Kill, Step
from tests.support.crash_player import NOTHING, ends, killed

MONTH = Step("month")
TWO_INVOICES = [[5831, 5831], 2, 0, []]
"""One for each month that has begun, a mail of each, a balance of zero, and no number lacks."""


@pytest.fixture
def catalog(catalog: str) -> str:
    """The catalog that warms the runs up, and beside it one with a plan that costs something."""
    cast.apply_catalog("analytics")
    return catalog


@pytest.mark.case("AC-29")
def test_killed_anywhere_the_month_run_again_writes_each_period_once(settings: Settings, catalog: str) -> None:
    kills = (
        Kill("insert into period_runs"),
        Kill("insert into documents"),
        Kill("insert into number_series"),
        Kill("insert into plan_periods"),
        Kill("update subscriptions set"),
        Kill("insert into outbox_events"),
        Kill("insert into mails"),
        Kill("before commit"),
        Kill("insert into documents", 2),
        Kill("before commit", 2),
    )
    runs = killed(settings, MONTH, *kills, after=(MONTH,), catalog="analytics")
    assert ends(runs) == ends(runs, "resubmitted") == [NOTHING] * len(runs)
    assert [run["invoiced"] for run in runs] == [TWO_INVOICES] * len(runs)


def test_killed_between_two_periods_the_first_stays_as_it_is(settings: Settings, catalog: str) -> None:
    runs = killed(settings, MONTH, Kill("after commit"), Kill("after commit", 2), after=(MONTH,), catalog="analytics")
    assert [run["invoiced"] for run in runs] == [TWO_INVOICES] * len(runs)
