"""What a unit of work may write, by the name under which rows are handed over."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Select, String, and_, case, select

from app.models.bulk import table_of
from app.models.database import Base, UtcDateTime, constant
from app.models.document_files import DocumentFile
from app.models.documents import Document, DocumentLine, DocumentTax, NumberSeries
from app.models.events import AuditEntry, OutboxEvent
from app.models.ledger import Account, Allocation, Grant, Transfer
from app.models.mails import Mail
from app.models.payments import OPEN_ATTEMPTS, Attempt, Payment
from app.models.unit_of_work.kinds import Change, Changed, Counted, DayTotals, InOrder, LaterDays, Missing, New
from app.models.usage import Spending, UsageDay

_WAS = Column("was", BigInteger)
"""A number that a row was decided from, or what is taken off it."""
_FROM = Column("moved_from", String)
_LAST_NUMBER = Column("last_number", String)
_NOW: Column[Any] = Column("now", UtcDateTime())
_NUMBERED = ("state", "number", "year", "place", "paid_minor", "paid_at")


def _columns(model: type[Base]) -> tuple[str, ...]:
    return tuple(each.name for each in table_of(model).columns)


def _not_before_the_last(row: Any) -> ColumnElement[Any]:
    """Return now, or when the number before this one was issued, where that is later."""
    last = table_of(Document).alias()
    issued = (
        select(last.c.issued_at)
        .where(last.c.catalog == row.catalog, last.c.kind == row.kind, last.c.number == row.last_number)
        .scalar_subquery()
    )
    return case((issued > row.now, issued), else_=row.now)


CHANGES: dict[str, Change] = {
    "new_transfers": New(Transfer, _columns(Transfer)),
    "moved_accounts": Changed(
        Account,
        ("customer_id", "unit", "name", _WAS, "version", "balance", "debt"),
        lambda _account, row: {"version": row.version, "balance": row.balance, "debt": row.debt},
        lambda account, row: account.version == row.was,
        key=("customer_id", "unit", "name"),
    ),
    "new_grants": New(Grant, _columns(Grant)),
    "begun_grants": Changed(
        Grant,
        ("customer_id", "id", "remaining_micros", "posted_at"),
        lambda _grant, row: {"remaining_micros": row.remaining_micros, "posted_at": row.posted_at},
        lambda grant, _row: and_(grant.posted_at.is_(None), grant.voided_at.is_(None)),
        key=("customer_id", "id"),
    ),
    "burnt_grants": Changed(
        Grant,
        ("customer_id", "id", _WAS),
        lambda grant, row: {"remaining_micros": grant.remaining_micros - row.was},
        lambda grant, row: grant.remaining_micros >= row.was,
        key=("customer_id", "id"),
    ),
    "new_allocations": New(Allocation, _columns(Allocation)),
    "posted_days": Changed(
        UsageDay,
        ("customer_id", "day", "meter", _WAS, "micros", "postings"),
        lambda _day, row: {"posted_micros": row.micros, "postings": row.postings},
        lambda day, row: and_(day.micros == row.micros, day.posted_micros == row.was),
        key=("customer_id", "day", "meter"),
    ),
    "day_totals": DayTotals(),
    "later_days": LaterDays(),
    "spent": Changed(
        Spending,
        ("customer_id", _WAS),
        lambda spending, row: {"unposted_micros": spending.unposted_micros - row.was, "dirty": True},
    ),
    "moved_payments": Changed(
        Payment,
        ("customer_id", "id", "state", "received_minor", "action_url", "problem", "updated_at", _FROM),
        lambda _payment, row: {
            "state": row.state,
            "received_minor": row.received_minor,
            "action_url": row.action_url,
            "problem": row.problem,
            "updated_at": row.updated_at,
        },
        lambda payment, row: payment.state == row.moved_from,
        key=("customer_id", "id"),
    ),
    "closed_attempts": Changed(
        Attempt,
        ("customer_id", "payment_id", "state", "code", "finished_at"),
        lambda _attempt, row: {"state": row.state, "code": row.code, "finished_at": row.finished_at},
        lambda attempt, _row: attempt.state.in_([constant(each) for each in OPEN_ATTEMPTS]),
        key=("customer_id", "payment_id"),
        counts=False,
    ),
    "new_documents": New(Document, _columns(Document)),
    "new_document_lines": New(DocumentLine, _columns(DocumentLine)),
    "new_document_taxes": New(DocumentTax, _columns(DocumentTax)),
    "numbers": Counted(NumberSeries, "last"),
    "numbered_documents": Changed(
        Document,
        ("customer_id", "id", "catalog", "kind", *_NUMBERED, _LAST_NUMBER, _NOW),
        lambda _document, row: {
            "issued_at": _not_before_the_last(row),
            **{name: getattr(row, name) for name in _NUMBERED},
        },
        lambda document, _row: document.state == constant("draft"),
        key=("customer_id", "id"),
    ),
    "new_document_files": New(DocumentFile, _columns(DocumentFile)),
    "new_events": InOrder(OutboxEvent, _columns(OutboxEvent)),
    "new_mails": Missing(Mail, _columns(Mail)),
    "new_audit_entries": New(AuditEntry, _columns(AuditEntry)),
}
"""By the name under which rows are handed over, in the order in which they are written one after the other."""


TABLES = {name: table_of(each.model).name for name, each in CHANGES.items()}
"""The table that each of them writes."""


def at_once(dialect: str, names: Sequence[str]) -> Select[Any]:
    """Return one statement that makes all of these changes, and says of each what it has come to."""
    parts = list[Any]()
    for name in names:
        change = CHANGES[name]
        made = change.statement(dialect, name).returning(change.returned().label("one")).cte(f"w_{name}")
        parts.append(select(change.said(made.c.one)).scalar_subquery())
    return select(*parts)
