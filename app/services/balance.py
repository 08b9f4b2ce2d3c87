"""The balance as pages show it: the numbers, the days and the history, for the customer in scope."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app import clock
from app.domain import grants as grant_rule
from app.domain import numbers as rule
from app.domain.errors import Broken, NotFound, ensure
from app.domain.ledger import CREDITS
from app.domain.money import Credits
from app.domain.numbers import Numbers
from app.models import scope
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.ledger import Account, BalanceDay, Grant, Transfer
from app.models.reversals import Dispute, Refund
from app.services.burn_down import view
from app.services.entries import Entry, entry

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


def numbers() -> Numbers:
    """Return the numbers of this moment: what is due but not posted yet is counted as if the job had just run.

    Two statements; a third only where a grant has begun that no job has seen.
    """
    now, customer_id = clock.now(), whose()
    begun = and_(Grant.customer_id == customer_id, Grant.voided_at.is_(None), Grant.effective_at <= now)
    start = (
        db.session.scalar(
            select(BillingPeriod.starts_at).where(
                BillingPeriod.customer_id == customer_id, BillingPeriod.closed_at.is_(None)
            )
        )
        or now
    )
    figures = db.session.execute(
        select(
            Customer.standing,
            Customer.credit_unit,
            Customer.overage_protection_micros,
            Account.balance,
            _total(Grant.micros, begun),
            select(func.count()).select_from(Grant).where(begun, Grant.posted_at.is_(None)).scalar_subquery(),
            _total(
                Grant.remaining_micros,
                and_(Grant.customer_id == customer_id, Grant.remaining_micros > 0, Grant.expires_at <= now),
            ),
            _total(BalanceDay.used_micros, and_(BalanceDay.customer_id == customer_id, BalanceDay.day >= start.date())),
            _total(
                Transfer.amount,
                and_(
                    Transfer.customer_id == customer_id,
                    Transfer.kind == "correction",
                    Transfer.sequence.is_not(None),
                    Transfer.booked_at >= start,
                ),
            ),
            _total(BalanceDay.used_micros, and_(BalanceDay.customer_id == customer_id, BalanceDay.day == now.date())),
        )
        .join(
            Account,
            (Account.customer_id == Customer.customer_id)
            & (Account.name == CREDITS)
            & (Account.unit == literal("credits:") + Customer.credit_unit),
        )
        .where(Customer.customer_id == customer_id)
    ).one_or_none()
    if figures is None:
        raise NotFound("customer")
    standing, unit, overage, balance, granted, waiting, over, used, corrected, today = figures
    if waiting:
        unseen = db.session.scalars(select(Grant).where(begun, Grant.posted_at.is_(None)))
        balance = grant_rule.begun([view(grant) for grant in unseen], balance, now)
    return rule.compute(
        granted=int(granted),
        usage=int(used) - int(corrected),
        balance=balance - int(over),
        overage_limit=overage,
        standing=standing,
        credit_unit=unit,
        used_today=int(today),
    )


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


def _total(column: InstrumentedAttribute[int], where: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.coalesce(func.sum(column), 0)).where(where).scalar_subquery()


def whose() -> str:
    """Return the id of the customer in scope."""
    current = scope.current()
    ensure(isinstance(current, scope.CustomerScope), "a balance is read for one customer")
    return str(getattr(current, "customer_id", ""))
