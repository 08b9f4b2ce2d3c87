"""The balance as pages show it: the numbers, the days and the history, for the customer in scope."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app.domain.errors import Broken, ensure
from app.domain.money import Credits
from app.models.database import db
from app.models.ledger import BalanceDay, Transfer
from app.models.reversals import Dispute, Refund
from app.services.balance.entry import Entry, entry
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
class Movement:
    """A row of the balance history."""

    id: str
    sequence: int
    kind: str
    description: str
    booked_at: datetime
    change: Credits
    balance_after: Credits
    source_type: str
    source_id: str
    state: str = ""
    """Where the refund or dispute that it is for stands now; a file does not say it."""
    decided_at: datetime | None = None
    """When that dispute was decided."""


@dataclass(frozen=True)
class HistoryQuery:
    """What to show. `before` goes to rows older than this sequence, `after` to newer ones.

    Days are UTC, both included.
    """

    kind: str | None = None
    text: str | None = None
    from_day: date | None = None
    to_day: date | None = None
    before: int | None = None
    after: int | None = None
    limit: int = 25


@dataclass(frozen=True)
class HistoryPage:
    """Rows, the newest first. `older` is the `before` of the next page, `newer` the `after` of the previous one."""

    entries: list[Movement]
    older: int | None
    newer: int | None


def days(first: date, last: date) -> list[Day]:
    """Return every UTC day from `first` to `last`, those without a movement too."""
    ensure(first <= last, "days that end before they begin")
    rows = list(
        db.session.scalars(
            select(BalanceDay)
            .where(
                BalanceDay.customer_id == whose(),
                BalanceDay.day <= last,
                BalanceDay.day
                >= func.coalesce(
                    select(func.max(BalanceDay.day))
                    .where(BalanceDay.customer_id == whose(), BalanceDay.day <= first)
                    .scalar_subquery(),
                    first,
                ),
            )
            .order_by(BalanceDay.day)
        )
    )
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


def history(query: HistoryQuery) -> HistoryPage:
    """Return one page of the history in one statement, as fast at any depth: by sequence, never by offset or count."""
    ensure(1 <= query.limit <= 200, "a page has 1 to 200 rows")
    wanted = _matching(query)
    upwards = query.after is not None
    if query.after is not None:
        wanted = wanted.where(Transfer.sequence > query.after).order_by(Transfer.sequence)
    else:
        if query.before is not None:
            wanted = wanted.where(Transfer.sequence < query.before)
        wanted = wanted.order_by(Transfer.sequence.desc())
    found = db.session.execute(_with_standing(wanted).limit(query.limit + 1))
    rows = [
        replace(_movement(row), state=refund or dispute or "", decided_at=decided)
        for row, refund, dispute, decided in found
    ]
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
        wanted = _matching(query).order_by(Transfer.sequence.desc()).limit(CHUNK)
        if before is not None:
            wanted = wanted.where(Transfer.sequence < before)
        rows = [_movement(row) for row in db.session.scalars(wanted)]
        yield from rows
        if len(rows) < CHUNK:
            return
        before = rows[-1].sequence
        db.session.expunge_all()


def _matching(query: HistoryQuery) -> Select[Transfer]:
    wanted = select(Transfer).where(Transfer.customer_id == whose(), Transfer.sequence.is_not(None))
    if query.kind:
        wanted = wanted.where(Transfer.kind == query.kind)
    if query.text and query.text.strip():
        words = query.text.strip()
        wanted = wanted.where(
            or_(
                Transfer.description.icontains(words, autoescape=True),
                Transfer.id == words,
                Transfer.source_id == words,
            )
        )
    if query.from_day:
        wanted = wanted.where(Transfer.booked_at >= datetime.combine(query.from_day, time(), UTC))
    if query.to_day and query.to_day < date.max:
        wanted = wanted.where(Transfer.booked_at < datetime.combine(query.to_day + timedelta(days=1), time(), UTC))
    return wanted


def _with_standing(wanted: Select[Transfer]) -> Select[Transfer, str | None, str | None, datetime | None]:
    """Ask for the state of the refund or dispute behind each row too: it moves on, while the row stays as it is."""
    return (
        wanted.add_columns(Refund.state, Dispute.state, Dispute.closed_at)
        .outerjoin(Refund, _is_for("refund", Refund))
        .outerjoin(Dispute, _is_for("dispute", Dispute))
    )


def _is_for(source: str, model: type[Refund] | type[Dispute]) -> ColumnElement[bool]:
    same = and_(model.customer_id == Transfer.customer_id, model.id == Transfer.source_id)
    return and_(Transfer.source_type == source, same)


def _movement(row: Transfer) -> Movement:
    if row.sequence is None or row.change_micros is None or row.balance_after_micros is None:
        raise Broken(f"{row.id} is not in the history")
    return Movement(
        row.id,
        row.sequence,
        row.kind,
        row.description,
        row.booked_at,
        Credits(row.change_micros),
        Credits(row.balance_after_micros),
        row.source_type,
        row.source_id,
    )
