"""What the demo's customers use: the events that their hosts report each day, and what those will cost."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select

from app.demo.stories import Habit, Story, dice
from app.domain import periods, rating
from app.domain.catalog import Catalog, MeterKind
from app.domain.money import Credits
from app.domain.rating import Tariff, UsageReport
from app.models.database import db
from app.models.usage import UsageEventKey
from app.services.usage.terms import plan_of

MOMENTS = (time(9, 30), time(13, 0), time(17, 0), time(21, 0))
"""About when the hosts report on a day, never before its purchases."""
VARIED = 15 * 60
"""How many seconds before or after."""
SPLIT = len(MOMENTS)
"""In how many reports a day's sum comes."""
SINGLY = (MeterKind.COUNT, MeterKind.UNIQUE)


def report_times(day: date, until: datetime, *, times: tuple[time, ...] = MOMENTS) -> list[datetime]:
    """Return when the hosts report on the day: a little different each day, and at `until` where that cuts it short."""
    usual = [
        datetime.combine(day, at, UTC) + timedelta(seconds=dice("reported", day, at, sides=2 * VARIED + 1) - VARIED)
        for at in times
    ]
    return [moment for moment in usual if moment < until] + [until] * (until <= usual[-1])


def reports(
    story: Story, catalog: Catalog, customer_id: str, day: date, born: date, at: list[datetime]
) -> list[list[UsageReport]]:
    """Return the events of the day by the time they are reported, spread over it: with the same ids when run twice."""
    found: list[list[UsageReport]] = [[] for _ in at]
    begins = [datetime.combine(day, time(), UTC), *at]
    for habit in story.habits:
        quantity = story.quantity(habit, day, (day - born).days)
        parts = _parts(_tariff(story, catalog, habit).kind, quantity)
        for number, part in enumerate(parts, 1):
            subject = f"user-{day:%m%d}-{number}" if _tariff(story, catalog, habit).kind is MeterKind.UNIQUE else ""
            place = (number * len(at) - 1) // len(parts)
            share = number * len(at) - place * len(parts)
            moment = begins[place] + (begins[place + 1] - begins[place]) * share // len(parts)
            name = f"{habit.meter}-{day}-{number}"
            found[place].append(UsageReport(name, customer_id, habit.meter, part, subject, moment))
    return found


def is_half_written(story: Story, catalog: Catalog, customer_id: str, day: date, born: date) -> bool:
    """Return whether the first event of the day was counted and its last was not: the run was cut short."""
    at = report_times(day, datetime.combine(day, time.max, UTC))
    names = [each.id for batch in reports(story, catalog, customer_id, day, born, at) for each in batch]
    ends = [*names[:1], *names[1:][-1:]]
    mine = select(UsageEventKey.id).where(UsageEventKey.customer_id == customer_id, UsageEventKey.id.in_(ends))
    return len(ends) > 1 and db.session.scalars(mine).all() == ends[:1]


def cost(story: Story, catalog: Catalog, born: date, first: date, last: date) -> Credits:
    """Return what the customer's usage costs from the first day to the last, both included."""
    return Credits(sum(_cost(story, catalog, habit, born, first, last) for habit in story.habits))


def _parts(kind: MeterKind, quantity: int) -> list[int]:
    """Return the quantity of each event: one by one where the meter counts events, else a few that make the sum."""
    if kind in SINGLY:
        return [1] * quantity
    if kind is MeterKind.SUM:
        return [quantity * number // SPLIT - quantity * (number - 1) // SPLIT for number in range(1, SPLIT + 1)]
    return [quantity]


def _cost(story: Story, catalog: Catalog, habit: Habit, born: date, first: date, last: date) -> int:
    tariff, micros, used = _tariff(story, catalog, habit), 0, 0
    if tariff.is_free:
        return 0
    by_calendar = catalog.plans.periods == "calendar_month"
    begun = _period(born, first, by_calendar=by_calendar)
    for day in _days(begun, last):
        if (period := _period(born, day, by_calendar=by_calendar)) != begun:
            begun, used = period, 0
        more = used + story.quantity(habit, day, (day - born).days)
        if day >= first:
            micros += tariff.step(used, more)
        used = more
    return micros


def _period(born: date, day: date, *, by_calendar: bool) -> date:
    """Return the first day of the billing period that a day lies in."""
    anchor, start, end = periods.first(datetime.combine(born, time(), UTC), by_calendar=by_calendar)
    begun, _passed = periods.open_at(start, end, anchor, datetime.combine(day, time(), UTC))
    return begun.date()


def _tariff(story: Story, catalog: Catalog, habit: Habit) -> Tariff:
    found = rating.tariff(catalog, plan_of(catalog, story.plan), habit.meter)
    if found is None:
        raise LookupError(f"the catalog {catalog.name} has no meter {habit.meter}")
    return found


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
