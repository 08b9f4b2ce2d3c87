"""The days that the Usage page draws: of the billing period or the last ones, and as many days before them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, select

from app import clock
from app.domain.money import Credits
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.usage import UsageDay
from app.services.usage.meters import DAY, DayUse, Usage

PERIOD = "period"
LONGEST_PERIOD = timedelta(days=62)
"""No billing period is longer, so that what the one before used lies within so many days before this one."""


@dataclass(frozen=True)
class Compared:
    """The days of a stretch, and those of the stretch before it. Days without use are left out."""

    first: date
    last: date
    """The last of its days, which may be still to come."""
    today: date
    before: date | None
    """The day that stands beside the first; None: there was none before."""
    days: tuple[DayUse, ...]
    """What was used on its days."""
    earlier: tuple[DayUse, ...]
    """What was used on the days before them."""
    is_period: bool

    def beside(self, day: date) -> date | None:
        """Return the day of the stretch before that stands beside this one; None where it had no such day."""
        found = None if self.before is None else self.before + (day - self.first)
        return found if found is not None and found < self.first else None


def compared(customer: Customer, usage: Usage, of: str, meter: str | None = None) -> Compared:
    """Return the days of the billing period shown, or the last so many, of one meter or of all. One statement."""
    today, customer_id = clock.now().date(), customer.customer_id
    if of == PERIOD:
        first, last = usage.period.starts_at.date(), usage.period.ends_at.date() - DAY
        found, began = _of_periods(customer_id, usage.period.number, first, last, meter)
        return _parted(first, last, today, began.astimezone(UTC).date() if began else None, found, is_period=True)
    many, since = timedelta(days=int(of)), customer.created_at.astimezone(UTC).date()
    first = min(max(today - many + DAY, since), today)
    rows = db.session.execute(_days(customer_id, first - many, today, meter))
    before = first - many if first - many >= since else None
    return _parted(first, today, today, before, [_use(row) for row in rows], is_period=False)


def _of_periods(
    customer_id: str, number: int, first: date, last: date, meter: str | None
) -> tuple[list[DayUse], datetime | None]:
    """Return the days of this period and of the one before, and when that began."""
    began = select(BillingPeriod.starts_at).where(
        BillingPeriod.customer_id == customer_id, BillingPeriod.number == number - 1
    )
    wanted = _days(customer_id, first - LONGEST_PERIOD, last, meter).where(
        UsageDay.period_number.in_((number - 1, number))
    )
    rows = db.session.execute(wanted.add_columns(began.scalar_subquery().label("began"))).all()
    return [_use(row) for row in rows], rows[0].began if rows else None


def _days(customer_id: str, first: date, last: date, meter: str | None) -> Select[date, str, int, int, int]:
    wanted = select(UsageDay.day, UsageDay.meter, UsageDay.quantity, UsageDay.events, UsageDay.micros)
    wanted = wanted.where(UsageDay.customer_id == customer_id, UsageDay.day >= first, UsageDay.day <= last)
    wanted = wanted if meter is None else wanted.where(UsageDay.meter == meter)
    return wanted.order_by(UsageDay.day, UsageDay.meter)


def _use(row: Row[*tuple[Any, ...]]) -> DayUse:
    return DayUse(row.day, row.meter, row.quantity, row.events, Credits(row.micros))


def _parted(
    first: date, last: date, today: date, before: date | None, found: list[DayUse], *, is_period: bool
) -> Compared:
    days = tuple(each for each in found if each.day >= first)
    earlier = tuple(each for each in found if before is not None and before <= each.day < first)
    return Compared(first, last, today, before, days, earlier, is_period)
