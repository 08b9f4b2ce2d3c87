"""Files as they were written before: row by row and cell by cell, by the module `csv`. The lines of today are the same."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from app.domain.language import in_english
from app.domain.money import Money
from app.models.documents import Document
from app.presenters import invoices
from app.presenters.people import activity
from app.presenters.people.activity import Reader, Value
from app.presenters.spreadsheets import harmless
from app.services.people.activity import Entry

Cell = str | int | Decimal | Money | date | None


def written(rows: Iterable[Sequence[str]]) -> str:
    """Return the rows as lines."""
    lines = io.StringIO(newline="")
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return lines.getvalue()


def of_cells(rows: Iterable[Sequence[Any]]) -> str:
    """Return typed cells of a spreadsheet as lines."""
    return written([harmless(each) if isinstance(each, str) else _plain(each) for each in row] for row in rows)


def _plain(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, Money):
        return format(value.major, "f")
    return f"{value:.6f}" if isinstance(value, Decimal) else f"{value}"


@in_english
def of_documents(documents: Iterable[Document]) -> str:
    """Return invoices, credit notes and receipts as lines."""
    return written(_document(each) for each in documents)


def _document(document: Document) -> list[str]:
    sign = -1 if document.kind in {"credit_note", "refund_receipt"} else 1
    sign = 0 if document.state == "void" else sign
    minors = (document.net_minor, document.tax_minor, document.total_minor)
    return [
        f"{document.issued_at:%Y-%m-%d}" if document.issued_at else "",
        harmless(document.number or ""),
        invoices.KINDS[document.kind],
        invoices.status(document),
        f"{document.settled_at:%Y-%m-%d}" if document.settled_at else "",
        harmless(document.settled_with),
        *(format(Money(sign * minor, document.currency).major, "f") for minor in minors),
        document.currency,
        document.id,
    ]


@in_english
def of_activity(entries: Iterable[Entry], reader: Reader) -> str:
    """Return the entries as lines."""
    return written(row for each in entries for row in _entry(each, reader))


def _entry(entry: Entry, reader: Reader) -> list[list[str]]:
    address = entry.address if entry.actor.startswith(("mem_", "acl_")) else ""
    who = activity.who(entry.actor, entry.name)
    head = [entry.at.isoformat(), who, activity.area(entry.action), activity.sentence(entry.action)]
    values = activity.values(entry.action, entry.before, entry.after, reader) or [Value("", "", "")]
    return [[harmless(cell) for cell in (*head, each.label, each.before, each.after, address)] for each in values]
