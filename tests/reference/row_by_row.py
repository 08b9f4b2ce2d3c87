"""What a unit of work writes, written as it was before it waited: each row at once, and by a statement of its own.

It shares the names of the changes and nothing of their statements with what it is held against.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Table, and_, func, insert, select, update
from sqlalchemy.orm import Session

from app.models.bulk import Row, table_of
from app.models.document_files import DocumentFile
from app.models.documents import Document, DocumentLine, DocumentTax, NumberSeries
from app.models.events import AuditEntry, OutboxEvent
from app.models.ledger import Account, Allocation, BalanceDay, Grant, Transfer
from app.models.mails import Mail
from app.models.payments import Attempt, Payment
from app.models.unit_of_work import waiting
from app.models.usage import Spending, UsageDay

ORDER = (
    *("new_transfers", "moved_accounts", "new_grants", "begun_grants", "burnt_grants", "new_allocations"),
    *("posted_days", "day_totals", "spent", "moved_payments", "closed_attempts"),
    *("new_documents", "new_document_lines", "new_document_taxes", "numbered_documents", "new_document_files"),
    *("new_events", "new_mails", "new_audit_entries"),
)
NEW = {
    "new_transfers": Transfer,
    "new_grants": Grant,
    "new_allocations": Allocation,
    "new_documents": Document,
    "new_document_lines": DocumentLine,
    "new_document_taxes": DocumentTax,
    "new_document_files": DocumentFile,
    "new_audit_entries": AuditEntry,
}


@contextmanager
def written(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let everything be written so inside the block."""
    with patch.context() as patched:
        patched.setattr(waiting, "add", _add)
        patched.setattr(waiting, "write_with", _number)
        yield


def _add(session: Session, rows: Mapping[str, Sequence[Row]], *, flush: bool = True) -> None:
    session.flush()
    connection = session.connection()
    for name in ORDER:
        for row in rows.get(name, ()):
            if name in NEW:
                connection.execute(insert(table_of(NEW[name])).values(**row))
            else:
                _CHANGED[name](connection, row)


def _number(session: Session, name: str, row: Row) -> int:
    assert name == "numbers"
    session.flush()
    connection, table = session.connection(), table_of(NumberSeries)
    last = connection.scalar(select(table.c.last).where(_is(table, row, *row)).with_for_update())
    if last is None:
        connection.execute(insert(table).values(**row, last=1))
    else:
        connection.execute(update(table).where(_is(table, row, *row)).values(last=last + 1))
    return (last or 0) + 1


def _is(table: Table, row: Row, *key: str) -> Any:
    return and_(*(table.c[each] == row[each] for each in key))


def _event(connection: Connection, row: Row) -> None:
    table = table_of(OutboxEvent)
    last = connection.scalar(select(func.max(table.c.sequence)).where(_is(table, row, "customer_id"))) or 0
    connection.execute(insert(table).values(**row, sequence=last + 1))


def _mail(connection: Connection, row: Row) -> None:
    table = table_of(Mail)
    if connection.scalar(select(table.c.id).where(_is(table, row, "customer_id", "key"))) is None:
        connection.execute(insert(table).values(**row))


def _account(connection: Connection, row: Row) -> None:
    table = table_of(Account)
    moved = update(table).where(_is(table, row, "customer_id", "unit", "name"), table.c.version == row["was"])
    assert connection.execute(moved.values(version=row["version"], balance=row["balance"], debt=row["debt"])).rowcount


def _begun(connection: Connection, row: Row) -> None:
    table = table_of(Grant)
    begun = update(table).where(_is(table, row, "customer_id", "id"), table.c.posted_at.is_(None))
    connection.execute(begun.values(remaining_micros=row["remaining_micros"], posted_at=row["posted_at"]))


def _burnt(connection: Connection, row: Row) -> None:
    table = table_of(Grant)
    left = connection.scalar(select(table.c.remaining_micros).where(_is(table, row, "customer_id", "id")))
    burnt = update(table).where(_is(table, row, "customer_id", "id"))
    connection.execute(burnt.values(remaining_micros=(left or 0) - row["was"]))


def _posted(connection: Connection, row: Row) -> None:
    table = table_of(UsageDay)
    posted = update(table).where(_is(table, row, "customer_id", "day", "meter"))
    connection.execute(posted.values(posted_micros=row["micros"], postings=row["postings"]))


def _day(connection: Connection, row: Row) -> None:
    table = table_of(BalanceDay)
    whose, change = _is(table, row, "customer_id"), row["added_micros"] - row["used_micros"]
    days = select(table).where(whose).order_by(table.c.day)
    before = [each for each in connection.execute(days).all() if each.day <= row["day"]]
    if before and before[-1].day == row["day"]:
        totals = {name: getattr(before[-1], name) + row[name] for name in ("added_micros", "used_micros")}
        connection.execute(update(table).where(_is(table, row, "customer_id", "day")).values(**totals))
    else:
        closing = before[-1].closing_micros if before else 0
        connection.execute(insert(table).values(**row, closing_micros=closing))
    for each in connection.execute(days.where(table.c.day >= row["day"])).all():
        moved = update(table).where(whose, table.c.day == each.day)
        connection.execute(moved.values(closing_micros=each.closing_micros + change))


def _spent(connection: Connection, row: Row) -> None:
    table = table_of(Spending)
    left = connection.scalar(select(table.c.unposted_micros).where(_is(table, row, "customer_id"))) or 0
    spent = update(table).where(_is(table, row, "customer_id"))
    connection.execute(spent.values(unposted_micros=left - row["was"], dirty=True))


def _payment(connection: Connection, row: Row) -> None:
    table = table_of(Payment)
    values = {name: row[name] for name in ("state", "received_minor", "action_url", "problem", "updated_at")}
    connection.execute(update(table).where(_is(table, row, "customer_id", "id")).values(**values))


def _attempt(connection: Connection, row: Row) -> None:
    table = table_of(Attempt)
    is_open = table.c.finished_at.is_(None) & table.c.state.in_(["started", "requires_action", "processing"])
    closed = update(table).where(_is(table, row, "customer_id", "payment_id"), is_open)
    connection.execute(closed.values(state=row["state"], code=row["code"], finished_at=row["finished_at"]))


def _numbered(connection: Connection, row: Row) -> None:
    table = table_of(Document)
    known = _is(table, row, "catalog", "kind") & (table.c.number == row["last_number"])
    issued = connection.scalar(select(table.c.issued_at).where(known))
    values = {name: row[name] for name in ("state", "number", "year", "place", "paid_minor", "paid_at")}
    values["issued_at"] = max(row["now"], issued or row["now"])
    connection.execute(update(table).where(_is(table, row, "customer_id", "id")).values(**values))


_CHANGED: dict[str, Callable[[Connection, Row], None]] = {
    "moved_accounts": _account,
    "begun_grants": _begun,
    "burnt_grants": _burnt,
    "posted_days": _posted,
    "day_totals": _day,
    "spent": _spent,
    "moved_payments": _payment,
    "closed_attempts": _attempt,
    "numbered_documents": _numbered,
    "new_events": _event,
    "new_mails": _mail,
}
