"""The balance as pages show it: the numbers, the days and the history, for the customer in scope."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from sqlalchemy import BindParameter, Select, bindparam, func, select

from app.domain.errors import ensure
from app.domain.money import Credits
from app.models.database import db
from app.models.ledger import BalanceDay, Transfer
from app.services.balance.entry import Entry, entry
from app.services.balance.movements import HistoryQuery, Movement, matching, movement, movement_now, with_standing
from app.services.balance.summary import numbers, period_start, whose

__all__ = [
    "Day",
    "Entry",
    "HistoryPage",
    "HistoryQuery",
    "Movement",
    "days",
    "entry",
    "export",
    "history",
    "numbers",
    "period_start",
    "whose",
]

CHUNK = 500


@dataclass(frozen=True)
class Day:
    """One UTC day: what came in beside usage (signed), what was used, and the balance at its end."""

    day: date
    added: Credits
    used: Credits
    closing: Credits


@dataclass(frozen=True)
class HistoryPage:
    """Rows, the newest first. `older` is the `before` of the next page, `newer` the `after` of the previous one."""

    entries: list[Movement]
    older: int | None
    newer: int | None


def days(first: date, last: date) -> list[Day]:
    """Return every UTC day from `first` to `last`, those without a movement too."""
    ensure(first <= last, "days that end before they begin")
    rows = db.session.execute(_days(), {"customer_id": whose(), "first": first, "last": last}).all()
    by_day = {row.day: row for row in rows}
    closing = rows[0].closing_micros if rows and rows[0].day < first else 0
    shown = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        row = by_day.get(day)
        closing = row.closing_micros if row else closing
        shown.append(
            Day(day, Credits(row.added_micros if row else 0), Credits(row.used_micros if row else 0), Credits(closing))
        )
    return shown


@cache
def _days() -> Select[date, int, int, int]:
    """Ask for the days, and for the last one before them, whose balance they begin with.

    Their figures, not the rows: an object for each of a month of days takes longer than the statement.
    """
    customer_id: BindParameter[str] = bindparam("customer_id")
    first: BindParameter[date] = bindparam("first")
    before = select(func.max(BalanceDay.day)).where(BalanceDay.customer_id == customer_id, BalanceDay.day <= first)
    return (
        select(BalanceDay.day, BalanceDay.added_micros, BalanceDay.used_micros, BalanceDay.closing_micros)
        .where(
            BalanceDay.customer_id == customer_id,
            BalanceDay.day <= bindparam("last"),
            BalanceDay.day >= func.coalesce(before.scalar_subquery(), first),
        )
        .order_by(BalanceDay.day)
    )


def history(query: HistoryQuery) -> HistoryPage:
    """Return one page of the history in one statement, as fast at any depth: by sequence, never by offset or count."""
    ensure(1 <= query.limit <= 200, "a page has 1 to 200 rows")
    wanted = matching(query)
    upwards = query.after is not None
    if query.after is not None:
        wanted = wanted.where(Transfer.sequence > query.after).order_by(Transfer.sequence)
    else:
        if query.before is not None:
            wanted = wanted.where(Transfer.sequence < query.before)
        wanted = wanted.order_by(Transfer.sequence.desc())
    found = db.session.execute(with_standing(wanted).limit(query.limit + 1))
    rows = [movement_now(row) for row in found]
    more, rows = len(rows) > query.limit, rows[: query.limit]
    if upwards:
        rows.reverse()
    if not rows:
        return HistoryPage([], None, None)
    older = rows[-1].sequence if more or upwards else None
    newer = rows[0].sequence if (more if upwards else query.before is not None) else None
    return HistoryPage(rows, older, newer)


def export(query: HistoryQuery) -> Iterator[Movement]:
    """Yield every movement that matches, the newest first, read in chunks so that a long history needs no memory."""
    before = query.before
    while True:
        wanted = matching(query).order_by(Transfer.sequence.desc()).limit(CHUNK)
        if before is not None:
            wanted = wanted.where(Transfer.sequence < before)
        rows = [movement(row) for row in db.session.scalars(wanted)]
        yield from rows
        if len(rows) < CHUNK:
            return
        before = rows[-1].sequence
        db.session.expunge_all()
