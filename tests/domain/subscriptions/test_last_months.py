"""What a plan would have cost in the last months: its price, usage beyond its allowance, and limits that were passed."""

from dataclasses import replace
from fractions import Fraction

import pytest

from app.domain.catalog import Catalog, Meter, Plan, Plans
from app.domain.money import Credits, Money
from app.domain.subscriptions.choice import Choice, Interval
from app.domain.subscriptions.last_months import Counted, Month, would
from app.services.catalog import versions
from tests.support.plans import CATALOG

SOLD: Catalog = versions.parse(CATALOG)
REQUESTS = Meter("requests", "Requests", "API calls", "requests", credits=Credits(400_000), per=1000)
PLAN = Plan("x", "X", monthly=Money(1200, "USD"), annual=Money(12_000, "USD"), allowances=(("requests", 1000),))


def reckoned(
    plan: Plan, months: list[Counted], interval: Interval = Interval.MONTHLY
) -> tuple[int, int, tuple[str, ...]]:
    catalog = replace(SOLD, meters=(REQUESTS,), plans=Plans(plan.key, (plan,)))
    found = would(catalog, Choice(plan, interval, 1, "USD"), [Month(each) for each in months])
    assert found is not None and found.months == len(months)
    return found.plan.amount_minor, found.usage_in_money.amount_minor, found.over


@pytest.mark.parametrize(
    ("months", "interval", "expected"),
    [
        ([{}], Interval.MONTHLY, (1200, 0, ())),
        ([{"requests": 1000}], Interval.MONTHLY, (1200, 0, ())),
        ([{"requests": 3500}, {}, {"requests": 1000}], Interval.MONTHLY, (3600, 100, ())),
        ([{}, {}, {}], Interval.ANNUAL, (3000, 0, ())),
        ([{}], Interval.ANNUAL, (1000, 0, ())),
        ([{"gone": 9}], Interval.MONTHLY, (1200, 0, ())),
    ],
)
def test_each_month_is_reckoned_by_itself_with_its_own_allowance(
    months: list[Counted], interval: Interval, expected: tuple[int, int, tuple[str, ...]]
) -> None:
    assert reckoned(PLAN, months, interval) == expected


@pytest.mark.parametrize(("interval", "costs"), [(Interval.MONTHLY, 960 + 1200), (Interval.ANNUAL, 800 + 1000)])
def test_a_first_month_by_the_calendar_costs_its_share(interval: Interval, costs: int) -> None:
    months = [Month({}, Fraction(24, 30)), Month({})]
    found = would(SOLD, Choice(PLAN, interval, 1, "USD"), months)
    assert found is not None and (found.months, found.plan.amount_minor) == (2, costs)


def test_a_limit_that_was_passed_in_one_month_is_named_once() -> None:
    limited = replace(PLAN, limits=(("requests", 2000),))
    assert reckoned(limited, [{"requests": 2000}])[2] == ()
    assert reckoned(limited, [{"requests": 2001}, {"requests": 9000}])[2] == ("Requests",)


def test_nobody_can_say_without_a_closed_month() -> None:
    assert would(SOLD, Choice(PLAN, Interval.MONTHLY, 1, "USD"), []) is None
