"""The balance as pages show it: the numbers, the days and the history, for the customer in scope."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from sqlalchemy import BigInteger, BindParameter, Row, Select, bindparam, func, select, type_coerce

from app.domain.errors import ensure
from app.domain.money import Credits
from app.models.database import db
from app.models.ledger import BalanceDay, Transfer
from app.models.unit_of_work import figures
from app.models.written import WrittenMoment
from app.services.balance.entry import Entry, entry
from app.services.balance.movements import (
    NEWEST,
    Asked,
    HistoryQuery,
    Movement,
    matching,
    movement_now,
    narrowed,
    with_standing,
)
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
    "written",
]

CHUNK = 2_000
"""So many rows of a file are read at once: what a statement costs by itself is little beside them."""
WrittenRow = Row[int, str, str, int, int, str, str, str, str]
"""Sequence, id, description, change and balance in micros, kind, the source's type and id, and the moment in words."""
_FIGURES = (
    type_coerce(Transfer.sequence, BigInteger),
    Transfer.id,
    Transfer.description,
    type_coerce(Transfer.change_micros, BigInteger),
    type_coerce(Transfer.balance_after_micros, BigInteger),
    Transfer.kind,
    Transfer.source_type,
    Transfer.source_id,
)
"""None of them is empty in a row of the history, as a CHECK says."""


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
    rows = figures.read(_days(), {"customer_id": whose(), "first": first, "last": last}).all()
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
    wanted = select(*_FIGURES, Transfer.booked_at)
    for rows in _chunks(query, wanted):
        for sequence, name, description, change, after, kind, source_type, source_id, at in rows:
            figures = Credits(change), Credits(after)
            yield Movement(name, sequence, kind, description, at, *figures, source_type, source_id)


def written(query: HistoryQuery) -> Iterator[Sequence[WrittenRow]]:
    """Yield every row that matches as a file says it, a chunk at a time: its figures, and its moment in words."""
    return _chunks(query, select(*_FIGURES, WrittenMoment(Transfer.booked_at)))


def _chunks(query: HistoryQuery, wanted: Select[int, *Asked]) -> Iterator[Sequence[Row[int, *Asked]]]:
    """Yield the rows that match by chunks: one statement, put together once, that goes on where it was."""
    below: BindParameter[int] = bindparam("below", type_=BigInteger)
    wanted = narrowed(wanted, query).where(Transfer.sequence < below).order_by(Transfer.sequence.desc()).limit(CHUNK)
    before = NEWEST if query.before is None else query.before
    while True:
        rows = db.session.execute(wanted, {"below": before}).all()
        yield rows
        if len(rows) < CHUNK:
            return
        before = rows[-1][0]
