"""A meter through time: every day of a range, the last billing periods, and a day added up again from its events."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, select

from app.domain.catalog import MeterKind
from app.domain.errors import NotFound, ensure
from app.domain.money import Credits
from app.models.customers import BillingPeriod
from app.models.database import db
from app.models.ledger import Transfer
from app.models.usage import UsageDay, UsageEvent, UsageTotal
from app.services.operations import archived
from app.services.usage.meters import DAY, DayUse, Stretch, days

PERIODS = 12
MOST_ADDED = 50_000
"""So many events are added up for a page; of more, `verify` proves the sum."""


@dataclass(frozen=True)
class PeriodUse:
    """What a meter counted in a billing period."""

    number: int
    first: date
    last: date
    quantity: int
    cost: Credits


@dataclass(frozen=True)
class Added:
    """A day of a meter, added up again from its events."""

    events: int
    quantity: int
    cost: Credits


def every_day(customer_id: str, meter: str, kind: MeterKind, first: date, last: date) -> list[DayUse]:
    """Return each UTC day from `first` to `last`, also those without use; a `last` meter keeps its value meanwhile."""
    ensure(first <= last, "days that end before they begin")
    found = {each.day: each for each in days(customer_id, first, last, meter=meter)}
    shown, value = [], 0
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        shown.append(found.get(day) or DayUse(day, meter, value, 0, Credits(0)))
        value = shown[-1].quantity if kind is MeterKind.LAST else 0
    return shown


def last_periods(customer_id: str, meter: str) -> list[PeriodUse]:
    """Return the last periods and what the meter counted in each, the newest first. One statement."""
    rows = db.session.execute(
        select(BillingPeriod, UsageTotal.quantity, UsageTotal.micros)
        .outerjoin(
            UsageTotal,
            (UsageTotal.customer_id == BillingPeriod.customer_id)
            & (UsageTotal.period_number == BillingPeriod.number)
            & (UsageTotal.meter == meter),
        )
        .where(BillingPeriod.customer_id == customer_id)
        .order_by(BillingPeriod.number.desc())
        .limit(PERIODS)
    ).all()
    return [
        PeriodUse(row.number, row.starts_at.date(), row.ends_at.date() - DAY, quantity or 0, Credits(micros or 0))
        for row, quantity, micros in rows
    ]


def corrected(customer_id: str, period: Stretch) -> Credits:
    """Return what corrections gave back in the period, of whichever period the usage was. One statement."""
    total = db.session.scalar(
        select(func.sum(Transfer.amount)).where(
            Transfer.customer_id == customer_id,
            Transfer.kind == "correction",
            Transfer.sequence.is_not(None),
            Transfer.booked_at >= period.starts_at,
            Transfer.booked_at < period.ends_at,
        )
    )
    return Credits(int(total or 0))


def day_of(customer_id: str, meter: str, day: date) -> DayUse:
    """Return what the meter counted on the UTC day, or `NotFound` where it counted nothing."""
    found = days(customer_id, day, day, meter=meter)
    if not found:
        raise NotFound("usage")
    return found[0]


def added_up(customer_id: str, meter: str, kind: MeterKind, day: date) -> Added | None:
    """Add the meter's day up again from its events, by another way than it was counted; None: too many, or archived.

    What a day adds to a `unique` meter, and what a `last` one shows, depends on the days of the period before it too.
    """
    counted = (UsageDay.customer_id == customer_id, UsageDay.meter == meter)
    number = select(UsageDay.period_number).where(*counted, UsageDay.day == day).scalar_subquery()
    reaches_back = kind in {MeterKind.UNIQUE, MeterKind.LAST}
    which = (UsageDay.day <= day, UsageDay.period_number == number) if reaches_back else (UsageDay.day == day,)
    days = select(func.sum(UsageDay.events), func.min(UsageDay.day), archived.BEFORE).where(*counted, *which)
    events, first, archived_before = db.session.execute(days).one()
    if int(events or 0) > MOST_ADDED or archived.is_in(archived_before, first):
        return None
    begins = datetime.combine(day, time(), UTC)
    many, total, most, micros = db.session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(UsageEvent.quantity), 0),
            func.coalesce(func.max(UsageEvent.quantity), 0),
            func.coalesce(func.sum(UsageEvent.micros), 0),
        ).where(
            UsageEvent.customer_id == customer_id,
            UsageEvent.meter == meter,
            UsageEvent.day == day,
            # The same in other words: so that PostgreSQL opens the partitions of these days only.
            UsageEvent.received_at >= begins - DAY,
            UsageEvent.received_at < begins + 2 * DAY,
        )
    ).one()
    before = (
        UsageEvent.customer_id == customer_id,
        UsageEvent.meter == meter,
        UsageEvent.day <= day,
        UsageEvent.period_number == number,
    )
    quantity = {
        MeterKind.COUNT: lambda: many,
        MeterKind.SUM: lambda: total,
        MeterKind.MAX: lambda: most,
        MeterKind.UNIQUE: lambda: _new_subjects(before, day),
        MeterKind.LAST: lambda: _latest(before),
    }[kind]()
    return Added(many, int(quantity), Credits(int(micros)))


def _new_subjects(before: tuple[ColumnElement[bool], ...], day: date) -> int:
    """Count those whose first event of the period is on this day."""
    firsts = select(func.min(UsageEvent.day).label("first")).where(*before).group_by(UsageEvent.subject).subquery()
    return db.session.scalar(select(func.count()).select_from(firsts).where(firsts.c.first == day)) or 0


def _latest(before: tuple[ColumnElement[bool], ...]) -> int:
    """Return the value that was taken last, as of the end of this day."""
    newest = (UsageEvent.occurred_at.desc(), UsageEvent.received_at.desc())
    return db.session.scalar(select(UsageEvent.quantity).where(*before).order_by(*newest).limit(1)) or 0
