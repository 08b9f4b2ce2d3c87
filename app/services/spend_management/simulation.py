"""What limits would have done to the customer's last 90 days, from the rows of those days."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Date, cast, func, literal, select, type_coerce, union_all
from sqlalchemy.orm import InstrumentedAttribute

from app import clock
from app.domain import simulation as rule
from app.domain.money import Credits
from app.domain.simulation import DAYS, TIMED, Simulation, Used
from app.domain.spend_management import Day, Limits, day_of
from app.models.authorizations import Authorization
from app.models.database import db
from app.models.ledger import BalanceDay, Transfer
from app.models.usage import UsageDay, UsageEvent

MOST_REFUSALS = 20_000
"""So many of the newest refused calls are looked through for days on which a daily limit refused any."""
MOST_EVENTS = 200_000
"""Days with more events than this among them are shown without the time: a page must not read for seconds."""


def of(customer_id: str, limits: Limits, since: date) -> Simulation:
    """Return what the limits would have done to the last whole days of the customer in scope, who is one since `since`.

    Four statements at most, however many days there are.
    """
    today = day_of(clock.now()).date
    first = max(today - timedelta(days=DAYS), since)
    rows = db.session.execute(
        select(BalanceDay.day, BalanceDay.used_micros)
        .where(BalanceDay.customer_id == customer_id, BalanceDay.day >= first, BalanceDay.day < today)
        .order_by(BalanceDay.day)
    )
    days = [Used(day, Credits(micros)) for day, micros in rows]
    found = rule.simulate(limits, days, first=first, count=max(0, (today - first).days))
    if limits.daily_limit is None:
        return found
    found = replace(found, refused_on=_refused_on(customer_id, first))
    if not found.stopped:
        return found
    newest = [each.day for each in found.stopped[:TIMED]]
    refused_from = _first_refused(customer_id, _not_too_many(customer_id, newest), limits.daily_limit)
    return replace(
        found, stopped=tuple(replace(each, refused_from=refused_from.get(each.day)) for each in found.stopped)
    )


def _not_too_many(customer_id: str, days: list[date]) -> list[date]:
    """Return the newest of the days that together have not too many events to look through."""
    counted = db.session.execute(
        select(UsageDay.day, func.sum(UsageDay.events))
        .where(UsageDay.customer_id == customer_id, UsageDay.day.in_(days))
        .group_by(UsageDay.day)
    )
    events = {day: int(count) for day, count in counted}
    kept, total = [], 0
    for day in sorted(days, reverse=True):
        total += events.get(day, 0)
        if total > MOST_EVENTS:
            break
        kept.append(day)
    return kept


def _refused_on(customer_id: str, first: date) -> tuple[date, ...]:
    """Return the days since `first`, today too, on which calls were refused for a daily limit, the newest first."""
    newest = (
        select(Authorization.created_at, Authorization.reason)
        .where(
            Authorization.customer_id == customer_id,
            Authorization.state == literal("refused", literal_execute=True),  # as the index of the refused says it
            Authorization.created_at >= Day(first).begins,
        )
        .order_by(Authorization.created_at.desc())
        .limit(MOST_REFUSALS)
        .subquery()
    )
    day = _utc_day(newest.c.created_at)
    return tuple(
        db.session.scalars(select(day).where(newest.c.reason == "daily_limit").distinct().order_by(day.desc()))
    )


def _first_refused(customer_id: str, days: list[date], limit: Credits) -> dict[date, datetime]:
    """Return, for each day, when its running total first went above the limit."""
    if not days:
        return {}
    events = select(
        UsageEvent.day.label("day"),
        UsageEvent.received_at.label("at"),
        UsageEvent.id.label("id"),
        UsageEvent.micros.label("micros"),
    ).where(UsageEvent.customer_id == customer_id, UsageEvent.day.in_(days), UsageEvent.micros > 0)
    taken = select(_utc_day(Transfer.booked_at), Transfer.booked_at, Transfer.id, Transfer.amount).where(
        Transfer.customer_id == customer_id,
        Transfer.kind == "usage",
        Transfer.source_type == "usage",
        Transfer.booked_at >= Day(min(days)).begins,
        Transfer.booked_at < Day(max(days)).ends,
    )
    each = union_all(events, taken).subquery()
    total = func.sum(each.c.micros).over(partition_by=each.c.day, order_by=(each.c.at, each.c.id))
    running = select(each.c.day, each.c.at, total.label("total")).subquery()
    rows = db.session.execute(
        select(running.c.day, func.min(running.c.at)).where(running.c.total > limit.micros).group_by(running.c.day)
    )
    return dict(rows.all())


def _utc_day(moment: InstrumentedAttribute[datetime] | ColumnElement[datetime]) -> ColumnElement[date]:
    if db.session.get_bind().dialect.name == "postgresql":  # whose `date()` goes by the session's zone
        return cast(func.timezone("UTC", moment), Date)
    return type_coerce(func.date(moment), Date)
