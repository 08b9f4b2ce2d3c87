"""The figures of the Usage page, each added up again from the events and rows behind it, by another way than before."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.domain.catalog import MeterKind
from app.domain.errors import ensure
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Transfer
from app.models.usage import UsageDay, UsageEvent
from app.services.operations import archived
from app.services.usage import history, stretches
from app.services.usage.history import MOST_ADDED
from app.services.usage.meters import DAY, MeterUse, Stretch, Usage

ADDED_UP = frozenset({MeterKind.COUNT, MeterKind.SUM})
"""Of these kinds the days of any stretch add up."""


@dataclass(frozen=True)
class Part:
    """Some rows that count in a figure: so many, which come to so much, in micros of credit or units of a meter."""

    kind: str
    rows: int
    value: int
    meter: str = ""
    day: date | None = None


@dataclass(frozen=True)
class Figure:
    """A figure as a page shows it, and the rows that come to the same by another way."""

    shown: int
    parts: tuple[Part, ...]
    rule: str = "sum"
    """How the parts come to the figure: `sum`, `left` (a sum that is never shown below zero) or `highest`."""
    from_days: bool = False
    """Whether there are too many events to add up for a page, or they are archived: the totals of their days were."""
    more: dict[str, Any] = field(default_factory=dict)
    """What the words of the figure say besides."""

    @property
    def summed(self) -> int:
        """What the parts come to."""
        values = [part.value for part in self.parts]
        if self.rule == "highest":
            return max(values, default=0)
        return max(0, sum(values)) if self.rule == "left" else sum(values)


@dataclass(frozen=True)
class Counted:
    """Parts that were counted from events, or from days where the events are too many."""

    parts: tuple[Part, ...]
    from_days: bool


def cost(customer_id: str, usage: Usage, use: MeterUse | None = None) -> Figure:
    """Add up what the period cost, meter by meter; or one meter day by day. Credit without a meter has the key ''."""
    if use is None:
        found = of_events(customer_id, *_in_period(usage.period), by="meter")
        return Figure(usage.cost.micros, found.parts, from_days=found.from_days)
    found = of_events(customer_id, *_in_period(usage.period), meter=use.meter.key, by="day")
    return Figure(use.cost.micros, found.parts, from_days=found.from_days)


def quantity(customer_id: str, usage: Usage, use: MeterUse) -> Figure:
    """Count again what the meter shows for the period, day by day."""
    where, kind = _in_period(usage.period), use.tariff.kind
    if kind in {MeterKind.UNIQUE, MeterKind.LAST} and archived.holds(usage.period.starts_at.date()):
        return Figure(use.used, _shown_on_days(customer_id, use.meter.key, kind, where[0]), from_days=True)
    match kind:
        case MeterKind.UNIQUE:
            return Figure(use.used, _first_seen(customer_id, use.meter.key, *where))
        case MeterKind.LAST:
            return Figure(use.used, _latest(customer_id, use.meter.key, *where))
    found = of_events(customer_id, *where, meter=use.meter.key, by="day", kind=kind)
    rule = "highest" if kind is MeterKind.MAX else "sum"
    return Figure(use.used, found.parts, rule, found.from_days)


def corrections(customer_id: str, period: Stretch) -> Figure:
    """Add up the rows by which usage was corrected in the period, whenever it was used."""
    return Figure(history.corrected(customer_id, period).micros, tuple(_corrections(customer_id, period)))


def net(customer_id: str, usage: Usage) -> Figure:
    """Add up what the period cost, less what was corrected in it."""
    used, back = cost(customer_id, usage), list(_corrections(customer_id, usage.period))
    given = history.corrected(customer_id, usage.period).micros
    taken = [Part("corrections", sum(each.rows for each in back), -sum(each.value for each in back))] if back else []
    return Figure(usage.cost.micros - given, (*used.parts, *taken), from_days=used.from_days)


def stretch(customer: Customer, usage: Usage, of: str, use: MeterUse | None, *, before: bool = False) -> Figure:
    """Add up the days that the chart shows, or as many days before them: what they cost, or what one meter counted."""
    compared = stretches.compared(customer, usage, of, use.meter.key if use else None)
    last = min(compared.last, compared.today)
    days = {compared.first + number * DAY for number in range((last - compared.first).days + 1)}
    if before:
        days = {at for at in map(compared.beside, days) if at is not None}
    rows = compared.earlier if before else compared.days
    shown = sum(each.quantity if use else each.cost.micros for each in rows if not before or each.day in days)
    if not days:
        return Figure(shown, ())
    ensure(use is None or use.tariff.kind in ADDED_UP, "days of a meter that do not add up")
    kind = use.tariff.kind if use else None
    meter, customer_id = use.meter.key if use else None, customer.customer_id
    first, last = min(days), max(days)
    found = of_events(customer_id, *_on_days(first, last), meter=meter, by="day", kind=kind)
    return Figure(shown, found.parts, from_days=found.from_days, more={"first": first, "last": last})


def of_events(
    customer_id: str,
    days: ColumnElement[bool],
    events: ColumnElement[bool],
    *,
    by: str,
    meter: str | None = None,
    kind: MeterKind | None = None,
) -> Counted:
    """Add up events by `meter` or by `day`: what they cost, or (with a `kind`) what they count for.

    `days` and `events` select the same, of either table. Where events are too many, or archived, the totals of their
    days are added up.
    """
    at_days = [UsageDay.customer_id == customer_id, days, *([UsageDay.meter == meter] if meter is not None else [])]
    days_of_it = select(func.sum(UsageDay.events), func.min(UsageDay.day), archived.BEFORE).where(*at_days)
    many, begins, before = db.session.execute(days_of_it).one()
    from_days = int(many or 0) > MOST_ADDED or archived.is_in(before, begins)
    model: Any = UsageDay if from_days else UsageEvent
    where = at_days if from_days else [
        UsageEvent.customer_id == customer_id, events, *([UsageEvent.meter == meter] if meter is not None else []),
    ]  # fmt: skip
    group = getattr(model, by)
    value = {
        None: func.sum(model.micros),
        MeterKind.COUNT: func.sum(model.events if from_days else 1),
        MeterKind.SUM: func.sum(model.quantity),
        MeterKind.MAX: func.max(model.quantity),
    }[kind]
    rows = func.sum(model.events) if from_days else func.count()
    found = db.session.execute(select(group, rows, value).where(*where).group_by(group).order_by(group)).all()
    parts = [
        Part(by, int(count), int(total or 0), *((key, None) if by == "meter" else (meter or "", key)))
        for key, count, total in found
    ]
    return Counted(tuple(part for part in parts if part.rows), from_days)


def on_day(day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Select the days and the events of one UTC day."""
    return _on_days(day, day)


