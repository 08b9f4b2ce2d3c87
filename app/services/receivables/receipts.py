"""Receipts of what pays an invoice: one for each payment that has brought money, numbered after the invoice.

What a payment has paid is read from what never changes again: its transfer, and how much of each invoice was paid, in
the order in which payments pay. So a receipt that is drawn late says what it would have said at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_

from app.domain.errors import NotFound
from app.domain.invoices.documents import Kind
from app.domain.money import Money
from app.models.database import db
from app.models.documents import Document
from app.models.paper_files import PaperFile
from app.models.payments import Payment
from app.services.invoices import carrying, payers, reads
from app.services.papers import papers, stored
from app.services.papers.stored import StoredFile
from app.services.receivables.year_files import AT_ONCE, FileOfYear


@dataclass(frozen=True)
class ReceiptFile:
    """The receipt of one payment of an invoice, and how its file stands."""

    number: str
    payment_id: str
    amount: Money
    state: str


@dataclass(frozen=True)
class Receipt:
    """What a receipt says: who paid how much, when and how, and for which invoices."""

    number: str
    payment_id: str
    amount: Money
    paid_at: datetime
    paid_with: str
    invoice: Document
    """The one that the payment was made for; seller and customer are those that it names."""
    paid: list[tuple[Document, Money]]
    """What of it paid which invoice, the oldest first."""
    left_over: Money
    """What came beside that; a person of the seller's looks at it."""


def of_invoice(document: Document) -> list[ReceiptFile]:
    """Return the receipts of what pays an invoice of the customer in scope, the oldest first.

    What a correction has sent back pays it no more: its receipt stays with the invoice that it had paid.
    """
    if not document.paid_minor or not _was_open(document) or not stored.are_offered():
        return []
    pays = {each.payment_id for each in payers.of(document)}
    names = carrying.paying(db.session(), document)
    rows = db.session.execute(
        select(Payment, Document.number, PaperFile.state)
        .join(Document, (Document.customer_id == Payment.customer_id) & (Document.id == Payment.document_id))
        .outerjoin(
            PaperFile,
            (PaperFile.customer_id == Payment.customer_id)
            & (PaperFile.kind == papers.RECEIPT)
            & (PaperFile.subject == Payment.id),
        )
        .where(Payment.document_id.in_(names), Payment.received_minor > 0)
        .order_by(Payment.created_at, Payment.id)
    ).all()
    made, found = dict[str, int](), []
    for payment, given, state in rows:
        number = given or ""
        made[number] = made.get(number, 0) + 1
        if state and payment.id in pays:
            amount = Money(payment.received_minor, payment.currency)
            found.append(ReceiptFile(_number(number, made[number]), payment.id, amount, state))
    return found


def payments_of(documents: Sequence[Document]) -> dict[str, str]:
    """Return the last payment of each of these that was open once and is paid: it has a receipt."""
    if not stored.are_offered():
        return {}
    return reads.payments_of([each for each in documents if _was_open(each)], with_bought=False)


def file(document_id: str, payment_id: str) -> StoredFile:
    """Return the receipt of a payment of this invoice as it was made; `NotMade` until then."""
    document = reads.head(document_id)
    found = next((each for each in of_invoice(document) if each.payment_id == payment_id), None)
    if found is None:
        raise NotFound("receipt")
    return of_payment(payment_id, found.number)


def of_payment(payment_id: str, number: str) -> StoredFile:
    """Return the file of a receipt whose number is known."""
    return papers.read(papers.RECEIPT, payment_id, stored.named("receipt", number, "pdf"))


def counts(begins: datetime, ends: datetime) -> dict[str, int]:
    """Return how many receipts of payments that arrived then there are in each state."""
    wanted = select(PaperFile.state, func.count().label("many")).where(*_then(begins, ends)).group_by(PaperFile.state)
    return {row.state: row.many for row in db.session.execute(wanted)}


def failed(begins: datetime, ends: datetime) -> list[str]:
    """Return the numbers of those that could not be made."""
    wanted = _with_numbers(select(_NUMBERED.c.number, _NUMBERED.c.place)).where(PaperFile.state == stored.DEAD)
    rows = db.session.execute(wanted.where(*_then(begins, ends)).order_by(PaperFile.asked_at, PaperFile.id))
    return [_number(*row) for row in rows]


def every(begins: datetime, ends: datetime) -> Iterator[FileOfYear]:
    """Yield those that are made, the oldest first, some at a time."""
    key = tuple_(PaperFile.asked_at, PaperFile.id)
    after: tuple[datetime, str] | None = None
    while True:
        wanted = _with_numbers(
            select(_NUMBERED.c.number, _NUMBERED.c.place, PaperFile.asked_at, PaperFile.content, PaperFile.id)
        ).where(PaperFile.state == stored.MADE, *_then(begins, ends), *([key > after] if after else []))
        rows = db.session.execute(wanted.order_by(PaperFile.asked_at, PaperFile.id).limit(AT_ONCE)).all()
        for number, place, at, content, name in rows:
            yield FileOfYear(stored.named(papers.RECEIPT, _number(number, place), "pdf"), at, content)
            after = (at, name)
        if len(rows) < AT_ONCE:
            return


def _was_open(document: Document) -> bool:
    """Whether a payment can have come for the invoice, or for one in whose place it is, while that was open."""
    return document.kind == Kind.INVOICE and (not document.payment_id or document.taken_over_minor > 0)


def _then(begins: datetime, ends: datetime) -> tuple[ColumnElement[bool], ...]:
    return PaperFile.kind == papers.RECEIPT, PaperFile.asked_at >= begins, PaperFile.asked_at < ends


def _with_numbers(wanted: Select[Any]) -> Select[Any]:
    """Join papers that are receipts with the numbers of their payments."""
    same = (_NUMBERED.c.customer_id == PaperFile.customer_id) & (_NUMBERED.c.id == PaperFile.subject)
    return wanted.select_from(PaperFile).join(_NUMBERED, same)


def read(payment_id: str) -> Receipt:
    """Return what the receipt of a payment of the customer in scope says."""
    (came,) = payers.arrived(db.session(), Payment.id == payment_id)
    payment = came.payment
    invoice = reads.head(payment.document_id or "")
    paid = [*carrying.collected_with(db.session(), invoice), invoice]
    payments = list(
        db.session.scalars(
            select(Payment)
            .where(Payment.document_id.in_([each.id for each in paid]), Payment.received_minor > 0)
            .order_by(Payment.created_at, Payment.id)
        )
    )
    parts = payers.shares(payments, paid)[payment.id]
    left = payment.received_minor - sum(money.amount_minor for _each, money in parts)
    place = [each.id for each in payments if each.document_id == invoice.id].index(payment.id) + 1
    return Receipt(
        _number(invoice.number or "", place),
        payment.id,
        Money(payment.received_minor, payment.currency),
        came.at,
        came.paid_with,
        invoice,
        parts,
        Money(left, payment.currency),
    )


def _number(invoice: str, place: int) -> str:
    return f"{invoice}-R{place}"


_NUMBERED = (
    select(
        Payment.customer_id,
        Payment.id,
        Document.number,
        func.row_number()
        .over(partition_by=(Payment.customer_id, Payment.document_id), order_by=(Payment.created_at, Payment.id))
        .label("place"),
    )
    .join(Document, (Document.customer_id == Payment.customer_id) & (Document.id == Payment.document_id))
    .where(Payment.received_minor > 0)
    .subquery("numbered")
)
"""The payments of invoices: the number of each one's invoice, and which of its payments it is."""
