"""How a statement of account is described: its sums, its entries in words, and rows of its files."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app import locale
from app.domain.invoices.statement import Span, Sums
from app.domain.language import _, in_english, marked
from app.domain.money import Credits, Money, in_major
from app.presenters.invoices import KINDS
from app.presenters.kept import movements
from app.presenters.spreadsheets import DAY, TIME, Once, cell, cells, cells_once
from app.services.invoices.entries import FREED, KEPT, MONEY
from app.services.invoices.statement import CreditAccount, Entry, Statement, WrittenEntry

HEADER = ["Date", "Time", "Kind", "Invoice ID", "Description", "Charges", "Payments", "Balance", "Currency", "Id"]
SHEET_HEADER = [
    "Date (UTC)",
    "Time (UTC)",
    "Kind",
    "Invoice ID",
    "Description",
    "Charges",
    "Payments",
    "Balance",
    "Currency",
    "Id",
]
OPENING, CLOSING = "Opening balance", "Closing balance"
_MONEY = {
    "payment": marked("Payment"),
    "cash_in": marked("Bank transfer"),
    "cash_out": marked("Bank transfer returned to you"),
    "money_refunded": marked("Refund to you"),
    FREED: marked("Refund of a payment by bank transfer"),
    KEPT: marked("Not used yet"),
    "money_returned": marked("Refund that did not arrive"),
    "money_lost": marked("Payment taken back by your bank"),
    "money_won": marked("Payment returned by your bank"),
}
_WITHOUT_DOCUMENT = {
    "sale": marked("Credit bought, without a document"),
    "sale_returned": marked("Credit returned, without a document"),
}
_PAID_BY_CREDIT = marked("Paid from credit")
_CREDIT = {"credits_applied": _PAID_BY_CREDIT, "credits_returned": marked("Returned to your credit")}
_VOIDED = {
    "invoice": marked("Invoice voided"),
    "credit_note": marked("Credit note voided"),
    "receipt": marked("Receipt voided"),
    "refund_receipt": marked("Refund receipt voided"),
}
Cell = str | Money | date | None


@dataclass(frozen=True)
class StatementRow:
    """An entry as the page shows it: what raises and lowers what is to be paid, and what is to be paid after it."""

    at: datetime
    title: str
    detail: str
    document_id: str
    payment_id: str
    charge: Money | None
    payment: Money | None
    balance: Money


@dataclass(frozen=True)
class _Line:
    """A row of a file: what it is, and charge, payment and balance."""

    day: date
    time: str
    texts: tuple[str, str, str]
    amounts: tuple[Money | None, Money | None, Money]
    id: str


def rows(found: Statement) -> list[StatementRow]:
    """Return the entries of the page."""
    return entry_rows(found.rows, found.currency)


def entry_rows(entries: Iterable[Entry], currency: str) -> list[StatementRow]:
    """Return these entries in words."""
    return [_row(each, currency) for each in entries]


def sums(found: Sums, currency: str) -> list[tuple[str, Money]]:
    """Return what the span comes to, line by line; what nobody has is left out."""
    lines = [
        (_("Invoices and receipts"), found.charged, True),
        (_("Credit notes and refund receipts"), found.credited, found.credited != 0),
        (_("Voided documents"), found.voided, found.voided != 0),
        (_(_PAID_BY_CREDIT), found.applied, found.applied != 0),
        (_("Payments"), found.paid, True),
        (_("Paid back to you"), found.paid_back, found.paid_back != 0),
    ]
    return [(title, Money(minor, currency)) for title, minor, is_shown in lines if is_shown]


def money(minor: int, currency: str) -> Money:
    """Return the amount."""
    return Money(minor, currency)


def credit_lines(account: CreditAccount) -> list[tuple[str, Credits]]:
    """Return what changed the credit account, line by line; what nobody has is left out."""
    lines = [
        (_("Bought"), account.bought, True),
        (_("Given"), account.given, False),
        (_("Used"), -account.used, True),
        (_("Below zero, put on invoices"), account.invoiced, False),
        (_("Invoices paid from credit"), account.applied, False),
        (_("Returned, expired and corrected"), account.other, False),
    ]
    return [(title, credit) for title, credit, is_always in lines if is_always or credit.micros]


def standing(minor: int, currency: str, *, is_over: bool) -> str:
    """Return what the closing balance means."""
    amount = locale.exact(Money(abs(minor), currency))
    if minor > 0:
        words = marked("{amount} was to be paid on the last day.") if is_over else marked("{amount} is to be paid.")
        return _(words, amount=amount)
    if minor < 0:
        words = marked("{amount} was in your favour on the last day.")
        return _(words if is_over else marked("{amount} is in your favour."), amount=amount)
    return _("Nothing was to be paid on the last day.") if is_over else _("Nothing is to be paid.")


def csv_lines(span: Span, found: Sums, chunks: Iterable[Sequence[WrittenEntry]], currency: str) -> Iterator[str]:
    """Yield the lines of the CSV file: texts made harmless, amounts as plain signed numbers that add up."""
    kinds, texts = Once[tuple[str, str | None]](in_english(lambda each: cell(_called(*each)))), cells_once()
    balance = found.opening
    yield f"{span.first},,{OPENING},,,,,{in_major(balance, currency)},{currency},\r\n"
    for rows in chunks:
        numbers, lines = cells(row[5] or "" for row in rows), []
        for at, order, name, what, minor, number, _document, kind, _payment, words in rows:
            balance += minor
            is_payment = order == MONEY or what in _CREDIT
            amounts = f",{in_major(-minor, currency)}" if is_payment else f"{in_major(minor, currency)},"
            lines.append(
                f"{at[:DAY]},{at[TIME]},{kinds[what, kind]},{numbers[number or '']},{texts[words or '']},{amounts},"
                f"{in_major(balance, currency)},{currency},{name}\r\n"
            )
        yield "".join(lines)
    yield f"{span.last},,{CLOSING},,,,,{in_major(found.closing, currency)},{currency},\r\n"


def sheet_rows(span: Span, found: Sums, entries: Iterable[Entry], currency: str) -> Iterator[list[Cell]]:
    """Yield the rows as typed cells of a spreadsheet."""
    for row in _lines(span, found, entries, currency):
        yield [row.day, row.time, *row.texts, *row.amounts, currency, row.id]


def _lines(span: Span, found: Sums, entries: Iterable[Entry], currency: str) -> Iterator[_Line]:
    yield _Line(span.first, "", (OPENING, "", ""), (None, None, Money(found.opening, currency)), "")
    for each in entries:
        row = in_english(_row)(each, currency)
        texts = (in_english(_kind)(each), each.number or "", row.detail)
        yield _Line(row.at.date(), f"{row.at:%H:%M:%S}", texts, (row.charge, row.payment, row.balance), each.place[2])
    yield _Line(span.last, "", (CLOSING, "", ""), (None, None, Money(found.closing, currency)), "")


def _row(entry: Entry, currency: str) -> StatementRow:
    at, order, _id = entry.place
    is_payment = order == MONEY or entry.what in _CREDIT
    return StatementRow(
        at,
        f"{_kind(entry)} {entry.number or ''}".strip(),
        movements.said(entry.words or ""),
        entry.document_id or "",
        entry.payment_id or "",
        None if is_payment else Money(entry.minor, currency),
        Money(-entry.minor, currency) if is_payment else None,
        Money(entry.balance_minor, currency),
    )


def _kind(entry: Entry) -> str:
    return _called(entry.what, entry.kind)


def _called(what: str, kind: str | None) -> str:
    if what == "voided":
        return _(_VOIDED[kind or "invoice"])
    known = _CREDIT | KINDS | _MONEY | _WITHOUT_DOCUMENT
    return _(known.get(what, _MONEY["payment"]))
