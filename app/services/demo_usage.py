"""What the demo's customers use: the events that their hosts report each day, and what those will cost."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from app.domain import periods, rating
from app.domain.catalog import Catalog, MeterKind
from app.domain.money import Credits
from app.domain.rating import Tariff, UsageReport
from app.services.demo_stories import Habit, Story
from app.services.usage_terms import plan_of

SPLIT = 3
"""In how many reports a day's sum comes."""
SINGLY = (MeterKind.COUNT, MeterKind.UNIQUE)


def reports(
    story: Story, catalog: Catalog, customer_id: str, day: date, born: date, until: datetime
) -> list[UsageReport]:
    """Return the events of the day up to a moment, spread over it. Told twice, they have the same ids."""
    found: list[UsageReport] = []
    for habit in story.habits:
        quantity = story.quantity(habit, day, (day - born).days)
        parts = _parts(_tariff(story, catalog, habit).kind, quantity)
        begins = datetime.combine(day, time(), UTC)
        for number, part in enumerate(parts, 1):
            subject = f"user-{day:%m%d}-{number}" if _tariff(story, catalog, habit).kind is MeterKind.UNIQUE else ""
            moment = begins + (until - begins) * number // len(parts)
            found.append(UsageReport(f"{habit.meter}-{day}-{number}", customer_id, habit.meter, part, subject, moment))
    return found


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
    begun = _period(born, first)
    for day in _days(begun, last):
        if (period := _period(born, day)) != begun:
            begun, used = period, 0
        more = used + story.quantity(habit, day, (day - born).days)
        if day >= first:
            micros += tariff.step(used, more)
        used = more
    return micros


def _period(born: date, day: date) -> date:
    """Return the first day of the billing period that a day lies in."""
    anchor, start, end = periods.first(datetime.combine(born, time(), UTC))
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