def _on_days(first: date, last: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    begins, ends = (datetime.combine(each, time(), UTC) for each in (first, last))
    return UsageDay.day.between(first, last), (
        UsageEvent.day.between(first, last)
        # The same in other words: so that PostgreSQL opens the partitions of these days only.
        & (UsageEvent.received_at >= begins - DAY)
        & (UsageEvent.received_at < ends + 2 * DAY)
    )


def _in_period(period: Stretch) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return UsageDay.period_number == period.number, (
        (UsageEvent.period_number == period.number)
        & (UsageEvent.received_at >= period.starts_at - DAY)
        & (UsageEvent.received_at < period.ends_at + 2 * DAY)
    )


def _first_seen(
    customer_id: str, meter: str, _days: ColumnElement[bool], events: ColumnElement[bool]
) -> tuple[Part, ...]:
    """Count on each day those whose first event of their period was on it."""
    firsts = (
        select(func.min(UsageEvent.day).label("first"))
        .where(UsageEvent.customer_id == customer_id, UsageEvent.meter == meter, events)
        .group_by(UsageEvent.period_number, UsageEvent.subject)
        .subquery()
    )
    found = db.session.execute(select(firsts.c.first, func.count()).group_by(firsts.c.first).order_by(firsts.c.first))
    return tuple(Part("day", count, count, meter, day) for day, count in found)


def _latest(customer_id: str, meter: str, _days: ColumnElement[bool], events: ColumnElement[bool]) -> tuple[Part, ...]:
    """Return the value that was taken last."""
    found = db.session.execute(
        select(UsageEvent.day, UsageEvent.quantity)
        .where(UsageEvent.customer_id == customer_id, UsageEvent.meter == meter, events)
        .order_by(UsageEvent.occurred_at.desc(), UsageEvent.received_at.desc())
        .limit(1)
    ).all()
    return tuple(Part("day", 1, value, meter, day) for day, value in found)


def _shown_on_days(customer_id: str, meter: str, kind: MeterKind, days: ColumnElement[bool]) -> tuple[Part, ...]:
    """Return what a meter showed on its days whose events are archived: of a `last` one, on the last of them."""
    rows = select(UsageDay.day, UsageDay.events, UsageDay.quantity).where(UsageDay.customer_id == customer_id, days)
    found = db.session.execute(rows.where(UsageDay.meter == meter).order_by(UsageDay.day)).all()
    parts = tuple(Part("day", events, quantity, meter, day) for day, events, quantity in found if quantity)
    return parts[-1:] if kind is MeterKind.LAST else parts


def _corrections(customer_id: str, period: Stretch) -> Iterable[Part]:
    """Yield the corrections of the period by the UTC day on which they were made."""
    found = db.session.execute(
        select(Transfer.booked_at, Transfer.change_micros).where(
            Transfer.customer_id == customer_id,
            Transfer.corrects_id.is_not(None),
            Transfer.kind == "correction",
            Transfer.booked_at >= period.starts_at,
            Transfer.booked_at < period.ends_at,
        )
    )
    by_day: dict[date, list[int]] = {}
    for at, micros in found:
        by_day.setdefault(at.astimezone(UTC).date(), []).append(micros or 0)
    for day, values in sorted(by_day.items()):
        yield Part("correction", len(values), sum(values), day=day)
