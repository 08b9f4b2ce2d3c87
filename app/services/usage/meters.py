"""What a customer used: each meter of a billing period by day, and the events behind a number."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select, tuple_

from app import clock
from app.domain import periods as period_rule
from app.domain import rating
from app.domain.catalog import Catalog, Meter, Plan
from app.domain.errors import NotFound
from app.domain.money import Credits
from app.domain.rating import Tariff
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.usage import UsageDay, UsageEvent, UsageTotal
from app.services.catalog import versions
from app.services.ledger import reservations
from app.services.usage.terms import plan_of

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stretch:
    """A billing period as it is shown: the open one, one that is over, or the one that has just begun."""

    number: int
    starts_at: datetime
    ends_at: datetime
    is_open: bool


@dataclass(frozen=True)
class DayUse:
    """What a meter counted on one UTC day: the sum; the highest of a `max` meter; the last value of a `last` meter."""

    day: date
    meter: str
    quantity: int
    events: int
    cost: Credits


@dataclass(frozen=True)
class MeterUse:
    """What a meter shows for a period."""

    tariff: Tariff
    used: int
    held: int
    cost: Credits
    last_at: datetime | None
    days: tuple[DayUse, ...]

    @property
    def meter(self) -> Meter:
        """The meter."""
        return self.tariff.meter

    @property
    def included(self) -> int:
        """The quantity that the plan includes per period."""
        return self.tariff.allowance

    @property
    def overage(self) -> int:
        """How much was used beyond what the plan includes."""
        return max(0, self.used - self.tariff.allowance)


@dataclass(frozen=True)
class Usage:
    """What a customer used in a period: its meters in the catalog's order, and credit taken without a meter."""

    catalog: Catalog
    plan: Plan
    period: Stretch
    meters: tuple[MeterUse, ...]
    without_meter: tuple[DayUse, ...]

    @property
    def cost(self) -> Credits:
        """What it cost together."""
        metered = sum(each.cost.micros for each in self.meters)
        return Credits(metered + sum(each.cost.micros for each in self.without_meter))

    def of(self, meter: str) -> MeterUse | None:
        """Return what the meter shows, or None where there is no such meter."""
        return next((each for each in self.meters if each.meter.key == meter), None)


def usage(customer: Customer, number: int | None = None) -> Usage:
    """Return what the customer used in the period of this number, or in the one that is open now.

    Four statements, and one more where a meter is no longer sold; three more where the period or a hold is over and no
    job has seen it. A closed period is shown by the terms that it closed with.
    """
    period, version, had, is_stale = _period(customer.customer_id, number)
    catalog = versions.of(customer, version)
    plan = plan_of(catalog, customer.plan if had is None else had)
    totals = {
        row.meter: row
        for row in db.session.scalars(
            select(UsageTotal).where(
                UsageTotal.customer_id == customer.customer_id, UsageTotal.period_number == period.number
            )
        )
    }
    held: Mapping[str, tuple[int, int]] = {}
    if is_stale:
        held = reservations.shown(db.session(), customer.customer_id, clock.now(), {})
    found = days(customer.customer_id, period.starts_at.date(), period.ends_at.date() - DAY)
    by_meter: dict[str, list[DayUse]] = {}
    for each in found:
        by_meter.setdefault(each.meter, []).append(each)
    without = tuple(by_meter.pop("", ()))
    sold = {meter.key: meter for meter in catalog.meters}
    keys = sorted({*totals, *by_meter} - sold.keys() - {""})
    gone = versions.dropped_meters(catalog.name, catalog.version, keys)
    shown = [
        MeterUse(
            rating.tariff(catalog, plan, meter.key) or Tariff(meter),
            *_figures(totals.get(meter.key), held.get(meter.key, (0, 0))[1] if is_stale else None),
            tuple(by_meter.get(meter.key, ())),
        )
        for meter in [*sold.values(), *gone]
    ]
    return Usage(catalog, plan, period, tuple(shown), without)


