"""What limits would have done to the customer's last 90 days, from the rows of those days."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Date, cast, func, literal, select, type_coerce, union_all
from sqlalchemy.orm import InstrumentedAttribute

from app import clock
from app.domain import simulation as rule
from app.domain.money import Credits
from app.domain.simulation import DAYS, TIMED, Change, RefusedDay, Simulation, Used
from app.domain.spend_management import Day, Limits, day_of
from app.models.authorizations import Authorization
from app.models.database import db
from app.models.events import AuditEntry
from app.models.ledger import BalanceDay, Transfer
from app.models.usage import UsageDay, UsageEvent

MOST_REFUSALS = 20_000
"""So many of the newest refused calls are looked through for days on which a daily limit refused any."""
MOST_EVENTS = 200_000
"""Days with more events than this among them are shown without the time: a page must not read for seconds."""


def of(customer_id: str, limits: Limits, since: date, saved: Limits) -> Simulation:
    """Return what the limits would have done to the last whole days of the customer in scope, who is one since `since`.

    `saved` are the limits that hold now: with the record of changes they say which one refused calls on a day. Four
    statements at most, however many days there are, and a fifth where calls were refused.
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
    found = replace(found, refused_on=_refused_on(customer_id, first, saved.in_force))
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


def _refused_on(customer_id: str, first: date, now: Credits | None) -> tuple[RefusedDay, ...]:
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
    day, at = _utc_day(newest.c.created_at), newest.c.created_at
    found = db.session.execute(
        select(day, func.min(at), func.max(at))
        .where(newest.c.reason == "daily_limit")
        .group_by(day)
        .order_by(day.desc())
    ).all()
    changes = _changes(customer_id, first) if found else []
    return tuple(RefusedDay(on, _highest(rule.limit_at(each, changes, now) for each in ends)) for on, *ends in found)


def _changes(customer_id: str, first: date) -> list[Change]:
    """Return how the limit in force was changed since that day began, the oldest change first. One statement."""
    rows = db.session.execute(
        select(AuditEntry.at, AuditEntry.before, AuditEntry.after)
        .where(
            AuditEntry.customer_id == customer_id,
            AuditEntry.at >= Day(first).begins,
            AuditEntry.action == "spend_management.changed",
        )
        .order_by(AuditEntry.at, AuditEntry.id)
    )
    return [Change(at, _in_force(before), _in_force(after)) for at, before, after in rows]


def _in_force(chosen: str) -> Credits | None:
    set_to = json.loads(chosen)
    micros = set_to["daily_limit_micros"] if set_to["enabled"] else None
    return None if micros is None else Credits(micros)


def _highest(limits: Iterable[Credits | None]) -> Credits | None:
    return max((each for each in limits if each is not None), default=None)


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
