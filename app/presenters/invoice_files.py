"""Invoices, credit notes and receipts as rows of files."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from app.domain.language import ENGLISH, in_english, using
from app.domain.money import Money, in_major
from app.models.documents import Document
from app.presenters.invoices import KINDS, status
from app.presenters.spreadsheets import DAY, cells
from app.services.invoices.reads import WrittenDocument

HEADER = [
    "Invoice date",
    "Invoice ID",
    "Kind",
    "Status",
    "Payment date",
    "Payment method",
    "Net",
    "Tax",
    "Total",
    "Currency",
    "Id",
]
SHEET_HEADER = ["Invoice date (UTC)", *HEADER[1:4], "Payment date (UTC)", *HEADER[5:]]


def csv_lines(chunks: Iterable[Sequence[WrittenDocument]]) -> Iterator[str]:
    """Yield the lines of the file by chunks. Amounts add up: what was returned is below zero, what is void is zero."""
    for rows in chunks:
        numbers, ways = cells(row.number for row in rows), cells(row.paid_with for row in rows)
        with using(ENGLISH):
            yield "".join([_csv_line(row, numbers[row.number], ways[row.paid_with]) for row in rows])


def _csv_line(row: WrittenDocument, number: str, way: str) -> str:
    kind, state, currency, sign = row.kind, row.state, row.currency, _sign(row.kind, row.state)
    settled = row.issued if kind == "receipt" else row.paid or ""
    return (
        f"{row.issued[:DAY]},{number},{KINDS[kind]},{status(row)},{settled[:DAY]},{'' if state == 'open' else way},"
        f"{in_major(sign * row.net_minor, currency)},{in_major(sign * row.tax_minor, currency)},"
        f"{in_major(sign * row.total_minor, currency)},{currency},{row.id}\r\n"
    )


@in_english
def sheet_row(document: Document) -> list[str | Money | date | None]:
    """Return the row as typed cells of a spreadsheet."""
    return [
        document.issued_at.date() if document.issued_at else None,
        document.number or "",
        KINDS[document.kind],
        status(document),
        document.settled_at.date() if document.settled_at else None,
        document.settled_with,
        *_signed(document),
        document.currency,
        document.id,
    ]


def _signed(document: Document) -> list[Money]:
    """Return net, tax and total as they add up over documents."""
    sign = _sign(document.kind, document.state)
    minors = (document.net_minor, document.tax_minor, document.total_minor)
    return [Money(sign * minor, document.currency) for minor in minors]


def _sign(kind: str, state: str) -> int:
    return 0 if state == "void" else -1 if kind in {"credit_note", "refund_receipt"} else 1