def days(customer_id: str, first: date, last: date, *, meter: str | None = None) -> list[DayUse]:
    """Return what was used on the UTC days from `first` to `last`, the oldest first. Days without use are left out."""
    wanted = select(UsageDay).where(UsageDay.customer_id == customer_id, UsageDay.day >= first, UsageDay.day <= last)
    if meter is not None:
        wanted = wanted.where(UsageDay.meter == meter)
    return [
        DayUse(row.day, row.meter, row.quantity, row.events, Credits(row.micros))
        for row in db.session.scalars(wanted.order_by(UsageDay.day, UsageDay.meter))
    ]


@dataclass(frozen=True)
class EventUse:
    """An event as it was accepted."""

    id: str
    meter: str
    subject: str
    quantity: int
    cost: Credits
    occurred_at: datetime
    received_at: datetime
    day: date
    properties: str
    authorization_id: str | None

    @property
    def place(self) -> "Place":
        """Where it stands in the list."""
        return Place(self.day, self.received_at, self.id)


@dataclass(frozen=True)
class Place:
    """A place in the list of a meter's events: what comes after it is older."""

    day: date
    received_at: datetime
    id: str


@dataclass(frozen=True)
class EventPage:
    """Some events behind a number, the newest first, and where the older ones begin."""

    events: tuple[EventUse, ...]
    older: Place | None


def events(
    customer_id: str, meter: str, first: date, last: date, *, after: Place | None = None, limit: int = 50
) -> EventPage:
    """Return the meter's events of the UTC days from `first` to `last`, newest first: one statement at any depth."""
    wanted = select(UsageEvent).where(
        UsageEvent.customer_id == customer_id,
        UsageEvent.meter == meter,
        UsageEvent.day >= first,
        UsageEvent.day <= last,
        # The same in other words: so that PostgreSQL opens the partitions of these months only.
        UsageEvent.received_at >= datetime.combine(first, time.min, UTC) - DAY,
        UsageEvent.received_at < datetime.combine(last, time.min, UTC) + 2 * DAY,
    )
    order = (UsageEvent.day, UsageEvent.received_at, UsageEvent.id)
    if after is not None:
        wanted = wanted.where(tuple_(*order) < (after.day, after.received_at, after.id))
    rows = db.session.scalars(wanted.order_by(*(each.desc() for each in order)).limit(limit + 1)).all()
    shown = tuple(
        EventUse(
            row.id,
            row.meter,
            row.subject,
            row.quantity,
            Credits(row.micros),
            row.occurred_at,
            row.received_at,
            row.day,
            row.properties,
            row.authorization_id,
        )
        for row in rows[:limit]
    )
    return EventPage(shown, shown[-1].place if len(rows) > limit else None)


def _period(customer_id: str, number: int | None) -> tuple[Stretch, int | None, str | None, bool]:
    """Return the period, the version of the catalog and the plan that it closed with, and whether holds are stale.

    None: it is not closed. One that is over but not closed yet is: the next has begun, and nothing was used in it.
    Stale: some hold is over, or the next period has begun, and no job has seen it.
    """
    now = clock.now()
    wanted = select(BillingPeriod, reservations.ended(customer_id, now)).where(BillingPeriod.customer_id == customer_id)
    wanted = wanted.where(BillingPeriod.number == number) if number else wanted.where(BillingPeriod.closed_at.is_(None))
    found_row = db.session.execute(wanted).one_or_none()
    if found_row is None:
        raise NotFound("billing period")
    row, ended = found_row
    found = Stretch(row.number, row.starts_at, row.ends_at, row.closed_at is None and row.ends_at > now)
    while number is None and found.ends_at <= now:
        ends_at = period_rule.following(found.ends_at, row.anchor_day)
        found = Stretch(found.number + 1, found.ends_at, ends_at, is_open=ends_at > now)
    is_stale = found.is_open and (ended > 0 or found.number != row.number)
    return found, row.catalog_version, row.plan, is_stale


def _figures(total: UsageTotal | None, held: int | None) -> tuple[int, int, Credits, datetime | None]:
    """Return what the meter shows; `held`: what is held now, where the total says what was."""
    if total is None:
        return 0, held or 0, Credits(0), None
    return total.quantity, total.held_quantity if held is None else held, Credits(total.micros), total.last_at
